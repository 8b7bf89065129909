/**
 * Keys: where each record of the state lives. A key is a tag byte and what names the record, as lower-case hex.
 *
 * The order of keys is the order of their bytes; it makes the ranking, the dated queue and the certifications of one
 * account ranges. Tags from 80 on belong to kinds that an embedder adds. Source: docs/protocol.md.
 */
import { toHex } from '../bytes.ts';
import { type Address, type Hash, MAX_AMOUNT, type Seconds } from '../units.ts';
import { utf8Bytes } from '../wire/utf8.ts';
import type {
  Account,
  Alias,
  Anchor,
  Candidacy,
  Certification,
  Certified,
  Due,
  FinalityRecord,
  OfficeRecord,
  Rank,
  Totals,
} from './records.ts';

declare const holds: unique symbol;
/** The key of a record of type T. */
export type Key<T> = string & { readonly [holds]: T };
/** A key of whatever record. */
export type AnyKey = Key<unknown>;

export const tags = {
  account: '01',
  candidacy: '02',
  rank: '03',
  due: '04',
  anchor: '05',
  certification: '06',
  certified: '07',
  alias: '08',
  office: '09',
  totals: '0a',
  finality: '0b',
} as const;

/** The least tag of an embedder's own entries. */
export const FIRST_EXTENSION_TAG = 0x80;

const UINT64_DIGITS = 16;
const UINT128_DIGITS = 32;
const hex64 = (value: number): string => value.toString(16).padStart(UINT64_DIGITS, '0');

/** The record of an account. */
export const accountKey = (address: Address) => (tags.account + address) as Key<Account>;
/** A live candidacy by its id. */
export const candidacyKey = (id: Hash) => (tags.candidacy + id) as Key<Candidacy>;

/** Ascending keys are descending ranks' powers: the greatest power first, then the older candidacy, then the address. */
export const rankKey = ({ power, height, index, owner }: Pick<Candidacy, 'power' | 'height' | 'index' | 'owner'>) =>
  (tags.rank +
    (MAX_AMOUNT - power).toString(16).padStart(UINT128_DIGITS, '0') +
    hex64(height) +
    hex64(index) +
    owner) as Key<Rank>;

/** What returns at a time. */
export const dueKey = (due: Seconds) => (tags.due + hex64(due)) as Key<Due>;
/** The time that a key of the dated queue stands for. */
export const dueOf = (key: string): Seconds => Number.parseInt(key.slice(tags.due.length), 16) as Seconds;

/** That `sender` recorded `hash`. */
export const anchorKey = (hash: Hash, sender: Address) => (tags.anchor + hash + sender) as Key<Anchor>;
/** A certification by its certifier and hash. */
export const certificationKey = (certifier: Address, hash: Hash) =>
  (tags.certification + certifier + hash) as Key<Certification>;
/** That `certified` has a certification. */
export const certifiedKey = (certified: Address, certifier: Address, hash: Hash) =>
  (tags.certified + certified + certifier + hash) as Key<Certified>;
/** Who has an alias. */
export const aliasKey = (name: string) => (tags.alias + toHex(utf8Bytes(name))) as Key<Alias>;
export const officeKey = tags.office as Key<OfficeRecord>;
export const finalityKey = tags.finality as Key<FinalityRecord>;
export const totalsKey = tags.totals as Key<Totals>;

/** The key of an embedder's own entry: a tag from 0x80 to 0xff and bytes as hex. Its value is bytes. */
export const extensionKey = (tag: number, name: string) => (tag.toString(16) + name) as Key<Uint8Array>;

/** A range of keys: from <= key < to. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

/** The least hex string of bytes that is greater than all that begin with `prefix`; its last byte is never ff. */
const afterPrefix = (prefix: string): string => {
  let kept = prefix;
  while (kept.endsWith('ff')) kept = kept.slice(0, -2);
  const last = Number.parseInt(kept.slice(-2), 16) + 1;
  return kept.slice(0, -2) + last.toString(16).padStart(2, '0');
};

/** All keys that begin with `prefix`, which is not all ff. */
export const rangeOf = (prefix: string): KeyRange => ({ from: prefix, to: afterPrefix(prefix) });

/** All times up to and with `time` in the dated queue. */
export const dueUntil = (time: Seconds): KeyRange => ({ from: tags.due, to: afterPrefix(dueKey(time)) });

/** The ranking, first place first. */
export const rankingRange: KeyRange = rangeOf(tags.rank);

/** The whole dated queue, soonest first. */
export const queueRange: KeyRange = rangeOf(tags.due);

/** The certifications of an account, by certifier and hash. */
export const certifiedRange = (certified: Address): KeyRange => rangeOf(tags.certified + certified);
