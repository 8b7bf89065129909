/**
 * Genesis document: the options that name one, and what is read from it: a document of ours, or one of the first network.
 */
import * as E from 'fp-ts/lib/Either.js';
import {
  type Crypto,
  type Founding,
  foundChain,
  type GenesisDocument,
  isFirstNetworkGenesis,
  type ParamTexts,
  readFirstNetworkGenesis,
  readGenesis,
  type Seconds,
} from '../core/index.ts';
import { paramNames } from '../core/params.ts';
import { type Io, type Options, UsageError, wholeNumber } from './command.ts';
import { faultsError, readJsonInput } from './input.ts';

/** What a document of the first network lacks. */
export const firstNetworkOptions = {
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

export const genesisOptions = {
  genesis: { type: 'string', short: 'g', value: 'file', description: "the chain's genesis document" },
  ...firstNetworkOptions,
} as const satisfies Options;

/** What stood on the command line beside the file. */
export interface FirstNetworkWords {
  readonly time?: string;
  readonly param?: readonly string[];
}
export interface GenesisWords extends FirstNetworkWords {
  readonly genesis?: string;
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

/** The document in a file; throws what to say of one that is none. */
export const readDocument = async (file: string, words: FirstNetworkWords, io: Io): Promise<GenesisDocument> => {
  const { time = '0', param = [] } = words;
  const json = await readJsonInput(file, io);
  const isFirst = isFirstNetworkGenesis(json);
  if (!isFirst && (words.time !== undefined || param.length > 0)) {
    throw new UsageError('--time and --param are for a document of the first network; this one has its own');
  }
  const seconds = wholeNumber('time', time, [0, Number.MAX_SAFE_INTEGER]) as Seconds;
  const document = isFirst ? readFirstNetworkGenesis(json, seconds, paramsOf(param)) : readGenesis(json);
  if (E.isLeft(document)) throw faultsError(file, document.left);
  return document.right;
};

/** The founding by the document of `--genesis`, `undefined` if none is named. PERF: one recovery a transaction of it. */
export const namedFounding = async (crypto: Crypto, words: GenesisWords, io: Io): Promise<Founding | undefined> => {
  const { genesis: file } = words;
  if (file === undefined) return undefined;
  const founding = foundChain(crypto, await readDocument(file, words, io));
  if (E.isLeft(founding)) throw faultsError(file, founding.left);
  return founding.right;
};
