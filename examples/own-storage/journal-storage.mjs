/**
 * Journal storage: an example of a storage of one's own: a file that every batch is appended to, and maps in memory.
 *
 * It needs nothing of medstate but the public door. `storageOver` checks arguments, copies nothing, refuses calls once the
 * store is closed, and makes promises of the plain methods below. A line is a batch and its checksum; what a crash left of a
 * last line has no right checksum and is not there.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { StorageError, storageOver } from 'medstate/adapters/laws';

const checksum = (text) => createHash('sha256').update(text).digest('hex');
const toHex = (bytes) => (bytes === undefined ? null : Buffer.from(bytes).toString('hex'));
const toBytes = (hex) => (hex === null ? undefined : new Uint8Array(Buffer.from(hex, 'hex')));
const copyOf = (bytes) => (bytes === undefined ? undefined : new Uint8Array(bytes));

const failed = (cause) =>
  new StorageError('storage_failed', 'the journal could not be written; open it again', { cause });

/** A batch as text. */
const write = ({ dropBlocksAbove = null, blocks = [], rows = [], history = [], facts = {} }) =>
  JSON.stringify({
    dropBlocksAbove,
    blocks: blocks.map(({ height, id, bytes }) => [height, id, toHex(bytes)]),
    rows: rows.map(({ leaf, bytes }) => [leaf, toHex(bytes)]),
    history: history.map(({ height, bytes }) => [height, toHex(bytes)]),
    facts: Object.entries(facts).map(([name, bytes]) => [name, toHex(bytes)]),
  });

class Journal {
  #file;
  #length = 0;
  #blocks = new Map();
  #rows = new Map();
  #history = new Map();
  #facts = new Map();

  constructor(path) {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    for (const line of text.split('\n')) {
      const [sum, batch] = [line.slice(0, 64), line.slice(65)];
      if (batch === '' || checksum(batch) !== sum) break;
      this.#apply(JSON.parse(batch));
      this.#length += Buffer.byteLength(line) + 1;
    }
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'w+');
    ftruncateSync(this.#file, this.#length);
  }

  #apply({ dropBlocksAbove, blocks, rows, history, facts }) {
    if (dropBlocksAbove !== null) {
      for (const height of this.#blocks.keys()) if (height > dropBlocksAbove) this.#blocks.delete(height);
    }
    for (const [height, id, hex] of blocks) this.#blocks.set(height, { height, id, bytes: toBytes(hex) });
    const put = (map, key, hex) => (hex === null ? map.delete(key) : map.set(key, toBytes(hex)));
    for (const [leaf, hex] of rows) put(this.#rows, leaf, hex);
    for (const [height, hex] of history) put(this.#history, height, hex);
    for (const [name, hex] of facts) put(this.#facts, name, hex);
  }

  commit(batch) {
    const text = write(batch);
    const line = Buffer.from(`${checksum(text)} ${text}\n`);
    try {
      for (let written = 0; written < line.length; ) {
        written += writeSync(this.#file, line, written, line.length - written, this.#length + written);
      }
      fsyncSync(this.#file);
    } catch (error) {
      // Whether the line is whole is not known: the next opening tells.
      throw failed(error);
    }
    this.#length += line.length;
    this.#apply(JSON.parse(text));
  }

  fact(name) {
    return copyOf(this.#facts.get(name));
  }

  block(height) {
    const block = this.#blocks.get(height);
    return block === undefined ? undefined : { ...block, bytes: copyOf(block.bytes) };
  }

  blocks(from, limit) {
    return this.#numbers(this.#blocks, from, limit).map((height) => this.block(height));
  }

  topHeight() {
    return this.#numbers(this.#blocks, 0, Number.POSITIVE_INFINITY).at(-1);
  }

  rows(leaves) {
    return leaves.map((leaf) => copyOf(this.#rows.get(leaf)));
  }

  scan(from, limit) {
    return this.#numbers(this.#rows, from, limit).map((leaf) => ({ leaf, bytes: copyOf(this.#rows.get(leaf)) }));
  }

  history(from, limit) {
    const heights = this.#numbers(this.#history, from, limit);
    return heights.map((height) => ({ height, bytes: copyOf(this.#history.get(height)) }));
  }

  close() {
    closeSync(this.#file);
  }

  #numbers(map, from, limit) {
    const numbers = [...map.keys()].filter((number) => number >= from);
    return numbers.sort((a, b) => a - b).slice(0, limit);
  }
}

/** Opens the journal at a path, or begins one. */
export const journalStorage = async (path) => storageOver('journal', new Journal(path));
