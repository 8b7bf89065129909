/**
 * Attachments: files beside a record: what an envelope says of one, so that whoever is shown it can check the file.
 *
 * The root of a file's chunks is salted like all else; its salt is that of the leaf in which it stands, so it comes with that leaf.
 */
import { toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import type { Hash } from '../../core/units.ts';
import { chunkRootOf } from '../tree/chunks.ts';
import { pathBytes } from '../tree/path.ts';
import { HmacKey, saltOf } from '../tree/seeds.ts';
import type { Attachment } from './envelope.ts';

/** The salt of the chunks of the file that is named at `index`, under the seed of the envelope; for `ChunkHasher`. */
export const attachmentSalt = (hasher: Hasher, seed: Uint8Array, index: number): Uint8Array =>
  // Three short steps are a path.
  saltOf(new HmacKey(hasher, seed), pathBytes(['attachments', index, 'chunkRoot']) as Uint8Array);

/** What an envelope with this seed says, at `index`, of a file that is in memory. */
export const describeAttachment = (
  hasher: Hasher,
  { seed, index }: { readonly seed: Uint8Array; readonly index: number },
  { contentType, bytes }: { readonly contentType: string; readonly bytes: Uint8Array },
): Attachment => ({
  contentType,
  size: bytes.length,
  // Both are 32 bytes.
  sha256: toHex(hasher.sha256(bytes)) as Hash,
  chunkRoot: toHex(chunkRootOf(hasher, attachmentSalt(hasher, seed, index), bytes)) as Hash,
});
