/**
 * Check world: a chain that lived, everything its store holds as one value, and stores made of such a value.
 */
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Batch, Storage, StoredBlock, StoredHistory, StoredRow } from '../../src/adapters/storage/storage.ts';
import { type CheckReport, checkStore } from '../../src/audit/check.ts';
import type { RowSource } from '../../src/audit/check-against.ts';
import { decodeRow, keys } from '../../src/core/index.ts';
import type { StateView } from '../../src/core/state/view.ts';
import type { LeafContent } from '../../src/core/tree/commitment.ts';
import type { HistoryPolicy } from '../../src/engine/index.ts';
import {
  changeOfOffice,
  crypto,
  type Driven,
  drive,
  keptOpen,
  rightOf,
  smallChain,
  transfer,
} from '../engine/small-chain.ts';

/** Used bandwidth and withdrawals come back soon, so entries come and go and leaves are used again. */
export const founding = smallChain({ windowSeconds: '12', unstakeSeconds: '15' });

export const HEIGHTS = 40;
const GENESIS_NONCE = 4;

export const policies: Readonly<Record<string, HistoryPolicy>> = {
  none: { keep: 'none' },
  all: { keep: 'all' },
  rounds: { keep: 'rounds', rounds: 2 },
  marks: { keep: 'marks', isMarked: (height) => height % 5 === 0 },
};

/** Everything that a store of these tests holds. */
export interface Contents {
  readonly blocks: readonly StoredBlock[];
  readonly rows: readonly StoredRow[];
  readonly history: readonly StoredHistory[];
  readonly facts: Readonly<Record<string, Uint8Array | undefined>>;
}

const factNames = ['genesis-id', 'state-height'] as const;

export const allOf = async (storage: Storage): Promise<Contents> => {
  const facts: Record<string, Uint8Array | undefined> = {};
  for (const name of factNames) facts[name] = await storage.fact(name);
  return {
    blocks: await storage.blocks(0, 1e6),
    rows: await storage.scan(0, 1e6),
    history: await storage.history(0, 1e6),
    facts,
  };
};

export const storeOf = async (batch: Batch): Promise<Storage> => {
  const storage = keptOpen(memoryStorage());
  await storage.commit(batch);
  return storage;
};

/** Lives for a block, in which p0 pays bob; the store has all that is final by it. */
export const liveOn = async ({ engine, make }: Driven, height: number): Promise<void> => {
  if (height === 1) for (const bytes of changeOfOffice(founding)) rightOf(await engine.offer(bytes));
  rightOf(await engine.offer(transfer('p0', GENESIS_NONCE + height)));
  await make();
  await engine.flush();
};

/** A store whose engine lived for some blocks under a policy. `after` is called at the beginning and after each. */
export const lived = async (
  history: HistoryPolicy,
  heights = HEIGHTS,
  after: (storage: Storage, driven: Driven) => Promise<void> = () => Promise.resolve(),
): Promise<Storage> => {
  const storage = keptOpen(memoryStorage());
  const driven = await drive(founding, storage, { history });
  await after(storage, driven);
  for (let height = 1; height <= heights; height += 1) {
    await liveOn(driven, height);
    await after(storage, driven);
  }
  return storage;
};

/** What the check says of a store of this content. */
export const checked = async (
  contents: Batch,
  options: { readonly isGenesisKnown?: boolean; readonly against?: RowSource } = {},
): Promise<CheckReport> => {
  const { isGenesisKnown = true, against } = options;
  const storage = await storeOf(contents);
  return await checkStore({ storage, crypto, against, founding: isGenesisKnown ? founding : undefined });
};

/** The places of what was found. */
export const placesIn = ({ findings }: CheckReport): readonly string[] =>
  findings.map(({ where, at }) => `${where} ${at}`);

export const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const at = bit % (8 * bytes.length);
  return bytes.map((byte, index) => (index === at >>> 3 ? byte ^ (1 << (at & 7)) : byte));
};

/** The list with one of its items made another. */
export const replaced = <T>(items: readonly T[], at: number, other: (item: T) => T): readonly T[] =>
  items.map((item, index) => (index === at ? other(item) : item));

/** All that a state says of its accounts and its queue. */
export const toldBy = (state: StateView) => ({
  root: state.root,
  accounts: state.keys(keys.rangeOf(keys.tags.account), 100).map((key) => state.get(key as keys.Key<unknown>)),
  queue: state.keys(keys.queueRange, 1000),
});

/** The row at a place in the list of rows, and its parts. */
export const rowAt = (contents: Contents, at: number): StoredRow => contents.rows[at] as StoredRow;
export const partsOf = ({ bytes }: StoredRow): LeafContent => {
  const row = decodeRow(bytes);
  if (row._tag === 'Left') throw new Error('no row');
  return row.right;
};
