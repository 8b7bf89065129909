/**
 * Replay: every stored block again from genesis, by the same reducer.
 *
 * Each block's header claims its roots, so following it compares them; the first that differs is where histories part. With a checker the
 * signatures of the blocks to come are looked at beside this thread. Source: protocol section 11; docs/decisions/0022-verdicts.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Storage, StorageError, type StoredBlock } from '../adapters/storage/storage.ts';
import type { Checker } from '../adapters/workers/checker.ts';
import { type CheckedBlock, checkBlock, type Rejection, readBlock, trustBlock } from '../core/block.ts';
import { bytesOf } from '../core/bytes.ts';
import type { Tip } from '../core/chain.ts';
import { beginTip, type Founding } from '../core/founding.ts';
import { reduce, type Transition } from '../core/reduce.ts';
import type { Refusal } from '../core/refusal.ts';
import { sealOf } from '../core/verdict.ts';
import { refuse } from '../engine/outcome.ts';
import { type InRow, inRow } from '../engine/verdicts/row.ts';
import type { VerdictCache } from '../engine/verdicts/verdict-cache.ts';
import { Verdicts } from '../engine/verdicts/verdicts.ts';
import { pagesOf } from './check-reading.ts';

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
  /** Looks at signatures beside this thread; it is the caller's to close. */
  readonly checker?: Checker;
  /** What is known of signatures already, as by an engine on the same transactions. */
  readonly verdictCache?: VerdictCache;
  /**
   * Takes the signatures of producers as right, for who trusts the store: blocks are those of the producers that they state. All else is
   * checked as ever, those of transactions too: who sends is told by the signature alone.
   */
  readonly trustsProducers?: boolean;
}

/** A stored block as it was read, ahead of being followed. */
interface ReadStored extends InRow {
  readonly height: number;
  readonly checked: E.Either<Rejection, CheckedBlock>;
}

const readStored = (
  { chain }: Founding,
  verdicts: Verdicts,
  { height, bytes }: StoredBlock,
  trustsProducers: boolean,
): ReadStored => {
  const block = readBlock(bytes);
  if (E.isLeft(block)) return { height, bytes, checked: block, transactions: [] };
  const check = trustsProducers ? trustBlock : checkBlock;
  const checked = check(chain, block.right, verdicts.judge);
  const { transactions } = block.right;
  const seal = trustsProducers ? undefined : sealOf(bytesOf(checked.id), checked.header.sign);
  return { height, bytes, checked: E.right(checked), transactions, contents: checked.contents, seal };
};

/** The blocks of the store from height 1 on, about a megabyte of them at a time. */
async function* storedBlocks(storage: Storage): AsyncGenerator<StoredBlock> {
  const pages = pagesOf<StoredBlock>(
    {
      read: (from, limit) => storage.blocks(from, limit),
      numberOf: ({ height }) => height,
      bytesOf: ({ bytes }) => bytes.length,
      onDamage: (from, why) => {
        throw new StorageError('storage_damaged', `at block ${from} or not far above: ${why}`);
      },
    },
    1,
  );
  for await (const page of pages) yield* page;
}

/** Replays all blocks of the store. Memory: some megabytes of blocks, and the state. */
export async function replay(
  founding: Founding,
  storage: Storage,
  options: ReplayOptions = {},
): Promise<E.Either<Parting, Replayed>> {
  const { chain } = founding;
  const { onBlock, trustsProducers = false } = options;
  const verdicts = new Verdicts(chain, options.verdictCache, options.checker);
  async function* read() {
    for await (const stored of storedBlocks(storage)) yield readStored(founding, verdicts, stored, trustsProducers);
  }
  let tip = beginTip(founding);
  let transactions = 0;
  for await (const stored of inRow(read(), verdicts)) {
    const height = tip.height + 1;
    if (stored.height !== height) return E.left({ height, refusal: refuse('block_not_stored') });
    const { checked } = stored;
    const reduced = E.isLeft(checked) ? checked : reduce(chain, tip, checked.right);
    if (E.isLeft(reduced)) return E.left({ height, refusal: reduced.left });
    tip = reduced.right.tip;
    transactions += reduced.right.included.length;
    onBlock?.(reduced.right);
  }
  return E.right({ blocks: tip.height, transactions, tip });
}
