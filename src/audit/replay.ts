/**
 * Replay: every stored block again from genesis, by the same reducer.
 *
 * Each block's header claims its roots, so following it compares them; the first that differs is where histories part.
 * Source: protocol section 11.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Storage } from '../adapters/storage/storage.ts';
import { checkBlock, readBlock } from '../core/block.ts';
import type { Tip } from '../core/chain.ts';
import { beginTip, type Founding } from '../core/founding.ts';
import { reduce, type Transition } from '../core/reduce.ts';
import type { Refusal } from '../core/refusal.ts';
import { refuse } from '../engine/outcome.ts';

/** Where and why a replay stopped. */
export interface Parting {
  readonly height: number;
  readonly refusal: Refusal;
}

export interface Replayed {
  readonly blocks: number;
  readonly transactions: number;
  readonly tip: Tip;
}

export interface ReplayOptions {
  /** Called after each block. */
  readonly onBlock?: (transition: Transition) => void;
}

const BATCH_BLOCKS = 500;

/** Replays all blocks of the store. Memory: one batch of blocks and the state. */
export async function replay(
  founding: Founding,
  storage: Storage,
  options: ReplayOptions = {},
): Promise<E.Either<Parting, Replayed>> {
  const { chain } = founding;
  let tip = beginTip(founding);
  let transactions = 0;
  for (;;) {
    const batch = await storage.blocks(tip.height + 1, BATCH_BLOCKS);
    for (const stored of batch) {
      const height = tip.height + 1;
      if (stored.height !== height) return E.left({ height, refusal: refuse('block_not_stored') });
      const block = readBlock(stored.bytes);
      if (E.isLeft(block)) return E.left({ height, refusal: block.left });
      const reduced = reduce(chain, tip, checkBlock(chain, block.right));
      if (E.isLeft(reduced)) return E.left({ height, refusal: reduced.left });
      tip = reduced.right.tip;
      transactions += reduced.right.included.length;
      options.onBlock?.(reduced.right);
    }
    if (batch.length < BATCH_BLOCKS) return E.right({ blocks: tip.height, transactions, tip });
  }
}
