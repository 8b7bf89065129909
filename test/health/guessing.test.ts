/**
 * Guessing: who knows the root, a proof of other fields, and even every hash of the bottom level, tries all values of a field.
 *
 * A sex has four codes, an HbA1c ten thousand values, a birth date some fifty thousand: without salts each would be found at once.
 */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type RecordTree, type TreeProof, valueAtPointer } from '../../src/health/index.ts';
import { crypto, IS_LONG, proveValues, treeOf } from './records.ts';

const RECORD = `{"resourceType":"Observation","status":"final","subject":{"gender":"female","birthDate":"1957-03-08"},
"code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}]},"effectiveDateTime":"2026-02-11",
"valueQuantity":{"value":7.10,"unit":"%"}}`;

const ZERO = new Uint8Array(32);
const seedOf = (name: string): Uint8Array => createHash('sha256').update(name).digest();

const sha = (bytes: Uint8Array): Uint8Array => crypto.sha256(bytes);
const mac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const word = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
const pathOf = (names: readonly string[]): Uint8Array =>
  Buffer.concat(names.map((name) => Buffer.concat([Uint8Array.of(1, 0, name.length), Buffer.from(name)])));

/** Every hash of the bottom level: each is the first sibling of its neighbour. */
const bottomOf = (tree: RecordTree): readonly string[] =>
  Array.from({ length: 2 ** tree.depth }, (_, at) => hex(tree.siblings([at ^ 1]).subarray(0, 32)));

/** What the attacker holds: far more than a proof gives. */
interface Loot {
  readonly root: Uint8Array;
  readonly proof: TreeProof;
  readonly hashes: ReadonlySet<string>;
}

const lootOf = (tree: RecordTree, shown: readonly string[]): Loot => {
  const proof = proveValues(
    tree,
    shown.map((pointer) => valueAtPointer(tree.document, pointer) as number),
  );
  const siblings = Array.from({ length: proof.siblings.length / 32 }, (_, at) =>
    hex(proof.siblings.subarray(32 * at, 32 * (at + 1))),
  );
  return { root: Buffer.from(tree.root, 'hex'), proof, hashes: new Set([...bottomOf(tree), ...siblings, tree.root]) };
};

/** All 32-byte strings that can be had without the seed, and that a weak construction might have used as its key. */
const keysIn = ({ root, proof }: Loot): readonly Uint8Array[] => [
  ZERO,
  root,
  sha(root),
  proof.siblings.subarray(0, 32),
  ...proof.leaves.map(({ salt }) => salt),
];

interface Field {
  readonly names: readonly string[];
  readonly kind: number;
  readonly candidates: readonly string[];
}

/** The candidates that some trick finds among the hashes: keys as salts, salts derived from keys, and no salt at all. */
const found = (loot: Loot, { names, kind, candidates }: Field, keys = keysIn(loot)): readonly string[] => {
  const path = pathOf(names);
  const label = Uint8Array.of(1);
  const salts = [...keys, ...keys.map((key) => mac(key, label, path)), sha(path)];
  const leaf = (salt: Uint8Array): Uint8Array =>
    Buffer.concat([Uint8Array.of(0), salt, word(path.length), path, Uint8Array.of(kind)]);
  const none = new Uint8Array(0);
  const heads = [...salts.map(leaf), leaf(none), Buffer.concat([path, Uint8Array.of(kind)]), path, none];
  return candidates.filter((candidate) => {
    const value = Buffer.from(candidate);
    return heads.some((head) => loot.hashes.has(hex(sha(Buffer.concat([head, value])))));
  });
};

const dates = (from: number, to: number): readonly string[] => {
  const days: string[] = [];
  for (let day = Date.UTC(from, 0, 1); day <= Date.UTC(to, 11, 31); day += 86_400_000) {
    days.push(new Date(day).toISOString().slice(0, 10));
  }
  return days;
};

const [FIRST_YEAR, LAST_YEAR] = IS_LONG ? [1900, 2030] : [1940, 1970];

const FIELDS: readonly (readonly [string, string, Field])[] = [
  [
    'the sex, of four codes',
    'female',
    { names: ['subject', 'gender'], kind: 0x20, candidates: ['male', 'female', 'other', 'unknown'] },
  ],
  [
    'the HbA1c, of ten thousand values',
    '7.10',
    {
      names: ['valueQuantity', 'value'],
      kind: 0x30,
      candidates: Array.from({ length: 10_000 }, (_, value) => (value / 100).toFixed(2)),
    },
  ],
  [
    `the birth date, of all days from ${FIRST_YEAR} to ${LAST_YEAR}`,
    '1957-03-08',
    { names: ['subject', 'birthDate'], kind: 0x20, candidates: dates(FIRST_YEAR, LAST_YEAR) },
  ],
];

const SHOWN = ['/status', '/code/coding/0/code', '/effectiveDateTime'];

describe('a field that is not shown', () => {
  const tree = treeOf(RECORD, { seed: seedOf('guessing') });
  const loot = lootOf(tree, SHOWN);

  it.each(FIELDS)('cannot be guessed without its salt, and can with it: %s', (_, value, field) => {
    expect(new Set(field.candidates).size).toBe(field.candidates.length);
    expect(found(loot, field)).toEqual([]);
    expect(found(loot, field, [tree.saltOf(field.names)])).toEqual([value]);
  });

  it.each([
    ['zeros', ZERO],
    ['the salt of a field that is shown', undefined],
  ])('would be found if the seed were known: %s', (_, known) => {
    const seed = known ?? (loot.proof.leaves[0]?.salt as Uint8Array);
    const weak = treeOf(RECORD, { seed });
    const [, value, field] = FIELDS[0] as (typeof FIELDS)[0];
    expect(found({ ...loot, hashes: new Set(bottomOf(weak)) }, field)).toEqual([value]);
  });
});

describe('the number of fields', () => {
  const listOf = (leaves: number): string => `[${Array.from({ length: leaves - 1 }, (_, at) => at).join(',')}]`;

  it('shows only within a factor of two: 17 to 32 leaves have proofs of one shape', () => {
    const shapes = Array.from({ length: 18 }, (_, more) => {
      const tree = treeOf(listOf(16 + more), { seed: seedOf(`count ${more}`) });
      const proof = proveValues(tree, [1]);
      expect(new Set(bottomOf(tree)).size).toBe(2 ** tree.depth);
      return [tree.leafCount, proof.depth, proof.siblings.length / 32];
    });
    expect(shapes[0]).toEqual([16, 4, 4]);
    expect(shapes.slice(1, 17)).toEqual(Array.from({ length: 16 }, (_, more) => [17 + more, 5, 5]));
    expect(shapes[17]).toEqual([33, 6, 6]);
  });

  it('stays hidden because no padding can be computed from root and proof, only from the seed', () => {
    const seed = seedOf('padding');
    const tree = treeOf(listOf(20), { seed });
    const loot = lootOf(tree, ['', '/3', '/7']);
    const bottom = new Set(bottomOf(tree));
    const paddingFrom = (keys: readonly Uint8Array[]): number =>
      keys
        .flatMap((key) => Array.from({ length: 32 }, (_, at) => hex(mac(key, word(at)))))
        .filter((hash) => bottom.has(hash)).length;
    const label = Uint8Array.of(2);
    const keys = keysIn(loot);
    expect(paddingFrom([...keys, ...keys.map((key) => mac(key, label))])).toBe(0);
    expect(paddingFrom([mac(seed, label)])).toBe(12);
  });
});
