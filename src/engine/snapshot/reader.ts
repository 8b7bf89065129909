/**
 * Reader: reads a snapshot out of a folder that nobody vouches for, file by file, each checked before anything of it is used.
 *
 * The manifest's nodes must make the state root, the header of the block must state it, its producer must have signed it, and
 * what the caller trusts must be that block or root. Then each file of rows is held against its node alone.
 * Source: docs/protocol.md section 15.3.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Folder } from '../../adapters/folder/folder.ts';
import type { StoredBlock } from '../../adapters/storage/storage.ts';
import { toHex } from '../../core/bytes.ts';
import type { Chain } from '../../core/chain.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Hash } from '../../core/units.ts';
import { BlockFileCheck, firstBlockOf } from './block-files.ts';
import { ChunkHasher, type ChunkRows, readRows } from './chunk-rows.ts';
import { digestOf, endOf, layoutFault, MAX_MANIFEST_BYTES } from './layout.ts';
import {
  blocksFile,
  type Chunk,
  decodeManifest,
  MANIFEST_FILE,
  type Manifest,
  rowsFile,
  sealOf,
  UNFINISHED_FILE,
} from './manifest.ts';
import type { SnapshotFault } from './outcome.ts';
import type { Ring } from './ring.ts';

/** What the caller knows from elsewhere. Without it a snapshot can only be found to fit together. */
export interface Trusted {
  /** The id of the block at the snapshot's height. */
  readonly blockId?: Hash | undefined;
  /** The state root of that block. */
  readonly root?: Hash | undefined;
}

export interface ReaderOptions {
  readonly folder: Folder;
  readonly crypto: Crypto;
  /** The chain it has to be of. Without it the genesis id and the number of blocks are taken as told. */
  readonly chain?: Chain | undefined;
  readonly trusted?: Trusted | undefined;
}

/** What a fault stands for as long as the file it is in is not read to its end. */
type Checked<T> = E.Either<SnapshotFault, T>;

const MAX_FAULTS = 20;

/** The first faults; there may be as many as there are files. */
export class Faults {
  readonly found: SnapshotFault[] = [];

  add(fault: SnapshotFault): void {
    if (this.found.length < MAX_FAULTS) this.found.push(fault);
  }
}

/** Where the snapshot is not of the chain, or not what the caller trusts. */
const strangerFault = (manifest: Manifest, { chain, trusted = {} }: ReaderOptions): SnapshotFault | undefined => {
  const { genesisId, height, blockId, stateRoot, blocks } = manifest;
  const fault = (code: 'chain_wrong' | 'not_trusted', what: string) => ({ file: MANIFEST_FILE, code, what });
  if (chain !== undefined && genesisId !== chain.genesisId)
    return fault('chain_wrong', `it is of the chain ${genesisId}, not ${chain.genesisId}`);
  if (trusted.blockId !== undefined && blockId !== trusted.blockId)
    return fault('not_trusted', `it is of the block ${blockId}, not ${trusted.blockId}`);
  if (trusted.root !== undefined && stateRoot !== trusted.root)
    return fault('not_trusted', `it is of the state root ${stateRoot}, not ${trusted.root}`);
  const first = blocks[0]?.first;
  if (chain === undefined || first === firstBlockOf(chain, height)) return undefined;
  return fault(
    'chain_wrong',
    `its blocks begin at height ${first}, those of this chain ${firstBlockOf(chain, height)}`,
  );
};

const unfinished: SnapshotFault = {
  file: UNFINISHED_FILE,
  code: 'export_unfinished',
  what: 'the export was not finished; run it again',
};

/** Files that are there and should not be; those that should and are not are found when they are read. */
const listingFaults = async (folder: Folder, manifest: Manifest): Promise<readonly SnapshotFault[]> => {
  const named = new Set([MANIFEST_FILE]);
  for (const index of manifest.chunks.keys()) named.add(rowsFile(index));
  for (const index of manifest.blocks.keys()) named.add(blocksFile(index));
  const faults = new Faults();
  for (const file of await folder.list()) {
    if (file === UNFINISHED_FILE) faults.add(unfinished);
    else if (!named.has(file)) faults.add({ file, code: 'file_unexpected', what: 'the manifest does not name it' });
  }
  return faults.found;
};

export class SnapshotReader {
  readonly manifest: Manifest;
  /** Stands for all of the manifest. */
  readonly seal: Hash;
  readonly #options: ReaderOptions;
  readonly #hasher: ChunkHasher;

  private constructor(options: ReaderOptions, manifest: Manifest, seal: Hash) {
    this.manifest = manifest;
    this.seal = seal;
    this.#options = options;
    this.#hasher = new ChunkHasher(options.crypto);
  }

