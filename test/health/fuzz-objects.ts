/**
 * Fuzz of sealed objects: as bytes, as chunks that are moved about, and what a sealer who wishes ill may put under the seal.
 *
 * Whatever a stream releases is the beginning of what was sealed; what opens to its end is the object that was sealed, to the last
 * byte; and another key releases nothing. All objects here have one key, so that their parts could be mixed.
 */

import { nativeAead, nativeSha256 } from '../../src/adapters/aead/index.ts';
import { chanceFrom } from '../../src/adapters/laws/index.ts';
import { sameBytes } from '../../src/core/bytes.ts';
import { HEADER_BYTES, type OpenOptions, openObject, openWhole, sealObject } from '../../src/health/sealing/index.ts';
import { SEALED_CHUNK_BYTES } from '../../src/health/sealing/object-form.ts';
import { padded, Unpadder } from '../../src/health/sealing/padding.ts';
import { SealingError } from '../../src/health/sealing/sealing-error.ts';
import type { FuzzTarget } from './fuzz-run.ts';
import { bytesOfSeed, collect, inPieces, isSame, released } from './sealing/doors.ts';

const DEK = bytesOfSeed(1, 32);
const OTHER_DEK = bytesOfSeed(2, 32);
const aead = nativeAead;

interface Original {
  readonly content: Uint8Array;
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
  readonly objectId: Uint8Array;
}

/** An object under the one key, which the door of chance gives first, and a salt of its own. */
const originalOf = async (seed: number, byteLength: number, padding: 'none' | 'padme'): Promise<Original> => {
  const content = bytesOfSeed(seed, byteLength);
  const salt = bytesOfSeed(1_000 + seed, 32);
  let drawn = 0;
  const random = (): Uint8Array => (drawn++ === 0 ? DEK : salt);
  const object = sealObject([content], { aead, random, padding, newHash: nativeSha256 });
  const bytes = await collect(object.bytes);
  return { content, salt, bytes, objectId: object.objectId() };
};

/** The object of which these bytes have the salt. */
const originalIn = (bytes: Uint8Array, originals: readonly Original[]): Original | undefined =>
  originals.find(({ salt }) => sameBytes(bytes.subarray(8, 40), salt));

type Asked = Omit<OpenOptions, 'aead' | 'dek'>;

/** How the bytes open as a stream and whole, and in pieces of this size. */
const opens = async (
  bytes: Uint8Array,
  original: Original | undefined,
  pieceBytes: number,
  asked: Asked = {},
): Promise<string> => {
  const content = original?.content ?? new Uint8Array(0);
  let at = 0;
  const { code } = await released(openObject(inPieces(bytes, [pieceBytes]), { aead, dek: DEK, ...asked }), (piece) => {
    if (!isSame(piece, content.subarray(at, at + piece.length))) throw new Error('released what was not sealed');
    at += piece.length;
  });
  const isOpened = code === 'opened';
  if (isOpened && (original === undefined || at !== content.length || !isSame(bytes, original.bytes))) {
    throw new Error('opened what was not sealed');
  }
  const whole = await openWhole([bytes], { aead, dek: DEK, ...asked });
  if ((whole._tag === 'Left' ? whole.left.code : 'opened') !== code) throw new Error('whole it opens otherwise');
  if (whole._tag === 'Right' && !isSame(whole.right, content)) throw new Error('whole it is something else');
  const other = await released(openObject([bytes], { aead, dek: OTHER_DEK, ...asked }));
  if (other.bytes > 0 || other.code === 'opened') throw new Error('opened with another key');
  return code;
};

const small = await Promise.all([
  originalOf(1, 0, 'none'),
  originalOf(2, 0, 'padme'),
  originalOf(3, 300, 'none'),
  originalOf(4, 301, 'padme'),
]);

const byByte: FuzzTarget = {
  name: 'sealed object',
  seeds: small.map(({ bytes }) => bytes),
  dictionary: ['MBX1', '\x01\x10', '\0\0', '\0\x01', '\0'.repeat(16), 'MBX1\x01\x10\0\x01'],
  answers: [
    ...['opened', 'object_not_ours', 'object_truncated', 'object_suite_unknown', 'object_flags_unknown'],
    ...['object_key_wrong', 'object_chunk_wrong'],
  ],
  run: (bytes) => opens(bytes, originalIn(bytes, small), 1 + (bytes.length % 101)),
};

const large = await Promise.all([
  originalOf(5, 2 * 65_536, 'none'),
  originalOf(6, 2 * 65_536 + 99, 'none'),
  originalOf(7, 2 * 65_536 + 4_000, 'padme'),
]);

