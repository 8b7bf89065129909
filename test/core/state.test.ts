import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeltaRow, rowsOf } from '../../src/core/state/delta.ts';
import { Loader } from '../../src/core/state/loader.ts';
import { MissingRows } from '../../src/core/state/missing-rows.ts';
import { decodeRow } from '../../src/core/state/row.ts';
import { emptyState, loadedState, type StateView } from '../../src/core/state/view.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import { type Twin, twinKeys, twinRoot, twinRows, twinSize, twinWith } from '../twins/tree-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** Keys of few different prefixes, so that whole keys must be compared, and of all lengths. */
const keys = fc
  .tuple(
    fc.constantFrom('80', '81', 'ff'),
    fc.constantFrom('', '00', '0000000000000000', 'aabbccddeeff0011'),
    fc.nat(40),
  )
  .map(([tag, middle, end]) => tag + middle + end.toString(16).padStart(2, '0'));
const values = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.uint8Array({ minLength: 31, maxLength: 33 }),
  fc.nat(300).map((length) => new Uint8Array(length).fill(7)),
);
const changes = fc.array(fc.tuple(keys, fc.option(values, { nil: undefined, freq: 3 })), { maxLength: 24 });

type Action =
  | { readonly kind: 'change'; readonly changes: readonly [string, Uint8Array | undefined][] }
  | { readonly kind: 'fork'; readonly to: number }
  | { readonly kind: 'reopen'; readonly maxBytes: number }
  | { readonly kind: 'trim'; readonly maxBytes: number };

const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('change' as const), changes }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('fork' as const), to: fc.nat(30) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('reopen' as const), maxBytes: fc.constantFrom(0, 500, 1e9) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('trim' as const), maxBytes: fc.constantFrom(0, 500) }) },
  ),
  { maxLength: 16 },
);

interface Point {
  readonly view: StateView;
  readonly twin: Twin;
}

const storedRows = (twin: Twin): DeltaRow[] =>
  twinRows(twin).map(({ leaf, key, next, value }) => {
    const field = (tag: number, bytes: Uint8Array): number[] =>
      bytes.length === 0
        ? []
        : [tag, ...(bytes.length > 127 ? [(bytes.length & 127) | 128, bytes.length >> 7] : [bytes.length]), ...bytes];
    return { leaf, bytes: Uint8Array.from([...field(10, key), ...field(18, next), ...field(26, value)]) };
  });

/** What `ask` answers once the rows that it misses have been fetched from what a store of `twin` would hold. */
const fetching = <T>({ view, twin }: Point, ask: () => T): T => {
  const stored = new Map(storedRows(twin).map((row) => [row.leaf, row]));
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof MissingRows)) throw error;
      const rows = error.leaves.map((leaf) => stored.get(leaf)).filter((row) => row !== undefined);
      expect(rows.length, 'missing rows that nobody holds').toBe(error.leaves.length);
      expect(view.residency.admit(rows)).toBe(undefined);
    }
  }
  throw new Error('rows are missing again and again');
};

const expectSame = ({ view, twin }: Point, store: Point): void => {
  expect(view.root).toBe(twinRoot(twin));
  expect(view.count).toBe(twin.size);
  expect(view.proofs.size).toBe(twinSize(twin));
  const ordered = twinKeys(twin);
  const found = fetching(store, () => view.keys({ from: '', to: 'ffff' }, 1e9));
  expect(found).toEqual(ordered.filter((key) => key < 'ffff'));
  for (const [key, { leaf, value }] of twin) {
    expect(fetching(store, () => view.get(key as never))).toEqual(value);
    expect(fetching(store, () => view.proofs.leafOf(key))).toBe(leaf);
  }
  for (const key of ['8050', 'ff00000000000000001f', ...ordered.slice(0, 3)]) {
    const below = ordered.filter((other) => other < key).at(-1) ?? ordered.at(-1);
    const before = fetching(store, () => view.proofs.leafBefore(key));
    expect(before).toBe(below === undefined ? undefined : twin.get(below)?.leaf);
  }
};

const opened = (twin: Twin, maxBytes: number): StateView => {
  const loader = new Loader(hasher, maxBytes);
  const rows = storedRows(twin);
  for (let start = 0; start < rows.length; start += 5) loader.add(rows.slice(start, start + 5));
  const missing = new Set(loader.missing());
  expect(loader.body.admit(rows.filter(({ leaf }) => missing.has(leaf)))).toBe(undefined);
  return loadedState(loader);
};

