import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Contradiction,
  contradictionOf,
  convictionOf,
  type Evidence,
  evidenceOf,
  type Statement,
} from '../../src/core/evidence.ts';
import { HeaderLog } from '../../src/core/header-log.ts';
import { firstLock, type Lock, lockAfter, lockFault, lostLock } from '../../src/core/lock.ts';
import type { Address, Hash, Slot } from '../../src/core/units.ts';
import { anyEvidence, isEvidence, NaiveLog } from '../twins/evidence-twin.ts';
import { headerOf, liveAppend, liveGenesis } from '../twins/finality-chains.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 2000);

const P = 'P00' as Address;

/** What a header states: slot, height, mhg, mhp. The id says no more than these. */
const stated = (slot: number, height: number, mhg: number, mhp: number, producer = P): Statement =>
  ({
    producer,
    id: `${producer} ${slot} ${height} ${mhg} ${mhp}`,
    slot,
    height,
    maxHeightGenerated: mhg,
    maxHeightPrevoted: mhp,
  }) as Statement;

const anyStatement = (producers = 1) =>
  fc
    .tuple(fc.nat(7), fc.nat(4), fc.nat(5), fc.nat(3), fc.nat(producers - 1))
    .map(([slot, height, mhg, mhp, producer]) => stated(slot, height, mhg, mhp, `P0${producer}` as Address));

describe('two headers of one producer', () => {
  const x = stated(10, 8, 6, 5);
  /** The later header, and how it contradicts x, if it does: each clause alone, and the last header that it lets by. */
  const cases: readonly (readonly [what: string, y: Statement, contradiction: Contradiction | undefined])[] = [
    ['in the next slot, above it, that state what they should', stated(11, 9, 8, 5), undefined],
    ['in one slot, though the rest would do', stated(10, 9, 8, 5), 'same_slot'],
    ['of which the later denies the height of the earlier', stated(11, 9, 7, 5), 'height_generated_below_height'],
    ['of which the later, on a chain worth less, was signed', stated(11, 9, 8, 4), 'height_prevoted_fell'],
    ['of one height, on chains worth the same', stated(11, 8, 8, 5), 'height_not_above'],
    ['of which the later is lower, on a chain worth the same', stated(11, 7, 8, 5), 'height_not_above'],
    ['of which the later is lower, on a chain worth more', stated(11, 7, 8, 6), undefined],
    ['of which the later states more than it had signed', stated(11, 9, 20, 5), undefined],
    ['of which all is wrong are told the first clause', stated(10, 7, 3, 1), 'same_slot'],
    ['of which all but the slot is wrong are told the second', stated(11, 7, 3, 1), 'height_generated_below_height'],
  ];
  it.each(cases)('%s', (_, y, contradiction) => {
    expect(contradictionOf(x, y)).toBe(contradiction);
    expect(contradictionOf(y, x), 'whichever comes first').toBe(contradiction);
  });

  it('of which the later states a lower greatest height than the earlier did', () => {
    const boastful = stated(10, 8, 12, 5);
    expect(contradictionOf(boastful, stated(11, 9, 11, 5))).toBe('height_generated_fell');
    expect(contradictionOf(boastful, stated(11, 9, 12, 5))).toBeUndefined();
  });

  it('are none if they are one block with two signatures, or of two producers', () => {
    expect(contradictionOf(x, { ...x })).toBeUndefined();
    expect(contradictionOf(x, stated(10, 7, 3, 1, 'P01' as Address))).toBeUndefined();
  });

  it('are evidence exactly if rule 22 says so', () => {
    fc.assert(
      fc.property(anyStatement(2), anyStatement(2), (a, b) => {
        expect(contradictionOf(a, b) !== undefined).toBe(isEvidence(a, b));
        expect(contradictionOf(b, a)).toBe(contradictionOf(a, b));
        const evidence = evidenceOf(a, b);
        if (evidence === undefined) return;
        const { earlier, later } = evidence;
        expect([earlier, later].includes(a) && [earlier, later].includes(b)).toBe(true);
        expect(earlier.slot < later.slot || (earlier.slot === later.slot && earlier.id < later.id)).toBe(true);
        expect(evidenceOf(b, a)).toEqual(evidence);
      }),
      { numRuns: RUNS },
    );
  });

  it('need not be compared unless they are neighbours by slot: if all neighbours are clean, all pairs are', () => {
    let [clean, long] = [0, 0];
    // Each step keeps what the clauses ask or breaks a little of it, so that long clean lists come up, and lists of one fault.
    const step = fc.tuple(fc.integer({ min: -1, max: 2 }), fc.nat(2), fc.integer({ min: -1, max: 2 }), fc.nat(12));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 7 }), (steps) => {
        const list: Statement[] = [stated(1, 3, 0, 1)];
        for (const [up, over, worth, fault] of steps) {
          const last = list.at(-1) as Statement;
          const mhg = Math.max(last.height, last.maxHeightGenerated) + over - (fault === 0 ? 1 : 0);
          list.push(stated(last.slot + (fault === 1 ? 0 : 1), last.height + up, mhg, last.maxHeightPrevoted + worth));
        }
        const neighbours = list.slice(1).some((later, index) => isEvidence(list[index] as Statement, later));
        if (!neighbours) clean += 1;
        if (!neighbours && list.length > 4) long += 1;
        expect(anyEvidence(list)).toBe(neighbours);
      }),
      { numRuns: RUNS },
    );
    expect(clean).toBeGreaterThan(RUNS / 20);
    expect(long).toBeGreaterThan(0);
  });
});

