/**
 * Record archive: a record as the plaintext of an object: its document, its seed, and how its tree is built.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Hash, toHex } from '../../core/index.ts';
import { type JsonDocument, openWhole, type RecordTree } from '../../health/index.ts';
import { OWNER_ONLY } from '../new-files.ts';
import { type Call, demandRight, HealthError } from './call.ts';
import { type Seed, seedPathOf, seedText } from './seed-file.ts';

export type Sealing = typeof import('../../health/sealing/index.ts');

/** The part that says how the tree is built, JSON: an archive without an envelope has no other place for it. */
const TREE_PART = 'document-tree';

/** What stands first in an archive. */
export const ARCHIVE_MAGIC = new TextEncoder().encode('MBA1');

const utf8 = new TextEncoder();

/** The pieces of the archive of a record. */
export const recordArchive = (
  { archiveOf, archivePart }: Sealing,
  document: JsonDocument,
  { seed, mode, minDepth, root }: RecordTree,
): readonly Uint8Array[] =>
  archiveOf({
    [archivePart.document]: document.bytes,
    [archivePart.documentSeed]: seed,
    [TREE_PART]: utf8.encode(JSON.stringify({ mode, minDepth, root })),
  });

/** A file that an opened record becomes. */
export interface RecordFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

export interface OpenedRecord {
  readonly files: readonly RecordFile[];
  /** Of the record; not known if nothing says how its tree is built. */
  readonly root: Hash | undefined;
}

const malformed = (file: string, message: string): HealthError =>
  new HealthError(file, { code: 'archive_malformed', message: `${message}; --plain writes it as it was sealed` });

const formOf = (file: string, part: Uint8Array): Pick<Seed, 'mode' | 'minDepth'> & { readonly root: Hash } => {
  const parsed = E.tryCatch(
    () => JSON.parse(new TextDecoder().decode(part)) as unknown,
    () => undefined,
  );
  const value = E.isRight(parsed) && typeof parsed.right === 'object' && parsed.right !== null ? parsed.right : {};
  const { mode, minDepth, root } = value as Readonly<Record<string, unknown>>;
  const isForm = (mode === 'A' || mode === 'B') && typeof minDepth === 'number' && typeof root === 'string';
  if (!isForm || !/^[0-9a-f]{64}$/.test(root))
    throw malformed(file, `the part ${TREE_PART} does not say how the tree is built`);
  return { mode, minDepth, root: root as Hash }; // 64 digits of hex
};

/**
 * The files of the record in an archive: the document at `out`, its seed beside it, and any other part under its name. Where the archive
 * says how the tree is built, the tree is built, and has to be the one that it says.
 */
export const openRecord = (
  { crypto, file }: Pick<Call, 'crypto' | 'file'>,
  { archivePart, readArchive }: Sealing,
  archive: Uint8Array,
  out: string,
): OpenedRecord => {
  const parts = new Map(demandRight(file, readArchive(archive)));
  const take = (name: string): Uint8Array | undefined => {
    const part = parts.get(name);
    parts.delete(name);
    return part;
  };
  const document = take(archivePart.document);
  const seed = take(archivePart.documentSeed);
  const tree = take(TREE_PART);
  if (document === undefined || seed?.length !== 32)
    throw malformed(file, 'it has no document with a seed of 32 bytes');
  const path = seedPathOf(out);
  const form = tree === undefined ? undefined : formOf(file, tree);
  if (form !== undefined) {
    const { mode, minDepth, root } = form;
    demandRight(file, openWhole(crypto, { bytes: document, seed, mode, minDepth }, root));
  }
  const seedFile = form === undefined ? `${toHex(seed)}\n` : seedText({ path, bytes: seed, ...form });
  return {
    root: form?.root,
    files: [
      { path: out, bytes: document, mode: OWNER_ONLY },
      { path, bytes: utf8.encode(seedFile), mode: OWNER_ONLY },
      ...[...parts].map(([name, bytes]) => ({ path: `${out}.${name}`, bytes, mode: OWNER_ONLY })),
    ],
  };
};
