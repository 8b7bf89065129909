/**
 * Check blocks: every stored block by itself and against the one before; none of them is run again (see replay.ts).
 *
 * A block is held against the id that is stored beside it, which the next block names too: so of two that do not fit together the
 * one that was changed is known. Source: protocol section 11.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Storage, StoredBlock } from '../adapters/storage/storage.ts';
import { readBlock, transactionsRoot } from '../core/block.ts';
import { toHex } from '../core/bytes.ts';
import type { Chain } from '../core/chain.ts';
import type { Crypto } from '../core/crypto.ts';
import { recoverSigner } from '../core/signature.ts';
import type { Hash } from '../core/units.ts';
import { type Block, blockIdBytes, type Header } from '../core/wire/header.ts';
import type { Findings } from './check-findings.ts';
import { ifReadable, pagesOf } from './check-reading.ts';

/** What the blocks of a store say. */
export interface CheckedBlocks {
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly count: number;
  /** What the block at height 1 names as its parent, if that block is sound. */
  readonly parentOfOne: Hash | undefined;
  /** The first sound block that states the root that was asked for. */
  readonly heightOfRoot: number | undefined;
}

export interface BlockCheckOptions {
  readonly storage: Storage;
  readonly crypto: Crypto;
  /** The chain, if it is known. */
  readonly chain: Chain | undefined;
  readonly root: Hash;
  readonly findings: Findings;
  readonly onBlock: (height: number) => void;
}

/** The header of a stored block whose id is the one stored beside it; `undefined` of any other. */
const soundHeader = (crypto: Crypto, { id, height, bytes }: StoredBlock): Header | undefined => {
  const block = readBlock(bytes);
  if (E.isLeft(block)) return undefined;
  const { header } = block.right;
  return header.height === height && toHex(blockIdBytes(crypto, header)) === id ? header : undefined;
};

/** The sound header at a height; `undefined` if that block is missing or damaged. */
export const headerAt = async (storage: Storage, crypto: Crypto, height: number): Promise<Header | undefined> => {
  const stored = await ifReadable(storage.block(height));
  return stored && soundHeader(crypto, stored);
};

/** The state root that the stored block of a height states, unless it is missing or damaged. */
export const statedRoot = async (storage: Storage, crypto: Crypto, height: number): Promise<Hash | undefined> => {
  return (await headerAt(storage, crypto, height))?.stateRoot;
};

class BlockCheck {
  first: number | undefined;
  last: number | undefined;
  count = 0;
  parentOfOne: Hash | undefined;
  heightOfRoot: number | undefined;
  readonly #options: BlockCheckOptions;
  /** The ids that the block before may have: the stored one, and the one that its header comes to. */
  #parents: readonly string[] | undefined;
  #chainId: number | undefined;

  constructor(options: BlockCheckOptions) {
    this.#options = options;
    this.#chainId = options.chain?.params.chainId;
    this.#parents = options.chain === undefined ? undefined : [options.chain.genesisId];
  }

  take(stored: StoredBlock): void {
    const { findings } = this.#options;
    const expected = this.last === undefined ? stored.height : this.last + 1;
    if (stored.height > expected) {
      const missing = stored.height === expected + 1 ? 'it is' : `this block and those up to ${stored.height - 1} are`;
      findings.add('block', expected, `${missing} missing`);
      this.#parents = undefined;
    }
    if (this.last === undefined && stored.height !== 1) this.#parents = undefined;
    const block = readBlock(stored.bytes);
    const faults = E.isLeft(block) ? ['its bytes are no block'] : this.#faultsOf(stored, block.right);
    if (faults.length > 0) findings.add('block', stored.height, faults.join('; '));
    else if (E.isRight(block)) this.#learn(block.right.header);
    if (E.isLeft(block)) this.#parents = [stored.id];
    this.first ??= stored.height;
    this.last = stored.height;
    this.count += 1;
  }

  #faultsOf(stored: StoredBlock, { header, transactions }: Block): readonly string[] {
    const { crypto } = this.#options;
    const idBytes = blockIdBytes(crypto, header);
    const id = toHex(idBytes);
    const faults: string[] = [];
    if (id !== stored.id) faults.push(`its header comes to the id ${id}, stored is ${stored.id}`);
    if (header.height !== stored.height) faults.push(`by its header it is the block of height ${header.height}`);
    if (this.#parents !== undefined && !this.#parents.includes(header.parentId))
      faults.push(`it names ${header.parentId} as the block before, which is ${this.#parents[0]}`);
    if (this.#chainId !== undefined && header.chainId !== this.#chainId)
      faults.push(`it is of the chain with id ${header.chainId}`);
    const signer = recoverSigner(crypto, idBytes, header.sign);
    if (E.isLeft(signer) || toHex(signer.right) !== header.producer)
      faults.push('its signature is not that of its producer');
    if (transactionsRoot({ crypto }, transactions) !== header.transactionsRoot)
      faults.push('its transactions are not those that its header states');
    this.#parents = [stored.id, id];
    return faults;
  }

  #learn({ height, chainId, parentId, stateRoot }: Header): void {
    this.#chainId ??= chainId;
    if (height === 1) this.parentOfOne = parentId;
    if (stateRoot === this.#options.root) this.heightOfRoot ??= height;
  }
}

/** Checks every stored block. PERF: one recovery a block and one hash a transaction; about a megabyte at a time in memory. */
export const checkBlocks = async (options: BlockCheckOptions): Promise<CheckedBlocks> => {
  const { storage, findings, onBlock } = options;
  const check = new BlockCheck(options);
  const pages = pagesOf({
    read: (from, limit) => storage.blocks(from, limit),
    numberOf: ({ height }) => height,
    bytesOf: ({ bytes }) => bytes.length,
    onDamage: (from, why) => findings.add('block', from, `it cannot be read, nor those after it: ${why}`),
  });
  for await (const page of pages) {
    for (const block of page) {
      check.take(block);
      onBlock(block.height);
    }
  }
  const { first, last, count, parentOfOne, heightOfRoot } = check;
  return { first, last, count, parentOfOne, heightOfRoot };
};
