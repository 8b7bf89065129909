/**
 * Proof twin: proofs by their definition, from a tree that is built anew: for each node of each level it is asked whether
 * a climb needs it, and the bytes are written out by hand.
 *
 * There is one proof only for a set of keys under a root, so these bytes are also all that a verifier may accept.
 */
import { createHash } from 'node:crypto';
import type { ProofSource } from '../../src/core/state/view.ts';
import type { Hash } from '../../src/core/units.ts';
import { twinBytes, twinNumber } from './proto-twin.ts';
import { type Twin, twinBytesRoot, twinKeys, twinRows, twinSize, twinSlots } from './tree-twin.ts';

const ZEROS = new Uint8Array(32);

export const twinSha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

type NodeOf = (level: number, position: number) => Uint8Array;

/** The node over slots that end with missing ones, each node computed once. */
export const twinNodes = (slots: readonly Uint8Array[]): NodeOf => {
  const known = new Map<string, Uint8Array>();
  const node = (level: number, position: number): Uint8Array => {
    if (level === 0) return slots[position] ?? ZEROS;
    const name = `${level} ${position * 2 ** level >= slots.length ? 'none' : position}`;
    const before = known.get(name);
    if (before !== undefined) return before;
    const hash = twinSha256(node(level - 1, 2 * position), node(level - 1, 2 * position + 1));
    known.set(name, hash);
    return hash;
  };
  return node;
};

/** What a tree is built of; built once for each twin, which is never changed. */
const builtOf = (twin: Twin) => {
  const known = built.get(twin);
  if (known !== undefined) return known;
  const slots = twinSlots(twin);
  const fresh = { keys: twinKeys(twin), rows: twinRows(twin), slots, node: twinNodes(slots) };
  built.set(twin, fresh);
  return fresh;
};
const built = new WeakMap<
  Twin,
  {
    readonly keys: readonly string[];
    readonly rows: ReturnType<typeof twinRows>;
    readonly slots: readonly Uint8Array[];
    readonly node: NodeOf;
  }
>();

const twinDepth = (size: number): number => {
  let depth = 0;
  while (2 ** depth < size) depth += 1;
  return depth;
};

/** Level by level, left to right: each node that is not over a leaf shown, whose neighbour is, and that is not empty for sure. */
const twinSiblings = (size: number, node: NodeOf, shown: readonly number[]): Uint8Array => {
  const siblings: Uint8Array[] = [];
  for (let level = 0; level < twinDepth(size); level += 1) {
    const overShown = new Set(shown.map((leaf) => Math.floor(leaf / 2 ** level)));
    const isOverShown = (position: number): boolean => overShown.has(position);
    for (let position = 0; position * 2 ** level < size; position += 1) {
      const other = position % 2 === 0 ? position + 1 : position - 1;
      if (!isOverShown(position) && isOverShown(other)) siblings.push(node(level, position));
    }
  }
  return Buffer.concat(siblings);
};

const optional = (number: number, value: number): readonly number[] =>
  value === 0 ? [] : twinNumber(number, BigInt(value));
const optionalBytes = (number: number, bytes: Uint8Array): readonly number[] =>
  bytes.length === 0 ? [] : twinBytes(number, bytes);

/** The bytes of a proof over a list or tree: its size, its leaves, the siblings. */
const twinProofBytes = (size: number, leaves: readonly (readonly number[])[], siblings: Uint8Array): Uint8Array =>
  Uint8Array.from([
    ...optional(1, size),
    ...leaves.flatMap((leaf) => twinBytes(2, leaf)),
    ...optionalBytes(3, siblings),
  ]);

/** The root over what a twin holds; as twinRoot says it, from what is built already. */
export const builtRoot = (twin: Twin): Hash => {
  const { slots, node } = builtOf(twin);
  const count = Buffer.alloc(32);
  count.writeBigUInt64BE(BigInt(slots.length), 24);
  return Buffer.from(twinSha256(node(twinDepth(slots.length), 0), count)).toString('hex') as Hash;
};

