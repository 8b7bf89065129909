import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { makeKeystore, openKeystore } from '../../src/adapters/keys/keystore.ts';
import { type Keystore, keystoreLimits } from '../../src/adapters/keys/keystore-form.ts';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import { bytesOf, toHex } from '../../src/core/bytes.ts';

const crypto = await bestCrypto();

interface Vector {
  readonly password: string;
  readonly privKey: string;
  readonly options: Readonly<Record<string, string | number>>;
  readonly keystore: Keystore;
  readonly keystoreJson: string;
}
const { keystore: section } = JSON.parse(readFileSync(new URL('../vectors/medjs.json', import.meta.url), 'utf8')) as {
  readonly keystore: { readonly vectors: readonly Vector[]; readonly legacy: Vector };
};
const { vectors, legacy } = section;

const codeOf = async (value: unknown, password: string): Promise<string> => {
  const opened = await openKeystore(value, password, crypto);
  return E.isLeft(opened) ? opened.left.code : opened.right.address;
};

const hash = new Uint8Array(32).fill(3);

/** One that costs nothing to open. */
const cheap = vectors[2] ?? expect.fail('there are eight vectors');

/** The cheap one with other fields; `crypto` and `kdfparams` are merged. */
const spoilt = (outer: object, inner: object = {}, params: object = {}): unknown => {
  const { keystore } = cheap;
  const kdfparams = { ...keystore.crypto.kdfparams, ...params };
  return { ...keystore, ...outer, crypto: { ...keystore.crypto, kdfparams, ...inner } };
};

describe("the first network's keystores", () => {
  it('are eight, and one of the oldest form', () => {
    expect(vectors.length).toBe(8);
    expect(legacy.keystore.crypto.ciphertext.length).toBe(128);
  });

  it.each([...vectors, legacy].map((vector, index) => [index, vector] as const))(
    'open, and sign with their key: %i',
    async (_, { keystore, password, privKey }) => {
      const opened = await openKeystore(keystore, password, crypto);
      const signer = E.isRight(opened) ? opened.right : expect.fail(JSON.stringify(opened.left));
      expect(signer.address).toBe(keystore.address);
      expect(await signer.sign(hash)).toEqual(crypto.sign(hash, bytesOf(privKey)));
    },
  );

  it.each(vectors.map((vector, index) => [index, vector] as const))(
    'are made the same, to the byte: %i',
    async (_, { password, privKey, options, keystoreJson }) => {
      const { saltHex, ivHex, uuidBytesHex, ...rest } = options;
      const [salt, iv, uuid] = [saltHex, ivHex, uuidBytesHex].map((hex) => bytesOf(String(hex)));
      const bytes = { salt: salt ?? hash, iv: iv ?? hash, uuid: uuid ?? hash };
      const old = { n: 8192, c: 262_144 };
      const made = await makeKeystore(crypto, bytesOf(privKey), password, { ...old, ...rest, ...bytes });
      expect(JSON.stringify(made)).toBe(keystoreJson);
    },
  );

  it.each([...vectors.slice(1, 4), ...vectors.slice(5), legacy].map((vector, index) => [index, vector] as const))(
    'do not open with another password: %i',
    async (_, { keystore, password }) => {
      for (const wrong of [`${password} `, password.slice(1), password.normalize('NFD').toUpperCase()]) {
        if (wrong !== password) expect(await codeOf(keystore, wrong)).toBe('keystore_password_wrong');
      }
    },
  );
});

