import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { Aes128Gcm, Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/core/index.ts';
import { readPrivateKey, readPublicKey, Secp256k1Kem, uncompressKey } from '../../../src/health/sealing/index.ts';
import { personOf, randomOf } from './doors.ts';

interface Vector {
  readonly suite: string;
  readonly values: Readonly<Record<string, string>>;
}

const { vectors } = JSON.parse(readFileSync(new URL('../../vectors/hpke-secp256k1.json', import.meta.url), 'utf8')) as {
  readonly vectors: readonly Vector[];
};

const bytes = (hex: string | undefined): Uint8Array => {
  const read = fromHex(hex ?? 'absent');
  if (read === undefined) throw new Error('a value of the vector is missing');
  return read;
};
const hexOf = (buffer: ArrayBuffer | Uint8Array): string => toHex(new Uint8Array(buffer));

const AEADS = [
  ['AES-128-GCM', () => new Aes128Gcm(), 'aes-128-gcm'],
  ['AES-256-GCM', () => new Aes256Gcm(), 'aes-256-gcm'],
  ['ChaCha20-Poly1305', () => new Chacha20Poly1305(), 'chacha20-poly1305'],
] as const;

/** What the vector's key and nonce make of a text, by the host's own cipher. */
const sealedBy = (
  algorithm: string,
  { key, base_nonce }: Vector['values'],
  aad: Uint8Array,
  text: Uint8Array,
): string => {
  const options = { authTagLength: 16 };
  const cipher = createCipheriv(algorithm as 'aes-256-gcm', bytes(key), bytes(base_nonce), options);
  cipher.setAAD(aad, { plaintextLength: text.length });
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('hex');
};

const AAD = Uint8Array.of(1, 2, 3);
const TEXT = new TextEncoder().encode('Beauty is truth, truth beauty');

describe.each(vectors.map((vector, index) => ({ ...vector, index })))(
  'vector $index of $suite',
  ({ suite: name, values }) => {
    const [, makeAead, algorithm] = AEADS.find(([aead]) => name.endsWith(aead)) ?? AEADS[0];
    const kem = new Secp256k1Kem();
    const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: makeAead() });
    const isAuth = values['skSm'] !== undefined;
    const pairOf = (who: 'E' | 'R' | 'S') => kem.deriveKeyPair(bytes(values[`ikm${who}`]));
    const senderOf = async () => (isAuth ? { senderKey: (await pairOf('S')).privateKey } : {});
    const senderPublicOf = async () => (isAuth ? { senderPublicKey: (await pairOf('S')).publicKey } : {});

    it('derives the pairs of keys', async () => {
      for (const who of ['E', 'R'] as const) {
        const { privateKey, publicKey } = await pairOf(who);
        expect(hexOf(await kem.serializePrivateKey(privateKey))).toBe(values[`sk${who}m`]);
        expect(hexOf(await kem.serializePublicKey(publicKey))).toBe(values[`pk${who}m`]);
      }
    });

    it('comes to the shared secret on both sides', async () => {
      const recipient = await pairOf('R');
      const ekm = await pairOf('E');
      const { enc, sharedSecret } = await kem.encap({
        recipientPublicKey: recipient.publicKey,
        ekm,
        ...(await senderOf()),
      });
      expect(hexOf(enc)).toBe(values['pkEm']);
      expect(hexOf(sharedSecret)).toBe(values['shared_secret']);
      const opened = await kem.decap({ recipientKey: recipient.privateKey, enc, ...(await senderPublicOf()) });
      expect(hexOf(opened)).toBe(values['shared_secret']);
    });

    it('comes to key, nonce and exporter secret', async () => {
      const recipient = await pairOf('R');
      const ekm = await pairOf('E');
      const info = bytes(values['info']);
      const sender = await suite.createSenderContext({
        recipientPublicKey: recipient.publicKey,
        ekm,
        info,
        ...(await senderOf()),
      });
      const { enc } = sender;
      const receiver = await suite.createRecipientContext({
        recipientKey: recipient.privateKey,
        enc,
        info,
        ...(await senderPublicOf()),
      });
      for (const context of [sender, receiver]) {
        expect(hexOf((context as unknown as { exporterSecret: ArrayBuffer }).exporterSecret)).toBe(
          values['exporter_secret'],
        );
      }
      const ciphertext = await sender.seal(TEXT, AAD);
      expect(hexOf(ciphertext)).toBe(sealedBy(algorithm, values, AAD, TEXT));
      expect(hexOf(await receiver.open(ciphertext, AAD))).toBe(toHex(TEXT));
    });
  },
);

// So the sender's pair above is that of ikmS, and every secret of the draft fits it.
it('the draft prints the recipient’s private key where the sender’s should stand', () => {
  const senders = vectors.filter(({ values }) => 'skSm' in values);
  expect(senders).toHaveLength(9);
  for (const { values } of senders) expect(values['skSm']).toBe(values['skRm']);
});