/** The key of the entry that answers for `key`: its own, else the greatest below, else the greatest of all. */
const answering = (keys: readonly string[], key: string): string | undefined =>
  keys.findLast((each) => each <= key) ?? keys.at(-1);

/** The proof of what is under these keys. */
export const twinProof = (twin: Twin, asked: readonly string[]): Uint8Array => {
  const { keys, rows, slots, node } = builtOf(twin);
  const leaves: (readonly number[])[] = [];
  const shown: number[] = [];
  for (const { leaf, key, next, value } of rows) {
    const hex = key.toString('hex');
    const forThis = asked.filter((each) => answering(keys, each) === hex);
    if (forThis.length === 0) continue;
    const isValue = forThis.includes(hex);
    const isGap = forThis.some((each) => each !== hex);
    shown.push(leaf);
    leaves.push([
      ...optional(1, leaf),
      ...twinBytes(2, key),
      ...(isGap ? twinBytes(3, next) : twinBytes(4, twinBytesRoot(next))),
      ...(isValue ? optionalBytes(5, value) : twinBytes(6, twinBytesRoot(value))),
    ]);
  }
  return twinProofBytes(slots.length, leaves, twinSiblings(slots.length, node, shown));
};

/** What a proof of these keys must say. */
export const twinAnswers = (twin: Twin, asked: readonly string[]): readonly (Uint8Array | undefined)[] =>
  asked.map((key) => twin.get(key)?.value);

/** A source of proofs that builds the whole tree when it is made. */
export const twinSource = (twin: Twin): ProofSource => {
  const { keys, node, rows: all } = builtOf(twin);
  const rows = new Map(all.map((row) => [row.leaf, row]));
  return {
    size: twinSize(twin),
    node,
    row: (leaf) => {
      const row = rows.get(leaf);
      if (row === undefined) throw new Error(`no row of leaf ${leaf}`);
      return Uint8Array.from([...twinBytes(1, row.key), ...twinBytes(2, row.next), ...optionalBytes(3, row.value)]);
    },
    leafOf: (key) => twin.get(key)?.leaf,
    leafBefore: (key) => twin.get(keys.findLast((each) => each < key) ?? keys.at(-1) ?? '')?.leaf,
  };
};

/** The proof of transactions at these places, by their bytes. */
export const twinTransactionsProof = (transactions: readonly Uint8Array[], places: readonly number[]): Uint8Array => {
  const shown = [...new Set(places)].sort((a, b) => a - b);
  const slots = transactions.map((bytes) => twinSha256(bytes));
  const leaves = shown.map((index) => [...optional(1, index), ...optionalBytes(2, transactions[index] as Uint8Array)]);
  return twinProofBytes(transactions.length, leaves, twinSiblings(slots.length, twinNodes(slots), shown));
};

export interface TwinReceipt {
  readonly id: string;
  readonly executed: boolean;
  readonly code: string;
  readonly units: number;
}

const outcomeOf = ({ executed, code, units }: TwinReceipt): Uint8Array =>
  Uint8Array.from([
    ...optional(1, executed ? 1 : 0),
    ...optionalBytes(2, Buffer.from(code, 'utf8')),
    ...optional(3, units),
  ]);

const twinReceiptLeaf = (receipt: TwinReceipt): Uint8Array =>
  twinSha256(Buffer.from(receipt.id, 'hex'), twinSha256(outcomeOf(receipt)));

/** The proof of receipts at these places. */
export const twinReceiptsProof = (receipts: readonly TwinReceipt[], places: readonly number[]): Uint8Array => {
  const shown = [...new Set(places)].sort((a, b) => a - b);
  const leaves = shown.map((index) => {
    const receipt = receipts[index] as TwinReceipt;
    return [
      ...optional(1, index),
      ...twinBytes(2, Buffer.from(receipt.id, 'hex')),
      ...optionalBytes(3, outcomeOf(receipt)),
    ];
  });
  const node = twinNodes(receipts.map(twinReceiptLeaf));
  return twinProofBytes(receipts.length, leaves, twinSiblings(receipts.length, node, shown));
};
