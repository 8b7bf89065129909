/**
 * Genesis: checks a genesis document and tells what it founds.
 */
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import {
  isFirstNetworkGenesis,
  type ParamTexts,
  readFirstNetworkGenesis,
  readGenesis,
  type Seconds,
} from '../../core/index.ts';
import { paramNames } from '../../core/params.ts';
import { reportGenesis } from '../../fixtures/genesis-report.ts';
import { defineCommand, UsageError, wholeNumber } from '../command.ts';
import { genesisLines } from '../genesis-lines.ts';
import { faultsError, readJsonInput } from '../input.ts';

const paramsOf = (words: readonly string[]): ParamTexts => {
  const params: Record<string, string> = {};
  for (const word of words) {
    const [name = '', ...value] = word.split('=');
    if (value.length === 0 || !(paramNames as readonly string[]).includes(name)) {
      throw new UsageError(`--param: found '${word}', wanted NAME=VALUE with a name of ${paramNames.join(', ')}`);
    }
    params[name] = value.join('=');
  }
  return params as ParamTexts;
};

export const genesis = defineCommand({
  name: 'genesis',
  summary: 'check a genesis document and tell what it founds',
  usage: '<file> [--time <seconds>] [--param <name=value>]...',
  options: {
    time: {
      type: 'string',
      value: 'seconds',
      description: "genesis time of a first network's document, which has none (default 0)",
    },
    param: {
      type: 'string',
      value: 'name=value',
      multiple: true,
      description: "a parameter of a first network's document",
    },
  },
  operands: [1, 1],
  run: async ({ values, operands: [file = ''] }, io) => {
    const json = await readJsonInput(file, io);
    const isFirst = isFirstNetworkGenesis(json);
    if (!isFirst && (values.time !== undefined || values.param !== undefined)) {
      throw new UsageError('--time and --param are for a document of the first network; this one has its own');
    }
    const time = wholeNumber('time', values.time ?? '0', [0, Number.MAX_SAFE_INTEGER]) as Seconds;
    const document = isFirst ? readFirstNetworkGenesis(json, time, paramsOf(values.param ?? [])) : readGenesis(json);
    if (E.isLeft(document)) throw faultsError(file, document.left);
    const crypto = await bestCrypto();
    const report = reportGenesis(crypto, document.right);
    if (E.isLeft(report)) throw faultsError(file, report.left);
    io.stdout.write(`${genesisLines(report.right).join('\n')}\n`);
    return 0;
  },
});
