/**
 * Records: the values that the state holds, and their canonical bytes.
 *
 * Each record is small. An account that was never seen is all zeros and has no entry. Field numbers are part of the
 * state root, see docs/protocol.md. Source: protocol sections 3 to 10.
 */

import {
  ADDRESS_BYTES,
  type Address,
  HASH_BYTES,
  type Hash,
  type Height,
  type Seconds,
  type Slot,
  type Units,
} from '../units.ts';
import {
  amountField,
  hexField,
  hexList,
  messageList,
  optionalHexField,
  optionalTextField,
  safeField,
  textField,
  uint64Field,
  wideField,
} from '../wire/fields.ts';
import { message } from '../wire/proto.ts';

/** Coins under way: unstaked or given back, in the balance again at `due`. One per account and due time. */
export interface Withdrawal {
  readonly due: Seconds;
  readonly amount: bigint;
}

export interface Account {
  /** Transactions of this account that stand in blocks. */
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly staked: bigint;
  /** Units charged within the window. */
  readonly used: Units;
  /** By due time, ascending. */
  readonly withdrawals: readonly Withdrawal[];
  /** Candidate ids in the order voted; those of candidacies that are gone stay, without effect. */
  readonly votes: readonly Hash[];
  /** The live candidacy of this account. */
  readonly candidacy: Hash | undefined;
  readonly alias: string | undefined;
}

export const noAccount: Account = {
  nonce: 0n,
  balance: 0n,
  staked: 0n,
  used: 0 as Units,
  withdrawals: [],
  votes: [],
  candidacy: undefined,
  alias: undefined,
};

/**
 * The account with another balance. PERF: made for each transaction, so written out: V8 makes such a copy in the place where it is
 * used, in a third of the time of a spread.
 */
export const withBalance = (account: Account, balance: bigint): Account => {
  const { nonce, staked, used, withdrawals, votes, candidacy, alias } = account;
  return { nonce, balance, staked, used, withdrawals, votes, candidacy, alias };
};
/** The account with another nonce and other units used. */
export const withNonceAndUsed = (account: Account, nonce: bigint, used: number): Account => {
  const { balance, staked, withdrawals, votes, candidacy, alias } = account;
  return { nonce, balance, staked, used: used as Units, withdrawals, votes, candidacy, alias };
};

const withdrawalMessage = message<Withdrawal>({ due: safeField<Seconds>(1), amount: amountField(2) });

export const accountMessage = message<Account>({
  nonce: uint64Field(1),
  balance: amountField(2),
  staked: amountField(3),
  used: safeField<Units>(4),
  withdrawals: messageList(5, withdrawalMessage),
  votes: hexList<Hash>(6, HASH_BYTES),
  candidacy: optionalHexField<Hash>(7, HASH_BYTES),
  alias: optionalTextField(8),
});

/** A live candidacy. It is older than another by height, then by index in the block. */
export interface Candidacy {
  readonly owner: Address;
  readonly collateral: bigint;
  /** The sum of the stakes of the accounts that vote for it. */
  readonly power: bigint;
  readonly height: Height;
  readonly index: number;
  readonly url: string;
  readonly produced: number;
  readonly missed: number;
}

export const candidacyMessage = message<Candidacy>({
  owner: hexField<Address>(1, ADDRESS_BYTES),
  collateral: amountField(2),
  power: amountField(3),
  height: safeField<Height>(4),
  index: safeField<number>(5),
  url: textField(6),
  produced: safeField<number>(7),
  missed: safeField<number>(8),
});

/** One place of the ranking; its key holds the order. */
export interface Rank {
  readonly candidacy: Hash;
}

export const rankMessage = message<Rank>({ candidacy: hexField<Hash>(1, HASH_BYTES) });

export interface Usage {
  readonly account: Address;
  readonly units: Units;
}

/** What returns at one time: used bandwidth, by address, and the accounts with a withdrawal due. */
export interface Due {
  readonly usage: readonly Usage[];
  readonly withdrawals: readonly Address[];
}

