/**
 * Input: a JSON document from a file or from stdin, with one clear line for whatever is wrong with it.
 */
import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { Fault } from '../core/index.ts';
import { InputError, type Io } from './command.ts';
import { printable } from './complaint.ts';
import { jsonTextFault, placeOf } from './json-text.ts';

/** No document of ours is larger; a file that is would only fill the memory. */
const MAX_BYTES = 256 * 1024 * 1024;

const tooLarge = (name: string): InputError =>
  new InputError({ path: name, found: `more than ${MAX_BYTES} bytes`, wanted: 'a smaller document' });

async function readAll(source: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > MAX_BYTES) throw tooLarge(name);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) throw new InputError({ path: name, found: 'bytes that are no UTF-8', wanted: 'a JSON document' });
  // A byte order mark at the start is left out.
  return new TextDecoder('utf-8').decode(bytes);
}

const parse = (text: string, name: string): unknown => {
  const fault = jsonTextFault(text);
  if (fault === undefined) return JSON.parse(text);
  const { at, found, wanted } = fault;
  throw new InputError({ path: `${name}, ${placeOf(text, at)}`, found, wanted });
};

/** The JSON value in a file, or from stdin for `-`. Throws an `InputError`, or the file system's own error. */
export async function readJsonInput(name: string, io: Io): Promise<unknown> {
  if (name === '-') return parse(await readAll(io.stdin, '(stdin)'), '(stdin)');
  const file = await open(name, 'r');
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw new InputError({ path: name, found: 'a directory', wanted: 'a file' });
    if (stat.size > MAX_BYTES) throw tooLarge(name);
    return parse(await readAll(file.createReadStream({ autoClose: false }), name), name);
  } finally {
    await file.close();
  }
}

const MAX_FAULTS = 20;

/** The faults of a document as an error that tells the first of them, each with its path. */
export const faultsError = (name: string, faults: readonly Fault[]): InputError => {
  const told = faults
    .slice(0, MAX_FAULTS)
    // A path quotes the names of members, and those may be anything; each fault is one line.
    .map(({ path, found, wanted }) => ({ path: printable(`${name}: ${path}`), found: printable(found), wanted }));
  const more = faults.length - told.length;
  const [first = { path: name, found: 'a fault', wanted: 'none' }, ...rest] = told;
  const error = new InputError(first, ...rest);
  if (more > 0) error.message += `\n${name}: ... and ${more} more`;
  return error;
};
