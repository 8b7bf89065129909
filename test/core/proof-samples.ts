/**
 * Proof samples: trees with free slots for tests of proofs, and every way to spoil a proof by its parts.
 */
import fc from 'fast-check';
import type { EntriesProof, EntryLeaf } from '../../src/core/proof/messages.ts';
import { type Twin, type TwinChanges, twinBytesRoot, twinWith } from '../twins/tree-twin.ts';

/** Keys of embedders' tags, of several lengths, some of them a beginning of others. */
export const keyOf = (number: number): string =>
  ['80', '8000', '81', 'c0ffee', `ff${'ab'.repeat(32)}`][number % 5] + number.toString(16).padStart(4, '0');

export const valueFor = (number: number): Uint8Array =>
  new Uint8Array([0, 1, 20, 31, 32, 33, 64, 65, 100, 300][number % 10] as number).fill(number % 251);

/** A tree of `size` leaf slots whose free slots are those for which `isFree`; the last slot is never free. */
export const treeOf = (size: number, isFree: (leaf: number) => boolean = () => false): Twin => {
  const twin = new Map<string, { leaf: number; value: Uint8Array }>();
  for (let leaf = 0; leaf < size; leaf += 1) {
    // Not in the order of the leaves.
    const number = (leaf * 7919 + 13) % 10_007;
    if (leaf === size - 1 || !isFree(leaf)) twin.set(keyOf(number), { leaf, value: valueFor(number) });
  }
  return twin;
};

export const anyKey = fc.nat(60).map(keyOf);

const anyChanges: fc.Arbitrary<TwinChanges> = fc
  .array(fc.tuple(anyKey, fc.option(fc.nat(1000).map(valueFor), { nil: undefined, freq: 2 })), { maxLength: 40 })
  .map((entries) => new Map(entries));

/** Trees that came of some changes, so with leaf numbers given again, and free ones. */
export const anyTree: fc.Arbitrary<Twin> = fc
  .array(anyChanges, { minLength: 1, maxLength: 5 })
  .map((rounds) => rounds.reduce(twinWith, new Map()));

type Spoil = (proof: EntriesProof, a: number, b: number) => EntriesProof;

const at = <T>(list: readonly T[], index: number): number => (list.length === 0 ? 0 : index % list.length);

const withLeaf = (
  proof: EntriesProof,
  index: number,
  change: (leaf: EntryLeaf) => Partial<EntryLeaf>,
): EntriesProof => {
  const place = at(proof.leaves, index);
  return {
    ...proof,
    leaves: proof.leaves.map((leaf, each) => (each === place ? { ...leaf, ...change(leaf) } : leaf)),
  };
};

const hashes = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: bytes.length / 32 }, (_, index) => bytes.subarray(32 * index, 32 * index + 32));

const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  if (bytes.length === 0) return Uint8Array.of(bit % 256);
  const index = (bit >> 3) % bytes.length;
  return bytes.with(index, (bytes[index] as number) ^ (1 << (bit & 7)));
};

