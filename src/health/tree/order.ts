/**
 * Order: leaf hashes sorted as bytes, so that where a leaf stands says nothing about where its value stood.
 */

import { prefixOrder } from '../../core/tree/prefix-order.ts';
import { HASH_BYTES } from '../../core/units.ts';

const compareHashes = (hashes: Uint8Array, a: number, b: number): number => {
  for (let at = 0; at < HASH_BYTES; at += 1) {
    const difference = (hashes[HASH_BYTES * a + at] as number) - (hashes[HASH_BYTES * b + at] as number);
    if (difference !== 0) return difference;
  }
  return a - b;
};

/** Where each of `count` hashes stands among them in ascending order: the place in order of each rank. PERF: linear. */
export const hashOrder = (hashes: Uint8Array, count: number): Uint32Array => {
  const highs = new Uint32Array(count);
  const lows = new Uint32Array(count);
  const view = new DataView(hashes.buffer, hashes.byteOffset);
  for (let index = 0; index < count; index += 1) {
    highs[index] = view.getUint32(HASH_BYTES * index);
    lows[index] = view.getUint32(HASH_BYTES * index + 4);
  }
  const order = prefixOrder(highs, lows);
  const isTie = (rank: number): boolean => {
    const a = order[rank - 1] as number;
    const b = order[rank] as number;
    return highs[a] === highs[b] && lows[a] === lows[b];
  };
  for (let rank = 1; rank < count; rank += 1) {
    if (!isTie(rank)) continue;
    const first = rank - 1;
    while (rank < count && isTie(rank)) rank += 1;
    order.subarray(first, rank).sort((a, b) => compareHashes(hashes, a, b));
  }
  return order;
};
