/**
 * Params: the numbers that a chain is founded on. They are part of its genesis and hashed into its id.
 *
 * Every number is a decimal string in JSON; a set of parameters that would make the chain unsafe is refused with the
 * reason. Source: protocol section 2.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Fault } from './json.ts';
import { MAX_SAFE } from './units.ts';

/** A fraction of two whole numbers, written `"5/100"`. The denominator is not 0. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export interface ChainParams {
  readonly chainId: number;
  readonly slotSeconds: number;
  readonly producersPerRound: number;
  readonly windowSeconds: number;
  readonly unstakeSeconds: number;
  readonly inflationPerYear: Fraction;
  readonly yearSlots: number;
  readonly unitsPerSecond: number;
  readonly unitBytes: number;
  readonly maxTransactionBytes: number;
  readonly maxPayloadBytes: number;
  readonly maxBlockUnits: number;
  readonly stakeBasis: 'supply' | 'staked';
  readonly stakeFloor: Fraction;
  readonly maxVotes: number;
  readonly candidateCollateral: bigint;
  readonly aliasCollateral: bigint;
  readonly maxWithdrawals: number;
  readonly candidateNeedsAlias: boolean;
  readonly finalityWindow: number;
  readonly stallSlots: number;
}

/** Everything but `chainId`, which must be given, and `finalityWindow`, which follows `producersPerRound`. */
const defaults = {
  slotSeconds: '3',
  producersPerRound: '21',
  windowSeconds: '604800',
  unstakeSeconds: '604800',
  inflationPerYear: '5/100',
  yearSlots: '10512000',
  unitsPerSecond: '1000',
  unitBytes: '1024',
  maxTransactionBytes: '8192',
  maxPayloadBytes: '4096',
  maxBlockUnits: '0',
  stakeBasis: 'supply',
  stakeFloor: '1/100',
  maxVotes: '15',
  candidateCollateral: '1000000000000000000',
  aliasCollateral: '1000000000000000000',
  maxWithdrawals: '64',
  candidateNeedsAlias: 'false',
  stallSlots: '201600',
} as const;

export const paramNames = ['chainId', ...Object.keys(defaults), 'finalityWindow'] as readonly ParamName[];
export type ParamName = keyof ChainParams;
/** Parameters as JSON has them; what is absent takes its default. */
export type ParamTexts = Readonly<Partial<Record<ParamName, string>>>;

const atLeastOne: readonly ParamName[] = [
  'chainId',
  'slotSeconds',
  'producersPerRound',
  'windowSeconds',
  'unstakeSeconds',
  'yearSlots',
  'unitsPerSecond',
  'unitBytes',
  'maxVotes',
  'maxWithdrawals',
];

/** The finality window of the protocol: three rounds of the longest round. Smaller ones are refused. */
const defaultFinalityWindow = (producersPerRound: number): number => 9 * producersPerRound;

const isDecimal = (text: string): boolean => /^(0|[1-9][0-9]*)$/.test(text);

const MAX_DECIMAL_DIGITS = 64;

class ParamReader {
  readonly faults: Fault[] = [];
  private readonly texts: ParamTexts;
  private readonly path: string;

  constructor(texts: ParamTexts, path: string) {
    this.texts = texts;
    this.path = path;
  }

  refuse(name: ParamName, found: string, wanted: string): void {
    this.faults.push({ path: `${this.path}.${name}`, found, wanted });
  }

  text(name: ParamName): string {
    return this.texts[name] ?? (defaults as ParamTexts)[name] ?? '';
  }

  big(name: ParamName): bigint {
    const text = this.text(name);
    if (isDecimal(text) && text.length <= MAX_DECIMAL_DIGITS) return BigInt(text);
    this.refuse(name, JSON.stringify(text), 'a whole number as a decimal string');
    return 1n;
  }

  number(name: ParamName): number {
    const value = this.big(name);
    const least = atLeastOne.includes(name) ? 1n : 0n;
    if (value >= least && value <= BigInt(MAX_SAFE)) return Number(value);
    this.refuse(name, value.toString(), `a whole number from ${least} to 2^53-1`);
    return 1;
  }

