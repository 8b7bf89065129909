/**
 * Check genesis: the founding of the chain that `--genesis` names, with the state that it begins with.
 */
import * as E from 'fp-ts/lib/Either.js';
import {
  type Crypto,
  type Founding,
  foundChain,
  isFirstNetworkGenesis,
  type ParamTexts,
  readFirstNetworkGenesis,
  readGenesis,
  type Seconds,
} from '../core/index.ts';
import { paramNames } from '../core/params.ts';
import { type Io, UsageError, wholeNumber } from './command.ts';
import { faultsError, readJsonInput } from './input.ts';
import type { GenesisWords } from './snapshot-genesis.ts';

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

/** The founding by the document, `undefined` if none is named. PERF: one recovery a transaction of it. */
export const namedFounding = async (crypto: Crypto, words: GenesisWords, io: Io): Promise<Founding | undefined> => {
  const { genesis: file, time = '0', param = [] } = words;
  if (file === undefined) {
    if (words.time === undefined && words.param === undefined) return undefined;
    throw new UsageError('--time and --param are for the document of --genesis');
  }
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
  return founding.right;
};
