/**
 * Check vectors: holds the engine against a file of vectors made with the first network's client library.
 *
 * The file states what the client and the first network make of transactions, keys and signatures; each case is made again
 * from its fields and keys and judged by rules, never looked up. Where our rules are stricter, that is said with the code.
 */
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { defineCommand, type ExitCode, InputError, type Io } from '../command.ts';
import { readJsonInput } from '../input.ts';
import { showProgress } from '../progress.ts';
import { readVectors, type Vectors } from '../vectors/form.ts';
import type { Judged } from '../vectors/outcome.ts';
import { type Counts, countsOf, plus, sectionLines, sumLine } from '../vectors/report.ts';
import { type Section, sectionsOf } from '../vectors/sections.ts';
import { engineOf } from '../vectors/verdict.ts';

const load = async (file: string, io: Io): Promise<Vectors> => {
  const read = readVectors(await readJsonInput(file, io));
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
    const vectors = await load(file, io);
    const crypto = await bestCrypto();
    const sections = sectionsOf(engineOf(crypto), vectors);
    const total = sections.reduce((sum, { size, belongsTo }) => sum + (belongsTo === undefined ? size : 0), 0);
    const progress = showProgress(io, { label: 'checking', unit: 'cases', total, quiet });
    const lines: string[] = [`crypto: ${crypto.name}`];
    let sum: Counts = { agree: 0, disagree: 0, unjudged: 0 };
    let done = 0;
    const onCase = (): void => {
      done += 1;
      progress.advance(done);
    };
    try {
      for (const section of sections) {
        const cases = judgeAll(section, onCase);
        sum = plus(sum, countsOf(section, cases));
        lines.push(...sectionLines(section, cases, values.summary === true));
      }
    } finally {
      progress.finish();
    }
    io.stdout.write(`${[...lines, sumLine(sum)].join('\n')}\n`);
    return sum.disagree === 0 ? 0 : 1;
  },
});
