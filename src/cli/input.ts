/**
 * Input: a JSON document from a file or from stdin, with one clear line for whatever is wrong with it.
 */
import { open } from 'node:fs/promises';
import type { Fault } from '../core/index.ts';
import { InputError, type Io } from './command.ts';

/** No document of ours is larger; a file that is would only fill the memory. */
const MAX_BYTES = 256 * 1024 * 1024;

async function readAll(source: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new InputError({ path: name, found: `more than ${MAX_BYTES} bytes`, wanted: 'a smaller document' });
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new InputError({ path: name, found: 'bytes that are no UTF-8', wanted: 'a JSON document' });
  }
}

/** Line and column of a place in a text, from 1. */
const lineAndColumn = (text: string, at: number): string => {
  const before = text.slice(0, at).split('\n');
  return `line ${before.length}, column ${(before[before.length - 1]?.length ?? 0) + 1}`;
};

const parse = (text: string, name: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = /at position (\d+)/.exec(message)?.[1];
    const where = position === undefined ? `the end, line ${text.split('\n').length}` : lineAndColumn(text, Number(position));
    throw new InputError({ path: `${name}, ${where}`, found: text.trim() === '' ? 'nothing' : 'text that is no JSON', wanted: 'a JSON document' });
  }
};

/** The JSON value in a file, or from stdin for `-`. Throws an `InputError`, or the file system's own error. */
export async function readJsonInput(name: string, io: Io): Promise<unknown> {
  if (name === '-') return parse(await readAll(io.stdin, '(stdin)'), '(stdin)');
  const file = await open(name, 'r');
  try {
    return parse(await readAll(file.createReadStream({ autoClose: false }), name), name);
  } finally {
    await file.close();
  }
}

const MAX_FAULTS = 20;

/** The faults of a document as an error that tells the first of them, each with its path. */
export const faultsError = (name: string, faults: readonly Fault[]): InputError => {
  const told = faults.slice(0, MAX_FAULTS).map(({ path, found, wanted }) => ({ path: `${name}: ${path}`, found, wanted }));
  const more = faults.length - told.length;
  if (more > 0) told.push({ path: name, found: `${more} more faults`, wanted: 'none' });
  const [first = { path: name, found: 'a fault', wanted: 'none' }, ...rest] = told;
  return new InputError(first, ...rest);
};
