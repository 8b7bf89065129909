import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { left, right } from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { bytesOf, concatBytes, toHex } from '../../src/core/bytes.ts';
import type { Crypto } from '../../src/core/crypto.ts';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';
import { isPrivateKey, isRecoverable, recoverSigner, reduceHash, signatureFault } from '../../src/core/signature.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const MAX = (1n << 256n) - 1n;

const to32 = (value: bigint): Uint8Array => bytesOf(value.toString(16).padStart(64, '0'));
const joined = (r: bigint, s: bigint, id: number): Uint8Array => concatBytes(to32(r), to32(s), Uint8Array.of(id));

/** The obvious twin of the range checks, on numbers. */
const faultOfNumbers = (r: bigint, s: bigint, id: number): string | undefined => {
  if (r < 1n || r >= ORDER || s < 1n || s >= ORDER || id > 1) return 'signature_invalid';
  return s > ORDER / 2n ? 'signature_high_s' : undefined;
};

/** 256-bit numbers, half of them within 300 of a bound. */
const number256 = fc.oneof(
  fc.bigInt(0n, MAX),
  fc
    .tuple(fc.constantFrom(0n, ORDER, ORDER / 2n, ORDER - 256n, MAX, 1n << 255n), fc.integer({ min: -300, max: 300 }))
    .map(([bound, distance]) => bound + BigInt(distance))
    .filter((value) => value >= 0n && value <= MAX),
);

describe('the bytes of a signature', () => {
  test('have the fault that the numbers in them have', () => {
    fc.assert(
      fc.property(number256, number256, fc.integer({ min: 0, max: 3 }), (r, s, id) => {
        expect(signatureFault(joined(r, s, id))).toBe(faultOfNumbers(r, s, id));
      }),
      { numRuns: RUNS * 10 },
    );
  });

  test.each([
    ['r is 1 and s is n / 2', joined(1n, ORDER / 2n, 1), undefined],
    ['r is n - 1 and s is 1', joined(ORDER - 1n, 1n, 0), undefined],
    ['s is n / 2 + 1', joined(1n, ORDER / 2n + 1n, 0), 'signature_high_s'],
    ['s is n - 1', joined(1n, ORDER - 1n, 0), 'signature_high_s'],
    ['r is 0', joined(0n, 1n, 0), 'signature_invalid'],
    ['r is n', joined(ORDER, 1n, 0), 'signature_invalid'],
    ['s is 0', joined(1n, 0n, 0), 'signature_invalid'],
    ['s is n', joined(1n, ORDER, 0), 'signature_invalid'],
    ['the id is 2', joined(1n, 1n, 2), 'signature_invalid'],
    ['the id is 2 and s is high', joined(1n, ORDER - 1n, 2), 'signature_invalid'],
    ['r is 0 and s is high', joined(0n, ORDER - 1n, 0), 'signature_invalid'],
  ])('when %s', (_, signature, fault) => {
    expect(signatureFault(signature)).toBe(fault);
  });

  test('are faulty at any length but 65', () => {
    for (let length = 0; length <= 200; length += 1) {
      const signature = new Uint8Array(length).fill(1);
      signature.fill(0, 64);
      expect(signatureFault(signature)).toBe(length === 65 ? undefined : 'signature_invalid');
    }
  });

  test('may go to the curve only with a hash of 32 bytes', () => {
    const good = joined(1n, 1n, 0);
    for (let length = 0; length <= 65; length += 1) {
      expect(isRecoverable(new Uint8Array(length), good)).toBe(length === 32);
      expect(isRecoverable(new Uint8Array(length), joined(1n, ORDER - 1n, 0))).toBe(false);
    }
  });
});

test('a private key is a number in 1..n-1 of 32 bytes', () => {
  fc.assert(
    fc.property(number256, (value) => {
      expect(isPrivateKey(to32(value))).toBe(value >= 1n && value < ORDER);
      expect(isPrivateKey(concatBytes(to32(value), Uint8Array.of(1)))).toBe(false);
      expect(isPrivateKey(to32(value).subarray(1))).toBe(false);
    }),
    { numRuns: RUNS },
  );
});