/** The header and each chunk. */
const partsOf = ({ bytes }: Original): Uint8Array[] => [
  bytes.subarray(0, HEADER_BYTES),
  ...inPieces(bytes.subarray(HEADER_BYTES), [SEALED_CHUNK_BYTES]),
];

/** The parts after one change: left out, twice, in another place, another's, flipped, cut, without the last, or longer. */
const changed = (parts: readonly Uint8Array[], next: () => number): readonly Uint8Array[] => {
  const [how, from, to] = [next() % 8, next() % Math.max(1, parts.length), next() % (parts.length + 1)];
  const part = parts[from] ?? new Uint8Array(0);
  const others = partsOf(large[to % large.length] as Original);
  const at = (256 * next() + next()) % Math.max(1, part.length);
  switch (how) {
    case 0:
      return parts.toSpliced(from, 1);
    case 1:
      return parts.toSpliced(to, 0, part);
    case 2:
      return parts.toSpliced(from, 1).toSpliced(to, 0, part);
    case 3:
      return parts.toSpliced(from, 1, others[from % others.length] as Uint8Array);
    case 4:
      return parts.toSpliced(from, 1, part.slice().fill((part[at] ?? 0) ^ (1 << (next() % 8)), at, at + 1));
    case 5:
      return parts.toSpliced(from, 1, part.subarray(0, at));
    case 6:
      return parts.slice(0, -1);
    default:
      return parts.toSpliced(from, 1, Buffer.concat([part, Uint8Array.of(next()), part.subarray(0, at % 40)]));
  }
};

/** Byte 0 chooses an object, byte 1 how many changes, byte 2 what is asked, and each change takes what it needs. */
const runByChunk = (bytes: Uint8Array): Promise<string> => {
  let at = 0;
  const next = (): number => bytes[at++] ?? 0;
  const original = large[next() % large.length] as Original;
  let parts: readonly Uint8Array[] = partsOf(original);
  const changes = next() % 4;
  const [how, pieceBytes] = [next() % 8, 1_000 + 500 * next()];
  for (let left = changes; left > 0; left -= 1) parts = changed(parts, next);
  const whole = Uint8Array.from(Buffer.concat(parts));
  const asked: readonly Asked[] = [
    { objectId: original.objectId, newHash: nativeSha256 },
    { objectId: (large[at % large.length] as Original).objectId, newHash: nativeSha256 },
    { maxBytes: 65_536 + 500 * next() },
  ];
  return opens(whole, originalIn(whole, large), pieceBytes, asked[how]);
};

const byChunk: FuzzTarget = {
  name: 'sealed object, chunk by chunk',
  seeds: Array.from({ length: 64 }, (_, seed) => chanceFrom(seed).bytes(24)),
  answers: [
    ...['opened', 'object_truncated', 'object_extended', 'object_chunk_wrong', 'object_not_ours'],
    ...['object_id_wrong', 'object_too_large', 'object_key_wrong'],
  ],
  rare: ['object_suite_unknown', 'object_flags_unknown'],
  run: runByChunk,
  share: 0.1, // 200 kB each, several times over
};

/** Byte 0: the size of chunks. What is behind it is a plaintext with padding, or none. */
const runPadding = async (bytes: Uint8Array): Promise<string> => {
  const plaintext = bytes.subarray(1);
  const unpadder = new Unpadder();
  const pieces: Uint8Array[] = [];
  for (const chunk of inPieces(plaintext, [1 + (bytes[0] ?? 0)])) pieces.push(...unpadder.take(chunk));
  const content = Uint8Array.from(Buffer.concat(pieces));
  if (!isSame(content, plaintext.subarray(0, content.length))) throw new Error('released what was not there');
  try {
    unpadder.finish();
  } catch (error) {
    if (error instanceof SealingError) return error.code;
    throw error;
  }
  if (!isSame(await collect(padded([content])), plaintext)) throw new Error('taken with a padding that is not its own');
  return 'opened';
};

const padding: FuzzTarget = {
  name: 'padding',
  seeds: await Promise.all(
    [0, 1, 2, 7, 8, 9, 100, 127, 600].map(async (length, at) => {
      const content = at % 2 === 0 ? bytesOfSeed(at, length) : new Uint8Array(length).fill(0x80);
      return Uint8Array.of(16 * at, ...(await collect(padded([content]))));
    }),
  ),
  dictionary: ['\x80', '\0', '\x80\0', '\0\0\0\0', '\x80'.repeat(20), '\0'.repeat(30)],
  answers: ['opened', 'object_padding_wrong'],
  run: runPadding,
};

/** What takes the bytes of objects. */
export const objectTargets: readonly FuzzTarget[] = [byByte, byChunk, padding];
