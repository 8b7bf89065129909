/**
 * Client: what the first network's client library, medjs 1.0.1, makes of the fields it is given: the bytes that it hashes.
 *
 * It pads on the left and never cuts, reads numbers as JavaScript and bignumber.js do, stops at the first character that is no
 * hex digit, and writes a zero that was set. So some of its bytes are not canonical; the checker has to make the same ones to
 * know whether a vector is right. Source: docs on the client's bytes in the vector file's own notes; protocol section 4.
 */
import { ADDRESS_BYTES } from '../../core/units.ts';
import { bytesField, varintField } from './shapes.ts';

/** The fields of an unsigned transaction as the client takes them. */
export interface ClientFields {
  readonly tx_type: string;
  readonly from: string;
  readonly to: string | null;
  readonly value: string;
  /** A number, or the two halves of a 64-bit one. */
  readonly nonce: number | { readonly low: number; readonly high: number };
  readonly chain_id: number;
  readonly payload: string | undefined;
}

/** The fields as numbers and bytes. `value` is `undefined` unless it is a whole number below 2^128. */
export interface ClientNumbers {
  readonly from: Uint8Array;
  /** As the client writes it, of any length. */
  readonly to: Uint8Array;
  readonly value: bigint | undefined;
  readonly nonce: bigint;
  readonly chainId: number;
  readonly payload: Uint8Array;
}

const ADDRESS_DIGITS = 2 * ADDRESS_BYTES;
const VALUE_DIGITS = 32;
const FRACTION_DIGITS = 20n;
const DECIMAL = /^(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;
/** What bignumber.js does not look at: white space around, a plus, and the sign of zero. */
const UNSEEN = /^\s*(?:\+|-(?=0+$))?|\s+$/g;
const LONGEST_VALUE = 400;

/** Hex as far as it goes: what comes after the first pair that is none is dropped. */
const hexPrefix = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

interface Ratio {
  readonly above: bigint;
  readonly below: bigint;
}

/** The number that bignumber.js reads, or `undefined` where it reads none. */
const ratioOf = (written: string): Ratio | undefined => {
  if (written.length > LONGEST_VALUE) return undefined;
  const text = written.replace(UNSEEN, '');
  if (/^0(?:x[0-9a-f]+|o[0-7]+|b[01]+)$/i.test(text)) return { above: BigInt(text.toLowerCase()), below: 1n };
  const [, whole = '', part = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === '' && part === '') return undefined;
  const power = Number(exponent) - part.length;
  const digits = BigInt(whole + part);
  return power >= 0
    ? { above: digits * 10n ** BigInt(power), below: 1n }
    : { above: digits, below: 10n ** BigInt(-power) };
};

/** bignumber.js in base 16: at most 20 digits after the point, rounded half up, no zeros at the end. */
const base16 = ({ above, below }: Ratio): string => {
  const scale = 16n ** FRACTION_DIGITS;
  const scaled = (2n * above * scale + below) / (2n * below);
  const whole = (scaled / scale).toString(16);
  const part = (scaled % scale).toString(16).padStart(Number(FRACTION_DIGITS), '0').replace(/0+$/, '');
  return part === '' ? whole : `${whole}.${part}`;
};

/** The bytes that the client writes for a value; 16 of them only if it is a whole number below 2^128. */
const valueBytes = (text: string): Uint8Array => {
  const ratio = ratioOf(text);
  return hexPrefix((ratio === undefined ? 'NaN' : base16(ratio)).padStart(VALUE_DIGITS, '0'));
};

const wholeValue = (text: string): bigint | undefined => {
  const ratio = ratioOf(text);
  if (ratio === undefined || ratio.above % ratio.below !== 0n) return undefined;
  const value = ratio.above / ratio.below;
  return value < 1n << 128n ? value : undefined;
};

const nonceOf = (nonce: ClientFields['nonce']): bigint =>
  typeof nonce === 'number'
    ? BigInt.asUintN(64, BigInt(nonce))
    : (BigInt.asUintN(32, BigInt(nonce.high)) << 32n) | BigInt.asUintN(32, BigInt(nonce.low));

/** The fields as the numbers and bytes that the client hashes. */
export const numbersOf = ({ from, to, value, nonce, chain_id, payload = '' }: ClientFields): ClientNumbers => ({
  from: hexPrefix(from.padStart(ADDRESS_DIGITS, '0')),
  to: hexPrefix((to ?? '').padStart(ADDRESS_DIGITS, '0')),
  value: wholeValue(value),
  nonce: nonceOf(nonce),
  chainId: Number(BigInt.asUintN(32, BigInt(chain_id))),
  payload: hexPrefix(payload),
});

/** What the client hashes to the transaction's id. */
export const clientTarget = (fields: ClientFields): Uint8Array => {
  const { from, to, nonce, chainId, payload } = numbersOf(fields);
  return Buffer.concat([
    bytesField(1, Buffer.from(fields.tx_type, 'utf8')),
    bytesField(2, from),
    bytesField(3, to),
    bytesField(4, valueBytes(fields.value)),
    varintField(5, nonce),
    varintField(6, BigInt(chainId)),
    ...(payload.length > 0 ? [bytesField(10, payload)] : []),
  ]);
};

/**
 * A receiver as it comes to stand in a transaction's bytes: 33 of them, padded or cut on the left, as the first network
 * reads any other length.
 */
export const fittedTo = (to: Uint8Array): Uint8Array => {
  const fitted = new Uint8Array(ADDRESS_BYTES);
  const kept = to.subarray(Math.max(0, to.length - ADDRESS_BYTES));
  fitted.set(kept, ADDRESS_BYTES - kept.length);
  return fitted;
};
