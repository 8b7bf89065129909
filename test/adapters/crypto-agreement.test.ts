import { readFileSync } from 'node:fs';
import { recoverPublicKey } from '@noble/secp256k1';
import { isRight } from 'fp-ts/lib/Either.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { mutationKinds, signatureMutations } from '../../src/adapters/laws/signature-mutations.ts';
import { bytesOf, concatBytes, toHex } from '../../src/core/bytes.ts';
import type { Crypto } from '../../src/core/crypto.ts';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';
import { recoverSigner, signatureFault } from '../../src/core/signature.ts';
import { backends } from './crypto-backends.ts';

const MUTATIONS = Number(process.env['MEDSTATE_MUTATIONS'] ?? 2_000);
const SEED = Number(process.env['MEDSTATE_SEED'] ?? 1);

interface Signed {
  readonly hash: string;
  readonly sign: string;
  readonly signer: { readonly privKey: string; readonly address: string };
  readonly payer: { readonly privKey: string; readonly address: string } | null;
  readonly payerSign: string | null;
  readonly payerSignHash: string | null;
}

const medjs = JSON.parse(readFileSync(new URL('../vectors/medjs.json', import.meta.url), 'utf8')) as {
  readonly transactions: readonly Signed[];
};

const all: Crypto[] = [];
const others: Crypto[] = [];

beforeAll(async () => {
  for (const make of Object.values(backends)) all.push(await make());
  others.push(...all.filter((crypto) => crypto !== nobleCrypto));
});

/** A verdict as one word: the signer's key, or the refusal code. */
const verdictOf = (crypto: Crypto, hash: Uint8Array, signature: Uint8Array): string => {
  const verdict = recoverSigner(crypto, hash, signature);
  return isRight(verdict) ? toHex(verdict.right) : verdict.left;
};

const keyOf = (crypto: Crypto, hash: Uint8Array, signature: Uint8Array): string => {
  const key = crypto.recover(hash, signature);
  return key === undefined ? 'undefined' : toHex(key);
};

describe('all backends agree', () => {
  test(`on the signer, and on the refusal, of ${MUTATIONS} mutated signatures`, () => {
    const seen = new Map<string, number>();
    const kinds = new Set<string>();
    for (const { kind, hash, signature } of signatureMutations(SEED, MUTATIONS)) {
      const verdict = verdictOf(nobleCrypto, hash, signature);
      // A signature without fault is recovered once by the slow reference, not twice.
      const signer = verdict.startsWith('signature_') ? 'undefined' : verdict;
      if (signatureFault(signature) !== undefined && nobleCrypto.recover(hash, signature) !== undefined) {
        throw new Error(`noble recovers a faulty signature (${kind}): ${toHex(hash)} ${toHex(signature)}`);
      }
      for (const crypto of others) {
        const answers = `${verdictOf(crypto, hash, signature)} ${keyOf(crypto, hash, signature)}`;
        if (answers === `${verdict} ${signer}`) continue;
        throw new Error(
          `${crypto.name} says ${answers}, noble ${verdict} (${kind}): ${toHex(hash)} ${toHex(signature)}`,
        );
      }
      kinds.add(kind);
      const outcome = signer === 'undefined' ? verdict : 'recovered';
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
    // The inputs are worth something only if all outcomes are common among them.
    expect(kinds.size).toBe(mutationKinds.length);
    for (const outcome of ['recovered', 'signature_invalid', 'signature_high_s']) {
      expect(seen.get(outcome), outcome).toBeGreaterThan(MUTATIONS / 20);
    }
  }, 1_200_000);

  test('and the reference recovers what the function of its own library recovers', () => {
    for (const { kind, hash, signature } of signatureMutations(SEED + 1, 270)) {
      if (hash.length !== 32 || signatureFault(signature) !== undefined) continue;
      const idFirst = concatBytes(signature.subarray(64), signature.subarray(0, 64));
      let expected = 'undefined';
      try {
        expected = toHex(recoverPublicKey(idFirst, hash, { prehash: false }));
      } catch {
        // The library throws where the reference answers `undefined`.
      }
      expect(keyOf(nobleCrypto, hash, signature), kind).toBe(expected);
    }
  });

  test('on the signatures of 200 random hashes, byte for byte', () => {
    const chance = chanceFrom(SEED);
    for (let round = 0; round < 200; round += 1) {
      const hash = chance.bytes(32);
      const privateKey = chance.bytes(32).with(0, 1);
      const signatures = all.map((crypto) => toHex(crypto.sign(hash, privateKey)));
      expect(new Set(signatures).size, toHex(hash)).toBe(1);
    }
  });
});

describe.each(Object.entries(backends))('%s signs and recovers like the published client library', (_, make) => {
  test('the senders and payers of all its transactions', async () => {
    const crypto = await make();
    let payers = 0;
    for (const { hash, sign, signer, payer, payerSign, payerSignHash } of medjs.transactions) {
      expect(toHex(crypto.sign(bytesOf(hash), bytesOf(signer.privKey)))).toBe(sign);
      expect(keyOf(crypto, bytesOf(hash), bytesOf(sign))).toBe(signer.address);
      expect(toHex(crypto.publicKey(bytesOf(signer.privKey)))).toBe(signer.address);
      if (payer === null || payerSign === null || payerSignHash === null) continue;
      payers += 1;
      expect(toHex(crypto.sign(bytesOf(payerSignHash), bytesOf(payer.privKey)))).toBe(payerSign);
      expect(keyOf(crypto, bytesOf(payerSignHash), bytesOf(payerSign))).toBe(payer.address);
    }
    expect([medjs.transactions.length, payers]).toEqual([63, 21]);
  });
});
