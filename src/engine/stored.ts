/**
 * Stored: how a chain lies in a store, and how it is taken up again from there.
 *
 * A store holds the state at a final block, all blocks from 1 on, and a few facts. Opening restores that state, checks its
 * root, and reduces the blocks above it again; there is no undo log. Source: docs/design.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Storage, StoredBlock } from '../adapters/storage/storage.ts';
import { checkBlock, readBlock } from '../core/block.ts';
import { bytesOf, toHex } from '../core/bytes.ts';
import { type Chain, slotAt, type Tip } from '../core/chain.ts';
import { restoreVotes, type VoteHeader, type Votes } from '../core/finality.ts';
import type { Founding } from '../core/founding.ts';
import type { Office } from '../core/office.ts';
import { InvariantViolation } from '../core/refusal.ts';
import { scheduleOf } from '../core/round.ts';
import { recoverSigner } from '../core/signature.ts';
import { rowsOf } from '../core/state/delta.ts';
import { finalityKey, officeKey } from '../core/state/keys.ts';
import type { FinalityRecord, OfficeRecord } from '../core/state/records.ts';
import type { StateView } from '../core/state/view.ts';
import { HASH_BYTES, type Hash, type Height } from '../core/units.ts';
import { sealOf } from '../core/verdict.ts';
import { blockId, type Header } from '../core/wire/header.ts';
import { encodeHeight, facts, isEmptyStore, readHeight } from './facts.ts';
import { type Kept, keptOf } from './fork/kept.ts';
import { Watch } from './fork/watch.ts';
import { damaged, EngineError } from './outcome.ts';
import { loadState, reduceWithRows, withRows } from './rows.ts';
import { isHalfImported } from './snapshot/import-fact.ts';
import { inRow } from './verdicts/row.ts';
import type { Verdicts } from './verdicts/verdicts.ts';

interface Linked {
  readonly header: Header;
  readonly id: Hash;
}

async function headerAt({ crypto }: Chain, storage: Storage, height: number): Promise<Linked> {
  const stored = await storage.block(height);
  const block = stored === undefined ? undefined : readBlock(stored.bytes);
  if (block === undefined || E.isLeft(block)) throw damaged(`block ${height} is missing or makes no sense`);
  const { header } = block.right;
  if (header.height !== height) throw damaged(`block ${header.height} stands in the place of block ${height}`);
  return { header, id: blockId(crypto, header) };
}

/** The last headers up to a height, oldest first: the last is signed by its producer, and each names the one before. */
async function headersUpTo(chain: Chain, storage: Storage, height: number): Promise<readonly Linked[]> {
  const headers: Linked[] = [];
  for (let at = Math.max(1, height - chain.params.finalityWindow + 1); at <= height; at += 1) {
    const next = await headerAt(chain, storage, at);
    const parent = at === 1 ? chain.genesisId : headers.at(-1)?.id;
    if (parent !== undefined && next.header.parentId !== parent)
      throw damaged(`block ${at} does not follow block ${at - 1}`);
    headers.push(next);
  }
  const { header, id } = headers.at(-1) as Linked;
  const signer = recoverSigner(chain.crypto, bytesOf(id), header.sign);
  if (E.isLeft(signer) || toHex(signer.right) !== header.producer)
    throw damaged(`block ${height} is not what its producer signed`);
  return headers;
}

const voteHeaderOf = (
  chain: Chain,
  { height, time, producer, maxHeightGenerated, maxHeightPrevoted }: Header,
): VoteHeader => ({
  height,
  slot: slotAt(chain, time),
  producer,
  maxHeightGenerated,
  maxHeightPrevoted,
});

const officeAt = ({ spans }: OfficeRecord, height: number): Office => {
  const span = spans.findLast((candidate) => candidate.fromHeight <= height);
  if (span === undefined) throw damaged(`the stored state has no office of height ${height}`);
  return span;
};

const votesOf = (
  chain: Chain,
  finality: FinalityRecord | undefined,
  record: OfficeRecord,
  headers: readonly Linked[],
): Votes => {
  if (finality === undefined) throw damaged('the stored state has no entry of finality');
  const voted = headers.map(({ header }) => ({
    header: voteHeaderOf(chain, header),
    office: officeAt(record, header.height),
  }));
  const kept = { window: chain.params.finalityWindow, headers: voted, ...finality };
  return restoreVotes(kept, chain.agreement.countVotes);
};

/** The tip at a stored final block above genesis. */
async function tipAt(chain: Chain, storage: Storage, state: StateView, height: Height): Promise<Tip> {
  const headers = await headersUpTo(chain, storage, height);
  const { header, id } = headers.at(-1) as Linked;
  if (header.stateRoot !== state.root) throw damaged(`the stored state has another root than block ${height} says`);
  const record = await withRows(storage, state, () => state.get(officeKey));
  if (record === undefined) throw damaged('the stored state has no entry of the office');
  const finality = await withRows(storage, state, () => state.get(finalityKey));
  return {
    height,
    slot: slotAt(chain, header.time),
    time: header.time,
    id,
    state,
    votes: votesOf(chain, finality, record, headers),
    schedule: scheduleOf(chain.crypto, chain.genesisId, record.roundsBegun - 1, record.producers),
  };
}

