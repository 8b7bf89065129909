import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tip } from '../../src/core/chain.ts';
import { restoreVotes, type VoteHeader } from '../../src/core/finality.ts';
import type { Office } from '../../src/core/office.ts';
import { type DeltaRow, rowsOf } from '../../src/core/state/delta.ts';
import { finalityKey, officeKey } from '../../src/core/state/keys.ts';
import { Loader } from '../../src/core/state/loader.ts';
import { loadedState, type StateView } from '../../src/core/state/view.ts';
import { assertSame, ChainDriver, followed, readChecked, type Step } from '../twins/chain-driver.ts';
import { anyPlan, evenly, makerOf, slotOf } from '../twins/chain-plans.ts';
import { fakeCrypto } from '../twins/fake-crypto.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const weights = { ...evenly, vote: 3, stake: 2, unstake: 2, become_candidate: 2 };
const plans = anyPlan({ people: 5, blocks: 10, intents: 4 }, weights);

/** Long enough that offices change hands and leave the window. */
const handovers = anyPlan(
  { people: 4, blocks: 30, intents: 2 },
  { vote: 4, stake: 3, become_candidate: 1 },
  { producersPerRound: '1', finalityWindow: '9', unitsPerSecond: '1000', unitBytes: '1024' },
);

/** A block of a tree of blocks. */
interface Node {
  readonly step: Step;
  /** Its parent in the tree; `undefined` on genesis. */
  readonly parent: Node | undefined;
}

const pathTo = (node: Node | undefined): readonly Node[] => (node === undefined ? [] : [...pathTo(node.parent), node]);

describe('reducing', () => {
  it('the same block on the same tip again, after anything else, gives the same', () => {
    const run = fc.property(plans, fc.infiniteStream(fc.nat()), ({ setting, blocks }, picks) => {
      const driver = new ChainDriver(setting);
      const steps: Step[] = [];
      for (const { jump, intents } of blocks) {
        steps.push(driver.step(slotOf(driver, jump), intents.map(makerOf)));
        const [pick = 0] = [...picks.take(1)];
        const old = steps[pick % steps.length] as Step;
        assertSame(followed(driver.chain, old.parent, old.block), old.transition);
      }
      for (const { parent, block, transition } of steps) assertSame(followed(driver.chain, parent, block), transition);
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('forks by turns gives each what it has alone', () => {
    const run = fc.property(plans, fc.infiniteStream(fc.nat(3)), ({ setting, blocks }, picks) => {
      const driver = new ChainDriver(setting);
      const nodes: Node[] = [];
      for (const { jump, intents } of blocks) {
        // Goes on from one of the last blocks, or from genesis.
        const [back = 0] = [...picks.take(1)];
        const parent = nodes[nodes.length - 1 - back];
        driver.tip = parent?.step.transition.tip ?? driver.genesis;
        nodes.push({ step: driver.step(slotOf(driver, jump), intents.map(makerOf)), parent });
      }
      for (const node of nodes) {
        const alone = new ChainDriver(setting);
        for (const { step } of pathTo(node)) {
          const transition = followed(alone.chain, alone.tip, readChecked(alone.chain, step.bytes));
          assertSame(transition, step.transition);
          alone.tip = transition.tip;
        }
      }
      // The tips of all branches still stand where they stood.
      for (const { step } of nodes) assertSame(followed(driver.chain, step.parent, step.block), step.transition);
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('goes on from a state, votes and offices that were stored and loaded as if they had never left', () => {
    const run = fc.property(fc.oneof(plans, handovers), ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const steps: Step[] = [];
      const stored = new Map<number, DeltaRow>();
      const store = (rows: Step['transition']['rows']): void => {
        for (const row of rowsOf(rows)) {
          if (row.bytes === undefined) stored.delete(row.leaf);
          else stored.set(row.leaf, row);
        }
      };
      store(driver.genesisRows);
      let loaded: Tip = { ...driver.genesis, state: loadState([...stored.values()]) };
      for (const { jump, intents } of blocks) {
        const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
        assertSame(followed(driver.chain, loaded, step.block), step.transition);
        steps.push(step);
        store(step.transition.rows);
        loaded = reopened(driver.tip, steps, [...stored.values()]);
        expect(loaded.state.root).toBe(driver.tip.state.root);
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });
});

const loadState = (rows: readonly DeltaRow[]): StateView => {
  const loader = new Loader(fakeCrypto, Number.MAX_SAFE_INTEGER);
  loader.add(rows);
  return loadedState(loader);
};

/** The tip, with its state from stored rows and its votes from the last headers, as an engine opens a store. */
const reopened = (tip: Tip, steps: readonly Step[], rows: readonly DeltaRow[]): Tip => {
  const state = loadState(rows);
  const { window } = tip.votes;
  const spans = state.get(officeKey)?.spans ?? [];
  const headers = steps.slice(-window).map(({ block, slot }): { header: VoteHeader; office: Office } => {
    const office = spans.findLast(({ fromHeight }) => fromHeight <= block.header.height);
    if (office === undefined) throw new Error(`no office of height ${block.header.height} is kept`);
    return { header: { ...block.header, slot }, office };
  });
  const finality = state.get(finalityKey);
  if (finality === undefined) throw new Error('V and F are not kept');
  return { ...tip, state, votes: restoreVotes({ window, headers, ...finality }) };
};
