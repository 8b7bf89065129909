import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
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

  expectSame(key: string): void {
    const rank = this.rank(key);
    expect(this.index.find(this.probe(key))).toBe(this.leaves.get(key) ?? -1);
    expect(this.index.before(this.probe(key))).toBe(this.leafAt(rank - 1));
    expect(this.index.from(this.probe(key))).toBe(this.leafAt(rank));
    expect(this.index.count).toBe(this.keys.length);
  }
}

/** Keys of up to twelve bytes; with `spread` 2 nearly all of them share the first seven. */
const keyBy = (below: (limit: number) => number, spread: number): string => {
  const length = 1 + below(12);
  let key = '';
  for (let at = 0; at < length; at += 1)
    key += below(at < 6 ? spread : 256)
      .toString(16)
      .padStart(2, '0');
  return key;
};

describe('the index of keys', () => {
  it('answers as a sorted list does, in many blocks, with shared prefixes, and with changes that are taken back', () => {
    const history = fc.record({
      seed: fc.nat(),
      spread: fc.constantFrom(1, 2, 256),
      growing: fc.integer({ min: 0, max: 3_000 }),
    });
    fc.assert(
      fc.property(history, ({ seed, spread, growing }) => {
        const { below } = chanceFrom(seed);
        const twins = new Twins();
        for (let step = 0; step < growing; step += 1) twins.toggle(keyBy(below, spread));
        for (let round = 0; round < 6; round += 1) {
          const before = { keys: [...twins.keys], leaves: new Map(twins.leaves) };
          const isUndone = below(2) === 0;
          if (isUndone) twins.index.begin();
          // At the front, where a block gets another first key; in a heap, where blocks split and join; anywhere.
          for (let step = below(400); step > 0; step -= 1) {
            const known = twins.keys[below(2) === 0 ? 0 : below(twins.keys.length)];
            twins.toggle(known !== undefined && below(3) > 0 ? known : keyBy(below, spread));
          }
          for (let step = 0; step < 10; step += 1) twins.expectSame(keyBy(below, spread));
          for (const key of twins.keys.slice(0, 10)) twins.expectSame(key);
          if (!isUndone) continue;
          twins.index.undo();
          twins.keys.splice(0, twins.keys.length, ...before.keys);
          twins.leaves.clear();
          for (const [key, leaf] of before.leaves) twins.leaves.set(key, leaf);
          for (let step = 0; step < 10; step += 1) twins.expectSame(keyBy(below, spread));
        }
        for (const key of twins.keys) expect(twins.index.find(twins.probe(key))).toBe(twins.leaves.get(key));
      }),
      { numRuns: RUNS },
    );
  });
});
