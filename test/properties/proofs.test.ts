import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { sameBytes, toHex } from '../../src/core/bytes.ts';
import { type EntriesProof, entriesProofMessage } from '../../src/core/proof/messages.ts';
import { proveEntries, proveReceipts, proveTransactions } from '../../src/core/proof/prove.ts';
import {
  keys as keysOfRecords,
  type ProofFault,
  smallHasher,
  verifyAccount,
  verifyAlias,
  verifyAnchor,
  verifyCertification,
  verifyEntries,
  verifyHeader,
  verifyReceipts,
  verifyTransactions,
} from '../../src/core/proof/verify.ts';
import { noAccount } from '../../src/core/state/records.ts';
import { emptyState } from '../../src/core/state/view.ts';
import type { Address, Hash, Seconds } from '../../src/core/units.ts';
import { anyKey, anyTree, headerOfBlock, keyOf, spoils, treeOf, valueFor } from '../core/proof-samples.ts';
import { anyText } from '../core/wire-samples.ts';
import { ChainDriver, type Step } from '../twins/chain-driver.ts';
import { anyPlan, evenly, makerOf, slotOf } from '../twins/chain-plans.ts';
import { fakeCrypto } from '../twins/fake-crypto.ts';
import { builtRoot, twinAnswers, twinProof, twinSource } from '../twins/proof-twin.ts';
import { type Twin, twinWith } from '../twins/tree-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
const hasher = fakeCrypto;

const anyKeys = fc.array(fc.oneof(anyKey, fc.nat(10_000).map(keyOf)), { minLength: 1, maxLength: 12 });

const faultOf = <T>(verdict: E.Either<ProofFault, T>): ProofFault | 'none' =>
  E.isLeft(verdict) ? verdict.left : 'none';

