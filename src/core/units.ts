/**
 * Units: the words of the protocol as types that cannot be swapped, and the limits of its numbers.
 *
 * Bytes that name something (addresses, hashes, keys) are lower-case hex strings in memory: they compare like
 * their bytes, serve as map keys, and read well in a trace. Amounts are bigint, times and heights are numbers
 * below 2^53. Source: protocol section 1.
 */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A compressed secp256k1 public key, 33 bytes, as 66 lower-case hex digits. */
export type Address = Brand<string, 'Address'>;
/** 32 bytes as 64 lower-case hex digits: a transaction id, block id, record hash, root. */
export type Hash = Brand<string, 'Hash'>;
/** Raw units of MED, 10^-12 MED each, 0..2^128-1. */
export type Amount = Brand<bigint, 'Amount'>;
/** Whole Unix seconds below 2^53. */
export type Seconds = Brand<number, 'Seconds'>;
/** A block's distance from genesis, below 2^53. */
export type Height = Brand<number, 'Height'>;
/** A slot's number; slot 0 is the genesis. Below 2^53. */
export type Slot = Brand<number, 'Slot'>;
/** Bandwidth: one unit per started `unitBytes` of a transaction. Below 2^53. */
export type Units = Brand<number, 'Units'>;

export const ADDRESS_BYTES = 33;
export const HASH_BYTES = 32;
export const SIGNATURE_BYTES = 65;

/** The greatest amount: 2^128 - 1. */
export const MAX_AMOUNT = ((1n << 128n) - 1n) as Amount;
/** The greatest uint64. */
export const MAX_UINT64 = (1n << 64n) - 1n;
/** Times, heights and slots stay at or below this. */
export const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** 1 MED in raw units. */
export const MED = 1_000_000_000_000n as Amount;

export const ZERO = 0n as Amount;
/** 33 zero bytes: an absent `to`, and the `from` of the genesis kinds. */
export const ZERO_ADDRESS = '00'.repeat(ADDRESS_BYTES) as Address;
/** 32 zero bytes. */
export const ZERO_HASH = '00'.repeat(HASH_BYTES) as Hash;

/** floor(a / b) for integers a >= 0, b > 0 below 2^53: the one named division of numbers in core. */
export const floorDiv = (a: number, b: number): number => (a - (a % b)) / b;

/** ceil(a / b) for integers a >= 0, b > 0 below 2^53. */
export const ceilDiv = (a: number, b: number): number => floorDiv(a, b) + (a % b === 0 ? 0 : 1);

/** floor(a / b) for whole numbers of any size, a >= 0, b > 0: the one named division of amounts in core. */
export const floorDivBig = (a: bigint, b: bigint): bigint => a / b;
