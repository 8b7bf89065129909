import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hasher } from '../../src/core/crypto.ts';
import { scheduleOf } from '../../src/core/round.ts';
import { officeKey } from '../../src/core/state/keys.ts';
import type { Address, Hash } from '../../src/core/units.ts';
import { ChainDriver } from '../twins/chain-driver.ts';
import { anyPlan, anySetting, makerOf, slotOf } from '../twins/chain-plans.ts';
import { ChainTwin, naiveRanking, realRanking } from '../twins/chain-twin.ts';
import { fakeCrypto, peopleOf } from '../twins/fake-crypto.ts';
import { naiveSchedule, seedHash } from '../twins/naive-rounds.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const everybody = peopleOf(64).map(({ address }) => address);
const genesisIds = fc.stringMatching(/^[0-9a-f]{64}$/) as unknown as fc.Arbitrary<Hash>;

/** A hasher whose random words are great ones often, so that some must be passed over. */
const greatWords = (kept: number): Pick<Hasher, 'sha256'> & { readonly seed: typeof seedHash } => {
  const spoilt = (digits: string): string =>
    (digits.match(/.{8}/g) ?? [])
      .map((word, index) => ((index + kept) % 3 === 0 ? word : `ffffffff`.slice(0, 7) + word.slice(7)))
      .join('');
  return {
    sha256: (data) => Uint8Array.from(Buffer.from(spoilt(Buffer.from(fakeCrypto.sha256(data)).toString('hex')), 'hex')),
    seed: (genesisId, round, c) => spoilt(seedHash(genesisId, round, c)),
  };
};

describe('the order of a round', () => {
  it('is what a naive shuffle by the words of the protocol gives', () => {
    const anyRound = fc.oneof(fc.nat(1000), fc.nat(), fc.maxSafeNat());
    const run = fc.property(
      genesisIds,
      anyRound,
      fc.uniqueArray(fc.nat(63), { minLength: 1 }),
      (genesisId, round, members) => {
        const producers = members.map((index) => everybody[index] as Address);
        const order = scheduleOf(fakeCrypto, genesisId, round, producers);
        expect(order).toEqual(naiveSchedule(genesisId, BigInt(round), producers));
        expect([...order].sort((a, b) => (a < b ? -1 : 1))).toEqual([...producers].sort((a, b) => (a < b ? -1 : 1)));
      },
    );
    fc.assert(run, { numRuns: RUNS });
  });

  it('passes over words that would make some orders likelier, and goes on to the next hash', () => {
    const run = fc.property(
      genesisIds,
      fc.nat(),
      fc.integer({ min: 1, max: 64 }),
      fc.nat(2),
      (genesisId, round, size, kept) => {
        const hasher = greatWords(kept) as Hasher & { readonly seed: typeof seedHash };
        const producers = everybody.slice(0, size);
        const order = scheduleOf(hasher, genesisId, round, producers);
        expect(order).toEqual(naiveSchedule(genesisId, BigInt(round), producers, hasher.seed));
      },
    );
    fc.assert(run, { numRuns: RUNS });
  });

  it.each(
    Array.from({ length: 64 }, (_, index) => index + 1).filter(
      (size) => size <= 8 || size % 7 === 0 || size === 21 || size === 64,
    ),
  )('puts each of %i producers into each place equally often over 10 000 rounds', (size) => {
    const rounds = 10_000;
    const producers = everybody.slice(0, size);
    const places = new Map(producers.map((producer, index) => [producer, index]));
    const seen = new Uint32Array(size * size);
    const genesisId = 'ab'.repeat(32) as Hash;
    for (let round = 0; round < rounds; round += 1) {
      for (const [place, producer] of scheduleOf(fakeCrypto, genesisId, round, producers).entries()) {
        const cell = place * size + (places.get(producer) ?? 0);
        seen[cell] = (seen[cell] ?? 0) + 1;
      }
    }
    const expected = rounds / size;
    const chiSquare = seen.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // Rows and columns each sum to the number of rounds; five deviations above the mean is one in a million.
    const freedom = (size - 1) ** 2;
    expect(chiSquare).toBeLessThanOrEqual(freedom + 5 * Math.sqrt(2 * freedom));
    expect(Math.min(...seen)).toBeGreaterThan(0);
  });
});

