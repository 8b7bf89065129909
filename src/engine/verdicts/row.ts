/**
 * Row: blocks one after the other, the transactions of the next ones looked at by workers while the reducer is at the one before.
 *
 * Source: docs/decisions/0022-verdicts.md.
 */
import type { Ahead, Foreseen, Verdicts } from './verdicts.ts';

/** How far workers look ahead. One block is always taken, whatever its size. */
export interface RowLimits {
  readonly maxBlocks: number;
  readonly maxBytes: number;
}

const defaultRowLimits: RowLimits = { maxBlocks: 128, maxBytes: 8 * 1024 * 1024 };

/** A block, and what of it may cost something ahead: nothing if it is not known yet that it should. */
export interface InRow extends Foreseen {
  /** What the block holds of memory. */
  readonly bytes: Uint8Array;
}

/**
 * The same items in the same order, each when the judge knows its transactions. More than one is asked for ahead only while workers have
 * room for it. Who leaves early drops what was ahead.
 */
export async function* inRow<T extends InRow>(
  items: AsyncIterable<T> | Iterable<T>,
  verdicts: Verdicts,
  limits: RowLimits = defaultRowLimits,
): AsyncGenerator<T> {
  const source = (async function* () {
    yield* items;
  })();
  const row: { readonly item: T; readonly ahead: Ahead }[] = [];
  let bytes = 0;
  let isRead = false;
  const hasRoom = (): boolean =>
    row.length === 0 || (row.length < limits.maxBlocks && bytes < limits.maxBytes && verdicts.hasRoom);
  try {
    for (;;) {
      while (!isRead && hasRoom()) {
        const { value: item } = await source.next();
        isRead = item === undefined;
        if (item === undefined) break;
        row.push({ item, ahead: verdicts.ahead(item) });
        bytes += item.bytes.length;
      }
      const first = row[0];
      if (first === undefined) return;
      await first.ahead.done();
      row.shift();
      bytes -= first.item.bytes.length;
      yield first.item;
    }
  } finally {
    for (const { ahead } of row) ahead.drop();
    await source.return();
  }
}

/** How much is followed in one turn. One block is always taken, whatever its size. */
export interface GroupLimits {
  readonly maxBlocks: number;
  readonly maxBytes: number;
  readonly maxTransactions: number;
}

const defaultGroupLimits: GroupLimits = { maxBlocks: 64, maxBytes: 512 * 1024, maxTransactions: 4_096 };

/** The same items in the same order, as many together as go into a turn of the engine. Who leaves early ends the items, too. */
export async function* inGroups<T extends InRow>(
  items: AsyncIterable<T>,
  { maxBlocks, maxBytes, maxTransactions }: GroupLimits = defaultGroupLimits,
): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  let [bytes, transactions] = [0, 0];
  for await (const item of items) {
    const isMuch =
      group.length === maxBlocks ||
      bytes + item.bytes.length > maxBytes ||
      transactions + item.transactions.length > maxTransactions;
    if (isMuch && group.length > 0) {
      yield group;
      [group, bytes, transactions] = [[], 0, 0];
    }
    group.push(item);
    bytes += item.bytes.length;
    transactions += item.transactions.length;
  }
  if (group.length > 0) yield group;
}