describe('a keystore', () => {
  it('opens after it was made, and no two are the same', async () => {
    const privateKey = new Uint8Array(32).fill(5);
    const kept = Uint8Array.from(privateKey);
    const [one, two] = [
      await makeKeystore(crypto, privateKey, 'a password', { n: 2 }),
      await makeKeystore(crypto, privateKey, 'a password', { n: 2 }),
    ];
    expect(privateKey, 'the key given is left as it is').toEqual(kept);
    expect(await codeOf(JSON.parse(JSON.stringify(one)), 'a password')).toBe(signerOf(crypto, privateKey).address);
    for (const field of ['ciphertext', 'mac'] as const) expect(one.crypto[field]).not.toBe(two.crypto[field]);
    expect(one.id).not.toBe(two.id);
    expect(one.crypto.kdfparams.salt).not.toBe(two.crypto.kdfparams.salt);
    expect(JSON.stringify(one)).not.toContain(toHex(privateKey));
  });

  it('asks by default for 128 MiB, within what it may', async () => {
    const made = await makeKeystore(crypto, new Uint8Array(32).fill(5), 'p');
    expect(made.crypto).toMatchObject({ kdf: 'scrypt', kdfparams: { n: 131_072, r: 8, p: 1, dklen: 32 } });
    expect(await codeOf(made, 'p')).toBe(made.address);
    const rounds = await makeKeystore(crypto, new Uint8Array(32).fill(5), 'p', { kdf: 'pbkdf2' });
    expect(rounds.crypto).toMatchObject({ kdf: 'pbkdf2', kdfparams: { c: 600_000 } });
  });

  it('is not made of a bad key, nor so that it could not be opened again', async () => {
    for (const bad of [new Uint8Array(32), new Uint8Array(31).fill(1), new Uint8Array(32).fill(255)]) {
      await expect(makeKeystore(crypto, bad, 'p')).rejects.toMatchObject({ code: 'invariant_violated' });
    }
    const key = new Uint8Array(32).fill(5);
    for (const choices of [{ n: 3 }, { n: 2 ** 22 }, { n: 2 ** 20, r: 8 }, { p: 65 }, { dklen: 16 }, { iv: hash }]) {
      await expect(makeKeystore(crypto, key, 'p', choices)).rejects.toMatchObject({ code: 'invariant_violated' });
    }
  });

  it('of which anything was changed opens no more', async () => {
    const { ciphertext, mac, kdfparams } = cheap.keystore.crypto;
    const flip = (hex: string): string => `${hex.startsWith('0') ? '1' : '0'}${hex.slice(1)}`;
    for (const [what, value] of [
      ['ciphertext', spoilt({}, { ciphertext: flip(ciphertext) })],
      ['mac', spoilt({}, { mac: flip(mac) })],
      ['salt', spoilt({}, {}, { salt: flip(kdfparams.salt) })],
      ['n', spoilt({}, {}, { n: 4 })],
    ] as const) {
      expect(await codeOf(value, cheap.password), what).toBe('keystore_password_wrong');
    }
    const address = vectors[0]?.keystore.address;
    expect(await codeOf(spoilt({ address }), cheap.password), 'address').toBe('keystore_key_wrong');
    // The mac does not cover the iv; the address does.
    const iv = flip(cheap.keystore.crypto.cipherparams.iv);
    expect(await codeOf(spoilt({}, { cipherparams: { iv } }), cheap.password), 'iv').toBe('keystore_key_wrong');
  });

  const { scrypt, pbkdf2 } = {
    scrypt: cheap.keystore.crypto.kdfparams,
    pbkdf2: { dklen: 32, salt: 'ab', c: 1, prf: 'hmac-sha256' },
  };
  const malformed: readonly (readonly [path: string, value: unknown])[] = [
    ['(document)', 'text'],
    ['(document)', null],
    ['(document)', []],
    ['version', spoilt({ version: 4 })],
    ['version', spoilt({ version: '3' })],
    ['id', spoilt({ id: 'x' })],
    ['address', spoilt({ address: `0x${cheap.keystore.address}` })],
    ['address', spoilt({ address: '04'.padEnd(66, '0') })],
    ['extra', spoilt({ extra: 1 })],
    ['crypto.cipher', spoilt({}, { cipher: 'aes-256-ctr' })],
    ['crypto.ciphertext', spoilt({}, { ciphertext: '00'.repeat(33) })],
    ['crypto.ciphertext', spoilt({}, { ciphertext: 'FF'.repeat(32) })],
    ['crypto.ciphertext', spoilt({}, { ciphertext: undefined })],
    ['crypto.cipherparams.iv', spoilt({}, { cipherparams: { iv: '00' } })],
    ['crypto.mac', spoilt({}, { mac: '00'.repeat(31) })],
    ['crypto.kdf', spoilt({}, { kdf: 'argon2' })],
    ['crypto.kdfparams.n', spoilt({}, {}, { n: 3 })],
    ['crypto.kdfparams.n', spoilt({}, {}, { n: 1 })],
    ['crypto.kdfparams.n', spoilt({}, {}, { n: 2 ** 40 })],
    ['crypto.kdfparams.n', spoilt({}, {}, { n: 2.5 })],
    ['crypto.kdfparams.r', spoilt({}, {}, { r: 0 })],
    ['crypto.kdfparams.r', spoilt({}, {}, { r: 65 })],
    ['crypto.kdfparams.p', spoilt({}, {}, { p: 1e9 })],
    ['crypto.kdfparams.dklen', spoilt({}, {}, { dklen: 31 })],
    ['crypto.kdfparams.dklen', spoilt({}, {}, { dklen: 1e9 })],
    ['crypto.kdfparams.salt', spoilt({}, {}, { salt: '' })],
    ['crypto.kdfparams.salt', spoilt({}, {}, { salt: '00'.repeat(65) })],
    ['crypto.kdfparams.c', spoilt({}, { kdf: 'pbkdf2', kdfparams: { ...pbkdf2, c: 10_000_001 } })],
    ['crypto.kdfparams.c', spoilt({}, { kdf: 'pbkdf2', kdfparams: { ...pbkdf2, c: 0 } })],
    ['crypto.kdfparams.prf', spoilt({}, { kdf: 'pbkdf2', kdfparams: { ...pbkdf2, prf: 'hmac-md5' } })],
    ['crypto.kdfparams.c', spoilt({}, { kdf: 'pbkdf2', kdfparams: scrypt })],
  ];
  it.each(malformed)('is refused, with the place of the fault, when it is wrong at %s', async (path, value) => {
    const opened = await openKeystore(value, cheap.password, crypto);
    const refusal = E.isLeft(opened) ? opened.left : expect.fail('it opened');
    expect(refusal.code).toBe('keystore_malformed');
    expect(refusal.faults.map((fault) => fault.path)).toContain(path);
    expect(refusal.message).toContain(`${path}: found `);
  });

  it('that asks for too much memory or time, though each number is allowed, is refused before it takes any', async () => {
    for (const params of [
      { n: 2 ** 20, r: 8, p: 1 },
      { n: 2 ** 16, r: 64, p: 2 },
    ]) {
      expect(await codeOf(spoilt({}, {}, params), cheap.password)).toBe('keystore_too_costly');
    }
    const most = { n: 2, r: 64, p: 64 };
    expect(await codeOf(spoilt({}, {}, most), cheap.password)).toBe('keystore_password_wrong');
    expect(keystoreLimits.memoryBytes).toBe(2 ** 29);
  });

  it('that holds no private key is refused', async () => {
    const { derive, seal } = await sealing();
    for (const plain of [new Uint8Array(32), new Uint8Array(64).fill(0x67), new Uint8Array(64).fill(0xff)]) {
      expect(await codeOf(seal(derive, plain), 'p')).toBe('keystore_key_wrong');
    }
  });

  it('and its password show in no signer and no refusal', async () => {
    const { keystore, password, privKey } = vectors[1] ?? cheap;
    const secret = 'correct horse battery';
    const refused = await openKeystore(keystore, secret, crypto);
    const opened = await openKeystore(keystore, password, crypto);
    const shown = inspect([refused, opened], { depth: 9, showHidden: true }) + JSON.stringify([refused, opened]);
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(privKey.slice(0, 12));
    expect(shown).not.toContain([...bytesOf(privKey)].slice(0, 4).join(', '));
  });
});

/** Keystores of any plain bytes, which `makeKeystore` does not make. */
async function sealing() {
  const { createCipheriv, pbkdf2Sync } = await import('node:crypto');
  const derive = pbkdf2Sync('p', Uint8Array.of(1), 1, 32, 'sha256');
  const seal = (derived: Uint8Array, plain: Uint8Array): unknown => {
    const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), new Uint8Array(16)).update(plain);
    const mac = crypto.sha3(Uint8Array.from([...derived.subarray(16, 32), ...cipher]));
    const kdfparams = { dklen: 32, salt: '01', c: 1, prf: 'hmac-sha256' };
    const cipherparams = { iv: '00'.repeat(16) };
    return spoilt({}, { ciphertext: toHex(cipher), mac: toHex(mac), cipherparams, kdf: 'pbkdf2', kdfparams });
  };
  return { derive, seal };
}
