/**
 * Archive: the plaintext of an object that holds a record: parts with names, one encoding for the same parts.
 *
 *   "MBA1" | u16 count | count times: u8 length of name, name, u48 length of part | the parts, one after the other
 *
 * Names are lower-case letters, digits and hyphens, in rising order, so the same parts have one encoding. Source:
 * docs/decisions/0023-sealed-objects.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { compareText, concatBytes, sameBytes } from '../../core/bytes.ts';
import { invariant } from '../../core/refusal.ts';
import { floorDiv } from '../../core/units.ts';
import { readUtf8, utf8Bytes } from '../../core/wire/utf8.ts';
import { MAX_ARCHIVE_PARTS, MAX_OBJECT_BYTES, MAX_PART_NAME_BYTES } from './limits.ts';
import { refuse, type SealingFault } from './sealing-error.ts';

const MAGIC = utf8Bytes('MBA1');
const HEAD_BYTES = 6;
const LENGTH_BYTES = 6;
const NAME = /^[a-z0-9-]+$/;

/** The names of the parts of a record; an archive may have others beside them. */
export const archivePart = {
  /** The bytes of the document, as they were signed. */
  document: 'document',
  /** The seed of the document's salts, 32 bytes. */
  documentSeed: 'document-seed',
  envelope: 'envelope',
  envelopeSeed: 'envelope-seed',
  /** The upper levels of the tree, to save building it again. */
  treeTop: 'tree-top',
} as const;

const writeUint48 = (bytes: Uint8Array, at: number, value: number): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, LENGTH_BYTES);
  view.setUint16(0, floorDiv(value, 2 ** 32));
  view.setUint32(2, value % 2 ** 32);
};

const readUint48 = (bytes: Uint8Array, at: number): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, LENGTH_BYTES);
  return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
};

const isName = (name: string): boolean => NAME.test(name) && name.length <= MAX_PART_NAME_BYTES;

/** The archive of these parts, as pieces to be sealed one after the other: the parts themselves are not copied. */
export const archiveOf = (parts: Readonly<Record<string, Uint8Array>>): readonly Uint8Array[] => {
  const names = Object.keys(parts).sort(compareText);
  invariant(names.length <= MAX_ARCHIVE_PARTS, `an archive has at most ${MAX_ARCHIVE_PARTS} parts`);
  const bodies: Uint8Array[] = [];
  const rows = names.map((name) => {
    const part = parts[name] as Uint8Array;
    invariant(isName(name), `'${name}' is no name of a part: a-z, 0-9 and hyphens, at most ${MAX_PART_NAME_BYTES}`);
    const row = new Uint8Array(1 + name.length + LENGTH_BYTES);
    row[0] = name.length;
    row.set(utf8Bytes(name), 1);
    writeUint48(row, 1 + name.length, part.length);
    bodies.push(part);
    return row;
  });
  return [concatBytes(MAGIC, Uint8Array.of(0, names.length), ...rows), ...bodies];
};

/**
 * The parts of an archive by their names, as windows on its bytes. Nothing is taken for granted: a length beyond the end, a name out of
 * order, or a byte too many refuses it.
 */
export const readArchive = (bytes: Uint8Array): E.Either<SealingFault, ReadonlyMap<string, Uint8Array>> => {
  if (bytes.length < HEAD_BYTES || !sameBytes(bytes.subarray(0, MAGIC.length), MAGIC)) {
    return refuse('archive_malformed');
  }
  const count = (bytes[4] as number) * 256 + (bytes[5] as number);
  if (count > MAX_ARCHIVE_PARTS) return refuse('archive_too_large');
  const rows: { readonly name: string; readonly length: number }[] = [];
  let at = HEAD_BYTES;
  let previous = '';
  for (let row = 0; row < count; row += 1) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    if (nameEnd + LENGTH_BYTES > bytes.length) return refuse('archive_malformed');
    const isAscii = bytes.subarray(at + 1, nameEnd).every((byte) => byte < 0x80);
    const name = isAscii ? readUtf8(bytes, at + 1, nameEnd) : '';
    if (!isName(name) || compareText(previous, name) >= 0) return refuse('archive_malformed');
    const length = readUint48(bytes, nameEnd);
    if (length > MAX_OBJECT_BYTES) return refuse('archive_too_large');
    rows.push({ name, length });
    previous = name;
    at = nameEnd + LENGTH_BYTES;
  }
  const parts = new Map<string, Uint8Array>();
  for (const { name, length } of rows) {
    if (length > bytes.length - at) return refuse('archive_malformed');
    parts.set(name, bytes.subarray(at, at + length));
    at += length;
  }
  return at === bytes.length ? E.right(parts) : refuse('archive_malformed');
};