  /** Reads the manifest, and the names of the other files. */
  static async open(options: ReaderOptions): Promise<E.Either<readonly SnapshotFault[], SnapshotReader>> {
    const { folder, crypto } = options;
    const bytes = await folder.read(MANIFEST_FILE, MAX_MANIFEST_BYTES + 1);
    if (bytes === undefined) return E.left([await absence(folder)]);
    if (bytes.length > MAX_MANIFEST_BYTES) {
      const what = `it is longer than the ${MAX_MANIFEST_BYTES} bytes that a manifest may have`;
      return E.left([{ file: MANIFEST_FILE, code: 'length_wrong', what }]);
    }
    const manifest = decodeManifest(crypto, bytes);
    if (E.isLeft(manifest)) return E.left([manifest.left]);
    const fault = strangerFault(manifest.right, options) ?? layoutFault(crypto, manifest.right);
    if (fault !== undefined) return E.left([fault]);
    const unnamed = await listingFaults(folder, manifest.right);
    if (unnamed.length > 0) return E.left(unnamed);
    return E.right(new SnapshotReader(options, manifest.right, toHex(sealOf(bytes)) as Hash));
  }

  /** A whole file, as the manifest says it is. */
  async #file(file: string, length: number, digest: Hash): Promise<Checked<Uint8Array>> {
    const bytes = await this.#options.folder.read(file, length + 1);
    if (bytes === undefined) return E.left({ file, code: 'file_missing', what: 'it is missing; fetch it' });
    if (bytes.length !== length) {
      const what = `it is ${bytes.length > length ? 'longer' : 'shorter'} than the ${length} bytes that the manifest says`;
      return E.left({ file, code: 'length_wrong', what });
    }
    if (digestOf(this.#options.crypto, bytes) === digest) return E.right(bytes);
    return E.left({ file, code: 'digest_wrong', what: 'its bytes are not those that the manifest names' });
  }

  /** The blocks of each file in turn, or what is wrong with it. After a fault only damaged files are told. */
  async *blockFiles(): AsyncGenerator<Checked<readonly StoredBlock[]>> {
    const { manifest } = this;
    const { crypto, chain } = this.#options;
    const check = new BlockFileCheck({ crypto, chain, head: manifest }, manifest.blocks[0]?.first ?? 1);
    let isWhole = true;
    for (const [index, { bytes, digest }] of manifest.blocks.entries()) {
      const file = blocksFile(index);
      const read = await this.#file(file, bytes, digest);
      if (!isWhole && E.isRight(read)) continue;
      const end = manifest.blocks[index + 1]?.first ?? manifest.height + 1;
      const blocks = E.isLeft(read) ? read : check.take({ file, bytes: read.right, end });
      isWhole &&= E.isRight(blocks);
      yield blocks;
    }
  }

  /** The rows of a chunk, if they are those that its node stands for. They pass by the ring then. */
  async chunk(index: number, ring: Ring): Promise<Checked<ChunkRows>> {
    const file = rowsFile(index);
    const chunk = this.manifest.chunks[index] as Chunk;
    const leaves = `leaves ${chunk.first} to ${endOf(chunk) - 1}`;
    const read = await this.#file(file, chunk.bytes, chunk.digest);
    if (E.isLeft(read)) {
      const { what } = read.left;
      return E.left({ ...read.left, leaf: chunk.first, what: `${what} (${leaves})` });
    }
    const rows = readRows(read.right, chunk);
    if (E.isLeft(rows)) return E.left({ file, code: 'malformed', ...rows.left });
    const node = this.#hasher.node(rows.right, chunk, ring);
    if (node === chunk.node) return rows;
    const what = `its rows come to the node ${node}, the manifest says ${chunk.node} (${leaves})`;
    return E.left({ file, code: 'node_wrong', what, leaf: chunk.first });
  }

  /** What is wrong with all rows together, after the last chunk; only a lying root can bring that about. */
  wholeFault(rows: number, ring: Ring): SnapshotFault | undefined {
    const { count } = this.manifest;
    if (rows !== count) {
      const what = `its files hold ${rows} rows, it says ${count}`;
      return { file: MANIFEST_FILE, code: 'layout_wrong', what };
    }
    if (ring.isClosed) return undefined;
    const what = 'the keys of all rows and their next keys are not one ring: no chain has such a state';
    return { file: MANIFEST_FILE, code: 'keys_wrong', what };
  }
}

/** What a folder without a manifest is. */
const absence = async (folder: Folder): Promise<SnapshotFault> => {
  if ((await folder.list()).includes(UNFINISHED_FILE)) return unfinished;
  return { file: MANIFEST_FILE, code: 'file_missing', what: `it is missing: there is no snapshot in ${folder.name}` };
};
