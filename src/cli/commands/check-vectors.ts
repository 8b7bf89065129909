/**
 * Check vectors: holds the engine against a file of vectors made with the first network's client library.
 *
 * The file states what the client and the first network make of transactions, keys and signatures; each case is made again
 * from its fields and keys and judged by rules, never looked up. Where our rules are stricter, that is said with the code.
 */
import { readFile, stat } from 'node:fs/promises';
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { defineCommand, type ExitCode, InputError } from '../command.ts';
import { showProgress } from '../progress.ts';
import { readVectors, type Vectors } from '../vectors/form.ts';
import type { Judged } from '../vectors/outcome.ts';
import { type Counts, countsOf, plus, sectionLines, sumLine } from '../vectors/report.ts';
import { type Section, sectionsOf } from '../vectors/sections.ts';
import { engineOf } from '../vectors/verdict.ts';

const MAX_FILE_BYTES = 64 * 1024 * 1024;
const NOTHING: Counts = { agree: 0, disagree: 0, unjudged: 0 };

const parsed = (file: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError({ path: file, found: `no JSON (${why})`, wanted: 'a file of vectors' });
  }
};

const load = async (file: string): Promise<Vectors> => {
  const { size } = await stat(file);
  if (size > MAX_FILE_BYTES)
    throw new InputError({ path: file, found: `${size} bytes`, wanted: `at most ${MAX_FILE_BYTES}` });
  const read = readVectors(parsed(file, await readFile(file, 'utf8')));
  if (E.isRight(read)) return read.right;
  // One wrong section can hold hundreds of faults; the first shows where to begin.
  const [first = { path: '(document)', found: 'nothing', wanted: 'a file of vectors' }, ...others] = read.left;
  const more = others.length === 0 ? '' : ` (and ${others.length} faults more)`;
  throw new InputError({ ...first, path: `${file}: ${first.path}`, wanted: `${first.wanted}${more}` });
};

const judgeAll = (section: Section, onCase: () => void): readonly Judged[] => {
  const cases: Judged[] = [];
  for (const each of section.cases) {
    cases.push(each);
    onCase();
  }
  return cases;
};

export const checkVectors = defineCommand({
  name: 'check-vectors',
  summary: "check the engine against vectors of the first network's client",
  usage: '<file> [--summary]',
  options: {
    summary: { type: 'boolean', description: 'tell of single cases only where they disagree' },
  },
  operands: [1, 1],
  run: async ({ values, operands: [file = ''], quiet }, io): Promise<ExitCode> => {
    const vectors = await load(file);
    const crypto = await bestCrypto();
    const sections = sectionsOf(engineOf(crypto), vectors);
    const total = sections.reduce((sum, { size, belongsTo }) => sum + (belongsTo === undefined ? size : 0), 0);
    const progress = showProgress(io, { label: 'checking', unit: 'cases', total, quiet });
    let done = 0;
    let sum = NOTHING;
    const lines: string[] = [];
    try {
      for (const section of sections) {
        const cases = judgeAll(section, () => progress.advance((done += 1)));
        sum = plus(sum, countsOf(section, cases));
        lines.push(...sectionLines(section, cases, values.summary === true));
      }
    } finally {
      progress.finish();
    }
    io.stdout.write(`crypto: ${crypto.name}\n${lines.join('\n')}\n${sumLine(sum)}\n`);
    return sum.disagree === 0 ? 0 : 1;
  },
});
