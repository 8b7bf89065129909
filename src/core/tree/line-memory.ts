/**
 * Line memory: pieces of memory that begin where a line of the processor's cache begins, as far as a program can see to that.
 *
 * No host tells where an `ArrayBuffer` lies. Allocators map the largest blocks each by itself, 16 bytes behind a page of the machine's
 * memory (glibc from 32 MiB on, whatever was freed before; smaller ones come to lie anywhere), so pieces are cut from blocks of that size.
 * PERF: what lies across two lines is waited for twice: a fifth of an update at a million entries. Of a block only what is used is resident.
 */

const LINE_BYTES = 64;
const BLOCK_BYTES = 33 * 2 ** 20;
/** Where the first line of a block begins. */
const FIRST_LINE = 48;
/** Smaller pieces have memory of their own: a small state needs no large block. */
const LEAST_BYTES = 2 ** 19;

export interface Piece {
  readonly memory: ArrayBuffer;
  /** Where in `memory` it begins, in bytes: a multiple of 16. */
  readonly start: number;
}

export class LineMemory {
  #block = new ArrayBuffer(0);
  #next = 0;

  /** So many bytes of zeros. */
  take(bytes: number): Piece {
    if (bytes < LEAST_BYTES || bytes > BLOCK_BYTES - FIRST_LINE) return { memory: new ArrayBuffer(bytes), start: 0 };
    if (this.#next + bytes > this.#block.byteLength) {
      this.#block = new ArrayBuffer(BLOCK_BYTES);
      this.#next = FIRST_LINE;
    }
    const start = this.#next;
    this.#next = start + ((bytes + LINE_BYTES - 1) & -LINE_BYTES);
    return { memory: this.#block, start };
  }
}
