/**
 * Verdict: what the engine says of a transaction's bytes, held against what the protocol demands.
 */
import * as E from 'fp-ts/lib/Either.js';
import {
  type ChainParams,
  type Crypto,
  checkTransaction,
  type Rules,
  readParams,
  registryOf,
} from '../../core/index.ts';
import { invariant } from '../../core/refusal.ts';
import { type Demand, demandOf } from './demand.ts';
import type { Outcome } from './outcome.ts';

/** The engine that is checked: its rules on a chain of default parameters. */
export interface Engine {
  readonly crypto: Crypto;
  /** The rules of the chain with that id. */
  readonly rules: (chainId: number) => Rules;
}

const defaultParams = (chainId: number): ChainParams => {
  const params = readParams({ chainId: String(chainId) });
  invariant(E.isRight(params), 'a chain id of 1 to 2^32-1 and nothing but defaults are parameters');
  return params.right;
};

/** The engine on this crypto. */
export const engineOf = (crypto: Crypto): Engine => {
  const registry = registryOf();
  return { crypto, rules: (chainId) => ({ params: defaultParams(chainId), registry, crypto }) };
};

/** What the protocol demands, and how the engine departs from it, if it does. */
export interface Verdict {
  readonly demand: Demand;
  readonly fault: string | undefined;
}

/** One line that is the same for the same verdict. */
const lineOf = (
  verdict:
    | { readonly is: 'refused'; readonly code: string }
    | { readonly is: 'accepted'; readonly sender: string; readonly payer: string | undefined },
): string =>
  verdict.is === 'refused'
    ? `refused by ${verdict.code}`
    : `accepted from ${verdict.sender}, paid by ${verdict.payer ?? 'the sender'}`;

/** The verdict on these bytes, on the chain that they say they are for; where there can be none of that id, on chain 1. */
export const verdictOn = (engine: Engine, bytes: Uint8Array, statedChainId: number): Verdict => {
  const chainId = Math.max(1, statedChainId);
  const demand = demandOf(bytes, chainId);
  const checked = checkTransaction(engine.rules(chainId), bytes);
  const demanded = lineOf(demand);
  const answered = E.isLeft(checked)
    ? lineOf({ is: 'refused', code: checked.left.refusal.code })
    : lineOf({ is: 'accepted', sender: checked.right.sender, payer: checked.right.payer });
  return {
    demand,
    fault: answered === demanded ? undefined : `verdict: our rules demand "${demanded}", the engine says "${answered}"`,
  };
};

/** The outcome of a case that is as the protocol demands. */
export const outcomeOf = (demand: Demand, ...notes: readonly string[]): Outcome => {
  if (demand.is === 'refused')
    return { is: 'refused', code: demand.code, reason: [demand.reason, ...notes].join('; ') };
  const { sender, payer, fails } = demand;
  const failure = fails === undefined ? [] : [`admissible, but fails at execution by ${fails.code} (${fails.reason})`];
  const who = `accepted: sender ${sender}${payer === undefined ? '' : `, payer ${payer}`}`;
  return { is: 'agrees', note: [who, ...failure, ...notes].join('; ') };
};
