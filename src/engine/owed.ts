/**
 * Owed: final blocks whose changes the store has not been given yet. It has the blocks themselves, so nothing hangs on them.
 *
 * What one block writes the next may write again, and rows that come together are laid away together: so they wait for each other.
 * Source: docs/decisions/0026-rows-follow-blocks.md.
 */
import type { RowChange } from '../adapters/storage/storage.ts';
import { type Delta, startOf } from '../core/state/delta.ts';
import type { StateView } from '../core/state/view.ts';
import { orderOf } from '../core/tree/leaf-order.ts';
import type { BranchBlock } from './fork/kept.ts';
import type { FinalBlock } from './history.ts';

/** PERF: of a block only this, so that receipts and events of many do not stay in memory. */
export interface OwedBlock extends FinalBlock {
  readonly state: StateView;
  readonly rows: Delta;
  /** How long the block is: what it costs to be reduced again. */
  readonly blockBytes: number;
}

export const owedOf = ({ transition: { tip, rows, before }, bytes }: BranchBlock): OwedBlock => {
  const { height, slot, state } = tip;
  return { height, slot, state, rows, before, blockBytes: bytes.length };
};

/** The memory that the rows of these blocks take, as they are and as they were. */
export const rowBytesOwed = (blocks: readonly OwedBlock[]): number =>
  blocks.reduce((sum, { rows, before }) => sum + rows.bytes.buffer.byteLength + before.bytes.buffer.byteLength, 0);

/** How long these blocks are together. */
export const blockBytesOwed = (blocks: readonly OwedBlock[]): number =>
  blocks.reduce((sum, { blockBytes }) => sum + blockBytes, 0);

/** Of each leaf its last row, ascending by leaf. */
export const lastRows = (deltas: readonly Delta[]): readonly RowChange[] => {
  const firsts: number[] = [];
  let count = 0;
  for (const { leaves } of deltas) {
    firsts.push(count);
    count += leaves.length;
  }
  const [leaves, sources] = [new Uint32Array(count), new Uint32Array(count)];
  for (const [source, delta] of deltas.entries()) {
    const first = firsts[source] as number;
    leaves.set(delta.leaves, first);
    sources.fill(source, first, first + delta.leaves.length);
  }
  // Equal leaves keep their order, so the last of them is the newest.
  const order = orderOf(leaves);
  const last: RowChange[] = [];
  for (let at = 0; at < count; at += 1) {
    const place = order[at] as number;
    const leaf = leaves[place] as number;
    if (at + 1 < count && leaves[order[at + 1] as number] === leaf) continue;
    const source = sources[place] as number;
    const delta = deltas[source] as Delta;
    const index = place - (firsts[source] as number);
    const [start, end] = [startOf(delta, index), delta.ends[index] as number];
    last.push({ leaf, bytes: end > start ? delta.bytes.subarray(start, end) : undefined });
  }
  return last;
};
