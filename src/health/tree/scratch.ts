/**
 * Scratch: bytes that are put together in one place and hashed there, so that a leaf costs no allocation.
 *
 * PERF: native code pays most for arrays that it has not seen; the windows on the scratch are made once for each length.
 */
import type { Hasher } from '../../core/crypto.ts';
import { HASH_BYTES } from '../../core/units.ts';

/** Windows are kept up to this length. */
const KEPT = 4096;

export class Scratch {
  bytes: Uint8Array;
  readonly #hasher: Hasher;
  #windows: (Uint8Array | undefined)[] = [];

  constructor(hasher: Hasher, room: number) {
    this.#hasher = hasher;
    this.bytes = new Uint8Array(room);
  }

  /** Makes room for `length` bytes; what was written stays. */
  reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const larger = new Uint8Array(2 * length);
    larger.set(this.bytes);
    this.bytes = larger;
    this.#windows = [];
  }

  /** SHA-256 of the first `length` bytes, written to `out` at `at`. */
  hash(length: number, out: Uint8Array, at: number): void {
    const hash = this.#hasher.sha256(this.#window(length), out, at);
    if (hash !== out) out.set(hash.length === HASH_BYTES ? hash : hash.subarray(0, HASH_BYTES), at);
  }

  #window(length: number): Uint8Array {
    if (length > KEPT) return this.bytes.subarray(0, length);
    const window = this.#windows[length] ?? this.bytes.subarray(0, length);
    this.#windows[length] = window;
    return window;
  }
}