/** Each makes a proof another one, if it has what is to be changed. */
export const spoils: Readonly<Record<string, Spoil>> = {
  'one leaf more is claimed': (proof) => ({ ...proof, size: proof.size + 1 }),
  'one leaf less is claimed': (proof) => ({ ...proof, size: Math.max(0, proof.size - 1) }),
  'twice the size': (proof) => ({ ...proof, size: proof.size * 2 }),
  'half the size': (proof) => ({ ...proof, size: proof.size >> 1 }),
  'any size': (proof, a) => ({ ...proof, size: a % 100_000 }),
  'the greatest size': (proof) => ({ ...proof, size: 2 ** 31 }),
  'another leaf number': (proof, a, b) => withLeaf(proof, a, () => ({ leaf: b % (proof.size + 2) })),
  'the neighbour leaf number': (proof, a) => withLeaf(proof, a, ({ leaf }) => ({ leaf: leaf ^ 1 })),
  'another key': (proof, a, b) => withLeaf(proof, a, ({ key }) => ({ key: flipped(key, b) })),
  'another value': (proof, a, b) => withLeaf(proof, a, ({ value }) => ({ value: flipped(value, b) })),
  'a value with a zero more': (proof, a) =>
    withLeaf(proof, a, ({ value }) => ({ value: Uint8Array.from([...value, 0]) })),
  'a value with a byte less': (proof, a) => withLeaf(proof, a, ({ value }) => ({ value: value.subarray(1) })),
  'another root of the value': (proof, a, b) =>
    withLeaf(proof, a, ({ valueRoot }) => ({ valueRoot: flipped(valueRoot, b) })),
  'another next key': (proof, a, b) => withLeaf(proof, a, ({ next }) => ({ next: flipped(next, b) })),
  'another root of the next key': (proof, a, b) =>
    withLeaf(proof, a, ({ nextRoot }) => ({ nextRoot: flipped(nextRoot, b) })),
  'key and next key swapped': (proof, a) => withLeaf(proof, a, ({ key, next }) => ({ key: next, next: key })),
  'roots swapped': (proof, a) =>
    withLeaf(proof, a, ({ nextRoot, valueRoot }) => ({ nextRoot: valueRoot, valueRoot: nextRoot })),
  'value as its root': (proof, a) =>
    withLeaf(proof, a, ({ value, valueRoot }) => ({ value: valueRoot, valueRoot: value })),
  'next key as its root': (proof, a) =>
    withLeaf(proof, a, ({ next, nextRoot }) => ({ next: nextRoot, nextRoot: next })),
  'nothing but roots, true ones': (proof, a) =>
    withLeaf(proof, a, ({ next, nextRoot, value, valueRoot }) => ({
      next: new Uint8Array(0),
      nextRoot: nextRoot.length > 0 ? nextRoot : twinBytesRoot(next),
      value: new Uint8Array(0),
      valueRoot: valueRoot.length > 0 ? valueRoot : twinBytesRoot(value),
    })),
  'without a leaf': (proof, a) => ({
    ...proof,
    leaves: proof.leaves.filter((_, index) => index !== at(proof.leaves, a)),
  }),
  'a leaf twice': (proof, a) => ({
    ...proof,
    leaves: proof.leaves.flatMap((leaf, index) => (index === at(proof.leaves, a) ? [leaf, leaf] : [leaf])),
  }),
  'leaves from the last to the first': (proof) => ({ ...proof, leaves: [...proof.leaves].reverse() }),
  'the contents of two leaves swapped': (proof, a, b) => {
    const [one, other] = [proof.leaves[at(proof.leaves, a)], proof.leaves[at(proof.leaves, b)]];
    if (one === undefined || other === undefined) return proof;
    return withLeaf(
      withLeaf(proof, a, () => ({ ...other, leaf: one.leaf })),
      b,
      () => ({ ...one, leaf: other.leaf }),
    );
  },
  'a sibling more': (proof, a) => ({
    ...proof,
    siblings: Uint8Array.from([...proof.siblings, ...new Uint8Array(32).fill(a)]),
  }),
  'the last sibling twice': (proof) => ({
    ...proof,
    siblings: Uint8Array.from([...proof.siblings, ...proof.siblings.subarray(-32)]),
  }),
  'a sibling less': (proof, a) => ({
    ...proof,
    siblings: Uint8Array.from(
      hashes(proof.siblings)
        .filter((_, index, all) => index !== at(all, a))
        .flatMap((hash) => [...hash]),
    ),
  }),
  'two siblings swapped': (proof, a, b) => {
    const all = hashes(proof.siblings);
    const [one, other] = [at(all, a), at(all, b)];
    const swapped = all.map((hash, index) => (index === one ? all[other] : index === other ? all[one] : hash));
    return { ...proof, siblings: Uint8Array.from(swapped.flatMap((hash) => [...(hash ?? [])])) };
  },
  'a sibling that is zero': (proof, a) => {
    const all = hashes(proof.siblings);
    return {
      ...proof,
      siblings: Uint8Array.from(
        all.flatMap((hash, index) => (index === at(all, a) ? [...new Uint8Array(32)] : [...hash])),
      ),
    };
  },
  'another sibling': (proof, a) => ({ ...proof, siblings: flipped(proof.siblings, a) }),
  'siblings of broken length': (proof, a) => ({ ...proof, siblings: proof.siblings.subarray(0, -1 - (a % 31)) }),
};

/** The bytes of the header that the bytes of a block begin with, after a tag and their length. */
export const headerOfBlock = (block: Uint8Array): Uint8Array => {
  const [, low = 0, high = 0] = block;
  return low < 0x80 ? block.subarray(2, 2 + low) : block.subarray(3, 3 + ((low & 0x7f) | (high << 7)));
};
