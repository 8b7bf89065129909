/**
 * Call: what an action of `medstate health` gets, how it answers, and how it says what was refused and where.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Crypto } from '../../core/index.ts';
import type { Io } from '../command.ts';
import { showProgress } from '../progress.ts';
import type { HealthWords } from './words.ts';

/** One call of an action. */
export interface Call {
  readonly crypto: Crypto;
  /** The operand. */
  readonly file: string;
  readonly words: HealthWords;
  readonly quiet: boolean;
  readonly io: Io;
}

/** What was refused, by the file or option that is at fault, with the code of the refusal. The program prints it as one line. */
export class HealthError extends Error {
  readonly code: string;
  constructor(
    where: string,
    { code, message }: { readonly code: string; readonly message: string },
    options?: ErrorOptions,
  ) {
    super(`${where}: ${code}: ${message}`, options);
    this.name = 'HealthError';
    this.code = code;
  }
}

/** The answer; throws a refusal as an error that says where. */
export const demandRight = <A>(
  where: string,
  answer: E.Either<{ readonly code: string; readonly message: string }, A>,
): A => {
  if (E.isLeft(answer)) throw new HealthError(where, answer.left);
  return answer.right;
};

/** Writes the facts of an answer, a line each, with their values below one another. */
export const sayFacts = (io: Io, facts: readonly (readonly [string, string])[]): void => {
  const width = facts.reduce((widest, [name]) => Math.max(widest, name.length), 0);
  for (const [name, value] of facts) io.stdout.write(`${name.padEnd(width)}  ${value}\n`);
};

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A stranger's words in a line: what hides, or moves what is around it, is escaped. */
export const seen = (text: string): string =>
  text.replace(UNSEEN, (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`);

/** Less is done before anybody could read how far it is. */
export const LARGE_BYTES = 2 ** 20;

/** Progress over the bytes of a large file; of a small one none is shown. */
export const byteProgress = ({ io, quiet }: Call, label: string, total: number) => {
  const progress = showProgress(io, { label, unit: 'bytes', total, quiet: quiet || total < LARGE_BYTES });
  let done = 0;
  return {
    /** The same pieces, counted as they are taken. */
    count: async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
      for await (const piece of pieces) {
        done += piece.length;
        progress.advance(done);
        yield piece;
      }
    },
    finish: (): void => progress.finish(),
  };
};
