/**
 * Seed file: the secret beside a record out of which all its salts come, with what else its tree depends on.
 *
 * It names the root, so that a record that was changed since is found out: a seed serves one version of one record. A file of 64 hex
 * digits alone is a seed, too, as other programs keep it.
 */
import * as E from 'fp-ts/lib/Either.js';
import { fromHex, type Hash, toHex } from '../../core/index.ts';
import { MAX_MIN_DEPTH, MIN_DEPTH, type TreeMode } from '../../health/index.ts';
import { UsageError } from '../command.ts';
import { type Call, HealthError } from './call.ts';
import { firstBytes } from './record-file.ts';
import { minDepthWord, modeWord } from './words.ts';

const PROFILE = 'medstate/seed/1';
const SEED_BYTES = 32;
const NONCE_BYTES = 16;
const MAX_BYTES = 4096;

/** A seed, and how the tree over its record is built. */
export interface Seed {
  /** Where it lies. */
  readonly path: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
  readonly mode: TreeMode;
  readonly minDepth: number;
  /** Hex; of a seed that was derived from the owner's secret. No secret itself. */
  readonly nonce?: string;
  /** Of the record that it goes with, if the file says so. */
  readonly root?: Hash;
}

/** What is in the file of a seed. */
export const seedText = ({ bytes, mode, minDepth, nonce, root }: Seed): string =>
  `${JSON.stringify({ profile: PROFILE, seed: toHex(bytes), mode, minDepth, nonce, root }, undefined, 2)}\n`;

/** What is wrong with a file is told without a word of what is in it. */
const malformed = (path: string, message: string): HealthError =>
  new HealthError(path, {
    code: 'seed_malformed',
    message: `${message}; take the file that medstate health root wrote`,
  });

const hexOf = (value: unknown, byteLength: number): Uint8Array | undefined => {
  const bytes = typeof value === 'string' ? fromHex(value) : undefined;
  return bytes?.length === byteLength ? bytes : undefined;
};

const objectIn = (path: string, text: string): Readonly<Record<string, unknown>> => {
  // Why it is no JSON is not asked: the answer would quote the file.
  const parsed = E.tryCatch(
    () => JSON.parse(text) as unknown,
    () => undefined,
  );
  if (E.isLeft(parsed)) throw malformed(path, 'this is neither 64 hex digits nor JSON');
  const value = parsed.right;
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  throw malformed(path, 'this is no JSON object');
};

/** The 32 bytes in a file of 64 hex digits, or `undefined` if something else is in it. */
const bareHex = (text: string): Uint8Array | undefined => hexOf(text.trim(), SEED_BYTES);

const textIn = async (path: string): Promise<string> => {
  const bytes = await firstBytes(path, MAX_BYTES + 1);
  if (bytes.length > MAX_BYTES) throw malformed(path, `a seed has at most ${MAX_BYTES} bytes`);
  return new TextDecoder().decode(bytes);
};

/** The owner's secret in a file. */
export const readSecret = async (path: string): Promise<Uint8Array> => {
  const secret = bareHex(await textIn(path));
  if (secret !== undefined) return secret;
  throw new HealthError(path, {
    code: 'secret_malformed',
    message: `a secret is ${2 * SEED_BYTES} lower-case hex digits`,
  });
};

/** The seed in a file; of 64 hex digits alone with the mode and least depth that are said, or the defaults. */
export const readSeed = async (
  path: string,
  said: { readonly mode?: TreeMode | undefined; readonly minDepth?: number | undefined } = {},
): Promise<Seed> => {
  const text = await textIn(path);
  const bare = bareHex(text);
  if (bare !== undefined) return { path, bytes: bare, mode: said.mode ?? 'A', minDepth: said.minDepth ?? MIN_DEPTH };
  const { profile, seed, mode, minDepth, nonce, root, ...others } = objectIn(path, text);
  const bytes = hexOf(seed, SEED_BYTES);
  if (profile !== PROFILE) throw malformed(path, `profile is not ${PROFILE}`);
  if (bytes === undefined) throw malformed(path, `seed is not ${2 * SEED_BYTES} hex digits`);
  if (mode !== 'A' && mode !== 'B') throw malformed(path, 'mode is not A or B');
  const isDepth =
    typeof minDepth === 'number' && Number.isInteger(minDepth) && minDepth >= MIN_DEPTH && minDepth <= MAX_MIN_DEPTH;
  if (!isDepth) throw malformed(path, `minDepth is not a whole number from ${MIN_DEPTH} to ${MAX_MIN_DEPTH}`);
  if (nonce !== undefined && hexOf(nonce, NONCE_BYTES) === undefined)
    throw malformed(path, 'nonce is not 32 hex digits');
  if (root !== undefined && hexOf(root, SEED_BYTES) === undefined) throw malformed(path, 'root is not 64 hex digits');
  if (Object.keys(others).length > 0) throw malformed(path, 'there are members that no seed has');
  return {
    ...{ path, bytes, mode, minDepth },
    ...(nonce === undefined ? {} : { nonce: nonce as string }), // hex, as was asked
    ...(root === undefined ? {} : { root: root as Hash }), // 64 digits of hex
  };
};

const demandSame = (name: string, said: string | number | undefined, path: string, found: string | number): void => {
  if (said === undefined || said === found) return;
  throw new UsageError(`--${name}: found '${said}', but ${path} says ${found}: leave the option away`);
};

/** Where the seed of a record lies, unless another place is named. */
export const seedPathOf = (file: string): string => `${file}.seed`;

/** The seed of `--seed-file`, or the one beside the record. */
export const namedSeed = async ({ file, words }: Call): Promise<Seed> => {
  const said = { mode: modeWord(words), minDepth: minDepthWord(words) };
  const path = words['seed-file'] ?? seedPathOf(file);
  const seed = await readSeed(path, said);
  demandSame('mode', said.mode, path, seed.mode);
  demandSame('min-depth', said.minDepth, path, seed.minDepth);
  return seed;
};
