/**
 * Open: what was sealed, under its name only once every byte of it is right.
 */
import { stat } from 'node:fs/promises';
import { nativeAead, nativeSha256 } from '../../adapters/aead/index.ts';
import { concatBytes, sameBytes } from '../../core/bytes.ts';
import type { Hash } from '../../core/index.ts';
import type { OpenedCapsule, SealingError } from '../../health/sealing/index.ts';
import { type ExitCode, InputError } from '../command.ts';
import { withPrivateKey } from '../keystore-file.ts';
import { demandFree, type NewFiles, OWNER_ONLY, writeNewFiles } from '../new-files.ts';
import { byteProgress, type Call, HealthError, sayFacts } from './call.ts';
import { capsuleFacts, openNamedCapsule } from './capsules.ts';
import { loadSealing } from './peers.ts';
import { ARCHIVE_MAGIC, openRecord, type Sealing } from './record-archive.ts';
import { piecesOf } from './record-file.ts';
import { chainIdWord, demanded } from './words.ts';

/** A stream that was begun: its first bytes, and all of it as if nobody had looked. */
const begun = async (
  stream: AsyncGenerator<Uint8Array, void>,
  byteLength: number,
): Promise<{ readonly head: Uint8Array; readonly all: () => AsyncGenerator<Uint8Array, void> }> => {
  const pieces: Uint8Array[] = [];
  let length = 0;
  while (length < byteLength) {
    const next = await stream.next();
    if (next.done === true) break;
    pieces.push(next.value);
    length += next.value.length;
  }
  return {
    head: concatBytes(...pieces).subarray(0, byteLength),
    all: async function* () {
      yield* pieces;
      yield* stream;
    },
  };
};

const gathered = async (file: string, pieces: AsyncIterable<Uint8Array>, mostBytes: number): Promise<Uint8Array> => {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    kept.push(piece);
    length += piece.length;
    if (length > mostBytes) {
      const message = `a record has at most ${mostBytes} bytes: --plain writes it as it was sealed`;
      throw new HealthError(file, { code: 'archive_too_large', message });
    }
  }
  return concatBytes(...kept);
};

/** What was written. */
interface Written {
  readonly paths: readonly string[];
  readonly root?: Hash | undefined;
}

const writeOpened = async (
  { file, words, crypto }: Call,
  sealing: Sealing,
  {
    files,
    plaintext,
    out,
  }: { readonly files: NewFiles; readonly plaintext: AsyncGenerator<Uint8Array, void>; readonly out: string },
): Promise<Written> => {
  const { head, all } = await begun(plaintext, ARCHIVE_MAGIC.length);
  if (words.plain === true || !sameBytes(head, ARCHIVE_MAGIC)) {
    await files.add(out, all(), OWNER_ONLY);
    return { paths: [out] };
  }
  const archive = await gathered(file, all(), sealing.MAX_WHOLE_BYTES);
  const record = openRecord({ crypto, file }, sealing, archive, out);
  await demandFree(...record.files.map(({ path }) => path));
  for (const { path, bytes, mode } of record.files) await files.add(path, [bytes], mode);
  return { paths: record.files.map(({ path }) => path), root: record.root };
};

const unsound = (file: string, cause: SealingError): HealthError => new HealthError(file, cause, { cause });

/** Opens the object with the key of its capsule. What the stream finds wrong is told with the name of the object. */
const openTo = async (call: Call, sealing: Sealing, opened: OpenedCapsule, out: string): Promise<Written> => {
  const { file } = call;
  const found = await stat(file);
  if (found.isDirectory()) throw new InputError({ path: file, found: 'a directory', wanted: 'an object' });
  const progress = byteProgress(call, 'opening', found.size);
  const { dek, objectId } = opened;
  const options = { aead: nativeAead, dek, objectId, newHash: nativeSha256 };
  try {
    const plaintext = sealing.openObject(progress.count(piecesOf(file)), options);
    return await writeNewFiles((files) =>
      writeOpened(call, sealing, { files, plaintext, out }).finally(() => plaintext.return()),
    );
  } catch (error) {
    throw error instanceof sealing.SealingError ? unsound(file, error) : error;
  } finally {
    progress.finish();
  }
};

/** `medstate health open`. */
export const openSealed = async (call: Call): Promise<ExitCode> => {
  const { crypto, words, io } = call;
  const out = demanded('open', words.out, '--out <file>');
  const capsule = demanded('open', words.capsule, '--capsule <file>');
  const keystore = demanded('open', words.key, '--key <keystore>');
  chainIdWord('open', words);
  await demandFree(out);
  const sealing = await loadSealing();
  const opened = await withPrivateKey({ crypto, file: keystore, words, io }, (privateKey) =>
    openNamedCapsule(call, sealing, { action: 'open', capsule, privateKey }),
  );
  const { paths, root } = await openTo(call, sealing, opened, out);
  opened.dek.fill(0);
  sayFacts(io, [
    ...capsuleFacts(opened),
    ...(root === undefined ? [] : [['root', `${root}; see that it stands on the chain`] as const]),
    ...paths.map((path) => ['written', path] as const),
  ]);
  return 0;
};
