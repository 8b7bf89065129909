/**
 * Store digest: all that a store holds as three hashes, so that two stores can be told apart to the byte.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { readHeight } from '../../src/engine/facts.ts';

const FACTS = ['genesis-id', 'state-height'];
const ALL = 1_000_000;

export interface StoreDigest {
  readonly blocks: string;
  /** The height of its state; -1 if it says none. */
  readonly stateHeight: number;
  /** Of rows and facts. */
  readonly state: string;
  readonly history: string;
}

/** Each value with its place and its length before it, so that no two contents are read as the same bytes. */
const add = (hash: Hash, place: string, bytes: Uint8Array | undefined): void => {
  hash.update(`${place} ${bytes === undefined ? 'none' : bytes.length}\n`);
  if (bytes !== undefined) hash.update(bytes);
};

/** PERF: reads the whole store. */
export async function digestOf(storage: Storage): Promise<StoreDigest> {
  const blocks = createHash('sha256');
  for (const { height, id, bytes } of await storage.blocks(0, ALL)) add(blocks, `block ${height} ${id}`, bytes);
  const state = createHash('sha256');
  for (const { leaf, bytes } of await storage.scan(0, ALL)) add(state, `row ${leaf}`, bytes);
  for (const name of FACTS) add(state, `fact ${name}`, await storage.fact(name));
  const history = createHash('sha256');
  for (const { height, bytes } of await storage.history(0, ALL)) add(history, `history ${height}`, bytes);
  const stateHeight = (await readHeight(storage)) ?? -1;
  return { blocks: blocks.digest('hex'), stateHeight, state: state.digest('hex'), history: history.digest('hex') };
}