test('a reduced hash is its remainder by n, and the bytes given stay as they are', () => {
  fc.assert(
    fc.property(number256, (value) => {
      const hash = to32(value);
      expect(toHex(reduceHash(hash))).toBe(toHex(to32(value % ORDER)));
      expect(toHex(hash)).toBe(toHex(to32(value)));
    }),
    { numRuns: RUNS },
  );
});

describe('the signer', () => {
  const hash = to32(0x1234n << 200n);
  const privateKey = to32(77n);
  const signature = nobleCrypto.sign(hash, privateKey);
  const s = BigInt(`0x${toHex(signature.subarray(32, 64))}`);
  const twin = concatBytes(signature.subarray(0, 32), to32(ORDER - s), Uint8Array.of((signature[64] as number) ^ 1));
  // r = 5 is no x-coordinate of the curve.
  const nobody = (high: boolean): Uint8Array => joined(5n, high ? ORDER - s : s, 0);

  test('is who made the signature', () => {
    expect(recoverSigner(nobleCrypto, hash, signature)).toEqual(right(nobleCrypto.publicKey(privateKey)));
  });

  test('is refused by signature_high_s only if the low twin has a signer; else by signature_invalid', () => {
    expect(recoverSigner(nobleCrypto, hash, twin)).toEqual(left('signature_high_s'));
    expect(recoverSigner(nobleCrypto, hash, nobody(true))).toEqual(left('signature_invalid'));
    expect(recoverSigner(nobleCrypto, hash, nobody(false))).toEqual(left('signature_invalid'));
    expect(recoverSigner(nobleCrypto, hash, twin.with(64, 2))).toEqual(left('signature_invalid'));
    expect(recoverSigner(nobleCrypto, hash.subarray(1), twin)).toEqual(left('signature_invalid'));
  });

  test('of a high twin is asked for by the exact low signature, which is left alone', () => {
    const asked: string[] = [];
    const recorder: Crypto = {
      ...nobleCrypto,
      recover: (_, given) => {
        asked.push(toHex(given));
        return new Uint8Array(33);
      },
    };
    const before = toHex(twin);
    expect(recoverSigner(recorder, hash, twin)).toEqual(left('signature_high_s'));
    expect(asked).toEqual([toHex(signature)]);
    expect(toHex(twin)).toBe(before);
  });

  test('costs the curve nothing when the bytes are invalid', () => {
    const never: Crypto = {
      ...nobleCrypto,
      recover: () => {
        throw new Error('asked for a key');
      },
    };
    for (const bad of [new Uint8Array(0), joined(0n, 1n, 0), joined(1n, 1n, 7)]) {
      expect(recoverSigner(never, hash, bad)).toEqual(left('signature_invalid'));
    }
  });

  test('of the published client library is judged as the protocol says in all its signature cases', () => {
    const { signature_cases: cases } = JSON.parse(
      readFileSync(new URL('../vectors/medjs.json', import.meta.url), 'utf8'),
    ) as { readonly signature_cases: readonly { name: string; hash: string; sign: string; medjsRecover?: string }[] };
    const verdicts = cases.map(({ name, hash: given, sign, medjsRecover }) => {
      const verdict = recoverSigner(nobleCrypto, bytesOf(given), bytesOf(sign));
      if (verdict._tag === 'Left') return [name, verdict.left];
      // Where the protocol accepts, the client finds the same key.
      return [name, toHex(verdict.right) === medjsRecover ? 'accepted' : 'another key'];
    });
    expect(Object.fromEntries(verdicts)).toEqual({
      original: 'accepted',
      'high-S twin: (r, n-s, id^1)': 'signature_high_s',
      '(r, n-s) with unflipped id': 'signature_high_s',
      'flipped recovery id': 'accepted',
      'recovery id 2': 'signature_invalid',
      'recovery id 3': 'signature_invalid',
      'recovery id 4': 'signature_invalid',
      'recovery id 27 (Ethereum style)': 'signature_invalid',
      '64 bytes': 'signature_invalid',
      '66 bytes': 'signature_invalid',
      empty: 'signature_invalid',
      'r = 0': 'signature_invalid',
      's = 0': 'signature_invalid',
      'r = n': 'signature_invalid',
      's = n': 'signature_invalid',
      'DER form': 'signature_invalid',
    });
  });
});
