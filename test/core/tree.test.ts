import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyTree, loadTree, type Tree } from '../../src/core/tree/tree.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import {
  type Twin,
  type TwinChanges,
  twinEntries,
  twinLeaves,
  twinListRoot,
  twinRoot,
  twinSize,
  twinSlots,
  twinWith,
} from '../twins/tree-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
/** Greater than every key. */
const END = 'g';
const NOTHING: Twin = new Map();

const hashOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
/** Some are prefixes of others, some differ in the last byte alone. */
const POOL = ['00', '0000', '000001', '01', '01ff', '02', '7f', '80', 'fe', 'ff', 'ff00', 'ffff'].flatMap((key) => [
  key,
  `a0${key}`,
  `${key.repeat(20)}5c`,
]);
const STRANGERS = ['', '000002', '01fe', 'a0', 'ffffff', 'f'];

interface Handle {
  readonly tree: Tree;
  readonly twin: Twin;
}
const EMPTY: Handle = { tree: emptyTree(hasher), twin: NOTHING };

/** All that a handle can be asked, compared at once: an `expect` costs more than the tree. */
const expectSame = ({ tree, twin }: Handle): void => {
  const keys = [...twin.keys()].sort();
  const asked = [...POOL, ...STRANGERS];
  const answers = asked.map((key) => [
    tree.leafOf(key),
    tree.has(key),
    tree.floor(key),
    tree.next(key),
    tree.valueHashOf(key),
  ]);
  const expected = asked.map((key) => [
    twin.get(key)?.leaf,
    twin.has(key),
    keys.findLast((other) => other <= key) ?? keys.at(-1),
    keys.find((other) => other > key) ?? keys[0],
    twin.get(key)?.valueHash,
  ]);
  expect([tree.root, tree.size, tree.count]).toEqual([twinRoot(twin), twinSize(twin), twin.size]);
  expect(tree.keys('', END, Number.POSITIVE_INFINITY)).toEqual(keys);
  expect(isDeepStrictEqual(answers, expected), 'the answers by key').toBe(true);
};

/** Makes the same changes to both, and compares what `with` tells. */
const follow = ({ tree, twin }: Handle, changes: TwinChanges): Handle => {
  const next = tree.with(changes);
  const nextTwin = twinWith(twin, changes);
  expect(next.leaves).toEqual(twinLeaves(twin, nextTwin));
  expect(next.tree.root).toBe(twinRoot(nextTwin));
  return { tree: next.tree, twin: nextTwin };
};

const changesFrom = (pool: readonly string[], maxLength: number) =>
  fc
    .array(fc.tuple(fc.nat(pool.length - 1), fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined })), {
      maxLength,
    })
    .map(
      (list) =>
        new Map(list.map(([key, byte]) => [pool[key] as string, byte === undefined ? undefined : hashOf(byte)])),
    );
const removeAll: TwinChanges = new Map(POOL.map((key) => [key, undefined]));
const someChanges = fc.oneof(
  { weight: 9, arbitrary: changesFrom(POOL, 12) },
  { weight: 1, arbitrary: fc.constant(removeAll) },
);