const voting = { vote: 5, stake: 2, unstake: 2, become_candidate: 2, quit_candidacy: 2 };
const roomy = { unitsPerSecond: '1000', unitBytes: '1024' };

describe('the slots of a chain', () => {
  it("are each one producer's, and are counted as produced or missed for it, as slot by slot", () => {
    const run = fc.property(anyPlan({ people: 5, blocks: 10, intents: 4 }, voting, roomy), ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const twin = new ChainTwin(driver);
      for (const { jump, intents } of blocks) {
        const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
        const { producer } = twin.follow(step);
        expect(step.built.claim.producer).toBe(producer);
        expect(realRanking(driver)).toEqual(naiveRanking(twin.ledger));
        const { round, start, producers, office } = twin.finality.blocks.at(
          -1,
        ) as (typeof twin.finality.blocks)[number];
        const record = driver.tip.state.get(officeKey);
        expect([record?.roundsBegun, record?.nextRoundSlot, record?.producers]).toEqual([
          round + 1,
          start + producers.length,
          producers,
        ]);
        expect(record?.spans.at(-1)).toMatchObject(office);
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('stand each in one round, whose producers have one slot each in the order of the round', () => {
    const run = fc.property(anySetting(5, { producersPerRound: '4', finalityWindow: '36' }), (setting) => {
      const driver = new ChainDriver(setting);
      const turns: Address[] = [];
      for (let slot = 1; slot <= 20; slot += 1) {
        const { transition, built } = driver.step(slot);
        turns.push(built.claim.producer);
        const { order, firstSlot, begins } = transition.round;
        expect(begins).toBe(slot === firstSlot);
        expect(new Set(order).size).toBe(order.length);
        expect(turns.slice(firstSlot - 1)).toEqual(order.slice(0, slot + 1 - firstSlot));
      }
    });
    fc.assert(run, { numRuns: Math.ceil(RUNS / 4) });
  });

  it('missed over thousands of slots are counted as slot by slot', () => {
    const gaps = fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1000, max: 4000 })), {
      minLength: 1,
      maxLength: 5,
    });
    const run = fc.property(anySetting(5), gaps, (setting, jumps) => {
      const driver = new ChainDriver(setting);
      const twin = new ChainTwin(driver);
      for (const gap of jumps) {
        twin.follow(driver.step(driver.tip.slot + gap));
        expect(realRanking(driver)).toEqual(naiveRanking(twin.ledger));
      }
    });
    fc.assert(run, { numRuns: Math.ceil(RUNS / 10) });
  });

  it('missed over 2^40 slots cost no more than those of a few rounds, and all of them are counted', () => {
    const run = fc.property(
      anySetting(5, { finalityWindow: '45', producersPerRound: '5' }),
      fc.nat(50),
      (setting, more) => {
        let hashes = 0;
        const sha256 = (data: Uint8Array) => {
          hashes += 1;
          return fakeCrypto.sha256(data);
        };
        const counting = { ...fakeCrypto, sha256 };
        const workOf = (gap: number): number => {
          const driver = new ChainDriver(setting, counting);
          driver.step(1);
          hashes = 0;
          driver.step(1 + gap);
          const counted = realRanking(driver).reduce((sum, { produced, missed }) => sum + produced + missed, 0);
          // In these chains all producers are live candidates.
          expect(counted).toBe(1 + gap);
          return hashes;
        };
        expect(Math.abs(workOf(2 ** 40 + more) - workOf(20))).toBeLessThan(20);
      },
    );
    fc.assert(run, { numRuns: Math.ceil(RUNS / 4) });
  });
});