/** The tip at the stored state, from its entries. What does not fit together breaks invariants of the core: here that is damage. */
async function storedTipOf({ chain, tip }: Founding, storage: Storage, height: Height, maxBytes: number): Promise<Tip> {
  try {
    const state = await loadState(chain, storage, maxBytes);
    if (height > 0) return await tipAt(chain, storage, state, height);
    if (state.root !== tip.state.root) throw damaged('the stored state is not that of the genesis');
    // Its own state: whoever holds the founding does not hold the differences of all blocks to come.
    return { ...tip, state };
  } catch (error) {
    if (error instanceof InvariantViolation) throw damaged('the stored state makes no sense', { cause: error });
    throw error;
  }
}

/** Makes an empty store that of the founded chain; refuses the store of another chain and leaves it as it is. */
async function claimStore({ chain, rows }: Founding, storage: Storage): Promise<Height> {
  const genesisId = await storage.fact(facts.genesisId);
  if (await isHalfImported(storage)) {
    throw new EngineError(
      'storage_half_imported',
      'the import of a snapshot into this store was not finished; run it again, or take another store',
    );
  }
  if (genesisId === undefined) {
    if (!(await isEmptyStore(storage))) throw damaged('the store holds a chain but does not say which');
    const named = { [facts.genesisId]: bytesOf(chain.genesisId), [facts.stateHeight]: encodeHeight(0 as Height) };
    await storage.commit({ rows: rowsOf(rows), facts: named });
    return 0 as Height;
  }
  if (genesisId.length !== HASH_BYTES) throw damaged('the name of the chain in the store is no hash');
  if (toHex(genesisId) !== chain.genesisId) {
    throw new EngineError(
      'storage_other_chain',
      `the store holds the chain ${toHex(genesisId)}, not ${chain.genesisId}; open it with its own genesis, or another store`,
    );
  }
  const height = await readHeight(storage);
  if (height === undefined) throw damaged('the height of the stored state is missing');
  return height;
}

/** What an opened store gives an engine. */
export interface Opened {
  /** Knows the transactions of the blocks above the stored state. */
  readonly verdicts: Verdicts;
  /** Where the stored state is; blocks above it may be final, too. */
  readonly storedTip: Tip;
  /** Whether the bound on faults was seen broken before. */
  readonly isBroken: boolean;
  /** Has seen the headers of the window and of the blocks above the stored state. */
  readonly watch: Watch;
  /** The stored blocks above it, reduced again, in order. */
  readonly above: readonly { readonly kept: Kept; readonly header: Header }[];
}

/** A watch that has the evidence of the store, and has seen the last headers of its chain. */
async function watchOf(chain: Chain, storage: Storage, finalHeight: Height, above: Opened['above']): Promise<Watch> {
  const watch = new Watch(chain);
  const stored = await storage.fact(facts.evidence);
  if (stored !== undefined && !watch.load(stored)) throw damaged('the stored evidence makes no sense');
  const final = finalHeight === 0 ? [] : await headersUpTo(chain, storage, finalHeight);
  for (const { header, id } of final) watch.see(header, id);
  for (const { header, kept } of above) watch.see(header, kept.id);
  return watch;
}

/** The stored blocks from a height on, as `checkBlock` sees them. */
function* checkedFrom(chain: Chain, verdicts: Verdicts, blocks: readonly StoredBlock[]) {
  for (const { height, bytes } of blocks) {
    const block = readBlock(bytes);
    if (E.isLeft(block)) throw damaged(`block ${height} makes no sense`);
    const { transactions } = block.right;
    const checked = checkBlock(chain, block.right, verdicts.judge);
    const seal = sealOf(bytesOf(checked.id), checked.header.sign);
    yield { height, bytes, checked, transactions, contents: checked.contents, seal };
  }
}

/** Opens the store of a founded chain. Rejects with an `EngineError`, having changed nothing, if it does not fit. */
export async function openStored(
  founding: Founding,
  storage: Storage,
  maxStateBytes: number,
  verdicts: Verdicts,
): Promise<Opened> {
  const { chain } = founding;
  const height = await claimStore(founding, storage);
  const storedTip = await storedTipOf(founding, storage, height, maxStateBytes);
  const above: { kept: Kept; header: Header }[] = [];
  let tip = storedTip;
  const stored = await storage.blocks(height + 1, Number.MAX_SAFE_INTEGER);
  for await (const next of inRow(checkedFrom(chain, verdicts, stored), verdicts)) {
    const { checked, bytes } = next;
    const reduced = await reduceWithRows(storage, chain, tip, checked);
    if (E.isLeft(reduced)) throw damaged(`block ${next.height} does not follow (${reduced.left.code})`);
    above.push({ kept: keptOf({ id: checked.id, transition: reduced.right, bytes }), header: checked.header });
    tip = reduced.right.tip;
  }
  // What was acknowledged stays: a chain that ends below its own top is not gone on with.
  const top = (await storage.topHeight()) ?? 0;
  if (top > tip.height) throw damaged(`the store has blocks up to ${top}, and gave those up to ${tip.height}`);
  const isBroken = (await storage.fact(facts.boundBroken)) !== undefined;
  return { verdicts, storedTip, above, isBroken, watch: await watchOf(chain, storage, height, above) };
}
