/**
 * medstate: the law of the chain, pure and synchronous; runs in Node and in browsers.
 *
 * Storage, clock, native crypto and the engine that drives all this are subpaths of their own.
 */

export { type Agreement, agreement } from './agreement.ts';
export { type Announced, announcedKeys, announcedOnly } from './announce.ts';
export { capacityOf, quotaOf } from './bandwidth.ts';
export { type CheckedBlock, checkBlock, type Rejection, readBlock } from './block.ts';
export { fromHex, toHex } from './bytes.ts';
export { type Chain, type Rules, slotAt, slotStart, type Tip } from './chain.ts';
export { type CheckedTransaction, checkTransaction, type Known, type Refused } from './check.ts';
export type { Crypto, Hasher } from './crypto.ts';
export { nobleCrypto } from './crypto-noble.ts';
export type { ChainEvent } from './events.ts';
export {
  type Contradiction,
  type Conviction,
  contradictionOf,
  convictionOf,
  type Evidence,
  evidenceOf,
  type Statement,
} from './evidence.ts';
export {
  type ChainIdentity,
  type EvidenceCode,
  type EvidenceRefusal,
  encodeEvidence,
  type SignedStatement,
  statementOf,
  verifyEvidence,
} from './evidence-message.ts';
export { restoreVotes, type Votes } from './finality.ts';
export { isFirstNetworkGenesis, readFirstNetworkGenesis } from './first-network.ts';
export { compareForks, type ForkTip } from './fork-choice.ts';
export { beginTip, type Founding, found } from './founding.ts';
export { foundChain, type GenesisDocument, readGenesis } from './genesis.ts';
export { HeaderLog, type HeaderLogLimits } from './header-log.ts';
export { brokenInvariants, type StateInvariant, stateInvariants } from './invariants.ts';
export type { Posting } from './journal.ts';
export { type Fault, faultText } from './json.ts';
export {
  type Announcement,
  defineKind,
  type Execution,
  type Kind,
  type KindSpec,
  type PayloadCodec,
} from './kinds/kind.ts';
export * as payloads from './kinds/payloads.ts';
export { builtInKinds, type Registry, registryOf } from './kinds/registry.ts';
export { firstLock, type Lock, type LockFault, type Signing } from './lock.ts';
export { type ChainParams, type ParamTexts, paramTexts, readParams } from './params.ts';
export { proveEntries, proveReceipts, proveTransactions } from './proof/prove.ts';
export type { Receipt } from './receipt.ts';
export {
  type BlockPlan,
  type BuiltBlock,
  blockSteps,
  buildBlock,
  producerAt,
  reduce,
  type Transition,
} from './reduce.ts';
export { InvariantViolation, type Refusal } from './refusal.ts';
export { encodeTransaction, signBlock, signTransaction, type TransactionFields } from './sign.ts';
export { type Delta, type DeltaRow, rowsOf } from './state/delta.ts';
export { decodeEntry } from './state/encoding.ts';
export * as keys from './state/keys.ts';
export { Loader } from './state/loader.ts';
export { MissingRows } from './state/missing-rows.ts';
export type * from './state/records.ts';
export { decodeRow } from './state/row.ts';
export { loadedState, type ProofSource, type Residency, type StateView } from './state/view.ts';
export * from './units.ts';
export { type Block, blockId, encodeHeader, type Header, type HeaderClaim } from './wire/header.ts';
export { type Transaction, transactionMessage } from './wire/transaction.ts';
