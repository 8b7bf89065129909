/**
 * Kind: what a transaction kind is. One file a kind: payload, keys touched, checks in their order, effect.
 *
 * A kind is a value; a chain's registry lists its kinds, and an embedder may add own ones. The codes of the checks are
 * the keys of `refuses`, so their order is their precedence. Source: protocol section 4.
 */
import type * as E from 'fp-ts/lib/Either.js';
import type { Ledger } from '../ledger.ts';
import type { ChainParams } from '../params.ts';
import type { AnyKey } from '../state/keys.ts';
import type { Account } from '../state/records.ts';
import type { Address, Hash, Height, Seconds } from '../units.ts';

/** The canonical bytes of a kind's payload. */
export interface PayloadCodec<P> {
  readonly encode: (payload: P) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => E.Either<'malformed', P>;
}

/** What is known of a transaction before it runs, to tell which entries it will touch. */
export interface Announcement<P> {
  readonly id: Hash;
  readonly sender: Address;
  /** The sender's record before the block. */
  readonly account: Account;
  readonly to: Address;
  readonly payload: P;
}

/** What a kind's checks and effect see. */
export interface Execution<P> {
  readonly ledger: Ledger;
  readonly params: ChainParams;
  readonly sender: Address;
  /** The sender's record before the transaction. */
  readonly account: Account;
  readonly to: Address;
  readonly value: bigint;
  readonly payload: P;
  /** The transaction's id. */
  readonly id: Hash;
  readonly height: Height;
  /** The transaction's place in the block, from 0. */
  readonly index: number;
  readonly blockTime: Seconds;
}

export interface KindSpec<P> {
  readonly name: string;
  readonly payload: PayloadCodec<P>;
  /** Which of `to` and `value` the kind uses; the others must be zero. */
  readonly uses?: { readonly to?: boolean; readonly value?: boolean };
  /** May stand in the genesis block only, unsigned. */
  readonly onlyInGenesis?: boolean;
  /** The entries that checks and effect read, beyond the accounts of sender, payer and receiver. */
  readonly touches?: (announcement: Announcement<P>) => readonly AnyKey[];
  /** The checks at execution, in their order: code to "is this the case?". */
  readonly refuses: Readonly<Record<string, (execution: Execution<P>) => boolean>>;
  /** What to say of a code that the engine's own table does not have. */
  readonly messages?: Readonly<Record<string, string>>;
  /** All checks passed: this cannot fail. */
  readonly effect: (execution: Execution<P>) => void;
  /** May pay by the stake that this very transaction adds. */
  readonly paysByNewStake?: boolean;
  /** Whether this is the way out, which needs no bandwidth. */
  readonly isWayOut?: (execution: Execution<P>) => boolean;
}

/** A kind as the registry holds it; only the kind itself knows what its payload is. Methods, so that they may. */
export interface Kind {
  readonly name: string;
  readonly usesTo: boolean;
  readonly usesValue: boolean;
  readonly onlyInGenesis: boolean;
  readonly paysByNewStake: boolean;
  /** Whether some transaction of this kind is a way out. */
  readonly mayBeWayOut: boolean;
  /** The codes of its checks, in precedence. */
  readonly codes: readonly string[];
  readonly messages: Readonly<Record<string, string>>;
  decodePayload(bytes: Uint8Array): E.Either<'malformed', unknown>;
  touches(announcement: Announcement<unknown>): readonly AnyKey[];
  /** The first check that fails, if any. */
  faultOf(execution: Execution<unknown>): string | undefined;
  effect(execution: Execution<unknown>): void;
  isWayOut(execution: Execution<unknown>): boolean;
}

const touchesNothing = (): readonly AnyKey[] => [];
const never = (): boolean => false;

/** A kind from its parts. */
export const defineKind = <P>(spec: KindSpec<P>): Kind => {
  const checks = Object.entries(spec.refuses);
  const faultOf = (execution: Execution<P>): string | undefined => {
    for (const [code, applies] of checks) if (applies(execution)) return code;
    return undefined;
  };
  return {
    name: spec.name,
    usesTo: spec.uses?.to ?? false,
    usesValue: spec.uses?.value ?? false,
    onlyInGenesis: spec.onlyInGenesis ?? false,
    paysByNewStake: spec.paysByNewStake ?? false,
    mayBeWayOut: spec.isWayOut !== undefined,
    codes: checks.map(([code]) => code),
    messages: spec.messages ?? {},
    decodePayload: spec.payload.decode,
    touches: spec.touches ?? touchesNothing,
    faultOf,
    effect: spec.effect,
    isWayOut: spec.isWayOut ?? never,
  };
};
