/**
 * Founding: the state at height 0, and the rules that a set of coins, candidates and parameters must keep to be a chain.
 *
 * Source: protocol sections 2, 9 and 14.
 */
import * as E from 'fp-ts/lib/Either.js';
import { compareText } from './bytes.ts';
import type { Chain, Tip } from './chain.ts';
import { noVotes } from './finality.ts';
import type { Fault } from './json.ts';
import { Ledger } from './ledger.ts';
import { firstOffice } from './office.ts';
import { budgetOf } from './reward.ts';
import { type Delta, rowsOf } from './state/delta.ts';
import { finalityKey, officeKey, tags, totalsKey } from './state/keys.ts';
import { Loader } from './state/loader.ts';
import type { OfficeRecord, Totals } from './state/records.ts';
import { emptyState, loadedState } from './state/view.ts';
import { ADDRESS_BYTES, type Address, type Height, type Slot } from './units.ts';

export interface Founding {
  readonly chain: Chain;
  /** The chain at its genesis block. Whoever holds it holds the differences of all tips after it: see `beginTip`. */
  readonly tip: Tip;
  /** All rows of the state, for a store. */
  readonly rows: Delta;
}

/** The greatest supply of a genesis: far below 2^128, so that inflation has room for centuries. */
export const MAX_GENESIS_SUPPLY = 1n << 120n;

const noTotals: Totals = { supply: 0n, staked: 0n, withdrawals: 0n, yearsBegun: 0, yearBudget: 0n };

/** The first of the ranking, from the ledger's own changes. */
const electedAtGenesis = (ledger: Ledger, count: number): readonly Address[] =>
  ledger.changes
    .filter(({ key, record }) => key.startsWith(tags.rank) && record !== undefined)
    .map(({ key }) => key)
    .sort(compareText)
    .slice(0, count)
    .map((key) => key.slice(-2 * ADDRESS_BYTES) as Address);

const faultOf = ({ params }: Chain, { supply }: Totals, elected: readonly Address[]): Fault | undefined => {
  const found = supply.toString();
  if (supply === 0n || supply > MAX_GENESIS_SUPPLY)
    return { path: 'supply', found, wanted: 'a genesis supply from 1 to 2^120' };
  if (params.inflationPerYear.numerator > 0n && budgetOf(params, supply) === 0n) {
    return {
      path: 'params.inflationPerYear',
      found: `a yearly budget of 0 from a supply of ${found}`,
      wanted: 'at least 1 raw unit a year, or "0/1"',
    };
  }
  if (elected.length === 0)
    return { path: 'candidates', found: 'none', wanted: 'at least one candidate, else nobody may make a block' };
  return undefined;
};

const firstRecord = (elected: readonly Address[]): OfficeRecord => ({
  spans: [{ fromHeight: 0 as Height, ...firstOffice(elected) }],
  sinceSlot: 0 as Slot,
  roundsBegun: 0,
  nextRoundSlot: 1 as Slot,
  producers: [],
});

/**
 * The genesis tip again, with a state of its own. A tip is kept as its difference to those after it, so a chain that is to
 * run for long while its founding is held begins with this one, and old blocks can be forgotten. PERF: hashes the whole
 * genesis state.
 */
export const beginTip = ({ chain, tip, rows }: Founding): Tip => {
  const loader = new Loader(chain.crypto, Number.MAX_SAFE_INTEGER);
  loader.add(rowsOf(rows));
  return { ...tip, state: loadedState(loader) };
};

/** The chain at height 0, after `populate` has put everything into the ledger; or what forbids to found it. */
export const found = (
  chain: Chain,
  populate: (ledger: Ledger) => Fault | undefined,
): E.Either<readonly Fault[], Founding> => {
  const empty = emptyState(chain.crypto);
  const ledger = new Ledger(empty, noTotals);
  const populated = populate(ledger);
  if (populated !== undefined) return E.left([populated]);
  const elected = electedAtGenesis(ledger, chain.params.producersPerRound);
  const fault = faultOf(chain, ledger.totals, elected);
  if (fault !== undefined) return E.left([fault]);
  ledger.state.set(totalsKey, ledger.totals);
  ledger.state.set(officeKey, firstRecord(elected));
  ledger.state.set(finalityKey, { maxHeightPrevoted: 0 as Height, finalHeight: 0 as Height });
  const { view, rows } = empty.with(ledger.changes);
  const tip: Tip = {
    height: 0 as Height,
    slot: 0 as Slot,
    time: chain.genesisTime,
    id: chain.genesisId,
    state: view,
    votes: noVotes(chain.params.finalityWindow),
    schedule: [],
  };
  return E.right({ chain, tip, rows });
};
