import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/core/index.ts';
import { legacy } from '../../../src/health/sealing/index.ts';
import { crypto, IS_LONG } from '../records.ts';
import { bytesOfSeed, personOf, randomOf } from './doors.ts';

interface Medjs {
  readonly ecdh: readonly Readonly<Record<'privKeyA' | 'pubKeyA' | 'privKeyB' | 'pubKeyB' | 'shared', string>>[];
  readonly encrypt_data: {
    readonly vectors: readonly Readonly<Record<'accessKey' | 'data' | 'iv' | 'encrypted', string>>[];
    readonly errors: readonly { readonly input?: string | null }[];
  };
}

const medjs = JSON.parse(readFileSync(new URL('../../vectors/medjs.json', import.meta.url), 'utf8')) as Medjs;
const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);
const ivOf = (hex: string) => () => bytes(hex);
const choiceOf = (iv: string) => ({ danger: 'no authentication' as const, hasher: crypto, random: ivOf(iv) });

describe('the shared secret of the first network', () => {
  it.each(medjs.ecdh)('is the same for both: $shared', ({ privKeyA, pubKeyA, privKeyB, pubKeyB, shared }) => {
    expect(legacy.legacySharedSecret(bytes(privKeyA), bytes(pubKeyB))).toEqual({ _tag: 'Right', right: shared });
    expect(legacy.legacySharedSecret(bytes(privKeyB), bytes(pubKeyA))).toEqual({ _tag: 'Right', right: shared });
  });

  it('keeps leading zeros', () => {
    expect(medjs.ecdh.filter(({ shared }) => shared.startsWith('00'))).toHaveLength(2);
  });

  it('is refused for keys that are none', () => {
    const { privateKey, publicKey } = personOf(1);
    expect(legacy.legacySharedSecret(new Uint8Array(32), publicKey)).toMatchObject({
      left: { code: 'key_out_of_range' },
    });
    expect(legacy.legacySharedSecret(privateKey, new Uint8Array(33))).toMatchObject({
      left: { code: 'key_not_on_curve' },
    });
  });
});

describe('the encryption of the first network', () => {
  it.each(medjs.encrypt_data.vectors)('is byte for byte that of its wallets: $encrypted', async (vector) => {
    const { accessKey, data, iv, encrypted } = vector;
    expect(await legacy.encryptData(accessKey, data, choiceOf(iv))).toBe(encrypted);
    expect(await legacy.decryptData(crypto, accessKey, encrypted)).toEqual({ _tag: 'Right', right: data });
    expect(await legacy.decryptData(crypto, accessKey, encrypted.toUpperCase())).toEqual({
      _tag: 'Right',
      right: data,
    });
  });

  it.each([
    ...medjs.encrypt_data.errors.flatMap(({ input }) => (typeof input === 'string' ? [input] : [])),
    ':',
    '00'.repeat(15).concat(':00'),
    '00'.repeat(16).concat(':0'),
    '00'.repeat(16).concat(':0g'),
    '00'.repeat(16).concat(':00:00'),
    ` ${'00'.repeat(16)}:00`,
    `${'00'.repeat(16)}:00\n`,
  ])('refuses what is not of its form: "%s"', async (text) => {
    expect(await legacy.decryptData(crypto, 'key', text)).toMatchObject({ left: { code: 'legacy_malformed' } });
  });

  it('gives no text for a wrong key when the rubbish is no UTF-8', async () => {
    const encrypted = await legacy.encryptData('key', 'a text of some length', choiceOf('00'.repeat(15).concat('01')));
    expect(await legacy.decryptData(crypto, 'kez', encrypted)).toMatchObject({
      left: { code: 'legacy_not_text' },
    });
  });

  it('lets anybody change the text unseen, which is why it is legacy', async () => {
    const iv = '00'.repeat(15).concat('01');
    const encrypted = await legacy.encryptData('key', 'dose: 1 mg', choiceOf(iv));
    const at = iv.length + 1 + 2 * 'dose: '.length;
    const digit = Number.parseInt(encrypted.slice(at, at + 2), 16) ^ '1'.charCodeAt(0) ^ '9'.charCodeAt(0);
    const changed = `${encrypted.slice(0, at)}${digit.toString(16).padStart(2, '0')}${encrypted.slice(at + 2)}`;
    expect(await legacy.decryptData(crypto, 'key', changed)).toEqual({ _tag: 'Right', right: 'dose: 9 mg' });
  });

  it('is not done without saying so, nor for text that cannot come back', async () => {
    const random = randomOf(1);
    const careless = { danger: 'none', hasher: crypto, random } as unknown as legacy.LegacyChoice;
    await expect(legacy.encryptData('key', 'text', careless)).rejects.toThrow(/danger/);
    const choice = { danger: 'no authentication' as const, hasher: crypto, random };
    await expect(legacy.encryptData('key', '\udc00', choice)).rejects.toThrow(/well-formed/);
  });

  it('has nothing in common with a sealed object', async () => {
    const text = new TextDecoder('latin1').decode(bytesOfSeed(1, 80));
    expect(await legacy.decryptData(crypto, 'key', `MBX1${text}`)).toMatchObject({
      left: { code: 'legacy_malformed' },
    });
  });

  it('is answered for very long data, however it ends', async () => {
    const long = `${'00'.repeat(16)}:${'ab'.repeat(IS_LONG ? 8_000_000 : 2_000_000)}`;
    expect(await legacy.decryptData(crypto, 'key', `${long}g`)).toMatchObject({
      left: { code: 'legacy_malformed' },
    });
    expect(await legacy.decryptData(crypto, 'key', long)).toMatchObject({ _tag: 'Left' });
  });
});
