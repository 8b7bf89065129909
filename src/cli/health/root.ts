/**
 * Root: the root of a record, and the secret beside it out of which all its salts come.
 */
import { existsSync } from 'node:fs';
import { systemRandom } from '../../adapters/aead/index.ts';
import { sameBytes } from '../../core/bytes.ts';
import { toHex } from '../../core/index.ts';
import { documentSeed, MIN_DEPTH, type RecordTree } from '../../health/index.ts';
import { type ExitCode, UsageError } from '../command.ts';
import { OWNER_ONLY, writeNewFiles } from '../new-files.ts';
import { grouped } from '../progress.ts';
import { type Call, HealthError, sayFacts } from './call.ts';
import { growTree, readRecord } from './record-file.ts';
import { namedSeed, readSecret, readSeed, type Seed, seedPathOf, seedText } from './seed-file.ts';
import { hexWord, minDepthWord, modeWord } from './words.ts';

const SEED_BYTES = 32;
const NONCE_BYTES = 16;

const seedExists = (path: string): HealthError =>
  new HealthError(path, {
    code: 'seed_exists',
    message: 'there is a seed, and it is never overwritten: name it by --seed-file, or move it away',
  });

/** A seed for a record that has none yet. */
const newSeed = async ({ file, words }: Call): Promise<Seed> => {
  const { secret, nonce } = words;
  const path = seedPathOf(file);
  if (secret === undefined && nonce !== undefined)
    throw new UsageError('--nonce is for --secret: a drawn seed has none');
  // With secret and nonce the seed is the same again, so the one that is there may be the very one.
  if (nonce === undefined && existsSync(path)) throw seedExists(path);
  const form = { path, mode: modeWord(words) ?? 'A', minDepth: minDepthWord(words) ?? MIN_DEPTH };
  if (secret === undefined) return { ...form, bytes: systemRandom(SEED_BYTES) };
  const nonceBytes = nonce === undefined ? systemRandom(NONCE_BYTES) : hexWord('nonce', nonce, NONCE_BYTES);
  return { ...form, bytes: documentSeed(await readSecret(secret), nonceBytes), nonce: toHex(nonceBytes) };
};

/** Writes a seed, unless the file has it already. */
const keepSeed = async (seed: Seed): Promise<boolean> => {
  if (existsSync(seed.path)) {
    const kept = await readSeed(seed.path, seed);
    const isSame = sameBytes(kept.bytes, seed.bytes) && kept.mode === seed.mode && kept.minDepth === seed.minDepth;
    if (!isSame || (kept.root ?? seed.root) !== seed.root) throw seedExists(seed.path);
    return false;
  }
  await writeNewFiles((files) => files.add(seed.path, [new TextEncoder().encode(seedText(seed))], OWNER_ONLY));
  return true;
};

const answer = ({ io, words }: Call, { root, depth, leafCount }: RecordTree, seed: Seed, isWritten: boolean): void => {
  const { path, mode, minDepth, nonce } = seed;
  if (words.json === true) {
    const told = { root, depth, leaves: leafCount, mode, minDepth, nonce, seedFile: path, isSeedWritten: isWritten };
    io.stdout.write(`${JSON.stringify(told)}\n`);
    return;
  }
  const advice = isWritten ? ', written now: keep it as secret as the record; without it nothing can be shown' : '';
  sayFacts(io, [
    ['root', root],
    ['depth', `${depth} levels, mode ${mode}`],
    ['leaves', grouped(leafCount)],
    ...(nonce === undefined ? [] : [['nonce', nonce] as const]),
    ['seed', `${path}${advice}`],
  ]);
};

/** `medstate health root`. */
export const tellRoot = async (call: Call): Promise<ExitCode> => {
  const { file, words } = call;
  const isNamed = words['seed-file'] !== undefined;
  if (isNamed && (words.secret ?? words.nonce) !== undefined) {
    throw new UsageError('--seed-file is a seed, and --secret and --nonce make one: name one of them');
  }
  const seed = isNamed ? await namedSeed(call) : await newSeed(call);
  const tree = growTree(call, await readRecord(file), seed);
  const isWritten = !isNamed && (await keepSeed({ ...seed, root: tree.root }));
  answer(call, tree, seed, isWritten);
  return 0;
};