describe('proofs of random trees', () => {
  it('are what the definition says, and say what a plain map says', () => {
    fc.assert(
      fc.property(anyTree, anyKeys, (twin, keys) => {
        const proof = proveEntries(hasher, twinSource(twin), keys);
        expect(sameBytes(proof, twinProof(twin, keys))).toBe(true);
        expect(verifyEntries(proof, builtRoot(twin), keys, hasher)).toEqual(E.right(twinAnswers(twin, keys)));
      }),
      { numRuns: RUNS },
    );
  });

  it('are, of trees of some thousand leaves, large multiproofs too', () => {
    const size = fc.oneof(
      fc.integer({ min: 41, max: 3000 }),
      fc.constantFrom(64, 65, 127, 128, 129, 1023, 1024, 1025, 2048),
    );
    const picks = fc.array(fc.nat(10_006), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 9 }), picks, (leaves, every, numbers) => {
        const twin = treeOf(leaves, (leaf) => leaf % 10 >= every);
        const keys = numbers.map(keyOf);
        const proof = proveEntries(hasher, twinSource(twin), keys);
        expect(sameBytes(proof, twinProof(twin, keys))).toBe(true);
        expect(verifyEntries(proof, builtRoot(twin), keys, hasher)).toEqual(E.right(twinAnswers(twin, keys)));
      }),
      { numRuns: Math.ceil(RUNS / 20) },
    );
  });

  it('are one only for the same question: whatever is changed in the bytes, nothing else is accepted', () => {
    const changes = fc.array(fc.tuple(fc.constantFrom(...Object.keys(spoils)), fc.nat(1e6), fc.nat(1e6)), {
      minLength: 1,
      maxLength: 3,
    });
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(anyTree, anyKeys, changes, (twin, keys, all) => {
        const honest = proveEntries(hasher, twinSource(twin), keys);
        const read = entriesProofMessage.decode(honest);
        if (E.isLeft(read)) throw new Error('an honest proof is well formed');
        const spoiled = all.reduce<EntriesProof>(
          (proof, [name, a, b]) => spoils[name]?.(proof, a, b) ?? proof,
          read.right,
        );
        const bytes = entriesProofMessage.encode(spoiled);
        const fault = faultOf(verifyEntries(bytes, builtRoot(twin), keys, hasher));
        seen.set(fault, (seen.get(fault) ?? 0) + 1);
        expect(fault === 'none').toBe(sameBytes(bytes, honest));
      }),
      { numRuns: RUNS * 5 },
    );
    // Each way to be refused is met.
    const faults = ['malformed', 'positions_wrong', 'key_unanswered', 'left_over', 'incomplete', 'root_differs'];
    expect([...seen.keys()].filter((fault) => fault !== 'none').sort()).toEqual(
      faults.map((fault) => `proof_${fault}`).sort(),
    );
  });

  it('hold no bit that can be another: every flip of every bit is refused', () => {
    fc.assert(
      fc.property(anyTree, anyKeys, (twin, keys) => {
        const proof = proveEntries(hasher, twinSource(twin), keys);
        for (let bit = 0; bit < 8 * proof.length; bit += 1) {
          const flipped = proof.with(bit >> 3, (proof[bit >> 3] as number) ^ (1 << (bit & 7)));
          if (faultOf(verifyEntries(flipped, builtRoot(twin), keys, hasher)) === 'none') expect.fail(`bit ${bit}`);
        }
      }),
      { numRuns: Math.ceil(RUNS / 20) },
    );
  });

  it('answer no other question, but where the same leaves answer it', () => {
    fc.assert(
      fc.property(anyTree, anyKeys, anyKeys, (twin, asked, others) => {
        const proof = proveEntries(hasher, twinSource(twin), asked);
        const verdict = verifyEntries(proof, builtRoot(twin), others, hasher);
        if (E.isRight(verdict)) expect(verdict.right).toEqual(twinAnswers(twin, others));
        expect(E.isRight(verdict)).toBe(sameBytes(proof, twinProof(twin, others)));
      }),
      { numRuns: RUNS },
    );
  });

  it('are refused under the root of the state before or after, if it is another', () => {
    fc.assert(
      fc.property(anyTree, anyKeys, fc.nat(60), fc.nat(1000), (twin, keys, number, value) => {
        const after = twinWith(twin, new Map([[keyOf(number), valueFor(value)]]));
        const same = builtRoot(after) === builtRoot(twin);
        for (const [of, under] of [
          [twin, after],
          [after, twin],
        ] as readonly [Twin, Twin][]) {
          const verdict = verifyEntries(proveEntries(hasher, twinSource(of), keys), builtRoot(under), keys, hasher);
          expect(faultOf(verdict)).toBe(same ? 'none' : 'proof_root_differs');
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('throw at no bytes', () => {
    const start = fc.constantFrom(
      ...['', '08051202', '0801120e0880011201801a0180', '120412020801'].map((hex) => Buffer.from(hex, 'hex')),
    );
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (before, after) => {
        const bytes = Uint8Array.from([...before, ...after]);
        const root = builtRoot(treeOf(3));
        expect(faultOf(verifyEntries(bytes, root, [keyOf(0)], hasher))).not.toBe('none');
        expect(faultOf(verifyTransactions(bytes, root, hasher))).not.toBe('none');
        expect(faultOf(verifyReceipts(bytes, root, hasher))).not.toBe('none');
        expect(faultOf(verifyHeader(bytes, root, hasher))).not.toBe('none');
      }),
      { numRuns: RUNS * 5 },
    );
  });
});

describe('proofs of the state', () => {
  it('are those of the tree built anew, at every step of a history, on every fork of it', () => {
    const rounds = fc.array(
      fc.tuple(
        fc.nat(),
        fc.array(fc.tuple(anyKey, fc.option(fc.nat(1000).map(valueFor), { nil: undefined })), { maxLength: 15 }),
      ),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(rounds, anyKeys, (history, keys) => {
        const points = [{ view: emptyState(hasher), twin: new Map() as Twin }];
        for (const [parent, changes] of history) {
          const { view, twin } = points[parent % points.length] as (typeof points)[number];
          const last = new Map(changes);
          const next = view.with([...last].map(([key, record]) => ({ key, record }))).view;
          points.push({ view: next, twin: twinWith(twin, last) });
        }
        for (const { view, twin } of points) {
          const proof = proveEntries(hasher, view.proofs, keys);
          expect(toHex(proof)).toBe(toHex(twinProof(twin, keys)));
          expect(verifyEntries(proof, view.root, keys, smallHasher)).toEqual(E.right(twinAnswers(twin, keys)));
        }
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
  });
});

/** What each block adds, told from its events alone. */
interface Told {
  readonly certified: Map<string, { readonly stored: Seconds; readonly expires: bigint; revoked: Seconds | undefined }>;
  readonly anchored: Map<string, Seconds>;
  readonly aliases: Map<string, Address>;
}

const tell = ({ certified, anchored, aliases }: Told, { transition, time }: Step): void => {
  for (const event of transition.events) {
    if (event.type === 'record') anchored.set(`${event.hash} ${event.sender}`, time);
    if (event.type === 'alias' && event.owner === undefined) aliases.delete(event.alias);
    if (event.type === 'alias' && event.owner !== undefined) aliases.set(event.alias, event.owner);
    if (event.type !== 'certification') continue;
    const name = `${event.certifier} ${event.hash}`;
    const before = certified.get(name);
    if (before === undefined) certified.set(name, { stored: time, expires: event.expires, revoked: undefined });
    else before.revoked = time;
  }
};

const statusOf = (told: Told, name: string, time: number): string => {
  const entry = told.certified.get(name);
  if (entry === undefined || time < entry.stored) return 'unknown';
  if (entry.revoked !== undefined && time >= entry.revoked) return 'revoked';
  return BigInt(time) < entry.expires ? 'active' : 'expired';
};

describe('a block of a chain', () => {
  const weights = { ...evenly, add_record: 4, add_certification: 6, revoke_certification: 4, register_alias: 3 };

  it('answers all questions by its id alone, with what anybody says of it', () => {
    const plans = anyPlan({ people: 4, blocks: 8, intents: 6 }, weights);
    fc.assert(
      fc.property(plans, anyText, ({ setting, blocks }, text) => {
        const driver = new ChainDriver(setting);
        const told: Told = { certified: new Map(), anchored: new Map(), aliases: new Map() };
        const times: Seconds[] = [];
        for (const { jump, intents } of blocks) {
          const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
          tell(told, step);
          times.push(step.time, (step.time - 1) as Seconds);
          const { state, id, height } = driver.tip;
          const trust = { id, header: headerOfBlock(step.bytes) };
          const prove = (key: string) => proveEntries(hasher, state.proofs, [key]);
          for (const { address } of driver.people) {
            const key = keysOfRecords.accountKey(address);
            const account = verifyAccount(prove(key), trust, { address, height }, hasher);
            expect(account).toEqual(E.right(state.get(key) ?? noAccount));
          }
          for (const name of [...told.certified.keys(), `${driver.person(0).address} ${'ab'.repeat(32)}`]) {
            const [certifier, hash] = name.split(' ') as [Address, Hash];
            const proof = prove(keysOfRecords.certificationKey(certifier, hash));
            for (const time of times) {
              const answer = verifyCertification(proof, trust, { certifier, hash, time }, hasher);
              const status = statusOf(told, name, time);
              expect(answer).toMatchObject({ right: { status } });
            }
          }
          for (const [name, time] of told.anchored) {
            const [hash, sender] = name.split(' ') as [Hash, Address];
            const proof = prove(keysOfRecords.anchorKey(hash, sender));
            for (const before of times) {
              const isBefore = time < before;
              expect(verifyAnchor(proof, trust, { hash, sender, before }, hasher)).toEqual(E.right({ isBefore, time }));
            }
          }
          for (const name of [...told.aliases.keys(), text]) {
            const alias = verifyAlias(prove(keysOfRecords.aliasKey(name)), trust, name, hasher);
            expect(E.isRight(alias) && alias.right?.owner).toBe(told.aliases.get(name));
          }
        }
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });

  it('shows its transactions and what became of each, by its id alone', () => {
    fc.assert(
      fc.property(anyPlan({ people: 4, blocks: 5, intents: 9 }, evenly), ({ setting, blocks }) => {
        const driver = new ChainDriver(setting);
        for (const { jump, intents } of blocks) {
          const { bytes, transition } = driver.step(slotOf(driver, jump), intents.map(makerOf));
          const header = verifyHeader(headerOfBlock(bytes), driver.tip.id, hasher);
          if (E.isLeft(header)) throw new Error(header.left);
          const { included, receipts } = transition;
          const all = included.map((transaction) => transaction.bytes);
          for (const places of [...all.map((_, index) => [index]), all.map((_, index) => index)]) {
            const transactions = verifyTransactions(
              proveTransactions(hasher, all, places),
              header.right.transactionsRoot,
              hasher,
            );
            expect(transactions).toEqual(
              E.right({
                count: all.length,
                items: places.map((index) => ({ index, id: included[index]?.id, bytes: all[index] })),
              }),
            );
            const outcomes = verifyReceipts(proveReceipts(hasher, receipts, places), header.right.receiptsRoot, hasher);
            expect(outcomes).toEqual(
              E.right({ count: all.length, items: places.map((index) => ({ index, ...receipts[index] })) }),
            );
          }
        }
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });
});
