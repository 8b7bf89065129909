/**
 * Single entries: the records of which a state has one each, as they were decoded last.
 *
 * Every block reads them, and the office of 21 producers takes longer to decode than the rest of an empty block; it changes once a
 * round. PERF: a comparison of the bytes in place of decoding them; one record a key, whatever the age of the chain.
 */
import * as E from 'fp-ts/lib/Either.js';
import { InvariantViolation } from '../refusal.ts';
import { decodeEntry } from './encoding.ts';
import { finalityKey, type Key, officeKey, totalsKey } from './keys.ts';

const SINGLE: ReadonlySet<string> = new Set([finalityKey, officeKey, totalsKey]);

interface Decoded {
  readonly bytes: Uint8Array;
  readonly record: unknown;
}

const isThere = (known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean => {
  if (known.length !== to - from) return false;
  for (let index = 0; index < known.length; index += 1) if (known[index] !== bytes[from + index]) return false;
  return true;
};

export class SingleEntries {
  readonly #decoded = new Map<string, Decoded>();

  /** The record that bytes[from..to) are under `key`. Throws `InvariantViolation` if they make no sense. */
  read<T>(key: Key<T>, bytes: Uint8Array, from: number, to: number): T {
    const known = this.#decoded.get(key);
    if (known !== undefined && isThere(known.bytes, bytes, from, to)) return known.record as T;
    // A copy: a record may keep parts of its bytes, and these are overwritten.
    const own = bytes.slice(from, to);
    const record = decodeEntry(key, own);
    if (E.isLeft(record)) throw new InvariantViolation(`the entry ${key} makes no sense`);
    if (SINGLE.has(key)) this.#decoded.set(key, { bytes: own, record: record.right });
    return record.right;
  }
}
