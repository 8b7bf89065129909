/**
 * First network: reading the genesis of Panacea v1 as a genesis document of this protocol.
 *
 * It gives the chain id, the number of producers and the transactions; the time and all other parameters are given beside
 * it. Source: protocol section 14; the file form is that of the first network's published configuration, as JSON.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { bytesOf, fromHex, toHex } from './bytes.ts';
import type { GenesisDocument } from './genesis.ts';
import { type Fault, HexText, readJson, textual } from './json.ts';
import type { ParamTexts } from './params.ts';
import {
  ADDRESS_BYTES,
  type Address,
  HASH_BYTES,
  type Hash,
  MAX_SAFE,
  type Seconds,
  SIGNATURE_BYTES,
} from './units.ts';
import { amountOf } from './wire/fields.ts';
import { transactionMessage } from './wire/transaction.ts';

const VALUE_BYTES = 16;

/** A whole number that JSON carries without loss. */
const SafeNumber = new t.Type<number, number, unknown>(
  'a whole number below 2^53',
  (value): value is number => typeof value === 'number',
  (value, context) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_SAFE
      ? t.success(value)
      : t.failure(value, context, 'a whole number from 0 to 2^53-1'),
  t.identity,
);

const SIGNATURE_DIGITS = 2 * SIGNATURE_BYTES;

/** A signature, or the empty text of what needs none. One codec, so that a fault is told once. */
const SignText = textual<string>(
  `${SIGNATURE_BYTES} bytes as ${SIGNATURE_DIGITS} lower-case hex digits, or an empty text`,
  (text) => (text === '' || (text.length === SIGNATURE_DIGITS && fromHex(text) !== undefined) ? text : undefined),
  (text) => text,
);

const FirstGenesis = t.type({
  meta: t.type({ chain_id: SafeNumber, dynasty_size: SafeNumber }),
  transactions: t.readonlyArray(
    t.type({
      hash: HexText(HASH_BYTES),
      tx_type: t.string,
      to: HexText(ADDRESS_BYTES),
      value: HexText(VALUE_BYTES),
      nonce: SafeNumber,
      chain_id: SafeNumber,
      payload: HexText(),
      sign: SignText,
    }),
  ),
});

/** Whether the document has the form of the first network's genesis. */
export const isFirstNetworkGenesis = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'meta' in json;

/** The first network's genesis as a document with this time and these parameters; chain id and producers are its own. */
export const readFirstNetworkGenesis = (
  json: unknown,
  genesisTime: Seconds,
  params: ParamTexts = {},
): E.Either<readonly Fault[], GenesisDocument> => {
  const read = readJson(FirstGenesis, json);
  if (E.isLeft(read)) return read;
  const { meta, transactions } = read.right;
  const hex = transactions.map(({ hash, tx_type, to, value, nonce, chain_id, payload, sign }) =>
    toHex(
      transactionMessage.encode({
        hash: hash as Hash,
        kind: tx_type,
        to: to as Address,
        value: amountOf(bytesOf(value)),
        nonce: BigInt(nonce),
        chainId: chain_id,
        payload: bytesOf(payload),
        sign: bytesOf(sign),
        payerSign: new Uint8Array(0),
      }),
    ),
  );
  const own = { chainId: String(meta.chain_id), producersPerRound: String(meta.dynasty_size) };
  return E.right({ genesisTime, params: { ...params, ...own }, transactions: hex });
};
