/**
 * Probe: a key as searches compare it: its first eight bytes as two numbers, then all of it.
 */
import { digitOf, viewOf, writeHex } from '../bytes.ts';
import { InvariantViolation, invariant } from '../refusal.ts';

/** Keys have at most so many bytes. */
export const MAX_KEY_BYTES = 1024;
/** What two numbers of a probe hold. */
const PREFIX_BYTES = 8;
const KEY = /^(?:[0-9a-f]{2})+$/;

export interface Probe {
  high: number;
  low: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  length: number;
}

/** Four bytes of a prefix, filled up with zeros beyond `end`. */
const wordAt = (bytes: Uint8Array, start: number, end: number): number => {
  let word = 0;
  for (let at = start; at < start + 4; at += 1) word = (word << 8) | (at < end ? (bytes[at] as number) : 0);
  return word >>> 0;
};

/** The upper four bytes of the prefix of bytes[start..end). */
export const highOf = (bytes: Uint8Array, start: number, end: number): number => wordAt(bytes, start, end);
/** The lower four. */
export const lowOf = (bytes: Uint8Array, start: number, end: number): number => wordAt(bytes, start + 4, end);

/** Four bytes from byte `from` on of the key that two texts of hex make together, which is long enough. */
export const wordOf = (first: string, second: string, from: number): number => {
  let word = 0;
  for (let at = 2 * from; at < 2 * from + 8; at += 1) {
    const code = at < first.length ? first.charCodeAt(at) : second.charCodeAt(at - first.length);
    word = (word << 4) | digitOf(code);
  }
  return word >>> 0;
};

export const emptyProbe = (): Probe => {
  const bytes = new Uint8Array(MAX_KEY_BYTES);
  return { high: 0, low: 0, bytes, view: viewOf(bytes), length: 0 };
};

/** The first bytes of a probe are a key of that length. */
const setLength = (probe: Probe, length: number): Probe => {
  probe.length = length;
  const isLong = length >= PREFIX_BYTES;
  probe.high = isLong ? probe.view.getUint32(0) : highOf(probe.bytes, 0, length);
  probe.low = isLong ? probe.view.getUint32(4) : lowOf(probe.bytes, 0, length);
  return probe;
};

/**
 * Sets a probe to a key, which is lower-case hex; throws for one that is too long. The key is `prefix` and `rest`, whole bytes each.
 * PERF: to put the two together into one text costs more than to read them one after the other.
 */
export const setProbe = (probe: Probe, rest: string, prefix = ''): Probe => {
  const start = prefix.length >> 1;
  const length = start + (rest.length >> 1);
  if (length > MAX_KEY_BYTES) throw new InvariantViolation(`a key has at most ${MAX_KEY_BYTES} bytes, not ${length}`);
  if (start > 0) writeHex(probe.bytes, prefix);
  writeHex(probe.bytes, rest, start);
  return setLength(probe, length);
};

/** Sets a probe to the bytes of a key that a probe held before. */
export const setProbeBytes = (probe: Probe, key: Uint8Array): Probe => {
  probe.bytes.set(key);
  return setLength(probe, key.length);
};

/** Throws `InvariantViolation` if a key that is to enter is none. */
export const checkKey = (key: string): void =>
  invariant(KEY.test(key), `a key is lower-case hex of one byte or more, not '${key}'`);

/** Negative, zero or positive as bytes[start..end) are below, at or above the first `length` bytes of `other`. */
export const compareBytes = (
  bytes: Uint8Array,
  start: number,
  end: number,
  other: Uint8Array,
  length: number,
): number => {
  const shared = Math.min(end - start, length);
  for (let at = 0; at < shared; at += 1) {
    const difference = (bytes[start + at] as number) - (other[at] as number);
    if (difference !== 0) return difference;
  }
  return end - start - length;
};