export const noDue: Due = { usage: [], withdrawals: [] };

const usageMessage = message<Usage>({ account: hexField<Address>(1, ADDRESS_BYTES), units: safeField<Units>(2) });

export const dueMessage = message<Due>({
  usage: messageList(1, usageMessage),
  withdrawals: hexList<Address>(2, ADDRESS_BYTES),
});

/** A hash that an account recorded; hash and sender are in the key. */
export interface Anchor {
  readonly time: Seconds;
}

export const anchorMessage = message<Anchor>({ time: safeField<Seconds>(1) });

/** A certificate of `certified` by a certifier; certifier and hash are in the key. */
export interface Certification {
  readonly certified: Address;
  readonly issued: bigint;
  readonly expires: bigint;
  /** When it was stored: the time of its block. */
  readonly stored: Seconds;
  /** When it was revoked; 0 while it is not. */
  readonly revoked: Seconds;
}

export const certificationMessage = message<Certification>({
  certified: hexField<Address>(1, ADDRESS_BYTES),
  issued: uint64Field(2),
  expires: uint64Field(3),
  stored: safeField<Seconds>(4),
  revoked: safeField<Seconds>(5),
});

/** That a certification of an account exists; everything is in the key. */
export interface Certified {
  readonly stored: Seconds;
}

export const certifiedMessage = message<Certified>({ stored: safeField<Seconds>(1) });

export interface Alias {
  readonly owner: Address;
  readonly collateral: bigint;
}

export const aliasMessage = message<Alias>({ owner: hexField<Address>(1, ADDRESS_BYTES), collateral: amountField(2) });

/** Who counts: an office and the first height that stands in it. */
export interface OfficeSpan {
  readonly fromHeight: Height;
  readonly old: readonly Address[];
  readonly new: readonly Address[];
  readonly since: Height;
}

const officeSpanMessage = message<OfficeSpan>({
  fromHeight: safeField<Height>(1),
  old: hexList<Address>(2, ADDRESS_BYTES),
  new: hexList<Address>(3, ADDRESS_BYTES),
  since: safeField<Height>(4),
});

/** The round under way and the office. It changes when a round begins, and is not written otherwise. */
export interface OfficeRecord {
  /** Offices of the heights in the finality window, oldest first; the last is the present one. */
  readonly spans: readonly OfficeSpan[];
  /** The slot of the block at the present office's `since`. */
  readonly sinceSlot: Slot;
  /** Rounds begun so far: the round under way has this number less one. */
  readonly roundsBegun: number;
  /** The first slot after the round under way; 1 at genesis. */
  readonly nextRoundSlot: Slot;
  /** The producers of the round under way, by address; none at genesis. */
  readonly producers: readonly Address[];
}

export const officeMessage = message<OfficeRecord>({
  spans: messageList(1, officeSpanMessage),
  sinceSlot: safeField<Slot>(2),
  roundsBegun: safeField<number>(3),
  nextRoundSlot: safeField<Slot>(4),
  producers: hexList<Address>(5, ADDRESS_BYTES),
});

/** V and F of the chain up to this block; see finality. */
export interface FinalityRecord {
  readonly maxHeightPrevoted: Height;
  readonly finalHeight: Height;
}

export const finalityMessage = message<FinalityRecord>({
  maxHeightPrevoted: safeField<Height>(1),
  finalHeight: safeField<Height>(2),
});

/** Sums over the whole state, and the budget of the year. */
export interface Totals {
  readonly supply: bigint;
  readonly staked: bigint;
  /** All open withdrawals, returned collateral among them. */
  readonly withdrawals: bigint;
  /** The year whose budget this is, counted from 1; 0 before the first block. */
  readonly yearsBegun: number;
  /** Where inflation is high it may be above 2^128-1: the first slots are then still worth something. */
  readonly yearBudget: bigint;
}

export const totalsMessage = message<Totals>({
  supply: amountField(1),
  staked: amountField(2),
  withdrawals: amountField(3),
  yearsBegun: safeField<number>(4),
  yearBudget: wideField(5),
});
