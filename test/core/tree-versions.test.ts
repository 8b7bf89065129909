import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { InvariantViolation } from '../../src/core/refusal.ts';
import { emptyTree, loadTree, type Tree } from '../../src/core/tree/tree.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';

const hashOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const keyOf = (index: number): string => index.toString(16).padStart(8, '0');
const treeOf = (count: number): Tree =>
  loadTree(
    hasher,
    Array.from({ length: count }, (_, leaf) => ({ key: keyOf(leaf), leaf, valueHash: hashOf(1) })),
  );

describe('leaf numbers', () => {
  it('are taken again, the lowest first, by the new keys in ascending order', () => {
    const tree = treeOf(10);
    const changes = new Map([7, 2, 5].map((index) => [keyOf(index), undefined] as const));
    const { leaves } = tree.with(
      new Map<string, Uint8Array | undefined>([
        ...['d0', 'a0', 'c0', 'b0'].map((key) => [key, hashOf(2)] as const),
        ...changes,
      ]),
    );
    const told = leaves.map(({ key, leaf }) => [key, leaf]);
    expect(told.slice(0, 3)).toEqual([2, 5, 7].map((index) => [keyOf(index), index]));
    expect(told.slice(3)).toEqual([
      ['a0', 2],
      ['b0', 5],
      ['c0', 7],
      ['d0', 10],
    ]);
  });

  it('shrink the tree when the top ones are freed, holes below them included, and grow it back on an undo', () => {
    const tree = treeOf(400);
    const gone = (from: number, to: number) =>
      new Map(Array.from({ length: to - from }, (_, index) => [keyOf(from + index), undefined] as const));
    const holed = tree.with(gone(3, 399)).tree;
    expect([holed.size, holed.count]).toEqual([400, 4]);
    const shrunk = holed.with(gone(399, 400)).tree;
    expect([shrunk.size, shrunk.root]).toEqual([3, treeOf(3).root]);
    expect(holed.with(new Map([['ff', hashOf(1)]])).leaves).toEqual([{ key: 'ff', leaf: 3, valueHash: hashOf(1) }]);
    expect(tree.with(new Map([['ff', hashOf(1)]])).leaves).toEqual([{ key: 'ff', leaf: 400, valueHash: hashOf(1) }]);
    expect(shrunk.with(gone(0, 3)).tree.root).toBe(emptyTree(hasher).root);
  });
});

describe('versions', () => {
  it('cost nothing when nothing changes', () => {
    const tree = treeOf(5);
    const same = tree.with(
      new Map([
        [keyOf(1), hashOf(1)],
        ['ffff', undefined],
      ]),
    );
    expect(same).toEqual({ tree, leaves: [] });
    expect(same.tree).toBe(tree);
    expect(tree.with(new Map()).tree).toBe(tree);
  });

  it('keep copies of the value hashes, and give copies', () => {
    const given = hashOf(7);
    const { tree } = emptyTree(hasher).with(new Map([['aa', given]]));
    given.fill(0);
    tree.valueHashOf('aa')?.fill(1);
    expect(tree.valueHashOf('aa')).toEqual(hashOf(7));
  });

  it('can be a hundred thousand deep', () => {
    const first = treeOf(3);
    let last = first;
    for (let turn = 0; turn < 100_000; turn += 1) {
      const valueHash = hashOf(turn % 251);
      const changes = new Map<string, Uint8Array | undefined>([[keyOf(1), valueHash]]);
      if (turn % 3 === 0) changes.set('aa', turn % 2 === 0 ? valueHash : undefined);
      last = last.with(changes).tree;
    }
    const end = { keys: last.keys('', 'g', 9), valueHash: last.valueHashOf(keyOf(1)) };
    expect(first.keys('', 'g', 9)).toEqual([0, 1, 2].map(keyOf));
    expect(first.valueHashOf(keyOf(1))).toEqual(hashOf(1));
    expect(first.with(new Map([[keyOf(3), hashOf(1)]])).tree.root).toBe(treeOf(4).root);
    expect({ keys: last.keys('', 'g', 9), valueHash: last.valueHashOf(keyOf(1)) }).toEqual(end);
  });

  it('are garbage once they are old and nobody holds them', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    let newest = treeOf(3);
    const old: WeakRef<Tree>[] = [];
    for (let turn = 0; turn < 50; turn += 1) {
      old.push(new WeakRef(newest));
      newest = newest.with(new Map([[keyOf(turn % 5), hashOf(turn + 2)]])).tree;
    }
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(old.filter((reference) => reference.deref() !== undefined)).toEqual([]);
    expect(newest.count).toBe(5);
  });
});

describe('what only our own fault can cause', () => {
  it('throws for a malformed key or hash and leaves the tree as it was', () => {
    const tree = treeOf(3);
    const good = ['aa', hashOf(1)] as const;
    for (const key of ['', 'a', 'abc', 'AB', 'zz', 'ab\n', '0x12', ' ab']) {
      expect(() => tree.with(new Map([good, [key, hashOf(1)]])), key).toThrow(InvariantViolation);
      expect(() => loadTree(hasher, [{ key, leaf: 0, valueHash: hashOf(1) }]), key).toThrow(InvariantViolation);
    }
    for (const valueHash of [new Uint8Array(0), new Uint8Array(31), new Uint8Array(33)]) {
      expect(() => tree.with(new Map([good, ['bb', valueHash]]))).toThrow(InvariantViolation);
      expect(() => tree.with(new Map([good, [keyOf(1), valueHash]]))).toThrow(InvariantViolation);
      expect(() => loadTree(hasher, [{ key: 'aa', leaf: 0, valueHash }])).toThrow(InvariantViolation);
    }
    expect(tree.has('aa')).toBe(false);
    expect(tree.with(new Map([[keyOf(3), hashOf(1)]])).tree.root).toBe(treeOf(4).root);
  });

  it('throws when stored entries share a key or a leaf number, or have none', () => {
    const entry = (key: string, leaf: number) => ({ key, leaf, valueHash: hashOf(1) });
    expect(() => loadTree(hasher, [entry('aa', 0), entry('bb', 1), entry('aa', 2)])).toThrow('have the key aa');
    expect(() => loadTree(hasher, [entry('aa', 1), entry('bb', 1)])).toThrow('hold leaf 1');
    for (const leaf of [-1, 0.5, Number.NaN, 2 ** 24, 2 ** 53]) {
      expect(() => loadTree(hasher, [entry('aa', leaf)]), String(leaf)).toThrow('no leaf number');
    }
  });

  it('never answers from a tree whose hasher broke off an update', () => {
    let isBroken = false;
    const tree = emptyTree({
      ...hasher,
      hashPairs: (pairs, out) => {
        if (isBroken) throw new Error('out of memory');
        hasher.hashPairs(pairs, out);
      },
    }).with(new Map([['aa', hashOf(1)]])).tree;
    isBroken = true;
    expect(() => tree.with(new Map([['bb', hashOf(1)]]))).toThrow('out of memory');
    isBroken = false;
    expect(() => tree.has('aa')).toThrow(InvariantViolation);
  });
});
