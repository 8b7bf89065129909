import { describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { type NetworkPlan, planOf, runNetwork } from '../../src/sim/index.ts';

const hasher = await bestCrypto();
const SEATS = 21;
const SPARE = 7;
const SLOT_MS = 3_000;
const GENESIS_MS = 1_000_000_000;
/** The producers p0 to p6 are those who go, for good. */
const GONE_AT = 48;
const ELECTED_AT = 60;
/** Least that a chain of 21 seats may have: the node says so when nothing was final for as many slots. */
const WINDOW = 189;

const numbers = (count: number, from = 0): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

/** 21 producers in fair weather, of whom some are gone from `GONE_AT` on; seven more have a node and wait to be elected. */
const planWith = (gone: number, more: Partial<NetworkPlan>): NetworkPlan => ({
  ...planOf(1, { producers: SEATS, byzantine: false, elections: false, restarts: false, kinds: [] }),
  nodes: SEATS + SPARE,
  chaosSlots: 0,
  skewSeconds: numbers(SEATS + SPARE).map(() => 0),
  transfersPerThousandSlots: 0,
  restarts: numbers(gone).map((node) => ({
    node,
    atSlot: GONE_AT,
    downSlots: Number.MAX_SAFE_INTEGER,
    how: 'stop',
    atWrite: 1,
  })),
  ...more,
});

/** The seven that wait and the fourteen that are left: a voter has fifteen votes, so it takes two. */
const replacement: NetworkPlan['elections'] = [
  { atSlot: ELECTED_AT, voter: 0, candidates: [...numbers(SPARE, SEATS), ...numbers(8, SPARE)] },
  { atSlot: ELECTED_AT, voter: 1, candidates: numbers(6, SPARE + 8) },
];

interface Course {
  /** The greatest height that was final for anybody when a slot ended. */
  readonly finalAt: (slot: number) => number;
  readonly heightAt: (slot: number) => number;
  /** The slots in which nodes told an event, each node's. */
  readonly told: (kind: string) => readonly number[];
}

/** Runs the plan and reads its trace. */
const courseOf = async (plan: NetworkPlan): Promise<Course> => {
  const moves: { readonly slot: number; readonly height: number; readonly final: number }[] = [];
  const events: { readonly slot: number; readonly kind: string }[] = [];
  const run = await runNetwork(plan, {
    hasher,
    trace: (line) => {
      if (line.startsWith('{')) return;
      const [ms, , kind, height, , , final] = line.split(' ');
      const slot = Math.floor((Number(ms) - GENESIS_MS) / SLOT_MS);
      if (kind === 'at') moves.push({ slot, height: Number(height), final: Number(final) });
      else events.push({ slot, kind: String(kind) });
    },
  });
  expect(run.violations).toEqual([]);
  const greatest = (slot: number, of: 'height' | 'final') =>
    moves.reduce((most, move) => (move.slot <= slot ? Math.max(most, move[of]) : most), 0);
  return {
    finalAt: (slot) => greatest(slot, 'final'),
    heightAt: (slot) => greatest(slot, 'height'),
    told: (kind) => events.filter((event) => event.kind === kind).map(({ slot }) => slot),
  };
};

describe('a network of 21 producers', () => {
  it('goes on to finalise with six of them gone for good, and nobody says that it stalls', async () => {
    const last = 320;
    const { finalAt, told } = await courseOf(planWith(6, { calmSlots: last }));
    expect(finalAt(GONE_AT)).toBeGreaterThan(0);
    expect(finalAt(last)).toBeGreaterThan(finalAt(GONE_AT) + 120);
    expect(told('finality_stalled')).toEqual([]);
  });

  it('stops to finalise with seven gone for good, says so, and resumes after `stallSlots` once voters have replaced them', async () => {
    const stallSlots = 220;
    const last = 440;
    const { finalAt, heightAt, told } = await courseOf(
      planWith(7, { stallSlots, calmSlots: last, elections: replacement }),
    );
    // What was final when they went, and what those who were left could still see through.
    const stoppedAt = finalAt(ELECTED_AT + 60);
    expect(stoppedAt).toBeGreaterThan(0);
    expect(finalAt(ELECTED_AT + stallSlots)).toBe(stoppedAt);
    expect(heightAt(ELECTED_AT + stallSlots)).toBeGreaterThan(stoppedAt + 120);
    // All who run say so, each once, at the same block: 14 that are left, 7 that came.
    const stalled = told('finality_stalled');
    expect(stalled).toHaveLength(SEATS);
    expect(Math.min(...stalled)).toBeGreaterThan(GONE_AT + WINDOW - 60);
    expect(Math.max(...stalled)).toBeLessThan(ELECTED_AT + stallSlots);
    const resumed = told('finality_resumed');
    expect(resumed).toHaveLength(SEATS);
    expect(Math.min(...resumed)).toBeGreaterThan(ELECTED_AT + stallSlots);
    expect(finalAt(last)).toBeGreaterThan(heightAt(ELECTED_AT + stallSlots));
  });

  it('does not resume where `stallSlots` is 0, whoever is elected', async () => {
    const last = 440;
    const { finalAt, told } = await courseOf(planWith(7, { stallSlots: 0, calmSlots: last, elections: replacement }));
    expect(finalAt(last)).toBe(finalAt(ELECTED_AT + 60));
    expect(told('finality_stalled')).toHaveLength(SEATS);
    expect(told('finality_resumed')).toEqual([]);
  });
});