describe('the state', () => {
  it('is what a plain map and a tree built anew say, through changes, forks, reopenings and rows let go', () => {
    let told = 0;
    const run = fc.property(actions, (history) => {
      let points: Point[] = [{ view: emptyState(hasher), twin: new Map() }];
      // What a store holds: rows are only ever let go of the state that it has, and all points are later ones.
      let stored = points[0] as Point;
      for (const action of history) {
        const here = points.at(-1) as Point;
        if (action.kind === 'change') {
          const map = new Map(action.changes);
          // Every other one was read before, and knows its place.
          const store = { view: here.view, twin: stored.twin };
          const list = [...map].map(([key, record], index) => {
            const change = { key, record, leaf: -1 };
            if (index % 2 === 0) fetching(store, () => here.view.get(key as never, change));
            expect(change.leaf).toBe((index % 2 === 0 ? here.twin.get(key)?.leaf : undefined) ?? -1);
            return change;
          });
          const { view, rows } = fetching(store, () => here.view.with(list));
          const twin = twinWith(here.twin, map);
          points.push({ view, twin });
          // The rows that changed bring a copy of the old rows up to the new ones.
          const copy = new Map(storedRows(here.twin).map(({ leaf, bytes }) => [leaf, bytes]));
          for (const { leaf, bytes } of rowsOf(rows)) copy.set(leaf, bytes);
          const expected = storedRows(twin);
          const kept = [...copy].filter(([, bytes]) => bytes !== undefined).sort(([a], [b]) => a - b);
          expect(kept.map(([leaf, bytes]) => [leaf, Buffer.from(bytes as Uint8Array).toString('hex')])).toEqual(
            expected.map(({ leaf, bytes }) => [leaf, Buffer.from(bytes as Uint8Array).toString('hex')]),
          );
          told += rows.leaves.length;
        } else if (action.kind === 'fork') points.push(points[action.to % points.length] as Point);
        else if (action.kind === 'reopen') {
          stored = { view: opened(here.twin, action.maxBytes), twin: here.twin };
          points = [stored];
        } else stored.view.residency.trim(action.maxBytes);
        expectSame(points.at(-1) as Point, { view: (points.at(-1) as Point).view, twin: stored.twin });
      }
      for (const point of [...points].reverse()) expectSame(point, { view: point.view, twin: stored.twin });
    });
    fc.assert(run, { numRuns: RUNS });
    expect(told).toBeGreaterThan(RUNS);
  });

  it('refuses a row of the store that is not what the tree commits to, and does not take it', () => {
    const twin = twinWith(new Map(), new Map(['80aa', '80bb', '80cc'].map((key) => [key, Uint8Array.of(1, 2, 3)])));
    for (const part of [2, 6, 10]) {
      const view = opened(twin, 0);
      view.residency.trim(0);
      const [row, ...others] = storedRows(twin) as [DeltaRow, ...DeltaRow[]];
      const bytes = (row.bytes as Uint8Array).slice();
      bytes[part] = (bytes[part] ?? 0) ^ 1;
      expect(decodeRow(bytes)._tag).toBe('Right');
      expect(view.residency.admit([...others, { leaf: row.leaf, bytes }])).toBe(row.leaf);
      expect(() => view.get('80aa' as never)).toThrow(MissingRows);
      expect(view.residency.admit([row])).toBe(undefined);
      expect(view.get('80aa' as never)).toEqual(Uint8Array.of(1, 2, 3));
    }
  });

  it('comes back to free leaves below the last one, whatever stood there meanwhile', () => {
    const keyOf = (index: number): string => `80${index.toString(16).padStart(2, '0')}`;
    const put = (...indices: number[]) => indices.map((index) => ({ key: keyOf(index), record: Uint8Array.of(index) }));
    const take = (...indices: number[]) => indices.map((index) => ({ key: keyOf(index), record: undefined }));
    const full = emptyState(hasher).with(put(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)).view;
    const holed = full.with(take(5, 6, 7, 8, 9, 10)).view;
    const { view: short, before } = holed.with(take(11));
    const other = short.with(put(20, 21, 22)).view;
    expect([holed.proofs.size, short.proofs.size, other.proofs.size]).toEqual([12, 5, 8]);
    // Reading turns the body round; a wrong root on the way throws.
    for (const view of [other, holed, short, full, other, holed])
      expect(view.get(keyOf(4) as never)).toEqual(Uint8Array.of(4));
    // An older state of a store that was opened where it is short.
    const rows = [0, 1, 2, 3, 4].map((leaf) => ({ leaf, bytes: short.proofs.row(leaf) }));
    const loader = new Loader(hasher, Number.MAX_SAFE_INTEGER);
    loader.add(rows);
    const stored = loadedState(loader);
    expect(stored.root).toBe(short.root);
    expect(stored.asOf(before).root).toBe(holed.root);
  });

  it('refuses rows without a key, or with one that is too long, wherever they come from', () => {
    const twin = twinWith(new Map(), new Map(['80aa', '80bb'].map((key) => [key, Uint8Array.of(1)])));
    const long = Array.from({ length: 1025 }, () => 1);
    const far = [0x81, 0x08, ...long];
    for (const bytes of [
      [],
      [26, 1, 1],
      [10, 1, 1],
      [18, 1, 1, 26, 1, 1],
      [10, ...far, 18, 1, 1],
      [10, 1, 1, 18, ...far],
    ]) {
      const row = { leaf: 0, bytes: Uint8Array.from(bytes) };
      expect(decodeRow(row.bytes)._tag).toBe('Left');
      const view = opened(twin, 0);
      view.residency.trim(0);
      expect(view.residency.admit([row])).toBe(0);
      expect(() => new Loader(hasher, 0).add([row])).toThrow('makes no sense');
    }
  });
});