describe('the state tree against its twin', () => {
  it('answers like a full copy from every version, in any order of use, over forks and retries', () => {
    const step = fc.record({ from: fc.nat(), changes: someChanges, read: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 10 }), (steps, visits) => {
        const handles = [{ tree: emptyTree(hasher), twin: NOTHING }];
        const pick = (index: number) => handles[index % handles.length] as Handle;
        for (const { from, changes, read } of steps) {
          handles.push(follow(pick(from), changes));
          expectSame(pick(read));
        }
        for (const visit of visits) expectSame(pick(visit));
        for (const handle of handles) expectSame(handle);
      }),
      { numRuns: RUNS },
    );
  });

  it('is the same when its entries are loaded in any order, and goes on the same', () => {
    fc.assert(
      fc.property(
        fc.array(someChanges, { maxLength: 8 }),
        fc.array(someChanges, { maxLength: 8 }),
        fc.nat(),
        (before, after, turn) => {
          const grown = before.reduce(follow, EMPTY);
          const entries = twinEntries(grown.twin);
          const turned = entries.map(
            (_, index) => entries[(index + turn) % entries.length] as (typeof entries)[number],
          );
          const loaded: Handle = { tree: loadTree(hasher, turned), twin: grown.twin };
          expectSame(loaded);
          expectSame(after.reduce(follow, loaded));
          expectSame(loaded);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('does not depend on the order of the changes', () => {
    fc.assert(
      fc.property(someChanges, someChanges, (first, second) => {
        const { tree } = EMPTY.tree.with(first);
        const backwards = tree.with(new Map([...second].reverse()));
        const forwards = tree.with(second);
        expect(backwards.tree.root).toBe(forwards.tree.root);
        expect(backwards.leaves).toEqual(forwards.leaves);
      }),
      { numRuns: RUNS },
    );
  });

  it('answers ranges of keys like a sorted list, from either end', () => {
    const bound = fc.constantFrom(...POOL, ...STRANGERS, END);
    fc.assert(
      fc.property(fc.array(someChanges, { maxLength: 3 }), bound, bound, fc.nat(40), (updates, from, to, limit) => {
        const { tree, twin } = updates.reduce(follow, EMPTY);
        const keys = [...twin.keys()].sort().filter((key) => from <= key && key < to);
        expect(tree.keys(from, to, limit)).toEqual(keys.slice(0, limit));
        expect(tree.keys(from, to, limit, 'descending')).toEqual(keys.reverse().slice(0, limit));
      }),
      { numRuns: RUNS },
    );
  });

  it('stays the same with thousands of entries that come, change and go by the thousand', () => {
    const MANY = Array.from(
      { length: 5_000 },
      (_, index) => `0a${((index * 0x9e37_79b1) % 2 ** 32).toString(16).padStart(8, '0')}`,
    );
    const range = fc.record({
      start: fc.nat(MANY.length),
      length: fc.nat(3_500),
      stride: fc.integer({ min: 1, max: 3 }),
    });
    const wave = fc.record({ from: fc.nat(), put: range, drop: range, byte: fc.integer({ min: 1, max: 3 }) });
    fc.assert(
      fc.property(fc.array(wave, { minLength: 4, maxLength: 6 }), (waves) => {
        const keysOf = ({ start, length, stride }: { start: number; length: number; stride: number }) =>
          Array.from({ length }, (_, index) => MANY[(start + index * stride) % MANY.length] as string);
        const handles = [{ tree: emptyTree(hasher), twin: NOTHING }];
        for (const { from, put, drop, byte } of waves) {
          const changes = new Map<string, Uint8Array | undefined>(keysOf(drop).map((key) => [key, undefined]));
          for (const key of keysOf(put)) changes.set(key, hashOf(byte));
          handles.push(follow(handles[Math.max(0, handles.length - 1 - (from % 3))] as Handle, changes));
        }
        for (const { tree, twin } of handles) {
          const keys = [...twin.keys()].sort();
          expect(tree.keys('', END, Number.POSITIVE_INFINITY)).toEqual(keys);
          expect(tree.keys('', END, 2_000, 'descending')).toEqual(keys.reverse().slice(0, 2_000));
        }
        for (const handle of handles.slice(1, 3)) follow(handle, new Map([['0b', hashOf(9)]]));
      }),
      { numRuns: Math.ceil(RUNS / 25) },
    );
  });

  it('gives the hashes beside the path of every leaf slot, from which the root follows', () => {
    fc.assert(
      fc.property(fc.array(someChanges, { minLength: 1, maxLength: 4 }), (updates) => {
        const { tree, twin } = updates.reduce(follow, EMPTY);
        for (const [leaf, slot] of twinSlots(twin).entries()) {
          let node = slot;
          for (const [level, sibling] of tree.siblings(leaf).entries()) {
            const isLeft = ((leaf >> level) & 1) === 0;
            node = hasher.sha256(Buffer.concat(isLeft ? [node, sibling] : [sibling, node]));
          }
          const size = Buffer.alloc(32);
          size.writeUInt32BE(tree.size, 28);
          expect(Buffer.from(hasher.sha256(Buffer.concat([node, size]))).toString('hex')).toBe(tree.root);
        }
        expect(() => tree.siblings(tree.size)).toThrow('no leaf slot');
      }),
      { numRuns: RUNS },
    );
  });
});

describe('the twin', () => {
  it('has the roots that were worked out by hand with another program', () => {
    const entries: [string, { leaf: number; valueHash: Uint8Array }][] = [
      ['0a', { leaf: 0, valueHash: hashOf(1) }],
      ['0b', { leaf: 1, valueHash: hashOf(2) }],
      ['0b00', { leaf: 2, valueHash: hashOf(3) }],
    ];
    const [first, , third] = entries as [(typeof entries)[0], unknown, (typeof entries)[0]];
    const cases: [Twin, string][] = [
      [NOTHING, 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b'],
      [new Map(entries.slice(0, 1)), 'cd854620ac72e5719946eb02183b9481be5cf16333f4a54f1d6476d26270ba6b'],
      [new Map(entries.slice(0, 2)), 'fe49ce70d4eb09ff71d1106941d994eaeac0a9b7cbf0848c40063f25354a59d3'],
      [new Map(entries), '8e4fb3ee98da9a4919fcd832c79b1bd33fe0754f775fb048a0565d96fa3aa538'],
      [new Map([first, third]), '63411786e3a89b748ce413ac5445832407f0d24f802ad6a16951da68ee7d9b68'],
    ];
    for (const [twin, root] of cases) {
      expect(twinRoot(twin)).toBe(root);
      expect(loadTree(hasher, twinEntries(twin)).root).toBe(root);
    }
    expect(twinListRoot([])).toBe(cases[0]?.[1]);
  });
});
