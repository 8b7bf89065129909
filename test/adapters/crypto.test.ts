import { createRequire } from 'node:module';
import { describe, expect, test, vi } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { nativeCrypto } from '../../src/adapters/crypto/native.ts';
import { cryptoLaws } from '../../src/adapters/laws/crypto.ts';
import { LawBroken } from '../../src/adapters/laws/law.ts';
import { concatBytes, sameBytes } from '../../src/core/bytes.ts';
import type { Crypto } from '../../src/core/crypto.ts';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';
import { isRecoverable, reduceHash } from '../../src/core/signature.ts';
import { backends, hiding } from './crypto-backends.ts';

describe.each(Object.entries(backends))('%s crypto keeps the law that', (_, make) => {
  for (const law of cryptoLaws) test(law.name, () => law.check(make));
});

const native = nativeCrypto();
const library = createRequire(import.meta.url)('secp256k1/bindings') as typeof import('secp256k1');

/** What the library answers by itself, for a signature of 64 bytes, an id of 0 to 3 and a hash of 32. */
const bareRecover = (hash: Uint8Array, signature: Uint8Array): Uint8Array | undefined => {
  try {
    return library.ecdsaRecover(signature.subarray(0, 64), signature[64] as number, hash);
  } catch {
    return undefined;
  }
};

const bareSign = (hash: Uint8Array, privateKey: Uint8Array, data?: Uint8Array): Uint8Array => {
  const { signature, recid } = library.ecdsaSign(hash, privateKey, data === undefined ? {} : { data });
  return concatBytes(signature, Uint8Array.of(recid));
};

const flip = (bytes: Uint8Array, index: number): Uint8Array => bytes.with(index, (bytes[index] as number) ^ 1);

const scratch = new Uint8Array(33);

