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

/** Of each leaf its last row, ascending by leaf. PERF: from the newest block back, so that only those rows are sorted. */
export const lastRows = (deltas: readonly Delta[]): readonly RowChange[] => {
  let [count, end] = [0, 0];
  for (const { leaves } of deltas) {
    count += leaves.length;
    end = Math.max(end, (leaves.at(-1) ?? -1) + 1);
  }
  /** A bit for each leaf that was met. */
  const met = new Uint8Array((end + 7) >>> 3);
  const [leaves, sources, places] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  let found = 0;
  for (let source = deltas.length - 1; source >= 0; source -= 1) {
    const own = (deltas[source] as Delta).leaves;
    for (let place = 0; place < own.length; place += 1) {
      const leaf = own[place] as number;
      const [byte, bit] = [leaf >>> 3, 1 << (leaf & 7)];
      if (((met[byte] as number) & bit) !== 0) continue;
      met[byte] = (met[byte] as number) | bit;
      leaves[found] = leaf;
      sources[found] = source;
      places[found] = place;
      found += 1;
    }
  }
  return Array.from(orderOf(leaves.subarray(0, found)), (at) => {
    const delta = deltas[sources[at] as number] as Delta;
    const place = places[at] as number;
    const [from, to] = [startOf(delta, place), delta.ends[place] as number];
    return { leaf: leaves[at] as number, bytes: to > from ? delta.bytes.subarray(from, to) : undefined };
  });
};
