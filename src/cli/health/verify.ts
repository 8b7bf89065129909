/**
 * Verify: what a presentation proves under a root that is trusted, or why it proves nothing.
 */
import * as E from 'fp-ts/lib/Either.js';
import { systemClock } from '../../adapters/clock/system.ts';
import {
  type HolderBinding,
  type HolderDemand,
  MAX_DOCUMENT_BYTES,
  partialText,
  readPresentation,
  verifyPresentation,
} from '../../health/index.ts';
import { type ExitCode, UsageError, wholeNumber } from '../command.ts';
import { type Call, sayFacts, seen } from './call.ts';
import { firstBytes } from './record-file.ts';
import { demanded, holderWord, keyWord, rootWord } from './words.ts';

const demandOf = ({ words }: Call): HolderDemand | 'not asked' => {
  const { audience, nonce, key, 'max-age': maxAge } = words;
  if ((audience ?? nonce ?? key ?? maxAge) === undefined) return 'not asked';
  if (audience === undefined || nonce === undefined) {
    throw new UsageError('verify wants --audience and --nonce together, and --key and --max-age only with them');
  }
  const asked = {
    audience: holderWord('audience', audience),
    nonce: holderWord('nonce', nonce),
    key: key === undefined ? ('anyone' as const) : keyWord('key', key),
  };
  if (maxAge === undefined) return asked;
  const maxAgeSeconds = wholeNumber('max-age', maxAge, [0, Number.MAX_SAFE_INTEGER]);
  return { ...asked, now: systemClock().now(), maxAgeSeconds };
};

/** A time as people write it; one of which no calendar knows, in seconds. */
const timeText = (seconds: number): string => {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} seconds` : date.toISOString();
};

const holderText = (holder: HolderBinding | undefined, isAsked: boolean): string => {
  if (holder === undefined) return 'nobody has signed it; none was asked for';
  if (!isAsked) return `${holder.key} is named, and was not checked: give --audience and --nonce`;
  return `${holder.key}, ${timeText(holder.issuedSeconds)}`;
};

const answerNo = (
  { file, io }: Call,
  { code, message }: { readonly code: string; readonly message: string },
): ExitCode => {
  io.stdout.write(`${seen(`${file}: ${code}: ${message}`)}\n`);
  return 1;
};

/** `medstate health verify`. */
export const verify = async (call: Call): Promise<ExitCode> => {
  const { crypto, file, words, io } = call;
  const root = rootWord('root', demanded('verify', words.root, '--root <root>'));
  const holder = demandOf(call);
  const presentation = readPresentation(await firstBytes(file, MAX_DOCUMENT_BYTES + 1));
  if (E.isLeft(presentation)) return answerNo(call, presentation.left);
  const proven = verifyPresentation(crypto, presentation.right, { root, holder });
  if (E.isLeft(proven)) return answerNo(call, proven.left);
  sayFacts(io, [
    ['root', root],
    ['holder', holderText(presentation.right.holder, holder !== 'not asked')],
  ]);
  io.stdout.write(`\n${partialText(proven.right)}\n`);
  return 0;
};
