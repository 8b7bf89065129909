import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hasher, nobleCrypto } from '../../src/core/index.ts';
import { HASH_WORDS } from '../../src/core/tree/hash-pages.ts';
import { LineMemory } from '../../src/core/tree/line-memory.ts';
import { Nodes } from '../../src/core/tree/nodes.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 60);
/** Hashes in a page. */
const PAGE = 16_384;

/** Hashes of pairs that are quick to make: each word depends on both sides and on which is which. */
const hasher: Hasher = {
  ...nobleCrypto,
  hashPairs: (pairs, out) => {
    const [from, to] = [new Uint32Array(pairs.slice().buffer), new Uint32Array(out.length >> 2)];
    for (let word = 0; word < to.length; word += 1) {
      const at = 2 * HASH_WORDS * Math.floor(word / HASH_WORDS) + (word % HASH_WORDS);
      to[word] = Math.imul((from[at] as number) ^ 0x9e37_79b9, 31) + Math.imul(from[at + HASH_WORDS] as number, 17) + 1;
    }
    out.set(new Uint8Array(to.buffer));
  },
};

/** All levels over leaves that are one word each, eight times. */
const naiveLevels = (leaves: readonly number[], depth: number): Uint8Array[][] => {
  let level: Uint8Array[] = leaves.map((leaf) => new Uint8Array(new Uint32Array(HASH_WORDS).fill(leaf).buffer));
  let empty: Uint8Array = new Uint8Array(32);
  const levels = [level];
  const parent = (left: Uint8Array, right: Uint8Array): Uint8Array => {
    const out = new Uint8Array(32);
    hasher.hashPairs(Uint8Array.from([...left, ...right]), out);
    return out;
  };
  for (let height = 0; height < depth; height += 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) above.push(parent(level[at] as Uint8Array, level[at + 1] ?? empty));
    empty = parent(empty, empty);
    levels.push(above);
    level = above;
  }
  return levels;
};

const size = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1, 40_000) },
);
/** How many of a hundred leaves an update changes: none but one, some, nearly all. */
const share = fc.constantFrom(0, 1, 10, 25, 50, 60, 95, 100);

describe('the nodes of the tree', () => {
  it('are those of a tree that is made anew, whatever share of them an update changes', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(size, fc.array(share, { minLength: 1, maxLength: 4 }), fc.nat(), (count, shares, seed) => {
        let state = seed | 1;
        const random = (): number => {
          state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9;
          return (state >>> 0) / 2 ** 32;
        };
        const leaves = Array.from({ length: count }, (_, leaf) => leaf + 1);
        const nodes = new Nodes(hasher, new LineMemory());
        // In steps, so that the pages of one level do not lie side by side.
        for (const part of [0, 0.3, 0.6, 1]) nodes.reserve(Math.ceil(part * count));
        for (const [round, wanted] of [100, ...shares].entries()) {
          const changed = leaves.flatMap((_, leaf) => (100 * random() < wanted ? [leaf] : []));
          const touched = changed.length > 0 ? changed : [Math.floor(random() * count)];
          const hashes = new Int32Array(HASH_WORDS * touched.length);
          for (const [index, leaf] of touched.entries()) {
            const value = round === 0 ? leaf + 1 : Math.floor(random() * 2 ** 31);
            leaves[leaf] = value;
            hashes.fill(value, HASH_WORDS * index, HASH_WORDS * (index + 1));
          }
          nodes.setLeaves(Uint32Array.from(touched), hashes);
          nodes.rehash(Uint32Array.from(touched), count);
        }
        const depth = Math.ceil(Math.log2(count));
        const levels = naiveLevels(leaves, depth);
        // Every node of small trees, and of large ones those that stand at the ends of levels and pages, and some between.
        for (const [height, level] of levels.entries()) {
          const step = level.length > 1000 ? 97 : 1;
          for (let at = 0; at < level.length; at += step) expect(nodes.node(height, at, count)).toEqual(level[at]);
          expect(nodes.node(height, level.length - 1, count)).toEqual(level.at(-1));
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('memory that begins with lines', () => {
  it('is zero, as long as asked for, and its pieces share nothing', () => {
    const lines = new LineMemory();
    const sizes = [32, 1024, 2 ** 19, 2 ** 19 + 4, 2 ** 20, 2 ** 24, 2 ** 19, 2 ** 24, 2 ** 26, 4096];
    const pieces = sizes.map((bytes) => {
      const { memory, start } = lines.take(bytes);
      return new Uint8Array(memory, start, bytes);
    });
    for (const [index, piece] of pieces.entries()) {
      expect(piece.byteOffset % 16).toBe(0);
      expect([piece[0], piece.at(-1), piece.indexOf(1)]).toEqual([0, 0, -1]);
      piece.fill(index + 1);
    }
    for (const [index, piece] of pieces.entries()) {
      expect(piece.findIndex((byte) => byte !== index + 1)).toBe(-1);
    }
  });
});
