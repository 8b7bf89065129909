/**
 * Entries: verifies what is, and what is not, under some keys of a state.
 *
 * A leaf shows a key with its value, and that no key lies between it and the next. What a proof holds beyond what was asked is
 * refused: there is one proof only for a set of keys under a root. Source: docs/protocol.md sections 15.3 and 15.5.
 */
import { compareText, toHex } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { bytesRoot, pairHash } from '../tree/commitment.ts';
import { HASH_BYTES, type Hash } from '../units.ts';
import { areOrdered, climb, MAX_LEAVES } from './climb.ts';
import type { EntriesProof, EntryLeaf } from './messages.ts';
import { readEntriesProof } from './readers.ts';
import { smallHasher } from './small-hasher.ts';
import { steady } from './steady-hasher.ts';
import { type ProofFault, proven, refused, type Verdict } from './verdict.ts';

/** A leaf with its keys as hex, and what of it was asked for so far. */
interface Shown {
  readonly leaf: EntryLeaf;
  readonly key: string;
  readonly next: string;
  isValueAsked: boolean;
  isGapAsked: boolean;
}

/** Whether `toHex` may have written it: such texts, and no others, are ordered as their bytes are. */
const isKeyForm = (key: string): boolean => key.length % 2 === 0 && !/[^0-9a-f]/.test(key);

const isRootOrNone = ({ length }: Uint8Array): boolean => length === 0 || length === HASH_BYTES;

/** Of next key and value each is there once: itself or its root. A key is never empty, a value may be. */
const isWellFormed = ({ key, next, nextRoot, value, valueRoot }: EntryLeaf): boolean =>
  key.length > 0 &&
  isRootOrNone(nextRoot) &&
  isRootOrNone(valueRoot) &&
  next.length > 0 === (nextRoot.length === 0) &&
  (value.length === 0 || valueRoot.length === 0);

const faultOfForm = ({ size, leaves, siblings }: EntriesProof): ProofFault | undefined => {
  const isForm = size <= MAX_LEAVES && siblings.length % HASH_BYTES === 0 && leaves.every(isWellFormed);
  if (!isForm) return 'proof_malformed';
  const numbers = leaves.map(({ leaf }) => leaf);
  return areOrdered(numbers, size) ? undefined : 'proof_positions_wrong';
};

/** Whether `key` lies after one key and before the next of it; the keys are a ring. */
const isBetween = (key: string, before: string, next: string): boolean =>
  before < next ? before < key && key < next : key > before || key < next;

/** The one with the greatest key up to `key`; the keys are a ring. `shown` ascends. */
const floorOf = (shown: readonly Shown[], key: string): Shown | undefined => {
  let low = 0;
  let high = shown.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((shown[middle] as Shown).key <= key) low = middle + 1;
    else high = middle;
  }
  return shown.at(low - 1);
};

type Answer = Uint8Array | undefined;

/** Finds each key its leaf; then each leaf, and each part of one, must have been asked for. */
const answersOf = ({ size, leaves }: EntriesProof, keys: readonly string[]): Verdict<readonly Answer[]> => {
  const shown = leaves
    .map(
      (leaf): Shown => ({ leaf, key: toHex(leaf.key), next: toHex(leaf.next), isValueAsked: false, isGapAsked: false }),
    )
    .sort((a, b) => compareText(a.key, b.key));
  const answers: Answer[] = [];
  for (const key of keys) {
    const floor = floorOf(shown, key);
    if (floor === undefined) {
      // Only where there are no entries does no leaf say that one is missing.
      if (size > 0) return refused('proof_key_unanswered');
      answers.push(undefined);
    } else if (floor.key === key) {
      if (floor.leaf.valueRoot.length > 0) return refused('proof_key_unanswered');
      floor.isValueAsked = true;
      answers.push(floor.leaf.value);
    } else {
      if (floor.next === '' || !isBetween(key, floor.key, floor.next)) return refused('proof_key_unanswered');
      floor.isGapAsked = true;
      answers.push(undefined);
    }
  }
  const isAllAsked = shown.every(
    ({ leaf, next, isValueAsked, isGapAsked }) =>
      (isValueAsked || isGapAsked) && isValueAsked === (leaf.valueRoot.length === 0) && isGapAsked === (next !== ''),
  );
  return isAllAsked ? proven(answers) : refused('proof_left_over');
};

/** H(H(key root | root of the next key) | value root), with what was sent. */
const hashOf = (hasher: Hasher, { key, next, nextRoot, value, valueRoot }: EntryLeaf): Uint8Array => {
  const nextHash = nextRoot.length > 0 ? nextRoot : bytesRoot(hasher, next);
  const link = pairHash(hasher, bytesRoot(hasher, key), nextHash);
  return pairHash(hasher, link, valueRoot.length > 0 ? valueRoot : bytesRoot(hasher, value));
};

/**
 * The value under each of `keys` in the state with this root, `undefined` where there is none, in the order of the keys.
 * Keys are hex as `keys` of this package makes them; of another form, in which they would stand elsewhere in the order, `key_malformed`.
 * A value shares the memory of the proof.
 *
 * PERF: a hash for each level of the tree that is not shared, and one for each 32 bytes of keys and values: about 35 for one entry
 * of ten million.
 */
export const verifyEntries = (
  proof: Uint8Array,
  root: Hash,
  keys: readonly string[],
  hasher: Hasher = smallHasher,
): Verdict<readonly (Uint8Array | undefined)[]> => {
  if (!keys.every(isKeyForm)) return refused('key_malformed');
  // One leaf at most answers a key.
  const read = readEntriesProof(proof, keys.length);
  if (typeof read === 'string') return refused(read);
  const fault = faultOfForm(read);
  if (fault !== undefined) return refused(fault);
  const answers = answersOf(read, keys);
  if (answers._tag === 'Left') return answers;
  const single = steady(hasher);
  const nodes = read.leaves.map((leaf) => ({ position: leaf.leaf, hash: hashOf(single, leaf) }));
  const climbed = climb(single, read.size, nodes, read.siblings);
  if (climbed._tag === 'Left') return climbed;
  return climbed.right === root ? answers : refused('proof_root_differs');
};
