/**
 * Check state: of which block the rows are the state, and whether they come to the root that it states.
 */
import type { Storage } from '../adapters/storage/storage.ts';
import type { Crypto } from '../core/crypto.ts';
import type { Hash } from '../core/units.ts';
import { facts } from '../engine/facts.ts';
import { checkAgainst, type RowSource } from './check-against.ts';
import { type CheckedBlocks, statedRoot } from './check-blocks.ts';
import type { CheckedFacts } from './check-facts.ts';
import type { Findings } from './check-findings.ts';
import { type CheckedHistory, rightAgainText } from './check-history.ts';
import type { LeafHasher } from './check-leaves.ts';
import { checkLinks } from './check-links.ts';
import type { CheckedRows } from './check-rows.ts';

export interface StateCheckOptions {
  readonly storage: Storage;
  readonly crypto: Crypto;
  readonly hasher: LeafHasher;
  readonly genesisRoot: Hash | undefined;
  readonly told: CheckedFacts;
  readonly rows: CheckedRows;
  readonly blocks: CheckedBlocks;
  readonly against: RowSource | undefined;
  readonly findings: Findings;
  readonly notes: string[];
  readonly onRead: (leaves: number) => void;
}

/** Of which block the rows are the state, as far as that is known, and the root that they should have. */
export interface Placed {
  readonly height: number | undefined;
  readonly expected: Hash | undefined;
}

const isAll = ({ leftOut, isWhole }: CheckedRows): boolean => leftOut === 0 && isWhole;

/** Places the rows by what the store says, or, if they are the state of another block, by that. */
export const placeState = async (options: StateCheckOptions, root: Hash): Promise<Placed> => {
  const { storage, crypto, genesisRoot, told, rows, blocks, findings } = options;
  const claimed = told.stateHeight;
  const known = claimed === undefined || claimed === 0 ? undefined : await statedRoot(storage, crypto, claimed);
  const expected = claimed === 0 ? genesisRoot : known;
  if (expected === root) return { height: claimed, expected };
  const actual = root === genesisRoot ? 0 : blocks.heightOfRoot;
  if (isAll(rows) && actual !== undefined) {
    if (claimed !== undefined)
      findings.add('fact', facts.stateHeight, `it is ${claimed}; the rows are the state of height ${actual}`);
    return { height: actual, expected: root };
  }
  const { first = 0, last = 0 } = blocks;
  if (claimed !== undefined && claimed > 0 && (claimed < first || claimed > last)) {
    const there = blocks.count === 0 ? 'there are no blocks' : `the blocks are those of ${first} to ${last}`;
    findings.add('fact', facts.stateHeight, `it is ${claimed}; ${there}`);
  }
  return { height: claimed, expected };
};

const compareWithOther = async (options: StateCheckOptions, { height, expected }: Placed): Promise<void> => {
  const { storage, hasher, rows, against, findings, notes, onRead } = options;
  if (against === undefined) return;
  const { name } = against;
  if (against.height !== height) {
    notes.push(`${name} holds the state of height ${against.height ?? '?'}, so its rows were not compared`);
    return;
  }
  await checkAgainst({ storage, hasher, tree: rows.tree, other: against, findings, onRead });
  if (expected === undefined) return;
  const isCured = rows.tree.root === expected;
  notes.push(
    isCured
      ? `with the rows of ${name} the state root is right`
      : `with the rows of ${name} the state root is not right either`,
  );
};

/** Looks for the rows that make the state wrong; whether the tree of the rows is right in the end. */
export const narrowState = async (options: StateCheckOptions, placed: Placed): Promise<boolean> => {
  const { storage, hasher, rows, findings } = options;
  const { expected } = placed;
  if (!rows.isRing && rows.isWhole) await checkLinks({ storage, hasher, rows, expected, findings });
  if (rows.tree.root !== expected && placed.height !== undefined) await compareWithOther(options, placed);
  return rows.tree.root === expected;
};

/** Tells that the state is wrong as a whole, once nothing more can be said of single rows. */
export const tellState = (
  { rows, notes, findings }: StateCheckOptions,
  { height, expected }: Placed,
  { root, rightAgain }: { readonly root: Hash } & Pick<CheckedHistory, 'rightAgain'>,
): void => {
  if (height === undefined) return;
  if (expected === undefined) {
    const why =
      height === 0 ? 'it is that of the genesis, which was not given' : `block ${height} is missing or damaged`;
    notes.push(`the state root could not be compared: ${why}`);
  } else if (!isAll(rows)) {
    notes.push('the state root could not be compared: rows are left out');
  } else {
    const stated = height === 0 ? `that of the genesis is ${expected}` : `its block states ${expected}`;
    const narrower = rightAgain === undefined ? '' : `; ${rightAgainText(rightAgain)}`;
    findings.add('state', height, `its rows come to the root ${root}, ${stated}: some row was changed${narrower}`);
  }
};
