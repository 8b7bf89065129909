/**
 * Pieces: bytes that come in parts of any size, cut into chunks of one size.
 *
 * Only when more bytes come, or none, is it known whether a chunk is the last: one chunk is held until then.
 */
import { invariant } from '../../core/refusal.ts';

/**
 * Where bytes come from. A piece belongs to its taker: the source must not write to its memory again. What the source throws goes
 * through unchanged; if the taker leaves early, the source is closed.
 */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface Chunk {
  /** Good until the next chunk is asked for: its memory is used again. */
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/**
 * The chunks of a source: the first has `first` bytes, at most `size`, the others `size`, the last one as many as are left. No bytes at
 * all are one empty chunk. Memory: one chunk, beside the piece that is being cut. PERF: a chunk that lies in one piece is not copied.
 */
export async function* cut(source: ByteSource, size: number, first: number = size): AsyncGenerator<Chunk, void> {
  let wanted = first;
  let held: Uint8Array | undefined;
  let partial: Uint8Array | undefined; // where chunks that lie in several pieces are put together
  let filled = 0;
  for await (const piece of source) {
    invariant(piece instanceof Uint8Array, 'a source of bytes gives Uint8Arrays');
    for (let at = 0; at < piece.length; ) {
      if (held !== undefined) {
        yield { bytes: held, isLast: false };
        held = undefined;
        wanted = size;
      }
      const taken = Math.min(wanted - filled, piece.length - at);
      if (taken === wanted) {
        held = piece.subarray(at, at + taken);
      } else {
        partial ??= new Uint8Array(size);
        partial.set(piece.subarray(at, at + taken), filled);
        filled += taken;
        if (filled === wanted) {
          held = partial.subarray(0, wanted);
          filled = 0;
        }
      }
      at += taken;
    }
  }
  yield { bytes: held ?? partial?.subarray(0, filled) ?? new Uint8Array(0), isLast: true };
}