it('the vectors are of three ciphers, with and without a sender’s key', () => {
  const kinds = new Set(vectors.map(({ suite, values }) => `${suite.split(' ').at(-1)} ${'skSm' in values}`));
  expect(vectors).toHaveLength(18);
  expect(kinds.size).toBe(6);
});

const person = personOf(3);
const uncompressed = uncompressKey(person.publicKey);
const good = uncompressed._tag === 'Right' ? uncompressed.right : new Uint8Array(0);
const N = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const P = 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f';
const G =
  '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8';

describe('keys of the KEM', () => {
  const kem = new Secp256k1Kem(randomOf(4));

  it('takes a good one of 65 bytes, and makes new ones by the door of chance', async () => {
    expect(hexOf(await kem.serializePublicKey(await kem.deserializePublicKey(good)))).toBe(toHex(good));
    expect(hexOf(await kem.serializePublicKey(await kem.deserializePublicKey(bytes(G))))).toBe(G);
    const pair = await kem.generateKeyPair();
    const again = await new Secp256k1Kem(randomOf(4)).generateKeyPair();
    expect(await kem.serializePrivateKey(pair.privateKey)).toEqual(await kem.serializePrivateKey(again.privateKey));
    await expect(async () => new Secp256k1Kem().generateKeyPair()).rejects.toThrow(/without a source of chance/);
  });

  it.each([
    ['33 bytes', person.publicKey, 'key_length_wrong'],
    ['64 bytes', good.slice(1), 'key_length_wrong'],
    ['66 bytes', Uint8Array.from([...good, 0]), 'key_length_wrong'],
    ['no bytes', new Uint8Array(0), 'key_length_wrong'],
    ['infinity as one byte', new Uint8Array(1), 'key_length_wrong'],
    ['zeros, as infinity is sometimes written', new Uint8Array(65), 'key_not_on_curve'],
    ['04 and zeros', new Uint8Array(65).with(0, 4), 'key_not_on_curve'],
    ['the hybrid form 06', good.with(0, 6), 'key_not_on_curve'],
    ['the hybrid form 07', good.with(0, 7), 'key_not_on_curve'],
    ['the form 02 in 65 bytes', good.with(0, 2), 'key_not_on_curve'],
    ['a point off the curve', good.with(64, (good[64] as number) ^ 1), 'key_not_on_curve'],
    ['x = p', Uint8Array.from([4, ...bytes(P), ...good.slice(33)]), 'key_not_on_curve'],
    ['y = p', Uint8Array.from([...good.slice(0, 33), ...bytes(P)]), 'key_not_on_curve'],
    ['a point of the twist', bytes(`04${'00'.repeat(31)}05${'00'.repeat(31)}01`), 'key_not_on_curve'],
  ])('refuses a public key: %s', async (_what, key, code) => {
    expect(readPublicKey(key)).toMatchObject({ left: { code } });
    await expect(kem.deserializePublicKey(key)).rejects.toMatchObject({ name: 'SealingError', code });
  });

  it.each([
    ['31 bytes', new Uint8Array(31).fill(1), 'key_length_wrong'],
    ['33 bytes', new Uint8Array(33).fill(1), 'key_length_wrong'],
    ['zero', new Uint8Array(32), 'key_out_of_range'],
    ['n', bytes(N), 'key_out_of_range'],
    ['n + 1', bytes(N).with(31, 0x42), 'key_out_of_range'],
    ['2^256 - 1', new Uint8Array(32).fill(255), 'key_out_of_range'],
  ])('refuses a private key: %s', async (_what, key, code) => {
    expect(readPrivateKey(key)).toMatchObject({ left: { code } });
    await expect(kem.deserializePrivateKey(key)).rejects.toMatchObject({ name: 'SealingError', code });
  });

  it('takes the least and the greatest private key', async () => {
    for (const key of [new Uint8Array(32).with(31, 1), bytes(N).with(31, 0x40)]) {
      expect(hexOf(await kem.serializePrivateKey(await kem.deserializePrivateKey(key)))).toBe(toHex(key));
    }
  });

  it.each([
    ['65 bytes', good, 'key_length_wrong'],
    ['x of no point', bytes(`02${'00'.repeat(31)}05`), 'key_not_on_curve'],
    ['x = p', bytes(`02${P}`), 'key_not_on_curve'],
    ['another first byte', person.publicKey.with(0, 4), 'key_not_on_curve'],
    ['zeros', new Uint8Array(33), 'key_not_on_curve'],
  ])('uncompresses no key of the chain that is none: %s', (_what, key, code) => {
    expect(uncompressKey(key)).toMatchObject({ left: { code } });
  });

  it('does not take a public key for a private one', async () => {
    const { publicKey, privateKey } = await kem.generateKeyPair();
    await expect(async () => kem.serializePrivateKey(publicKey)).rejects.toThrow(/private key/);
    await expect(async () => kem.serializePublicKey(privateKey)).rejects.toThrow(/public key/);
  });
});
