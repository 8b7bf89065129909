/**
 * Genesis: the document that founds a chain, its id, and its execution.
 *
 * A document gives the time, the parameters, and transactions in order; the first network's genesis serves too, with time and
 * parameters given beside it. Every transaction must be right and must execute. Source: protocol section 14.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { type Place, trialOf } from './admission.ts';
import { agreement } from './agreement.ts';
import { bytesOf, compareText, toHex } from './bytes.ts';
import type { Chain, Rules } from './chain.ts';
import { type CheckedTransaction, checkGenesisTransaction } from './check.ts';
import type { Crypto } from './crypto.ts';
import { type Founding, found, MAX_GENESIS_SUPPLY } from './founding.ts';
import { type CanonicalJson, canonicalJson, closed, type Fault, HexText, named, readJson, SafeText } from './json.ts';
import type { Kind } from './kinds/kind.ts';
import { registryOf } from './kinds/registry.ts';
import type { Ledger } from './ledger.ts';
import { type ParamTexts, paramNames, paramTexts, readParams } from './params.ts';
import type { Hash, Height, Seconds } from './units.ts';
import { utf8Bytes } from './wire/utf8.ts';

/** A genesis document, decoded. */
export interface GenesisDocument {
  readonly genesisTime: Seconds;
  readonly params: ParamTexts;
  /** Canonical bytes as hex, in order. */
  readonly transactions: readonly string[];
  /** Names of the kinds beyond the built-in ones, sorted. */
  readonly kinds?: readonly string[];
}

/** A parameter as JSON may have it: text, or a truth. */
const ParamText = new t.Type<string, string, unknown>(
  'a parameter as a string',
  t.string.is,
  (value, context) =>
    typeof value === 'string' || typeof value === 'boolean'
      ? t.success(String(value))
      : t.failure(value, context, 'a string (numbers are decimal strings)'),
  String,
);

/** Parameters by name; a name that is no parameter is a fault. */
export const ParamsJson = named(
  `a parameter's name (${paramNames.join(', ')})`,
  (name) => (paramNames as readonly string[]).includes(name),
  ParamText,
);

const DocumentJson = closed(
  { genesisTime: SafeText, params: ParamsJson, transactions: t.readonlyArray(HexText()) },
  { kinds: t.readonlyArray(t.string) },
);

/** A genesis document from JSON, or every fault in it. */
export const readGenesis = (json: unknown): E.Either<readonly Fault[], GenesisDocument> => {
  const read = readJson(DocumentJson, json);
  if (E.isLeft(read)) return read;
  const { genesisTime, params, transactions, kinds } = read.right;
  const document = {
    genesisTime: genesisTime as Seconds,
    params: Object.fromEntries(params) as ParamTexts,
    transactions,
  };
  return E.right(kinds === undefined ? document : { ...document, kinds });
};

/** SHA3-256 of the RFC 8785 text of a JSON value. */
export const jsonId = (crypto: Pick<Crypto, 'sha3'>, json: CanonicalJson): Hash =>
  toHex(crypto.sha3(utf8Bytes(canonicalJson(json)))) as Hash;

/** What applies a transaction, with what it needs to know of those before it. */
interface GenesisState {
  readonly chain: Chain;
  readonly ledger: Ledger;
  /** Genesis kinds have nonces of their own. */
  genesisNonce: bigint;
}

const placeOf = ({ chain, ledger }: GenesisState, index: number): Place => ({
  params: chain.params,
  ledger,
  height: 0 as Height,
  blockTime: chain.genesisTime,
  index,
  unitsBefore: 0,
});

/** Applies a genesis transaction, or tells why it cannot stand there: a code. */
const applyGenesis = (state: GenesisState, tx: CheckedTransaction, index: number): string | undefined => {
  const { ledger } = state;
  const { kind, sender, transaction } = tx;
  const account = ledger.state.account(sender);
  const expected = (kind.onlyInGenesis ? state.genesisNonce : account.nonce) + 1n;
  if (transaction.nonce !== expected)
    return `${transaction.nonce < expected ? 'nonce_too_low' : 'nonce_too_high'} (${transaction.nonce}, expected ${expected})`;
  const trial = trialOf(placeOf(state, index), tx);
  const fault = kind.faultOf(trial);
  if (fault !== undefined) return fault;
  // What genesis kinds mint is checked before it is minted: no amount may pass its range on the way to a refusal.
  if (kind.onlyInGenesis && ledger.totals.supply + transaction.value > MAX_GENESIS_SUPPLY)
    return 'a supply above 2^120';
  kind.effect(trial);
  if (kind.onlyInGenesis) state.genesisNonce = expected;
  else
    ledger.state.changeAccount(sender, (changed) => {
      changed.nonce = expected;
    });
  return undefined;
};

const populate =
  (chain: Chain, transactions: readonly string[]) =>
  (ledger: Ledger): Fault | undefined => {
    const state: GenesisState = { chain, ledger, genesisNonce: 0n };
    for (const [index, hex] of transactions.entries()) {
      const path = `transactions[${index}]`;
      const checked = checkGenesisTransaction(chain, bytesOf(hex));
      if (E.isLeft(checked)) {
        const { code, message } = checked.left.refusal;
        return { path, found: code, wanted: message };
      }
      const fault = applyGenesis(state, checked.right, index);
      if (fault !== undefined) return { path, found: fault, wanted: 'a transaction that executes' };
    }
    return undefined;
  };

/** Founds the chain of a document. `extraKinds` are the embedder's, and must be those that the document names. */
export const foundChain = (
  crypto: Crypto,
  document: GenesisDocument,
  extraKinds: readonly Kind[] = [],
): E.Either<readonly Fault[], Founding> => {
  const params = readParams(document.params);
  if (E.isLeft(params)) return params;
  const names = extraKinds.map((kind) => kind.name).sort(compareText);
  const told = document.kinds ?? [];
  if (names.join() !== told.join()) {
    return E.left([
      {
        path: 'kinds',
        found: `[${told.join(', ')}]`,
        wanted: `the kinds of this engine, sorted: [${names.join(', ')}]`,
      },
    ]);
  }
  const rules: Rules = { params: params.right, registry: registryOf(extraKinds), crypto };
  const { genesisTime, transactions } = document;
  const json = { genesisTime: String(genesisTime), params: paramTexts(params.right), transactions };
  const genesisId = jsonId(crypto, names.length === 0 ? json : { ...json, kinds: names });
  const chain: Chain = { ...rules, genesisId, genesisTime, agreement };
  return found(chain, populate(chain, transactions));
};
