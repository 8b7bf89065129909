/**
 * Block files: the last blocks up to a snapshot's height, as files, and whether they are one signed chain.
 *
 * An engine that starts from a snapshot counts finality on from their headers. A block stands there as its length (4 bytes big
 * endian) and its bytes. Source: protocol sections 11 and 12.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { StoredBlock } from '../../adapters/storage/storage.ts';
import { readBlock, transactionsRoot } from '../../core/block.ts';
import { toHex } from '../../core/bytes.ts';
import type { Chain } from '../../core/chain.ts';
import type { Crypto } from '../../core/crypto.ts';
import { recoverSigner } from '../../core/signature.ts';
import type { Hash, Height } from '../../core/units.ts';
import { blockIdBytes, type Header } from '../../core/wire/header.ts';
import { MIN_SIGNED_BYTES } from '../../core/wire/transaction.ts';
import { MAX_CHUNK_BYTES } from './layout.ts';
import type { SnapshotHead } from './manifest.ts';
import type { SnapshotFault } from './outcome.ts';

const LENGTH_BYTES = 4;

/** What a block takes of a file. */
export const bytesOfBlock = (bytes: Uint8Array): number => LENGTH_BYTES + bytes.length;

/** Whether a block has to begin a new file: files are filled up to 4 MiB, each with one block at least. */
export const beginsFile = (fileBytes: number, block: Uint8Array): boolean =>
  fileBytes > 0 && fileBytes + bytesOfBlock(block) > MAX_CHUNK_BYTES;

/** The bytes of the file with these blocks. */
export const encodeBlocks = (blocks: readonly Uint8Array[]): Uint8Array => {
  const file = new Uint8Array(blocks.reduce((sum, block) => sum + bytesOfBlock(block), 0));
  const view = new DataView(file.buffer);
  let at = 0;
  for (const block of blocks) {
    view.setUint32(at, block.length);
    file.set(block, at + LENGTH_BYTES);
    at += bytesOfBlock(block);
  }
  return file;
};

/** The block that begins at a byte of a file, in the memory of the file; `undefined` if the file ends within it. */
const blockIn = (file: Uint8Array, at: number): Uint8Array | undefined => {
  const start = at + LENGTH_BYTES;
  if (start > file.length) return undefined;
  const end = start + new DataView(file.buffer, file.byteOffset).getUint32(at);
  return end > file.length ? undefined : file.subarray(start, end);
};

/** Tags of a block's header and of its transactions. */
const HEADER_TAG = (1 << 3) | 2;
const TRANSACTION_TAG = (2 << 3) | 2;

/**
 * Whether no transaction of a block is too short to be one. Nothing is made of them yet: in a file of 128 MiB there could be sixty million,
 * each an object when the block is read, where there is room for less than a million of true ones.
 */
const areLongEnough = (bytes: Uint8Array): boolean => {
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at];
    if (tag !== HEADER_TAG && tag !== TRANSACTION_TAG) return true; // no block, as its codec will find
    let [length, scale] = [0, 1];
    for (at += 1; at < bytes.length; at += 1, scale *= 0x80) {
      const byte = bytes[at] as number;
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    if (tag === TRANSACTION_TAG && length < MIN_SIGNED_BYTES) return false;
    at += 1 + length;
  }
  return true;
};

/** What the blocks of a snapshot have to be. */
export interface BlockRules {
  readonly crypto: Crypto;
  readonly head: SnapshotHead;
  /** The rules of the chain, if the caller knows them. */
  readonly chain: Chain | undefined;
}

/** Takes block by block: each follows the one before and is what its producer signed; the last is that of the snapshot. */
export class BlockCheck {
  readonly #rules: BlockRules;
  #height: number;
  #parent: Hash | undefined;
  #chainId: number | undefined;

  /** `first`: the height of the first block that will be taken. */
  constructor(rules: BlockRules, first: number) {
    this.#rules = rules;
    this.#height = first;
    this.#parent = first === 1 ? rules.head.genesisId : undefined;
    this.#chainId = rules.chain?.params.chainId;
  }