describe('an honest producer', () => {
  it('never makes a pair, on whatever forks it stands, and whenever its lock is lost', () => {
    let [signed, lost] = [0, 0];
    const ask = fc.tuple(fc.nat(2), fc.integer({ min: -3, max: 3 }), fc.integer({ min: -2, max: 2 }), fc.nat(30));
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 60 }), (asks) => {
        const made: Statement[] = [];
        let [lock, slot]: [Lock, number] = [firstLock, 40];
        for (const [wait, above, worth, mishap] of asks) {
          slot += wait;
          if (mishap === 0) {
            lock = lostLock(slot as Slot);
            lost += 1;
          }
          const mhp = Math.max(0, (mishap === 1 ? slot - 3 : lock.maxHeightPrevoted) + worth);
          const height = Math.min(slot, Math.max(mhp + 1, (mishap === 1 ? slot - 1 : lock.height) + above));
          const next = stated(slot, height, lock.maxHeight, mhp);
          if (mhp >= height || lockFault(lock, next) !== undefined) continue;
          lock = lockAfter(lock, next);
          made.push(next);
        }
        signed += made.length;
        expect(anyEvidence(made)).toBe(false);
      }),
      { numRuns: RUNS },
    );
    expect(signed).toBeGreaterThan(2 * RUNS);
    expect(lost).toBeGreaterThan(0);
  });

  /** A producer that keeps its lock but for one thing, and what convicts it. */
  const lock: Lock = { slot: 10, maxHeight: 9, maxHeightPrevoted: 5, height: 8 } as Lock;
  const last = stated(10, 8, 9, 5);
  const dishonest: readonly (readonly [string, Statement, Contradiction])[] = [
    ['signs twice in a slot', stated(10, 9, 9, 5), 'same_slot'],
    ['denies what it signed last', stated(11, 9, 7, 5), 'height_generated_below_height'],
    ['states the last height it signed, not the greatest', stated(11, 9, 8, 5), 'height_generated_fell'],
    ['goes to a chain worth less', stated(11, 9, 9, 4), 'height_prevoted_fell'],
    ['signs the same height on another fork', stated(11, 8, 9, 5), 'height_not_above'],
  ];
  it.each(dishonest)('is one no more that %s, and is found out', (_, next, contradiction) => {
    const allowed = lockFault(lock, next) === undefined && next.maxHeightGenerated === lock.maxHeight;
    expect(allowed).toBe(false);
    const log = new HeaderLog();
    expect(log.add(next)).toBeUndefined();
    expect(log.add(last)).toEqual(evidenceOf(last, next));
    expect(log.evidence().map((each) => each.contradiction)).toEqual([contradiction]);
  });
});

