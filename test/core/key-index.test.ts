import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chance, chanceFrom } from '../../src/adapters/laws/chance.ts';
import { KeyIndex } from '../../src/core/tree/key-index.ts';
import { compareBytes, emptyProbe, type Probe, setProbe } from '../../src/core/tree/probe.ts';

const RUNS = Math.ceil(Number(process.env['MEDSTATE_RUNS'] ?? 200) / 10);

/** A sorted list of the same entries, and the index beside it. */
class Twins {
  readonly keys: string[] = [];
  readonly leaves = new Map<string, number>();
  readonly names: string[] = [];
  readonly index = new KeyIndex((leaf, { bytes, length }) => {
    const key = Buffer.from(this.names[leaf] as string, 'hex');
    return compareBytes(key, 0, key.length, bytes, length);
  });
  readonly #probe = emptyProbe();

  probe(key: string): Probe {
    return setProbe(this.#probe, key);
  }

  /** How many keys stand before this one. */
  rank(key: string): number {
    const at = this.keys.findIndex((other) => other >= key);
    return at < 0 ? this.keys.length : at;
  }

  toggle(key: string): void {
    const at = this.rank(key);
    if (this.leaves.has(key)) {
      this.index.remove(this.probe(key));
      this.keys.splice(at, 1);
      this.leaves.delete(key);
      return;
    }
    const leaf = this.names.push(key) - 1;
    expect(this.index.find(this.probe(key))).toBe(-1);
    this.index.insert(this.probe(key), leaf);
    this.keys.splice(at, 0, key);
    this.leaves.set(key, leaf);
  }

  leafAt(rank: number): number {
    const { length } = this.keys;
    return length === 0 ? -1 : (this.leaves.get(this.keys[(rank + length) % length] as string) as number);
  }

  reset({ keys, leaves }: { readonly keys: readonly string[]; readonly leaves: ReadonlyMap<string, number> }): void {
    this.keys.splice(0, this.keys.length, ...keys);
    this.leaves.clear();
    for (const [key, leaf] of leaves) this.leaves.set(key, leaf);
  }

  /** All entries anew, told in an order of their own. */
  refill(): void {
    const told = [...this.keys].sort((a, b) => (this.leaves.get(a) as number) - (this.leaves.get(b) as number));
    const probes = told.map((key) => ({ ...this.probe(key) }));
    const places = new Map(told.map((key, place) => [key, place]));
    this.index.fill(
      Uint32Array.from(this.keys, (key) => places.get(key) as number),
      Uint32Array.from(probes, ({ high }) => high),
      Uint32Array.from(probes, ({ low }) => low),
      Uint32Array.from(told, (key) => this.leaves.get(key) as number),
    );
  }

  /** All keys, some ranges, and what lies between keys. */
  expectSameNear(chance: Chance, shape: Shape): void {
    const leaves: number[] = [];
    this.index.each((_high, _low, leaf) => leaves.push(leaf));
    expect(leaves).toEqual(this.keys.map((key) => this.leaves.get(key)));
    for (const key of this.keys) expect(this.index.find(this.probe(key))).toBe(this.leaves.get(key));
    for (let turn = 0; turn < 30; turn += 1) {
      this.expectSame(keyBy(chance, shape));
      const [from, to] = [keyBy(chance, shape), keyBy(chance, shape)];
      const limit = chance.below(50);
      const within = this.keys.filter((key) => key >= from && key < to).slice(0, limit);
      const end = setProbe(emptyProbe(), to);
      expect(this.index.range(this.probe(from), end, limit)).toEqual(within.map((key) => this.leaves.get(key)));
    }
    for (let turn = 0; turn < 30 && this.keys.length > 0; turn += 1)
      this.expectSame(this.keys[chance.below(this.keys.length)] as string);
  }

  expectSame(key: string): void {
    const rank = this.rank(key);
    expect(this.index.find(this.probe(key))).toBe(this.leaves.get(key) ?? -1);
    expect(this.index.before(this.probe(key))).toBe(this.leafAt(rank - 1));
    expect(this.index.from(this.probe(key))).toBe(this.leafAt(rank));
    expect(this.index.count).toBe(this.keys.length);
  }
}

type Shape = 'anything' | 'same upper half' | 'same prefix' | 'few bits';

/** Keys of two to twelve bytes. The shapes have their first four bytes in common, or eight; or six that are 0 or 1. */
const keyBy = ({ below }: Chance, shape: Shape): string => {
  const shared = { anything: 0, 'same upper half': 4, 'same prefix': 8, 'few bits': 0 }[shape];
  const length = Math.max(shared, 1) + 1 + below(shared === 8 ? 3 : 8);
  return Array.from({ length }, (_, at) => {
    if (at < shared) return '7f';
    return below(shape === 'few bits' && at < 6 ? 2 : 256)
      .toString(16)
      .padStart(2, '0');
  }).join('');
};

describe('the index of keys', () => {
  const shape = fc.constantFrom<Shape>('anything', 'same upper half', 'same prefix', 'few bits');

  it('answers as a sorted list does, while blocks split, join and go anywhere, and when changes are taken back', () => {
    const history = fc.record({
      seed: fc.nat(),
      shape,
      most: fc.integer({ min: 0, max: 2_500 }),
      isFilled: fc.boolean(),
    });
    fc.assert(
      fc.property(history, ({ seed, shape: own, most, isFilled }) => {
        const chance = chanceFrom(seed);
        const { below } = chance;
        const twins = new Twins();
        const sizes = [most, below(100), below(most + 1), 0, below(600)];
        for (const [phase, size] of sizes.entries()) {
          const before = { keys: [...twins.keys], leaves: new Map(twins.leaves) };
          const isUndone = phase > 0 && below(2) === 0;
          if (isUndone) twins.index.begin();
          // As many changes as lead there, and some back and forth: at the front, where a block begins, or anywhere.
          for (let left = Math.abs(size - twins.keys.length) + 50; left > 0; left -= 1) {
            const known = twins.keys[below(8) === 0 ? 0 : below(twins.keys.length)];
            const grows = below(10) === 0 ? below(2) === 0 : twins.keys.length < size;
            twins.toggle(grows || known === undefined ? keyBy(chance, own) : known);
          }
          twins.expectSameNear(chance, own);
          if (isUndone) {
            twins.index.undo();
            twins.reset(before);
            twins.expectSameNear(chance, own);
          } else twins.index.settle();
          if (isFilled) twins.refill();
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('takes a key only where it was sought, and only once', () => {
    const twins = new Twins();
    for (const key of ['02', '0400', '0401']) twins.toggle(key);
    const insert = (key: string) => () => twins.index.insert(twins.probe(key), 9);
    const meant = /enters the index that is in it, or another was sought meanwhile/;
    expect(insert('03')).toThrow(meant);
    twins.index.before(twins.probe('02'));
    expect(insert('02')).toThrow(meant);
    twins.index.before(twins.probe('03'));
    twins.index.remove(twins.probe('02'));
    expect(insert('03')).toThrow(meant);
    twins.index.begin();
    twins.index.before(twins.probe('03'));
    twins.index.undo();
    expect(insert('03')).toThrow(meant);
    twins.index.before(twins.probe('03'));
    twins.refill();
    expect(insert('03')).toThrow(meant);
    twins.index.before(twins.probe('0300000001'));
    expect(insert('0300000002')).toThrow(meant);
    expect(insert('0300000101')).toThrow(meant);
    twins.index.before(twins.probe('03'));
    insert('03')();
    expect(insert('03')).toThrow(meant);
    expect(() => twins.index.remove(twins.probe('05'))).toThrow(/leaves the index that is not in it/);
  });
});