  /** The height that is to come. */
  get height(): number {
    return this.#height;
  }

  /** The block for a store; or what is wrong with it. PERF: one recovery. */
  take(bytes: Uint8Array): E.Either<string, StoredBlock> {
    const { crypto } = this.#rules;
    const height = this.#height;
    if (!areLongEnough(bytes)) return E.left(`block ${height} holds a transaction that is too short to be one`);
    const block = readBlock(bytes);
    if (E.isLeft(block)) return E.left(`block ${height} is not the canonical form of a block`);
    const { header, transactions } = block.right;
    const id = blockIdBytes(crypto, header);
    const signer = recoverSigner(crypto, id, header.sign);
    const fault =
      this.#headerFault(header) ??
      (transactionsRoot({ crypto }, transactions) === header.transactionsRoot
        ? undefined
        : 'its transactions are not those it states') ??
      (E.isRight(signer) && toHex(signer.right) === header.producer
        ? undefined
        : 'its signature is not that of its producer') ??
      this.#headFault(header, toHex(id) as Hash);
    if (fault !== undefined) return E.left(`block ${height}: ${fault}`);
    this.#height += 1;
    this.#parent = toHex(id) as Hash;
    this.#chainId = header.chainId;
    return E.right({ height, id: this.#parent, bytes });
  }

  #headerFault({ height, parentId, chainId }: Header): string | undefined {
    if (height !== this.#height) return `it is the block of height ${height}`;
    if (this.#parent !== undefined && parentId !== this.#parent) return 'it does not follow the one before';
    if (this.#chainId !== undefined && chainId !== this.#chainId) return `it is of the chain with id ${chainId}`;
    return undefined;
  }

  /** Whether the last block is the one that the snapshot is of. */
  #headFault({ height, stateRoot }: Header, id: Hash): string | undefined {
    const { head } = this.#rules;
    if (height !== head.height) return undefined;
    if (id !== head.blockId) return `its id is ${id}, the manifest says ${head.blockId}`;
    return stateRoot === head.stateRoot
      ? undefined
      : `it states the state root ${stateRoot}, the manifest ${head.stateRoot}`;
  }
}

/** A file of blocks up to but not with the height `end`. */
interface FileOfBlocks {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly end: number;
}

/** Takes the files of blocks one after the other. */
export class BlockFileCheck {
  readonly #blocks: BlockCheck;
  #before = 0;

  constructor(rules: BlockRules, first: number) {
    this.#blocks = new BlockCheck(rules, first);
  }

  /** The blocks of the next file, in its memory, up to the height `end`; or what is wrong with it. */
  take({ file, bytes, end }: FileOfBlocks): E.Either<SnapshotFault, readonly StoredBlock[]> {
    const taken: StoredBlock[] = [];
    for (let at = 0; at < bytes.length; ) {
      const block = blockIn(bytes, at);
      if (block === undefined) return E.left({ file, code: 'malformed', what: 'it ends within a block', offset: at });
      const before = at > 0 ? at : this.#before;
      if (beginsFile(before, block) !== (at === 0 && before > 0)) {
        const what = `block ${this.#blocks.height} belongs into the file before, or into the next one`;
        return E.left({ file, code: 'layout_wrong', what, offset: at });
      }
      const checked = this.#blocks.take(block);
      if (E.isLeft(checked)) return E.left({ file, code: 'block_wrong', what: checked.left, offset: at });
      taken.push(checked.right);
      at += bytesOfBlock(block);
    }
    this.#before = bytes.length;
    if (this.#blocks.height === end) return E.right(taken);
    const what = `its blocks end before height ${this.#blocks.height}, by the manifest before ${end}`;
    return E.left({ file, code: 'layout_wrong', what });
  }
}

/** The first height of the blocks that the snapshot of a height holds: those that finality is counted from. */
export const firstBlockOf = ({ params }: Chain, height: Height): Height =>
  Math.max(1, height - params.finalityWindow + 1) as Height;