describe('the header log', () => {
  it('finds evidence as soon as there are two headers that are, in whatever order they come', () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(anyStatement(2), { maxLength: 12 }), (statements) => {
        const log = new HeaderLog();
        const seen = new Map<Address, Statement[]>();
        for (const statement of statements) {
          const before = seen.get(statement.producer) ?? [];
          const wasFound = anyEvidence(before);
          const evidence = log.add(statement);
          const now = [...before, statement];
          seen.set(statement.producer, now);
          expect(evidence !== undefined).toBe(!wasFound && anyEvidence(now));
          if (evidence === undefined) continue;
          found += 1;
          expect(isEvidence(evidence.earlier, evidence.later)).toBe(true);
          expect(evidence.producer).toBe(statement.producer);
        }
      }),
      { numRuns: RUNS },
    );
    expect(found).toBeGreaterThan(RUNS / 2);
  });

  it('answers as one that compares every pair, when it is pruned and full too', () => {
    const limits = { producers: 3, headers: 4 };
    let [found, dropped] = [0, 0];
    // Mostly clean headers: in the order of slots, with gaps that late ones fill.
    const clean = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.nat(3), fc.nat(60))
      .map(([at, producer, fault]) =>
        stated(at, fault === 0 ? 1 : at, fault === 1 ? 0 : at - 1, 0, `P0${producer}` as Address),
      );
    const step = fc.oneof(
      { weight: 8, arbitrary: clean.map((statement) => ({ statement, final: undefined })) },
      { weight: 1, arbitrary: fc.nat(40).map((final) => ({ statement: undefined, final })) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [log, naive] = [new HeaderLog(limits), new NaiveLog(limits)];
        for (const { statement, final } of steps) {
          if (statement === undefined) {
            log.prune(final as Slot);
            naive.prune(final);
          } else {
            const evidence = log.add(statement);
            expect(evidence !== undefined).toBe(naive.add(statement));
            if (evidence !== undefined) found += 1;
          }
          expect(log.size).toBe(naive.kept.length);
          for (const { producer } of log.evidence()) expect(naive.convicted.has(producer)).toBe(true);
          expect(log.evidence().length).toBe(naive.convicted.size);
        }
        dropped += steps.length - log.size;
      }),
      { numRuns: RUNS / 4 },
    );
    expect(found).toBeGreaterThan(0);
    expect(dropped).toBeGreaterThan(0);
  });

  it('keeps of each producer the last header up to the final block, which still convicts', () => {
    const log = new HeaderLog();
    for (const slot of [1, 2, 3, 4, 5]) log.add(stated(slot, slot, slot - 1, 0));
    log.prune(3 as Slot);
    expect(log.size).toBe(3);
    log.prune(2 as Slot);
    expect(log.size, 'the final block never goes back').toBe(3);
    log.prune(9 as Slot);
    expect(log.size).toBe(1);
    expect(log.add(stated(2, 2, 1, 0)), 'a header from below the last one is compared').toBeUndefined();
    expect(log.size, 'and not kept').toBe(1);
    expect(log.add(stated(12, 12, 4, 0))?.contradiction).toBe('height_generated_below_height');
  });

  it('grows no more by a producer who is convicted, here or elsewhere, and keeps the first evidence', () => {
    const log = new HeaderLog();
    log.add(stated(1, 1, 0, 0));
    const first = log.add(stated(1, 1, 0, 1));
    expect(first?.contradiction).toBe('same_slot');
    expect(log.size).toBe(0);
    for (let slot = 2; slot < 20; slot += 1) expect(log.add(stated(slot, 1, 0, 0))).toBeUndefined();
    expect(log.size).toBe(0);
    log.convict(evidenceOf(stated(3, 1, 0, 0), stated(3, 2, 0, 0)) as Evidence);
    expect(log.evidence()).toEqual([first]);
    const other = 'P01' as Address;
    log.add(stated(1, 1, 0, 0, other));
    const told = evidenceOf(stated(3, 1, 0, 0, other), stated(3, 2, 0, 0, other)) as Evidence;
    log.convict(told);
    expect(log.size).toBe(0);
    expect(log.evidence()).toEqual([first, told]);
  });

  it('gives up the oldest header of a producer that fills it, and the producer that was silent for longest', () => {
    const log = new HeaderLog({ producers: 2, headers: 3 });
    for (const slot of [1, 2, 3, 4]) log.add(stated(slot, slot, slot - 1, 0));
    expect(log.size).toBe(3);
    expect(log.add({ ...stated(1, 1, 0, 0), id: 'another' as Hash }), 'its first header is gone').toBeUndefined();
    const [second, third] = ['P01', 'P02'] as Address[];
    log.add(stated(9, 9, 0, 0, second));
    log.add(stated(8, 8, 0, 0, third));
    expect(log.size, 'the four of P00 are gone').toBe(2);
    expect(log.add(stated(9, 8, 0, 0, second))?.contradiction).toBe('same_slot');
  });
});

