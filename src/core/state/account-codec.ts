/**
 * Account codec: the bytes of accounts, at a part of the price of the general codec, whose twin it is.
 *
 * Accounts are read and written a few times for each transaction; nothing else of the state is. The four numbers are done
 * here, whatever else an account has by `accountMessage`. Only canonical bytes of our own making are read, so nothing is
 * checked.
 */
import { viewOf } from '../bytes.ts';
import { floorDiv, type Units } from '../units.ts';
import type { DeltaWriter } from './delta.ts';
import { type Account, accountMessage, noAccount } from './records.ts';

const AMOUNT_BYTES = 16;
const HALF_BYTES = 8;
const WORD_BYTES = 4;
const MAX_64 = 0xffff_ffff_ffff_ffffn;
const TWO_28 = 2 ** 28;
const TWO_32 = 2 ** 32;
/** Greatest high word of a number that is a safe integer. */
const MAX_HIGH = 2 ** 21 - 1;

/** Tags: field number and wire type. */
const NONCE = (1 << 3) | 0;
const BALANCE = (2 << 3) | 2;
const STAKED = (3 << 3) | 2;
const USED = (4 << 3) | 0;

/** Two tags and varints of ten bytes, two amounts with tag and length. */
const MAX_NUMBERS = 2 * 11 + 2 * (AMOUNT_BYTES + 2);

/** One number of 64 bits, and its words. PERF: the host computes with words where it would call out for a bigint. */
const number = new BigUint64Array([1n]);
const words = new Uint32Array(number.buffer);
const LOW = words[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

let room = new Uint8Array(1024);
let view = viewOf(room);
let next = 0;

const writeVarint = (tag: number, value: number): void => {
  room[next++] = tag;
  let rest = value;
  for (; rest >= TWO_28; rest = floorDiv(rest, 128)) room[next++] = (rest % 128) | 0x80;
  for (; rest > 0x7f; rest >>>= 7) room[next++] = (rest & 0x7f) | 0x80;
  room[next++] = rest;
};

/** Of a number below 2^64. */
const writeBigVarint = (tag: number, value: bigint): void => {
  number[0] = value;
  const high = words[HIGH] as number;
  if (high <= MAX_HIGH) {
    writeVarint(tag, high * TWO_32 + (words[LOW] as number));
    return;
  }
  room[next++] = tag;
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) room[next++] = Number(rest & 0x7fn) | 0x80;
  room[next++] = Number(rest);
};

/** The lowest 64 bits. */
const writeHalf = (to: number, value: bigint): void => {
  number[0] = value;
  view.setUint32(to, words[HIGH] as number);
  view.setUint32(to + WORD_BYTES, words[LOW] as number);
};

const writeAmount = (tag: number, value: bigint): void => {
  room[next] = tag;
  room[next + 1] = AMOUNT_BYTES;
  writeHalf(next + 2, value > MAX_64 ? value >> 64n : 0n);
  writeHalf(next + 2 + HALF_BYTES, value);
  next += 2 + AMOUNT_BYTES;
};

/** Appends the canonical bytes of an account. */
export const writeAccount = (account: Account, out: DeltaWriter): void => {
  const { nonce, balance, staked, used, withdrawals, votes, candidacy, alias } = account;
  const isPlain = withdrawals.length === 0 && votes.length === 0 && candidacy === undefined && alias === undefined;
  const rest = isPlain ? undefined : accountMessage.encode({ ...noAccount, withdrawals, votes, candidacy, alias });
  const needed = MAX_NUMBERS + (rest?.length ?? 0);
  if (needed > room.length) {
    room = new Uint8Array(2 * needed);
    view = viewOf(room);
  }
  next = 0;
  if (nonce !== 0n) writeBigVarint(NONCE, nonce);
  if (balance !== 0n) writeAmount(BALANCE, balance);
  if (staked !== 0n) writeAmount(STAKED, staked);
  if (used !== 0) writeVarint(USED, used);
  if (rest !== undefined) {
    room.set(rest, next);
    next += rest.length;
  }
  out.copy(view, 0, next);
};

/** Where the last number that was read ends. */
let at = 0;

const readVarint = (bytes: Uint8Array, start: number): number => {
  at = start;
  let byte = bytes[at++] as number;
  if (byte < 0x80) return byte;
  let value = byte & 0x7f;
  let factor = 128;
  do {
    byte = bytes[at++] as number;
    value += (byte & 0x7f) * factor;
    factor *= 128;
  } while (byte > 0x7f);
  return value;
};

const readBigVarint = (bytes: Uint8Array, start: number): bigint => {
  const small = readVarint(bytes, start);
  if (at - start < HALF_BYTES) return BigInt(small);
  let value = 0n;
  for (let from = start, shift = 0n; from < at; from += 1, shift += 7n) {
    value |= BigInt((bytes[from] as number) & 0x7f) << shift;
  }
  return value;
};

const readHalf = (amounts: DataView, from: number): bigint => {
  words[HIGH] = amounts.getUint32(from);
  words[LOW] = amounts.getUint32(from + WORD_BYTES);
  return number[0] as bigint;
};

const readAmount = (amounts: DataView, start: number): bigint => {
  const low = readHalf(amounts, start + HALF_BYTES);
  const isSmall = amounts.getUint32(start) === 0 && amounts.getUint32(start + WORD_BYTES) === 0;
  return isSmall ? low : (readHalf(amounts, start) << 64n) | low;
};

/** The account whose canonical bytes are bytes[start..end); `amounts` looks at the same memory. */
export const decodeAccount = (bytes: Uint8Array, amounts: DataView, start: number, end: number): Account => {
  let from = start;
  let nonce = 0n;
  let balance = 0n;
  let staked = 0n;
  let used = 0;
  if (from < end && bytes[from] === NONCE) {
    nonce = readBigVarint(bytes, from + 1);
    from = at;
  }
  if (from < end && bytes[from] === BALANCE) {
    balance = readAmount(amounts, from + 2);
    from += 2 + AMOUNT_BYTES;
  }
  if (from < end && bytes[from] === STAKED) {
    staked = readAmount(amounts, from + 2);
    from += 2 + AMOUNT_BYTES;
  }
  if (from < end && bytes[from] === USED) {
    used = readVarint(bytes, from + 1);
    from = at;
  }
  // A copy: lists of the record must not share the memory that rows are overwritten in.
  const { withdrawals, votes, candidacy, alias } = from < end ? accountMessage.read(bytes.slice(from, end)) : noAccount;
  return { nonce, balance, staked, used: used as Units, withdrawals, votes, candidacy, alias };
};
