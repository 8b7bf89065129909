/**
 * Seal: a record, or any file, as an object that may be stored anywhere, and a capsule beside it for each who may open it.
 */
import { stat } from 'node:fs/promises';
import { nativeAead, nativeSha256, systemRandom } from '../../adapters/aead/index.ts';
import { toHex } from '../../core/index.ts';
import { ceilDiv } from '../../core/units.ts';
import type { ByteSource } from '../../health/sealing/index.ts';
import { type ExitCode, InputError, UsageError } from '../command.ts';
import { signerIn } from '../keystore-file.ts';
import { ANYBODY, demandFree, writeNewFiles } from '../new-files.ts';
import { grouped } from '../progress.ts';
import { byteProgress, type Call, sayFacts } from './call.ts';
import { capsuleFor, expiresWord, recipientsOf } from './capsules.ts';
import { loadSealing } from './peers.ts';
import { recordArchive, type Sealing } from './record-archive.ts';
import { growTree, piecesOf, readRecord } from './record-file.ts';
import { namedSeed } from './seed-file.ts';
import { chainIdWord, demanded } from './words.ts';

const TAG_BYTES = 16;

interface Source {
  readonly pieces: ByteSource;
  readonly byteLength: number;
}

/** Of any size: it is never in memory as a whole. */
const plainSource = async (path: string): Promise<Source> => {
  const found = await stat(path);
  if (found.isDirectory()) throw new InputError({ path, found: 'a directory', wanted: 'a file' });
  return { pieces: piecesOf(path), byteLength: found.size };
};

/** Checked first: the document, and that seed and tree are its own. */
const recordSource = async (call: Call, sealing: Sealing): Promise<Source> => {
  const document = await readRecord(call.file);
  const pieces = recordArchive(sealing, document, growTree(call, document, await namedSeed(call)));
  return { pieces, byteLength: pieces.reduce((sum, { length }) => sum + length, 0) };
};

/** The bytes of the object of a plaintext, padded. */
const objectBytes = ({ padmeLength, HEADER_BYTES, OBJECT_CHUNK_BYTES }: Sealing, byteLength: number): number => {
  const padded = padmeLength(byteLength + 1);
  return HEADER_BYTES + padded + TAG_BYTES * ceilDiv(padded, OBJECT_CHUNK_BYTES);
};

const scopeOf = ({ words: { scope, plain } }: Call): 'full' | 'leaves' => {
  if (scope === undefined || scope === 'full') return 'full';
  if (scope === 'leaves' && plain === true) return 'leaves';
  throw new UsageError(`--scope: found '${scope}', wanted full, or leaves with --plain`);
};

/** `medstate health seal`. */
export const seal = async (call: Call): Promise<ExitCode> => {
  const { crypto, file, words, io } = call;
  const out = demanded('seal', words.out, '--out <file>');
  const chainId = chainIdWord('seal', words);
  const [scope, expiresSeconds] = [scopeOf(call), expiresWord(words)];
  if (words.plain === true && (words['seed-file'] ?? words.mode ?? words['min-depth']) !== undefined) {
    throw new UsageError('--plain seals a file as it is: leave --seed-file, --mode and --min-depth away');
  }
  const keystore = demanded('seal', words.sender, '--sender <keystore>');
  const sealing = await loadSealing();
  const recipients = recipientsOf('seal', words, sealing);
  const capsules = recipients.map((recipient, index) => ({ recipient, path: `${out}.${index + 1}.capsule` }));
  await demandFree(out, ...capsules.map(({ path }) => path));
  const sender = await signerIn({ crypto, file: keystore, words, io });

  const objectId = await writeNewFiles(async (files) => {
    const { pieces, byteLength } = words.plain === true ? await plainSource(file) : await recordSource(call, sealing);
    const sealed = sealing.sealObject(pieces, { aead: nativeAead, random: systemRandom, newHash: nativeSha256 });
    const progress = byteProgress(call, 'sealing', objectBytes(sealing, byteLength));
    try {
      await files.add(out, progress.count(sealed.bytes), ANYBODY);
    } finally {
      progress.finish();
    }
    const id = sealed.objectId();
    const form = { dek: sealed.dek, objectId: id, chainId, scope, expiresSeconds, sender };
    for (const { recipient, path } of capsules) {
      await files.add(path, [await capsuleFor(call, sealing, recipient, form)], ANYBODY);
    }
    sealed.dek.fill(0);
    return toHex(id);
  });
  const { size } = await stat(out);
  sayFacts(io, [
    ['object', objectId],
    ['sealed', `${out}, ${grouped(size)} bytes`],
    ['sender', sender.address],
    ...capsules.map(({ recipient, path }) => ['capsule', `${path} for ${recipient}`] as const),
  ]);
  return 0;
};
