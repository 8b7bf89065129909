/**
 * Words: the options of `medstate health`, which of them each action takes, and those whose form can be told from the word alone.
 */

import { fromHex, type Hash } from '../../core/index.ts';
import { isAddress, isWellFormed } from '../../core/json.ts';
import type { Address } from '../../core/units.ts';
import {
  MAX_HOLDER_TEXT_BYTES,
  MAX_MIN_DEPTH,
  MIN_DEPTH,
  type RuleName,
  type TreeMode,
  withholdingRules,
} from '../../health/index.ts';
import { type Args, type Options, UsageError, wholeNumber } from '../command.ts';
import { passwordOptions } from '../password.ts';

export const healthOptions = {
  'seed-file': {
    type: 'string',
    value: 'file',
    description:
      "root, prove, seal: the seed of the record's salts (prove, seal: the record's name and .seed, unless said)",
  },
  secret: {
    type: 'string',
    value: 'file',
    description: "root: derive the seed from the owner's secret, 64 hex digits",
  },
  mode: {
    type: 'string',
    value: 'A|B',
    description: 'root, prove, seal: one tree, or one for each resource (default A)',
  },
  'min-depth': {
    type: 'string',
    value: 'levels',
    description: `root, prove, seal: the fewest levels, ${MIN_DEPTH} to ${MAX_MIN_DEPTH}, to hide how small a record is`,
  },
  json: { type: 'boolean', description: 'root: answer in JSON' },
  show: { type: 'string', multiple: true, value: 'pointer', description: 'prove: a JSON Pointer to what is shown' },
  fhirpath: { type: 'string', multiple: true, value: 'expression', description: 'prove: what is shown, by FHIRPath' },
  allow: {
    type: 'string',
    multiple: true,
    value: 'rule',
    description: 'prove: show what this rule would withhold; --preview tells their names',
  },
  preview: { type: 'boolean', description: 'prove: tell what would be shown and what not, and write nothing' },
  out: { type: 'string', short: 'o', value: 'file', description: 'prove, seal, open, share: the file to write' },
  'holder-key': { type: 'string', value: 'keystore', description: 'prove: sign for an audience and a nonce' },
  audience: { type: 'string', value: 'text', description: 'prove, verify: for whom it is' },
  nonce: {
    type: 'string',
    value: 'text',
    description: 'prove, verify: what the verifier drew; root: 32 hex digits for --secret, drawn unless given',
  },
  'max-age': { type: 'string', value: 'seconds', description: 'verify: how old the signature of the holder may be' },
  root: { type: 'string', value: 'root', description: 'verify: the root that is trusted, from the chain' },
  key: {
    type: 'string',
    value: 'keystore|key',
    description: 'open, share: your keystore; verify: the public key that must have signed, 66 hex digits',
  },
  to: { type: 'string', multiple: true, value: 'key', description: 'seal, share: the public key of a recipient' },
  sender: { type: 'string', value: 'keystore', description: 'seal: who signs the capsules' },
  capsule: { type: 'string', value: 'file', description: 'open, share: the capsule that you were given' },
  'chain-id': { type: 'string', value: 'number', description: 'seal, open, share: the chain that capsules are for' },
  plain: {
    type: 'boolean',
    description: 'seal: any file as it is, of any size, without a seed; open: what was sealed, not taken apart',
  },
  scope: { type: 'string', value: 'full|leaves', description: 'seal --plain: leaves says that it is a presentation' },
  note: { type: 'string', value: 'text', description: 'seal, share: words that the recipient alone reads' },
  expires: {
    type: 'string',
    value: 'seconds',
    description: 'seal, share: until when, in Unix seconds, it may be opened',
  },
  ...passwordOptions,
} as const satisfies Options;

/** What stood on the command line. */
export type HealthWords = Args<typeof healthOptions>['values'];

const WITH_PASSWORD = ['password-file', 'password-env'] as const;

/** The options that each action has a use for. */
export const usesOf = {
  root: ['seed-file', 'secret', 'nonce', 'mode', 'min-depth', 'json'],
  prove: [
    ...['seed-file', 'mode', 'min-depth', 'show', 'fhirpath', 'allow', 'preview', 'out'],
    ...['holder-key', 'audience', 'nonce', ...WITH_PASSWORD],
  ],
  verify: ['root', 'audience', 'nonce', 'key', 'max-age'],
  seal: [
    ...['seed-file', 'mode', 'min-depth', 'to', 'sender', 'out', 'plain', 'scope'],
    ...['chain-id', 'note', 'expires', ...WITH_PASSWORD],
  ],
  open: ['capsule', 'key', 'out', 'plain', 'chain-id', ...WITH_PASSWORD],
  share: ['capsule', 'key', 'to', 'out', 'chain-id', 'note', 'expires', ...WITH_PASSWORD],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type HealthAction = keyof typeof usesOf;

/** The value of an option without which an action cannot do. */
export const demanded = <T>(action: HealthAction, value: T | undefined, wanted: string): T => {
  if (value === undefined) throw new UsageError(`${action} wants ${wanted}`);
  return value;
};

/** The bytes of `--name`, so many of them in lower-case hex. */
export const hexWord = (name: string, text: string, byteLength: number): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes?.length === byteLength) return bytes;
  throw new UsageError(`--${name}: found '${text}', wanted ${2 * byteLength} lower-case hex digits`);
};

/** The root of `--name`. */
export const rootWord = (name: string, text: string): Hash => {
  hexWord(name, text, 32);
  return text as Hash; // 32 bytes of lower-case hex
};

/** The public key of `--name`. That it is a point of the curve is asked where it is used. */
export const keyWord = (name: string, text: string): Address => {
  if (isAddress(text)) return text;
  throw new UsageError(`--${name}: found '${text}', wanted a public key: 66 lower-case hex digits, 02 or 03 first`);
};

/** The text of `--name`, as an audience or a nonce may be. */
export const holderWord = (name: string, text: string): string => {
  const { length } = new TextEncoder().encode(text);
  if (length > 0 && length <= MAX_HOLDER_TEXT_BYTES && isWellFormed(text)) return text;
  throw new UsageError(`--${name}: found ${length} bytes, wanted a text of 1 to ${MAX_HOLDER_TEXT_BYTES}`);
};

/** The mode of `--mode`, if it is given. */
export const modeWord = ({ mode }: HealthWords): TreeMode | undefined => {
  if (mode === undefined || mode === 'A' || mode === 'B') return mode;
  throw new UsageError(`--mode: found '${mode}', wanted A or B`);
};

/** The levels of `--min-depth`, if it is given. */
export const minDepthWord = (words: HealthWords): number | undefined => {
  const text = words['min-depth'];
  return text === undefined ? undefined : wholeNumber('min-depth', text, [MIN_DEPTH, MAX_MIN_DEPTH]);
};

/** The chain of `--chain-id`. */
export const chainIdWord = (action: HealthAction, words: HealthWords): number =>
  wholeNumber('chain-id', demanded(action, words['chain-id'], '--chain-id <number>'), [0, 2 ** 32 - 1]);

/** The rules of `--allow`. */
export const allowWords = ({ allow = [] }: HealthWords): readonly RuleName[] =>
  allow.map((word) => {
    const rule = withholdingRules.find(({ name }) => name === word);
    if (rule !== undefined) return rule.name;
    throw new UsageError(
      `--allow: found '${word}', wanted one of ${withholdingRules.map(({ name }) => name).join(', ')}`,
    );
  });