/** A backend's honest mistakes, some of them the libraries' own behaviour, by the law that must find them. */
const mistakes: readonly (readonly [law: string, mistake: string, mutant: Partial<Crypto>])[] = [
  ['the hashes give the answers of the standards', 'SHA-256 for SHA-3', { sha3: native.sha256 }],
  [
    'a private key has the published public key',
    'the negated key',
    { publicKey: (key) => flip(native.publicKey(key), 0) },
  ],
  [
    'signatures are the published ones of RFC 6979, with low s',
    'a nonce of its own',
    { sign: (hash, key) => bareSign(hash, key, new Uint8Array(32)) },
  ],
  [
    'the hashes agree with the reference at every length up to 300 bytes',
    'a wrong padding where a byte is left in the block of SHA3-256',
    { sha3: (data) => (data.length === 135 ? native.sha3(data.subarray(1)) : native.sha3(data)) },
  ],
  [
    'hashPairs is SHA-256 of each block of 64 bytes, wherever the blocks lie, and writes nowhere else',
    'the offset of the blocks is forgotten',
    { hashPairs: (pairs, out) => native.hashPairs(new Uint8Array(pairs.buffer, 0, pairs.length), out) },
  ],
  [
    'hashPairs is SHA-256 of each block of 64 bytes, wherever the blocks lie, and writes nowhere else',
    'the offset of the hashes is forgotten',
    { hashPairs: (pairs, out) => native.hashPairs(pairs, new Uint8Array(out.buffer, 0, out.length)) },
  ],
  [
    'a hash that may be written to a place is written there, or returned, and nothing else is touched',
    'the place is forgotten',
    { sha3: (data, out) => native.sha3(data, out, 0) },
  ],
  [
    'a hash that may be written to a place is written there, or returned, and nothing else is touched',
    'what lies around is wiped',
    { sha256: (data, out, at) => native.sha256(data, out?.fill(0), at) },
  ],
  [
    'a key that may be written to a place is written there, or returned, and nothing else is touched',
    'the place is forgotten',
    { recover: (hash, signature, out) => native.recover(hash, signature, out, 0) },
  ],
  [
    'a key that may be written to a place is written there, or returned, and nothing else is touched',
    'the place is wiped before there is a key',
    { recover: (hash, signature, out, at = 0) => native.recover(hash, signature, out?.fill(0, at, at + 33), at) },
  ],
  [
    'a key that may be written to a place is written there, or returned, and nothing else is touched',
    'all that lies there is wiped',
    {
      recover: (hash, signature, out, at = 0) => native.recover(hash, signature, out?.fill(1, at).fill(0, at + 33), at),
    },
  ],
  [
    'recover finds the public key of the private key that signed',
    'the id is not read',
    { recover: (hash, signature) => native.recover(hash, signature.with(64, 0)) },
  ],
  [
    'signatures are byte for byte those of the reference, also of hashes at and above n',
    'the hash is fed to the nonce as it is',
    { sign: (hash, key) => bareSign(hash, key) },
  ],
  [
    'a bad private key, or a hash that is not 32 bytes, throws when it is to sign',
    'a short hash is signed as if padded',
    { sign: (hash, key) => native.sign(hash.length === 31 ? concatBytes(hash, new Uint8Array(1)) : hash, key) },
  ],
  [
    'a bad private key, or a hash that is not 32 bytes, throws when it is to sign',
    'a key above n is reduced',
    { publicKey: (key) => native.publicKey(key.length === 32 ? reduceHash(key) : key) },
  ],
  [
    'recover refuses every malformed form, and the high twin',
    'high s is accepted',
    { recover: (hash, signature) => (signature.length === 65 ? bareRecover(hash, signature) : undefined) },
  ],
  [
    'recover refuses every malformed form, and the high twin',
    'a byte after the signature is ignored',
    { recover: (hash, signature) => native.recover(hash, signature.subarray(0, 65)) },
  ],
  [
    'recover answers rubbish of any length with undefined',
    'a short signature throws',
    { recover: (hash, signature) => library.ecdsaRecover(signature.subarray(0, 64), 0, hash) },
  ],
  [
    'recover agrees with the reference on mutated signatures',
    'ids 2 and 3 are accepted where r + n is a coordinate',
    {
      recover: (hash, signature) =>
        isRecoverable(hash, signature) || (signature.length === 65 && isRecoverable(hash, signature.with(64, 0)))
          ? bareRecover(hash, signature)
          : undefined,
    },
  ],
  [
    'no input is modified',
    'the hash is reversed in place',
    { sha256: (data) => native.sha256(data.length === 32 ? data.reverse() : data) },
  ],
  [
    'every answer is a plain Uint8Array with memory of its own, and later calls leave it alone',
    'a Buffer is given out',
    { sha3: (data) => Buffer.from(native.sha3(data).buffer) },
  ],
  [
    'every answer is a plain Uint8Array with memory of its own, and later calls leave it alone',
    'one scratch array is given out each time',
    {
      publicKey: (key) => {
        scratch.set(native.publicKey(key));
        return scratch;
      },
    },
  ],
  [
    'every answer is a plain Uint8Array with memory of its own, and later calls leave it alone',
    'an answer is a window on more',
    { sign: (hash, key) => concatBytes(native.sign(hash, key), new Uint8Array(7)).subarray(0, 65) },
  ],
  [
    'inputs may be views at any offset, also of shared memory',
    'the offset of a view is forgotten',
    { sha256: (data) => native.sha256(new Uint8Array(data.buffer, 0, data.length)) },
  ],
  [
    'inputs may be views at any offset, also of shared memory',
    'shared memory is refused',
    {
      recover: (hash, signature) => (hash.buffer instanceof ArrayBuffer ? native.recover(hash, signature) : undefined),
    },
  ],
];

describe('the laws of crypto are not empty:', () => {
  test.each(mistakes)('"%s" finds that %s', async (name, _, mutant) => {
    const law = cryptoLaws.find((candidate) => candidate.name === name);
    await expect(law?.check(() => ({ ...native, ...mutant }))).rejects.toThrow(LawBroken);
  });

  test('each law has a mistake to find', () => {
    expect(new Set(mistakes.map(([name]) => name))).toEqual(new Set(cryptoLaws.map(({ name }) => name)));
  });
});

