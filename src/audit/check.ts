/**
 * Check: whether all that a store holds fits together: its facts, blocks, rows, and old states.
 *
 * Nothing in the store is trusted and nothing is changed. The signatures of producers, and the genesis if the caller knows it, are what
 * all else is held against; blocks are not run again, which `replay` does. Source: docs/protocol.md section 15.3.
 */
import type { Storage } from '../adapters/storage/storage.ts';
import type { Crypto } from '../core/crypto.ts';
import type { Founding } from '../core/founding.ts';
import type { Hash, Height } from '../core/units.ts';
import { firstBlockOf } from '../engine/snapshot/block-files.ts';
import { sizeOfStore } from '../engine/snapshot/row-stream.ts';
import type { RowSource } from './check-against.ts';
import { type CheckedBlocks, checkBlocks } from './check-blocks.ts';
import { type CheckedFacts, checkFacts, checkGenesisId } from './check-facts.ts';
import { type Finding, Findings } from './check-findings.ts';
import { type CheckedHistory, checkHistory } from './check-history.ts';
import { LeafHasher } from './check-leaves.ts';
import { ifReadable } from './check-reading.ts';
import { checkRows } from './check-rows.ts';
import { narrowState, type Placed, placeState, tellState } from './check-state.ts';

export type CheckStep = 'rows' | 'blocks' | 'comparing' | 'history';

export interface CheckOptions {
  /** Nobody may write to it meanwhile. */
  readonly storage: Storage;
  readonly crypto: Crypto;
  /** The chain that it should hold. Without it the genesis is taken as told and its state is not compared. */
  readonly founding?: Founding | undefined;
  /** Rows of the same state, to find out which were changed. Read only if the state is wrong. */
  readonly against?: RowSource | undefined;
  /** How far a step is; the total is in the same unit. */
  readonly onProgress?: ((step: CheckStep, done: number, total: number) => void) | undefined;
}

/** What was found, and what there is. */
export interface CheckReport {
  /** The first hundred of each kind. */
  readonly findings: readonly Finding[];
  /** The number of all findings. */
  readonly count: number;
  readonly genesisId: Hash | undefined;
  readonly firstBlock: number | undefined;
  readonly lastBlock: number | undefined;
  /** The height of the state, as the store says or, if that is wrong, as its rows say. */
  readonly stateHeight: number | undefined;
  readonly rows: number;
  /** The root that the rows come to, as they are. */
  readonly root: Hash;
  /** Whether the state was held against the root that it should have. */
  readonly isCompared: boolean;
  readonly history: Pick<CheckedHistory, 'records' | 'used' | 'oldest'>;
  /** What could not be checked, or is strange and no fault: sentences for people. */
  readonly notes: readonly string[];
}

interface Noted {
  readonly told: CheckedFacts;
  readonly blocks: CheckedBlocks;
  readonly history: CheckedHistory;
  readonly isChainKnown: boolean;
}

/** What is no fault, but should be known. */
const notesOf = ({ told, blocks, history, isChainKnown }: Noted): readonly string[] => {
  const notes: string[] = [];
  const { first = 1, parentOfOne } = blocks;
  if (first > 1)
    notes.push(`the blocks below height ${first} are not here: it began with a snapshot, or they were lost`);
  if (!isChainKnown && told.genesisId !== undefined && parentOfOne === undefined)
    notes.push('no block here confirms the genesis id; give the genesis');
  if (!isChainKnown && history.oldest === 0)
    notes.push('the kept state of height 0 was not compared, nor the slots in the history; give the genesis');
  const lost = history.records - history.used;
  if (lost > 0) notes.push(`${lost} records of the history lead to no state that can be read; they were only decoded`);
  return notes;
};

/** Finality is counted on from the last headers up to the stored state: without them no engine opens the store. */
const checkNeeded = (
  founding: Founding | undefined,
  { height }: Placed,
  { first }: CheckedBlocks,
  findings: Findings,
): void => {
  if (founding === undefined || height === undefined || first === undefined) return;
  const needed = firstBlockOf(founding.chain, height as Height);
  if (first > needed && first <= height)
    findings.add('block', needed, `it and those up to ${first - 1} are missing; finality is counted from them`);
};

/**
 * Checks a store. Rejects with what the store rejects with, but for `storage_damaged`, which is a finding.
 * PERF: reads everything once, the history twice, and the rows once more if their keys do not fit together; about 64 bytes of
 * memory an entry, and 40 more in that case.
 */
export const checkStore = async (options: CheckOptions): Promise<CheckReport> => {
  const { storage, crypto, founding, against } = options;
  const tell = (step: CheckStep, total: number) => (number: number) =>
    options.onProgress?.(step, Math.min(number, total), total);
  const hasher = new LeafHasher(crypto);
  const findings = new Findings();
  const notes: string[] = [];
  const genesisRoot = founding?.tip.state.root;
  const told = await checkFacts(storage, founding?.chain, findings);
  const size = (await ifReadable(sizeOfStore(storage))) ?? 0;
  const rows = await checkRows(storage, hasher, findings, tell('rows', size));
  const { root } = rows.tree;
  const blocks = await checkBlocks({
    storage,
    crypto,
    chain: founding?.chain,
    root,
    findings,
    onBlock: tell('blocks', (await ifReadable(storage.topHeight())) ?? 0),
  });
  if (founding === undefined) checkGenesisId(told, blocks, findings);
  const onRead = tell('comparing', size);
  const state = { storage, crypto, hasher, genesisRoot, told, rows, blocks, against, findings, notes, onRead };
  const placed: Placed = await placeState(state, root);
  checkNeeded(founding, placed, blocks, findings);
  const isRight = await narrowState(state, placed);
  const history = await checkHistory({
    storage,
    crypto,
    hasher,
    chain: founding?.chain,
    genesisRoot,
    height: placed.height,
    tree: rows.tree,
    isRight,
    findings,
    onRecord: (done, total) => options.onProgress?.('history', done, total),
  });
  if (!isRight) tellState(state, placed, { root, rightAgain: history.rightAgain });
  notes.push(...notesOf({ told, blocks, history, isChainKnown: founding !== undefined }));
  return {
    findings: findings.kept,
    count: findings.count,
    genesisId: told.genesisId,
    firstBlock: blocks.first,
    lastBlock: blocks.last,
    stateHeight: placed.height,
    rows: rows.count + rows.leftOut,
    root,
    isCompared: placed.expected !== undefined && rows.leftOut === 0 && rows.isWhole,
    history: { records: history.records, used: history.used, oldest: history.oldest },
    notes,
  };
};