describe('a conflict of two final blocks', () => {
  const set = (size: number): Address[] => Array.from({ length: size }, (_, index) => `P${index}` as Address);

  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 2],
    [7, 3],
    [10, 4],
    [21, 9],
  ])('convicts, of a set of %i, at least %i', (size, demanded) => {
    expect(convictionOf([], set(size))).toEqual({ convicted: [], demanded });
  });

  /** Four rounds of these producers alone, who know of no other chain; `phase` keeps the slots of two chains apart. */
  const chainBy = (elected: readonly Address[], voters: readonly Address[], phase: number) => {
    let live = liveGenesis({ window: 9 * elected.length, stallSlots: 0, elected });
    const [made, greatest] = [[] as Statement[], new Map<Address, number>()];
    for (let height = 1; height <= 4 * voters.length; height += 1) {
      const producer = voters[height % voters.length] as Address;
      const maxHeightGenerated = greatest.get(producer) ?? 0;
      const block = { slot: 2 * height + phase, producer, maxHeightGenerated, electedAfter: elected };
      made.push({ ...headerOf(live.votes, block), id: `${phase} ${height}` as Hash });
      live = liveAppend(live, block, 0);
      greatest.set(producer, height);
    }
    return { made, finalHeight: live.votes.finalHeight };
  };

  it.each(Array.from({ length: 21 }, (_, index) => [index + 1]))(
    'is possible with as few guilty as that, and convicts those alone: of a set of %i',
    (size) => {
      const elected = set(size);
      const quorum = Math.floor((2 * size) / 3) + 1;
      const [one, two] = [chainBy(elected, elected.slice(0, quorum), 0), chainBy(elected, elected.slice(-quorum), 1)];
      expect(Math.min(one.finalHeight, two.finalHeight), 'both chains have final blocks').toBeGreaterThan(0);
      const log = new HeaderLog();
      for (const statement of [...one.made, ...two.made]) log.add(statement);
      const { convicted, demanded } = convictionOf(log.evidence(), elected);
      expect(convicted).toEqual(elected.slice(size - quorum, quorum));
      expect(convicted.length).toBe(demanded);
    },
  );

  it('is told by the members of the set against whom there is evidence, and by no others', () => {
    const against = ['P3', 'P1', 'Q7'].map((producer) => {
      const [a, b] = [1, 2].map((height) => stated(9, height, 0, 0, producer as Address));
      return evidenceOf(a as Statement, b as Statement) as Evidence;
    });
    expect(convictionOf(against, set(4))).toEqual({ convicted: ['P1', 'P3'], demanded: 2 });
  });
});
