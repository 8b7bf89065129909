import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { headerAt } from '../../src/adapters/laws/key-walk.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { evidenceOf } from '../../src/core/evidence.ts';
import { encodeEvidence, type SignedStatement, statementOf, verifyEvidence } from '../../src/core/evidence-message.ts';
import type { Address, Seconds } from '../../src/core/units.ts';
import { blockIdBytes, type Header, type HeaderClaim } from '../../src/core/wire/header.ts';

const crypto = await bestCrypto();
const identity = { crypto, chainId: 1, genesisTime: 1000 as Seconds, slotSeconds: 3 };
const [keyA, keyB] = [1, 2].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];
const A = signerOf(crypto, keyA).address;

const signed = (claim: HeaderClaim, key = keyA): Header => ({
  ...claim,
  sign: crypto.sign(blockIdBytes(crypto, claim), key),
});

const claimAt = (slot: number, height: number, generated: number, prevoted: number, seed = 1): HeaderClaim => ({
  ...headerAt(chanceFrom(seed), A, { slot, height, generated, prevoted }).claim,
  time: (1000 + 3 * slot) as Seconds,
});

const stating = (header: Header): SignedStatement => statementOf(identity, header) ?? expect.fail('a time of no slot');

/** The bytes of two headers as evidence has them, whether they are evidence or not. */
const bytesOf = (earlier: Header, later: Header): Uint8Array => {
  const [a, b] = [stating(earlier), stating(later)];
  return encodeEvidence({ producer: A, contradiction: 'same_slot', earlier: a, later: b });
};

const first = signed(claimAt(10, 8, 6, 5));
const denying = signed(claimAt(11, 9, 7, 5));
const good = bytesOf(first, denying);

const codeOf = (bytes: Uint8Array, chain = identity): string => {
  const verdict = verifyEvidence(chain, bytes);
  return E.isLeft(verdict) ? verdict.left.code : verdict.right.contradiction;
};

