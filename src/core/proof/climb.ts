/**
 * Climb: from some leaves and the hashes of their neighbours to the root over all leaves.
 *
 * Every hash that is sent is used, in the one order, and the number of leaves fixes the height of the climb and the root.
 * The work is bounded by the bytes received: a step of the climb takes a leaf away or a neighbour's hash, but for at most one a
 * level at the right edge. Source: docs/protocol.md sections 15.2 and 15.5.
 */
import type { Hasher } from '../crypto.ts';
import { pairHash } from '../tree/commitment.ts';
import { depthOf, seal } from '../tree/seal.ts';
import { HASH_BYTES, type Hash } from '../units.ts';
import { proven, refused, type Verdict } from './verdict.ts';

/** The most leaves that a tree has. */
export const MAX_LEAVES = 2 ** 31;

const ZEROS = new Uint8Array(HASH_BYTES);

interface Node {
  readonly position: number;
  readonly hash: Uint8Array;
}

/** Whether these are positions of a tree of `size` leaves: ascending, each once. */
export const areOrdered = (positions: readonly number[], size: number): boolean =>
  positions.every((position, index) => position < size && (index === 0 || (positions[index - 1] as number) < position));

/** The hash of an empty subtree, by its height; each is computed when it is first needed. */
const emptySubtrees = (hasher: Hasher): ((height: number) => Uint8Array) => {
  const known: Uint8Array[] = [ZEROS];
  return (height) => {
    for (let next = known.length; next <= height; next += 1) {
      const below = known[next - 1] as Uint8Array;
      known.push(pairHash(hasher, below, below));
    }
    return known[height] as Uint8Array;
  };
};

/** Hashes that were sent, taken one by one. */
class Siblings {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(): Uint8Array {
    this.#at += HASH_BYTES;
    return this.#bytes.subarray(this.#at - HASH_BYTES, this.#at);
  }
}

/**
 * The root over `size` leaves, of which these nodes, at positions in ascending order below `size`, are known; `siblings` are whole hashes.
 * Without leaves there is nothing known but that there are none.
 */
export const climb = (
  hasher: Hasher,
  size: number,
  leaves: readonly Node[],
  siblingBytes: Uint8Array,
): Verdict<Hash> => {
  const emptyAt = emptySubtrees(hasher);
  const siblings = new Siblings(siblingBytes);
  let level = leaves;
  for (let height = 0; height < depthOf(size); height += 1) {
    const last = (size - 1) >>> height;
    const parents: Node[] = [];
    for (let index = 0; index < level.length; index += 1) {
      const { position, hash } = level[index] as Node;
      const next = level[index + 1];
      let other: Uint8Array;
      if (next !== undefined && next.position === (position ^ 1)) {
        other = next.hash;
        index += 1;
      } else if ((position ^ 1) > last) other = emptyAt(height);
      else if (siblings.left === 0) return refused('proof_incomplete');
      else other = siblings.take();
      const isRight = (position & 1) === 1;
      parents.push({
        position: position >>> 1,
        hash: isRight ? pairHash(hasher, other, hash) : pairHash(hasher, hash, other),
      });
    }
    level = parents;
  }
  if (siblings.left > 0) return refused('proof_left_over');
  const top = size === 0 ? ZEROS : level[0]?.hash;
  return top === undefined ? refused('proof_incomplete') : proven(seal(hasher, top, size));
};
