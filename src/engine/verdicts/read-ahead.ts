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
import { blockId } from '../../core/wire/header.ts';
import type { BlockTree } from '../fork/block-tree.ts';
import type { InRow } from './row.ts';

/** A block in a row, and what was read of it, if it was. */
export interface AheadBlock extends InRow {
  readonly checked: CheckedBlock | undefined;
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

const unread = (bytes: Uint8Array): AheadBlock => ({ bytes, checked: undefined, transactions: [] });

/** The block, read if it may be; `before` is the id of the one before. */
const readOne = ({ chain, tree, isSettled, judge }: Ground, bytes: Uint8Array, before: Hash | undefined) => {
  const block = readBlock(bytes);
  if (E.isLeft(block)) return { id: undefined, item: unread(bytes) };
  const { header, transactions } = block.right;
  const { parentId, producer, transactionsRoot } = header;
  const id = blockId(chain.crypto, header);
  const isLinked = parentId === before || tree.tipOf(parentId) !== undefined;
  const isOffice = tree.tip.schedule.includes(producer);
  if (transactions.length < FEWEST_TRANSACTIONS || !isLinked || !isOffice || isSettled(id))
    return { id, item: unread(bytes) };
  const checked = checkBlock(chain, block.right, judge);
  if (checked.signer !== producer || checked.transactionsRoot !== transactionsRoot) return { id, item: unread(bytes) };
  return { id, item: { bytes, checked, transactions, contents: checked.contents } };
};

/** The blocks in their order, each read when it is asked for. */
export function* readAhead(ground: Ground, blocks: readonly Uint8Array[]): Generator<AheadBlock> {
  let before: Hash | undefined;
  for (const bytes of blocks) {
    const { id, item } = readOne(ground, bytes, before);
    before = id;
    yield item;
  }
}

/** The same blocks; the transactions of those that were read are checked together, when those of the first one are asked for. */
export const checkedTogether = ({ chain, judge }: Ground, blocks: readonly AheadBlock[]): readonly AheadBlock[] => {
  const read = blocks.flatMap(({ checked, transactions }) =>
    checked === undefined ? [] : [{ checked, transactions }],
  );
  if (read.length < 2) return blocks;
  const together = checkTogether(chain, read, judge);
  let next = 0;
  return blocks.map((block) => (block.checked === undefined ? block : { ...block, checked: together[next++] }));
};