  fraction(name: ParamName): Fraction {
    const [numerator = '', denominator = '', ...rest] = this.text(name).split('/');
    const fits = (part: string) =>
      isDecimal(part) && part.length <= MAX_DECIMAL_DIGITS && BigInt(part) <= BigInt(MAX_SAFE);
    if (rest.length === 0 && fits(numerator) && fits(denominator) && denominator !== '0') {
      return { numerator: BigInt(numerator), denominator: BigInt(denominator) };
    }
    this.refuse(
      name,
      JSON.stringify(this.text(name)),
      'a fraction of whole numbers up to 2^53-1, like "5/100", the second not 0',
    );
    return { numerator: 0n, denominator: 1n };
  }

  oneOf<T extends string>(name: ParamName, choices: readonly T[], otherwise: T): T {
    const found = choices.find((choice) => choice === this.text(name));
    if (found !== undefined) return found;
    this.refuse(name, JSON.stringify(this.text(name)), choices.map((choice) => JSON.stringify(choice)).join(' or '));
    return otherwise;
  }
}

/** What one parameter asks of another, in the order of the protocol's text. */
const checkTogether = (read: ParamReader, params: ChainParams): void => {
  const payloadLeast = Math.max(46, 34 * params.maxVotes);
  const refuse = (name: ParamName, wanted: string) => read.refuse(name, String(params[name]), wanted);
  if (params.chainId > 0xffff_ffff) refuse('chainId', 'a uint32');
  if (params.windowSeconds % params.slotSeconds !== 0) refuse('windowSeconds', 'a multiple of slotSeconds');
  if (params.unstakeSeconds % params.slotSeconds !== 0) refuse('unstakeSeconds', 'a multiple of slotSeconds');
  if (params.unstakeSeconds < params.windowSeconds) {
    refuse('unstakeSeconds', 'no less than windowSeconds, else the same coins buy two quotas');
  }
  if (params.maxPayloadBytes < payloadLeast) refuse('maxPayloadBytes', `at least ${payloadLeast} for this maxVotes`);
  if (params.maxTransactionBytes < 300 + payloadLeast) {
    refuse('maxTransactionBytes', `at least ${300 + payloadLeast} for this maxVotes`);
  }
  const window = defaultFinalityWindow(params.producersPerRound);
  if (params.finalityWindow < window) refuse('finalityWindow', `at least 9 x producersPerRound = ${window}`);
};

/** The parameters told by `texts`, defaults filled in; or every fault in them, with its path under `path`. */
export const readParams = (texts: ParamTexts, path = 'params'): E.Either<readonly Fault[], ChainParams> => {
  const read = new ParamReader(texts, path);
  const producersPerRound = read.number('producersPerRound');
  const params: ChainParams = {
    chainId: read.number('chainId'),
    slotSeconds: read.number('slotSeconds'),
    producersPerRound,
    windowSeconds: read.number('windowSeconds'),
    unstakeSeconds: read.number('unstakeSeconds'),
    inflationPerYear: read.fraction('inflationPerYear'),
    yearSlots: read.number('yearSlots'),
    unitsPerSecond: read.number('unitsPerSecond'),
    unitBytes: read.number('unitBytes'),
    maxTransactionBytes: read.number('maxTransactionBytes'),
    maxPayloadBytes: read.number('maxPayloadBytes'),
    maxBlockUnits: read.number('maxBlockUnits'),
    stakeBasis: read.oneOf('stakeBasis', ['supply', 'staked'], 'supply'),
    stakeFloor: read.fraction('stakeFloor'),
    maxVotes: read.number('maxVotes'),
    candidateCollateral: read.big('candidateCollateral'),
    aliasCollateral: read.big('aliasCollateral'),
    maxWithdrawals: read.number('maxWithdrawals'),
    candidateNeedsAlias: read.oneOf('candidateNeedsAlias', ['true', 'false'], 'false') === 'true',
    finalityWindow:
      texts.finalityWindow === undefined ? defaultFinalityWindow(producersPerRound) : read.number('finalityWindow'),
    stallSlots: read.number('stallSlots'),
  };
  if (read.faults.length === 0) checkTogether(read, params);
  return read.faults.length === 0 ? E.right(params) : E.left(read.faults);
};

const textOf = (value: ChainParams[ParamName]): string =>
  typeof value === 'object' ? `${value.numerator}/${value.denominator}` : String(value);

/** Every parameter as a string, as the genesis id hashes them. */
export const paramTexts = (params: ChainParams): Readonly<Record<ParamName, string>> =>
  Object.fromEntries(paramNames.map((name) => [name, textOf(params[name])])) as Record<ParamName, string>;
