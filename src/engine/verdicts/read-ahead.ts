/**
 * Read ahead: what of blocks that came in a row may cost something before they are followed.
 *
 * A stranger could send anything. So transactions are looked at, by workers or many together, only of what stands on a block that is
 * known, or on the one before in the row, and is signed by a producer of the round under way; all else waits until it is followed, as if
 * it had come alone.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type CheckedBlock, checkBlock, checkTogether, readBlock } from '../../core/block.ts';
import type { Chain } from '../../core/chain.ts';
import type { Hash } from '../../core/units.ts';
import type { Judge } from '../../core/verdict.ts';
import { type Block, blockId } from '../../core/wire/header.ts';
import type { BlockTree } from '../fork/block-tree.ts';
import type { InRow } from './row.ts';

/** A block in a row, and what was read of it: nothing if it is none, and no transactions unless they may be looked at. */
export interface AheadBlock extends InRow {
  readonly block: Block | undefined;
  readonly checked: CheckedBlock | undefined;
  /** Whether it stands on the one before in the row. */
  readonly isNext: boolean;
}

/** Where the row is to stand. */
export interface Ground {
  readonly chain: Chain;
  readonly tree: BlockTree;
  /** Whether the answer to this block is known: it is here already, or was refused. */
  readonly isSettled: (id: Hash) => boolean;
  readonly judge: Judge;
}

/** Blocks with fewer transactions are not worth it. */
const FEWEST_TRANSACTIONS = 8;

/** Reads the blocks of one row, in their order. */
class RowReader {
  readonly #ground: Ground;
  /** Blocks of the row: one that comes again costs nothing. */
  readonly #seen = new Set<Hash>();
  /** The id of the one before, if that stands on what is known. */
  #before: Hash | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  read(bytes: Uint8Array): AheadBlock {
    const { chain, tree } = this.#ground;
    const read = readBlock(bytes);
    const unread = { bytes, block: undefined, checked: undefined, transactions: [], isNext: false };
    if (E.isLeft(read)) {
      this.#before = undefined;
      return unread;
    }
    const block = read.right;
    const { parentId } = block.header;
    const id = blockId(chain.crypto, block.header);
    const isNext = parentId === this.#before;
    const isLinked = isNext || tree.tipOf(parentId) !== undefined;
    const isNew = !this.#seen.has(id);
    this.#before = isLinked ? id : undefined;
    this.#seen.add(id);
    const checked = isLinked && isNew ? this.#check(block, id) : undefined;
    if (checked === undefined) return { ...unread, block, isNext };
    return { bytes, block, checked, transactions: block.transactions, contents: checked.contents, isNext };
  }

  /** The block, if its transactions may be looked at. */
  #check(block: Block, id: Hash): CheckedBlock | undefined {
    const { chain, tree, isSettled, judge } = this.#ground;
    const { producer, transactionsRoot } = block.header;
    if (block.transactions.length < FEWEST_TRANSACTIONS) return undefined;
    if (!tree.tip.schedule.includes(producer) || isSettled(id)) return undefined;
    const checked = checkBlock(chain, block, judge);
    return checked.signer === producer && checked.transactionsRoot === transactionsRoot ? checked : undefined;
  }
}

/** The blocks in their order, each read when it is asked for. */
export function* readAhead(ground: Ground, blocks: readonly Uint8Array[]): Generator<AheadBlock> {
  const reader = new RowReader(ground);
  for (const bytes of blocks) yield reader.read(bytes);
}

/**
 * The same blocks. Where each stands on the one before, the transactions of those that were read are checked together, when those of the
 * first one are asked for: which they are only once its header is right.
 */
export const checkedTogether = ({ chain, judge }: Ground, blocks: readonly AheadBlock[]): readonly AheadBlock[] => {
  const together: AheadBlock[] = [];
  for (let start = 0, end = 0; start < blocks.length; start = end) {
    end = start + 1;
    while (blocks[end]?.isNext === true) end += 1;
    const branch = blocks.slice(start, end);
    const read = branch.flatMap(({ checked, transactions }) =>
      checked === undefined ? [] : [{ checked, transactions }],
    );
    const found = read.length < 2 ? undefined : checkTogether(chain, read, judge);
    let next = 0;
    for (const block of branch) {
      if (found === undefined || block.checked === undefined) together.push(block);
      else together.push({ ...block, checked: found[next++] });
    }
  }
  return together;
};
