/**
 * Snapshot genesis: the chain that `--genesis` names, from a document of ours or of the first network.
 */
import * as E from 'fp-ts/lib/Either.js';
import {
  type Chain,
  type Crypto,
  foundChain,
  isFirstNetworkGenesis,
  type ParamTexts,
  readFirstNetworkGenesis,
  readGenesis,
  type Seconds,
} from '../core/index.ts';
import { paramNames } from '../core/params.ts';
import { type Io, type Options, UsageError, wholeNumber } from './command.ts';
import { faultsError, readJsonInput } from './input.ts';

export const genesisOptions = {
  genesis: { type: 'string', short: 'g', value: 'file', description: "the chain's genesis document" },
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
} as const satisfies Options;

/** What stood on the command line. */
export interface GenesisWords {
  readonly genesis?: string;
  readonly time?: string;
  readonly param?: readonly string[];
}

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

/** The chain of the document, `undefined` if none is named. PERF: founds it, one recovery a transaction. */
export const namedChain = async (crypto: Crypto, words: GenesisWords, io: Io): Promise<Chain | undefined> => {
  const { genesis: file, time = '0', param = [] } = words;
  if (file === undefined) return undefined;
  const json = await readJsonInput(file, io);
  const isFirst = isFirstNetworkGenesis(json);
  if (!isFirst && (words.time !== undefined || param.length > 0)) {
    throw new UsageError('--time and --param are for a document of the first network; this one has its own');
  }
  const seconds = wholeNumber('time', time, [0, Number.MAX_SAFE_INTEGER]) as Seconds;
  const document = isFirst ? readFirstNetworkGenesis(json, seconds, paramsOf(param)) : readGenesis(json);
  if (E.isLeft(document)) throw faultsError(file, document.left);
  const founding = foundChain(crypto, document.right);
  if (E.isLeft(founding)) throw faultsError(file, founding.left);
  return founding.right.chain;
};
