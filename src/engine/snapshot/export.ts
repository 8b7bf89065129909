/**
 * Export: writes the state of a store at its final height, and the blocks before it, as the files of a snapshot.
 *
 * Two stores of the same chain at the same height give the same bytes, whatever they are and whenever it is done. What is
 * written is first held against the header of the block, so a damaged store gives no snapshot. Source: docs/protocol.md section 15.3.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Folder, partOf } from '../../adapters/folder/folder.ts';
import type { Storage, StoredRow } from '../../adapters/storage/storage.ts';
import { readBlock } from '../../core/block.ts';
import { sameBytes, toHex } from '../../core/bytes.ts';
import type { Chain } from '../../core/chain.ts';
import type { Hash, Height } from '../../core/units.ts';
import { blockId } from '../../core/wire/header.ts';
import { facts, readHeight } from '../facts.ts';
import { BlockCheck, beginsFile, bytesOfBlock, encodeBlocks, firstBlockOf } from './block-files.ts';
import { ChunkHasher, encodeRows, readRows } from './chunk-rows.ts';
import { isHalfImported } from './import-fact.ts';
import {
  CHUNK_EXPONENT,
  digestOf,
  endOf,
  MAX_CHUNK_BYTES,
  MAX_FILE_BYTES,
  MAX_LEAVES,
  rootOf,
  topExponent,
} from './layout.ts';
import {
  type BlockFile,
  blocksFile,
  type Chunk,
  encodeHead,
  encodeManifest,
  isOwnFile,
  MANIFEST_FILE,
  type Manifest,
  rowsFile,
  SNAPSHOT_VERSION,
  type SnapshotHead,
  UNFINISHED_FILE,
} from './manifest.ts';
import { SnapshotError } from './outcome.ts';
import { Ring } from './ring.ts';
import { RowStream, sizeOfStore } from './row-stream.ts';
import type { SnapshotProgress } from './verify.ts';

export interface ExportOptions {
  /** Nobody may write to it meanwhile. */
  readonly storage: Storage;
  /** Empty, or that of an unfinished export of the same. */
  readonly folder: Folder;
  readonly chain: Chain;
  readonly onProgress?: SnapshotProgress;
}

const damaged = (what: string): SnapshotError =>
  new SnapshotError('snapshot_store_damaged', `${what}; export from another store of this chain`);

const blockAt = async (storage: Storage, height: number): Promise<Uint8Array> => {
  const block = await storage.block(height);
  if (block === undefined) throw damaged(`block ${height} is missing`);
  return block.bytes;
};

/** What a snapshot of this store is of. */
const headOf = async (storage: Storage, chain: Chain): Promise<SnapshotHead> => {
  const empty = (what: string) => new SnapshotError('snapshot_store_empty', what);
  if (await isHalfImported(storage))
    throw empty('a snapshot was begun to be imported into the store; finish that first');
  const genesisId = await storage.fact(facts.genesisId);
  if (genesisId === undefined) throw empty('the store holds no chain');
  if (toHex(genesisId) !== chain.genesisId) {
    const what = `the store holds the chain ${toHex(genesisId)}, not ${chain.genesisId}; give its own genesis`;
    throw new SnapshotError('snapshot_store_other_chain', what);
  }
  const height = await readHeight(storage);
  if (height === undefined) throw damaged('the height of the stored state is missing');
  if (height === 0)
    throw empty('the store has no state above the genesis; close its engine, or flush it, when a block is final');
  const block = readBlock(await blockAt(storage, height));
  if (E.isLeft(block)) throw damaged(`block ${height} makes no sense`);
  const { header } = block.right;
  const { stateRoot } = header;
  return {
    version: SNAPSHOT_VERSION,
    genesisId: chain.genesisId,
    height,
    blockId: blockId(chain.crypto, header),
    stateRoot,
  };
};

/** Makes the folder that of an export of this, or finds that it is. */
const claimFolder = async (folder: Folder, head: SnapshotHead): Promise<void> => {
  // An export that was killed at its very first write has left no more than a part of it.
  const files = (await folder.list()).filter((file) => file !== partOf(UNFINISHED_FILE));
  const taken = (what: string) =>
    new SnapshotError('snapshot_folder_taken', `${folder.name} ${what}; it was left as it is: give an empty folder`);
  if (files.length === 0) return await folder.write(UNFINISHED_FILE, encodeHead(head));
  if (!files.includes(UNFINISHED_FILE)) {
    throw taken(files.includes(MANIFEST_FILE) ? 'holds a snapshot already' : 'is not empty');
  }
  // When it ends it takes away what is left over of an export before it, and of nobody else.
  const other = files.find((file) => !isOwnFile(file));
  if (other !== undefined) throw taken(`holds an unfinished export, and '${other}' beside it`);
  const expected = encodeHead(head);
  const found = await folder.read(UNFINISHED_FILE, expected.length + 1);
  if (found === undefined || !sameBytes(found, expected)) throw taken('holds an unfinished export of something else');
};

/** One export under way. */
class Exporter {
  readonly #options: ExportOptions;
  readonly #head: SnapshotHead;
  readonly #hasher: ChunkHasher;
  readonly #ring = new Ring();
  readonly #chunks: Chunk[] = [];
  readonly #blocks: BlockFile[] = [];
  #count = 0;

  constructor(options: ExportOptions, head: SnapshotHead) {
    this.#options = options;
    this.#head = head;
    this.#hasher = new ChunkHasher(options.chain.crypto);
  }

