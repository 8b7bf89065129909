/**
 * Questions: what people want to know of the chain, answered from a proof and what they trust already.
 *
 * Whoever trusts a block's id needs nothing else: its header and the proof may come from anybody.
 * Source: protocol sections 3, 4 and 11.
 */
import type { Hasher } from '../crypto.ts';
import { accountKey, aliasKey, anchorKey, certificationKey } from '../state/keys.ts';
import type { Account, Alias, Certification } from '../state/records.ts';
import type { Address, Hash, Height, Seconds } from '../units.ts';
import { verifyHeader } from './block-link.ts';
import { verifyEntries } from './entries.ts';
import { readAccount, readAlias, readAnchor, readCertification } from './readers.ts';
import { smallHasher } from './small-hasher.ts';
import type { Read } from './strict-reader.ts';
import { proven, refused, type Verdict } from './verdict.ts';

/** The state after a block, by its root. A `HeaderClaim` is one; the genesis state has none, but a height of 0. */
export interface TrustedState {
  readonly stateRoot: Hash;
  readonly height: Height;
  readonly time: Seconds;
}

/** A block by its id, and the bytes of its header from wherever. */
export interface TrustedBlock {
  readonly id: Hash;
  readonly header: Uint8Array;
}

export type Trust = TrustedState | TrustedBlock;

const stateOf = (trust: Trust, hasher: Hasher): Verdict<TrustedState> =>
  'header' in trust ? verifyHeader(trust.header, trust.id, hasher) : proven(trust);

const NO_BYTES = new Uint8Array(0);

/** The record under one key of a state. */
const recordOf = <T>(
  proof: Uint8Array,
  { stateRoot }: TrustedState,
  key: string,
  read: Read<T>,
  hasher: Hasher,
): Verdict<T | undefined> => {
  const values = verifyEntries(proof, stateRoot, [key], hasher);
  if (values._tag === 'Left') return values;
  const [value] = values.right;
  if (value === undefined) return proven(undefined);
  const record = read(value);
  return record === undefined ? refused('proof_content_malformed') : proven(record);
};

export interface AccountQuestion {
  readonly address: Address;
  readonly height: Height;
}

/** An account after the block at a height: balance, stake, votes and the rest; all zeros if it was never seen. */
export const verifyAccount = (
  proof: Uint8Array,
  trust: Trust,
  { address, height }: AccountQuestion,
  hasher: Hasher = smallHasher,
): Verdict<Account> => {
  const state = stateOf(trust, hasher);
  if (state._tag === 'Left') return state;
  if (state.right.height !== height) return refused('height_differs');
  const account = recordOf(proof, state.right, accountKey(address), readAccount, hasher);
  if (account._tag === 'Left') return account;
  // No bytes are the account that is all zeros.
  return proven(account.right ?? (readAccount(NO_BYTES) as Account));
};

export type CertificationStatus = 'unknown' | 'active' | 'expired' | 'revoked';

/** The status at a time, up to the time of the block whose state the record is from. */
export const certificationStatusOf = (certification: Certification | undefined, time: Seconds): CertificationStatus => {
  if (certification === undefined || certification.stored > time) return 'unknown';
  const { revoked, expires } = certification;
  if (revoked !== 0 && revoked <= time) return 'revoked';
  return expires <= BigInt(time) ? 'expired' : 'active';
};

export interface CertificationQuestion {
  readonly certifier: Address;
  readonly hash: Hash;
  /** The status is asked at this time; not later than the block that answers. */
  readonly time: Seconds;
}

export interface CertificationAnswer {
  readonly status: CertificationStatus;
  /** Whom it certifies, from when to when; `undefined` where the status is `unknown`. */
  readonly certification: Certification | undefined;
}

/**
 * Whether a certification holds at a time. A block answers for its own time and all before it: what is stored or revoked later
 * bears a later time. For a time after the block's it is refused with `time_not_reached`.
 */
export const verifyCertification = (
  proof: Uint8Array,
  trust: Trust,
  { certifier, hash, time }: CertificationQuestion,
  hasher: Hasher = smallHasher,
): Verdict<CertificationAnswer> => {
  const state = stateOf(trust, hasher);
  if (state._tag === 'Left') return state;
  if (time > state.right.time) return refused('time_not_reached');
  const found = recordOf(proof, state.right, certificationKey(certifier, hash), readCertification, hasher);
  if (found._tag === 'Left') return found;
  const status = certificationStatusOf(found.right, time);
  return proven({ status, certification: status === 'unknown' ? undefined : found.right });
};

export interface AnchorQuestion {
  readonly hash: Hash;
  /** Who recorded it. */
  readonly sender: Address;
  /** Recorded before this time, not at it. */
  readonly before: Seconds;
}

export interface AnchorAnswer {
  readonly isBefore: boolean;
  /** When it was recorded, be it later; `undefined` if it was not up to the block that answers. */
  readonly time: Seconds | undefined;
}

/**
 * Whether an account had recorded a hash before a time. Records are for ever, so any block that has one answers; that there is none
 * before a time is said only by a block from which on all blocks are too late: else it is refused with `time_not_reached`.
 */
export const verifyAnchor = (
  proof: Uint8Array,
  trust: Trust,
  { hash, sender, before }: AnchorQuestion,
  hasher: Hasher = smallHasher,
): Verdict<AnchorAnswer> => {
  const state = stateOf(trust, hasher);
  if (state._tag === 'Left') return state;
  const found = recordOf(proof, state.right, anchorKey(hash, sender), readAnchor, hasher);
  if (found._tag === 'Left') return found;
  const time = found.right?.time;
  if (time === undefined && state.right.time + 1 < before) return refused('time_not_reached');
  return proven({ isBefore: time !== undefined && time < before, time });
};

/** Who has an alias after a block, and what is locked for it; `undefined` if the name is free. */
export const verifyAlias = (
  proof: Uint8Array,
  trust: Trust,
  name: string,
  hasher: Hasher = smallHasher,
): Verdict<Alias | undefined> => {
  const state = stateOf(trust, hasher);
  return state._tag === 'Left' ? state : recordOf(proof, state.right, aliasKey(name), readAlias, hasher);
};