describe('evidence as bytes', () => {
  it('is verified by an outsider, who learns the producer, both headers and the clause', () => {
    const evidence = evidenceOf(stating(denying), stating(first));
    expect(evidence).toMatchObject({ producer: A, contradiction: 'height_generated_below_height' });
    expect(verifyEvidence(identity, good)).toEqual(E.right(evidence));
    if (evidence !== undefined) expect(encodeEvidence(evidence)).toEqual(good);
  });

  const clauses = [
    ['same_slot', claimAt(10, 8, 6, 5), claimAt(10, 9, 8, 5)],
    ['height_generated_fell', claimAt(10, 8, 12, 5), claimAt(11, 9, 11, 5)],
    ['height_prevoted_fell', claimAt(10, 8, 6, 5), claimAt(11, 9, 8, 4)],
    ['height_not_above', claimAt(10, 8, 6, 5), claimAt(11, 8, 8, 5)],
    ['evidence_not_contradictory', claimAt(10, 8, 6, 5), claimAt(11, 9, 8, 5)],
  ] as const;
  it.each(clauses)('says %s', (clause, a, b) => {
    const evidence = evidenceOf(stating(signed(a)), stating(signed(b)));
    const bytes = evidence === undefined ? bytesOf(signed(a), signed(b)) : encodeEvidence(evidence);
    expect(codeOf(bytes)).toBe(clause);
  });

  it('is refused when it is of another chain, another version, or times that are no slots', () => {
    expect(codeOf(good, { ...identity, chainId: 2 })).toBe('evidence_of_other_chain');
    const other = signed({ ...claimAt(11, 9, 7, 5), chainId: 2 });
    expect(codeOf(bytesOf(first, other))).toBe('evidence_of_other_chain');
    const version = signed({ ...claimAt(11, 9, 7, 5), version: 2 });
    expect(codeOf(bytesOf(first, version))).toBe('evidence_of_other_chain');
    for (const genesisTime of [999, 1001, 1030, 5000]) {
      expect(codeOf(good, { ...identity, genesisTime: genesisTime as Seconds })).toBe('evidence_time_wrong');
    }
    expect(codeOf(good, { ...identity, genesisTime: 1027 as Seconds }), 'only the slots are other').toMatch(/^height/);
    expect(codeOf(good, { ...identity, slotSeconds: 2 })).toBe('evidence_time_wrong');
  });

  it('is refused when the headers are of two producers, or one block', () => {
    const stranger = signed({ ...claimAt(11, 9, 7, 5), producer: signerOf(crypto, keyB).address }, keyB);
    expect(codeOf(bytesOf(first, stranger))).toBe('evidence_of_two_producers');
    expect(codeOf(bytesOf(first, first))).toBe('evidence_of_one_block');
    const again = { ...first, sign: Uint8Array.from(first.sign, (byte, index) => (index === 40 ? byte ^ 1 : byte)) };
    expect(codeOf(bytesOf(first, again)), 'the same block with another signature').toBe('evidence_of_one_block');
  });

  it('is refused when anybody but the producer signed one of them', () => {
    for (const [a, b] of [
      [first, signed(claimAt(11, 9, 7, 5), keyB)],
      [signed(claimAt(10, 8, 6, 5), keyB), denying],
      [first, { ...denying, sign: first.sign }],
      [first, { ...denying, sign: new Uint8Array(65) }],
      [first, { ...denying, sign: denying.sign.subarray(0, 64) }],
    ] as const) {
      expect(codeOf(bytesOf(a, b))).toBe('evidence_signature_wrong');
    }
  });

  it('has one form: the earlier header first, and in one slot that of the smaller id', () => {
    expect(codeOf(bytesOf(denying, first))).toBe('evidence_out_of_order');
    const twins = [signed(claimAt(10, 8, 6, 5)), signed(claimAt(10, 8, 6, 5, 2))] as const;
    const codes = [codeOf(bytesOf(...twins)), codeOf(bytesOf(twins[1], twins[0]))];
    expect(codes.sort()).toEqual(['evidence_out_of_order', 'same_slot']);
  });

  it('is refused as malformed when it is cut, drawn out, empty or far too long', () => {
    const malformed = [
      new Uint8Array(0),
      good.subarray(0, good.length / 2),
      good.subarray(0, good.length - 1),
      concatBytes(good, Uint8Array.of(0)),
      concatBytes(good, good),
      new Uint8Array(1025),
      bytesOf(first, { ...denying, sign: new Uint8Array(900) }),
    ];
    for (const bytes of malformed) expect(codeOf(bytes)).toBe('evidence_malformed');
    const longest = { ...claimAt(11, 9, 7, 5), reward: 1n << 127n, supply: 1n << 127n };
    expect(codeOf(bytesOf(first, signed(longest)))).toBe('height_generated_below_height');
  });

  it('convicts nobody once any byte of it is another', () => {
    const chance = chanceFrom(7);
    for (let at = 0; at < good.length; at += 1) {
      const bytes = Uint8Array.from(good);
      bytes[at] = (bytes[at] as number) ^ (1 << chance.below(8));
      expect(codeOf(bytes), `byte ${at}`).toMatch(/^evidence_/);
    }
  });

  it('names a producer, whoever it is: whether it had a right to produce is not asked', () => {
    const verdict = verifyEvidence(identity, good);
    const producer: Address | undefined = E.isRight(verdict) ? verdict.right.producer : undefined;
    expect(producer).toBe(A);
  });
});

describe('what a header states', () => {
  it('has the slot of its time, or nothing is stated', () => {
    expect(statementOf(identity, first)?.slot).toBe(10);
    expect(statementOf(identity, { ...first, time: 1031 as Seconds })).toBeUndefined();
    expect(statementOf(identity, { ...first, time: 1000 as Seconds }), 'genesis is signed by nobody').toBeUndefined();
    expect(statementOf(identity, { ...first, time: 997 as Seconds })).toBeUndefined();
  });
});
