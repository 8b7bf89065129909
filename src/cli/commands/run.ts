/**
 * Run: a scenario in, its trace out. The same scenario gives the same bytes, on any machine.
 */
import { writeFile } from 'node:fs/promises';
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { readScenario, type Scenario } from '../../fixtures/scenario/format.ts';
import { runScenario } from '../../fixtures/scenario/run.ts';
import { traceText } from '../../fixtures/scenario/tell.ts';
import { defineCommand } from '../command.ts';
import { faultsError, readJsonInput } from '../input.ts';
import { showProgress } from '../progress.ts';

const blocksIn = ({ blocks }: Scenario): number =>
  blocks.reduce((sum, block) => sum + ('fill' in block ? block.fill : 1), 0);

export const run = defineCommand({
  name: 'run',
  summary: 'run a scenario and print its trace',
  usage: '<file|-> [--every] [--out <file>]',
  options: {
    every: { type: 'boolean', description: 'tell all accounts in every told block' },
    out: { type: 'string', short: 'o', value: 'file', description: 'write the trace there instead of printing it' },
  },
  operands: [1, 1],
  run: async ({ values, operands: [file = ''], quiet }, io) => {
    const name = file === '-' ? '(stdin)' : file;
    const scenario = readScenario(await readJsonInput(file, io));
    if (E.isLeft(scenario)) throw faultsError(name, scenario.left);
    const crypto = await bestCrypto();
    const total = blocksIn(scenario.right);
    // A trace is made to be piped: what is no terminal is spared the progress.
    const progress = showProgress(io, { label: 'running', unit: 'blocks', total, quiet: quiet || !io.isTerminal });
    let made = 0;
    const onBlock = (): void => {
      made += 1;
      progress.advance(made);
    };
    let trace: ReturnType<typeof runScenario>;
    try {
      trace = runScenario(crypto, scenario.right, { every: values.every ?? false, onBlock });
    } finally {
      progress.finish();
    }
    if (E.isLeft(trace)) throw faultsError(name, trace.left);
    const text = traceText(trace.right);
    if (values.out === undefined) io.stdout.write(text);
    else await writeFile(values.out, text);
    return 0;
  },
});
