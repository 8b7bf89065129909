/**
 * Manifest: what a snapshot consists of: the state and block it is of, and each file with the node or heights it stands for.
 *
 * Its bytes follow from the state and its block alone, as those of all files do. It ends in its own SHA-256, so that damage to
 * it is told from a manifest that lies. Source: docs/protocol.md section 15.3.
 */
import * as E from 'fp-ts/lib/Either.js';
import { concatBytes, sameBytes } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { HASH_BYTES, type Hash, type Height } from '../../core/units.ts';
import { hexField, messageList, safeField } from '../../core/wire/fields.ts';
import { message } from '../../core/wire/proto.ts';
import type { SnapshotFault } from './outcome.ts';

export const SNAPSHOT_VERSION = 1;
export const MANIFEST_FILE = 'manifest.bin';
/** Stands in the folder of an export that is not finished. */
export const UNFINISHED_FILE = 'unfinished.bin';

/** Rows of an aligned subtree: those of the leaves from `first` up to but not with `first + 2 ** exponent`. */
export interface Chunk {
  readonly first: number;
  readonly exponent: number;
  /** The length of the file. */
  readonly bytes: number;
  /** The node of the state tree over these leaves. */
  readonly node: Hash;
  /** SHA-256 of the file. */
  readonly digest: Hash;
}

/** Blocks one after the other, from the height `first` up to the next file's, or the snapshot's own. */
export interface BlockFile {
  readonly first: Height;
  readonly bytes: number;
  readonly digest: Hash;
}

/** What a snapshot is of. */
export interface SnapshotHead {
  readonly version: number;
  readonly genesisId: Hash;
  /** A final height, above genesis. */
  readonly height: Height;
  readonly blockId: Hash;
  /** The root of the state after that block. */
  readonly stateRoot: Hash;
}

export interface Manifest extends SnapshotHead {
  /** 1 + the greatest leaf in use. */
  readonly size: number;
  /** The number of rows. */
  readonly count: number;
  /** The exponent of the greatest subtree that has a file of its own. */
  readonly chunkExponent: number;
  readonly chunks: readonly Chunk[];
  readonly blocks: readonly BlockFile[];
}

const headFields = {
  version: safeField<number>(1),
  genesisId: hexField<Hash>(2, HASH_BYTES),
  height: safeField<Height>(3),
  blockId: hexField<Hash>(4, HASH_BYTES),
  stateRoot: hexField<Hash>(5, HASH_BYTES),
};
const headMessage = message<SnapshotHead>(headFields);

const chunkMessage = message<Chunk>({
  first: safeField<number>(1),
  exponent: safeField<number>(2),
  bytes: safeField<number>(3),
  node: hexField<Hash>(4, HASH_BYTES),
  digest: hexField<Hash>(5, HASH_BYTES),
});

const blockFileMessage = message<BlockFile>({
  first: safeField<Height>(1),
  bytes: safeField<number>(2),
  digest: hexField<Hash>(3, HASH_BYTES),
});

const manifestMessage = message<Manifest>({
  ...headFields,
  size: safeField<number>(6),
  count: safeField<number>(7),
  chunkExponent: safeField<number>(8),
  chunks: messageList(9, chunkMessage),
  blocks: messageList(10, blockFileMessage),
});

const nameOf = (kind: string, index: number): string => `${kind}-${String(index).padStart(6, '0')}.bin`;
/** The file of a chunk by its place in the manifest. */
export const rowsFile = (index: number): string => nameOf('rows', index);
/** The file of blocks by its place in the manifest. */
export const blocksFile = (index: number): string => nameOf('blocks', index);

const OWN_FILE = /^(?:(?:rows|blocks)-\d{6,}|unfinished|manifest)\.bin(?:\.part)?$/;
/** Whether a name is one that an export gives, or leaves where it was cut off. */
export const isOwnFile = (name: string): boolean => OWN_FILE.test(name);

/** The bytes that stand in an unfinished export: another one goes on with it only if it is of the same. */
export const encodeHead = ({ version, genesisId, height, blockId, stateRoot }: SnapshotHead): Uint8Array =>
  headMessage.encode({ version, genesisId, height, blockId, stateRoot });

/** The bytes of the file. */
export const encodeManifest = (hasher: Hasher, manifest: Manifest): Uint8Array => {
  const bytes = manifestMessage.encode(manifest);
  return concatBytes(bytes, hasher.sha256(bytes));
};

/** The last bytes of the file, which stand for all of it. */
export const sealOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(-HASH_BYTES);

const fault = (code: SnapshotFault['code'], what: string): E.Either<SnapshotFault, never> =>
  E.left({ file: MANIFEST_FILE, code, what });

/** The manifest that bytes are. What it says of its files is not looked at. */
export const decodeManifest = (hasher: Hasher, bytes: Uint8Array): E.Either<SnapshotFault, Manifest> => {
  const told = bytes.subarray(0, Math.max(0, bytes.length - HASH_BYTES));
  if (!sameBytes(hasher.sha256(told), sealOf(bytes))) {
    return fault('digest_wrong', 'its bytes are not those it was written with; fetch it again');
  }
  const decoded = manifestMessage.decode(told);
  if (E.isLeft(decoded)) return fault('malformed', 'it is not of the form of a manifest');
  const { version } = decoded.right;
  if (version !== SNAPSHOT_VERSION) {
    return fault('version_unknown', `it is of version ${version}, this medstate knows ${SNAPSHOT_VERSION}`);
  }
  return decoded;
};