  async run(): Promise<Manifest> {
    await this.#putBlocks();
    const size = await sizeOfStore(this.#options.storage);
    if (size > MAX_LEAVES) throw damaged(`a row has the leaf ${size - 1}`);
    const rows = new RowStream(this.#options.storage);
    const exponent = topExponent(size);
    for (let first = 0; first < size; first += 2 ** exponent) {
      await this.#putSubtree(rows, first, exponent);
      this.#options.onProgress?.(Math.min(first + 2 ** exponent, size), size);
    }
    await this.#match(size);
    return await this.#finish(size);
  }

  /** Writes a file, unless an export before this one has. */
  async #put(file: string, bytes: Uint8Array): Promise<Hash> {
    const { folder, chain } = this.#options;
    const present = await folder.read(file, bytes.length + 1);
    if (present === undefined || !sameBytes(present, bytes)) await folder.write(file, bytes);
    return digestOf(chain.crypto, bytes);
  }

  /** The rows of a subtree as one file, or halves of it as several. */
  async #putSubtree(rows: RowStream, first: number, exponent: number): Promise<void> {
    const end = endOf({ first, exponent });
    if (exponent === 0 || (await rows.fits(end, MAX_CHUNK_BYTES))) {
      if (exponent === 0) await rows.fits(end, MAX_FILE_BYTES);
      return await this.#putRows(rows.take(end), first, exponent);
    }
    await this.#putSubtree(rows, first, exponent - 1);
    await this.#putSubtree(rows, first + 2 ** (exponent - 1), exponent - 1);
  }

  async #putRows(rows: readonly StoredRow[], first: number, exponent: number): Promise<void> {
    if (rows.length === 0) return;
    const bytes = encodeRows(rows);
    if (bytes.length > MAX_FILE_BYTES) throw damaged(`the row of leaf ${first} has ${bytes.length} bytes`);
    const read = readRows(bytes, { first, exponent });
    if (E.isLeft(read)) throw damaged(`the row of leaf ${read.left.leaf ?? first}: ${read.left.what}`);
    const node = this.#hasher.node(read.right, { first, exponent }, this.#ring);
    const digest = await this.#put(rowsFile(this.#chunks.length), bytes);
    this.#chunks.push({ first, exponent, bytes: bytes.length, node, digest });
    this.#count += rows.length;
  }

  async #putBlocks(): Promise<void> {
    const { storage, chain } = this.#options;
    const head = this.#head;
    const first = firstBlockOf(chain, head.height);
    const check = new BlockCheck({ crypto: chain.crypto, chain, head }, first);
    let held: Uint8Array[] = [];
    let bytes = 0;
    const put = async (nextHeight: number): Promise<void> => {
      const file = encodeBlocks(held);
      const digest = await this.#put(blocksFile(this.#blocks.length), file);
      this.#blocks.push({ first: (nextHeight - held.length) as Height, bytes: file.length, digest });
      [held, bytes] = [[], 0];
    };
    for (let height: number = first; height <= head.height; height += 1) {
      const block = await blockAt(storage, height);
      const checked = check.take(block);
      if (E.isLeft(checked)) throw damaged(checked.left);
      if (beginsFile(bytes, block)) await put(height);
      held.push(block);
      bytes += bytesOfBlock(block);
    }
    await put(head.height + 1);
  }

  /** Whether what was read is the state that the block states. */
  async #match(size: number): Promise<void> {
    const { storage, chain } = this.#options;
    const { height, stateRoot } = this.#head;
    if ((await readHeight(storage)) !== height) {
      throw new SnapshotError(
        'snapshot_store_moved',
        'the stored state went on meanwhile; stop who writes, and export again',
      );
    }
    const root = rootOf(chain.crypto, this.#chunks, size);
    if (root !== stateRoot)
      throw damaged(`the stored rows come to the root ${root}, block ${height} states ${stateRoot}`);
    if (!this.#ring.isClosed) throw damaged('the keys of the stored rows are not one ring');
  }

  async #finish(size: number): Promise<Manifest> {
    const { folder, chain } = this.#options;
    const parts = { count: this.#count, chunkExponent: CHUNK_EXPONENT, chunks: this.#chunks, blocks: this.#blocks };
    const manifest: Manifest = { ...this.#head, size, ...parts };
    const named = new Set([...this.#chunks.map((_, index) => rowsFile(index)), UNFINISHED_FILE]);
    for (const index of this.#blocks.keys()) named.add(blocksFile(index));
    for (const file of await folder.list()) if (!named.has(file)) await folder.remove(file);
    await folder.write(MANIFEST_FILE, encodeManifest(chain.crypto, manifest));
    await folder.remove(UNFINISHED_FILE);
    return manifest;
  }
}

/**
 * Exports the state that the store holds: that of its final height once the engine was closed or flushed. An export that was stopped is
 * gone on with: what is there and right is not written again. Rejects with a `SnapshotError` (`snapshot_folder_taken`,
 * `snapshot_store_...`), or with what the store or the folder rejects with, and then leaves an unfinished export.
 * PERF: reads every row once and hashes it, about eleven hashes each; holds at most some 12 MiB unless a single row or block is longer.
 */
export const exportSnapshot = async (options: ExportOptions): Promise<Manifest> => {
  const head = await headOf(options.storage, options.chain);
  await claimFolder(options.folder, head);
  return await new Exporter(options, head).run();
};