describe('the native backend', () => {
  test('really is native code: the addons are mapped into the process', () => {
    const report = process.report.getReport() as unknown as { readonly sharedObjects: readonly string[] };
    expect(report.sharedObjects.filter((path) => /secp256k1[^/]*\.node$/.test(path))).toHaveLength(1);
    expect(report.sharedObjects.filter((path) => /hashtree[^/]*\.node$/.test(path))).toHaveLength(1);
    expect(native.name).toBe('native (secp256k1, hashtree)');
  });

  test('is refused, not replaced by the JavaScript in its package, where the addon does not load', async () => {
    await hiding('secp256k1/bindings', () => {
      expect(nativeCrypto).toThrow(/native addon of npm secp256k1 does not load/);
    });
    expect(nativeCrypto().name).toBe('native (secp256k1, hashtree)');
  });

  test('says in its name that it does without hashtree', async () => {
    expect((await hiding('@chainsafe/hashtree', nativeCrypto)).name).toBe('native (secp256k1, node:crypto)');
  });
});

describe('the wasm backend', () => {
  test.each([
    ['hash-wasm', 'wasm (libauth, as-sha256)'],
    ['@chainsafe/as-sha256', 'wasm (libauth, hash-wasm)'],
  ])('says in its name that it does without %s, and gives the same answers', async (missing, name) => {
    vi.resetModules();
    vi.doMock(missing, () => {
      throw new Error('not installed');
    });
    try {
      const { wasmCrypto } = await import('../../src/adapters/crypto/wasm.ts');
      const without = await wasmCrypto();
      expect(without.name).toBe(name);
      expect(await bestCrypto([() => without])).toBe(without);
    } finally {
      vi.doUnmock(missing);
      vi.resetModules();
    }
  });
});

describe('the best backend', () => {
  test('is native where the addon loads, and wasm where it does not', async () => {
    expect((await bestCrypto()).name).toBe('native (secp256k1, hashtree)');
    expect((await hiding('secp256k1/bindings', () => bestCrypto())).name).toBe('wasm (libauth, hash-wasm, as-sha256)');
  });

  test('is the reference where nothing loads', async () => {
    const missing = (): Crypto => {
      throw new Error('not installed');
    };
    expect(await bestCrypto([missing, () => Promise.reject(new Error('no WebAssembly'))])).toBe(nobleCrypto);
    expect(await bestCrypto([])).toBe(nobleCrypto);
  });

  test('is never one that answers otherwise than the reference, or throws', async () => {
    const never = (): never => {
      throw new Error('a broken build');
    };
    const wrong: Partial<Crypto>[] = [
      { sha256: native.sha3 },
      { sha3: native.sha256 },
      { hashPairs: (_, out) => void out.fill(7) },
      { hashPairs: (pairs, out) => (pairs.length < 256 ? native.hashPairs(pairs, out) : void out.fill(7)) },
      { recover: () => undefined },
      { sign: (hash, key) => flip(native.sign(hash, key), 3) },
      { publicKey: (key) => flip(native.publicKey(key), 0) },
      { sign: never },
    ];
    for (const mutant of wrong) expect(await bestCrypto([() => ({ ...native, ...mutant })])).toBe(nobleCrypto);
  });
});

describe('hashPairs', () => {
  test.each(Object.entries(backends))('of %s throws when the hashes do not fit the blocks', async (_, make) => {
    const { hashPairs } = await make();
    for (const [blocks, hashes] of [
      [63, 32],
      [64, 31],
      [64, 64],
      [128, 32],
      [0, 32],
    ] as const) {
      const out = new Uint8Array(hashes);
      expect(() => hashPairs(new Uint8Array(blocks), out)).toThrow();
      expect(sameBytes(out, new Uint8Array(hashes))).toBe(true);
    }
  });
});
