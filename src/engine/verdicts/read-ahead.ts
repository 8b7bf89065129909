/**
 * Read ahead: what of blocks that came in a row may cost something before they are followed.
 *
 * A stranger could send anything. So workers look only at what stands on a block that is known, or on the one before in the row, and is
 * signed by a producer of the round under way; all else waits until it is followed, as if it had come alone.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type CheckedBlock, checkBlock, readBlock } from '../../core/block.ts';
import type { Chain } from '../../core/chain.ts';
import type { Hash } from '../../core/units.ts';
import { blockId } from '../../core/wire/header.ts';
import type { BlockTree } from '../fork/block-tree.ts';
import type { InRow } from './row.ts';
import type { Verdicts } from './verdicts.ts';

/** A block in a row, and what was read of it, if it was. */
export interface AheadBlock extends InRow {
  readonly checked: CheckedBlock | undefined;
}

/** Where the row is to stand. */
export interface Ground {
  readonly chain: Chain;
  readonly tree: BlockTree;
  readonly verdicts: Verdicts;
}

/** Blocks with fewer transactions are not worth it. */
const FEWEST_TRANSACTIONS = 8;

const unread = (bytes: Uint8Array): AheadBlock => ({ bytes, checked: undefined, transactions: [] });

/** The block, read if it may be; `before` is the id of the one before. */
const readOne = ({ chain, tree, verdicts }: Ground, bytes: Uint8Array, before: Hash | undefined) => {
  const block = readBlock(bytes);
  if (E.isLeft(block)) return { id: undefined, item: unread(bytes) };
  const { header, transactions } = block.right;
  const { parentId, producer, transactionsRoot } = header;
  const id = blockId(chain.crypto, header);
  const isLinked = parentId === before || tree.tipOf(parentId) !== undefined;
  const isOffice = tree.tip.schedule.includes(producer);
  if (transactions.length < FEWEST_TRANSACTIONS || !isLinked || !isOffice || tree.has(id))
    return { id, item: unread(bytes) };
  const checked = checkBlock(chain, block.right, verdicts.judge);
  if (checked.signer !== producer || checked.transactionsRoot !== transactionsRoot) return { id, item: unread(bytes) };
  return { id, item: { bytes, checked, transactions, contents: checked.contents } };
};

/** The blocks in their order, each read when it is asked for. Without workers none is read. */
export function* readAhead(ground: Ground, blocks: readonly Uint8Array[]): Generator<AheadBlock> {
  let before: Hash | undefined;
  for (const bytes of blocks) {
    if (!ground.verdicts.hasWorkers) {
      yield unread(bytes);
      continue;
    }
    const { id, item } = readOne(ground, bytes, before);
    before = id;
    yield item;
  }
}
