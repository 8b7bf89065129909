/**
 * Form: the vector files that the checker reads, "medjs-vectors/1", decoded with the path of every fault.
 *
 * Fields that nobody asks about may stand there; those that are asked about must have their form. Hex is lower case.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { type Fault, HexText, readJson } from '../../core/json.ts';
import { ADDRESS_BYTES, HASH_BYTES } from '../../core/units.ts';

const FORMAT = 'medjs-vectors/1';

type Codec<A> = t.Type<A, unknown, unknown>;

/** `codec`, or `other` in its place, under one path. */
const or = <A, B>(codec: Codec<A>, other: B, wanted: string): Codec<A | B> =>
  new t.Type<A | B, unknown, unknown>(
    `${codec.name} or ${wanted}`,
    (value): value is A | B => value === other || codec.is(value),
    (value, context) => (value === other ? t.success(other) : codec.validate(value, context)),
    t.identity,
  );

const orNull = <A>(codec: Codec<A>): Codec<A | null> => or(codec, null, 'null');
const maybe = <A>(codec: Codec<A>): Codec<A | undefined> => or(codec, undefined, 'nothing');

const Whole = new t.Type<number, unknown, unknown>(
  'a whole number',
  (value): value is number => Number.isInteger(value),
  (value, context) =>
    typeof value === 'number' && Number.isInteger(value)
      ? t.success(value)
      : t.failure(value, context, 'a whole number'),
  t.identity,
);

const Hex = HexText();
const Hash = HexText(HASH_BYTES);
const Key = HexText(ADDRESS_BYTES);

const Halves = t.type({ low: Whole, high: Whole }, 'an object with low and high');

const Nonce = new t.Type<number | t.TypeOf<typeof Halves>, unknown, unknown>(
  'a whole number, or an object with low and high',
  (value): value is number | t.TypeOf<typeof Halves> => Whole.is(value) || Halves.is(value),
  (value, context) =>
    typeof value === 'object' && value !== null ? Halves.validate(value, context) : Whole.validate(value, context),
  t.identity,
);

/** What the client was given, before it signed. */
export const RawTxJson = t.type(
  {
    tx_type: t.string,
    from: t.string,
    to: orNull(t.string),
    value: t.string,
    nonce: Nonce,
    chain_id: Whole,
    payload: maybe(t.string),
  },
  'an object with tx_type, from, to, value, nonce, chain_id and payload',
);

const Person = t.type({ label: t.string, privKey: Hash, address: Key }, 'an object with label, privKey and address');

const listOf = <A>(codec: Codec<A>) => t.readonlyArray(codec, 'a list of cases');

const DerivedJson = t.type({
  canonicalHashTargetEqualsMedjs: t.boolean,
  canonicalHashTargetHex: maybe(Hex),
  canonicalHash: maybe(Hash),
  txProtoHex: Hex,
  txSize: Whole,
});

/** One signed transaction and all that was derived from it. */
const TransactionCaseJson = t.type({
  id: t.string,
  kind: t.string,
  rawTx: RawTxJson,
  payload: maybe(orNull(t.UnknownRecord)),
  payloadHex: orNull(Hex),
  hashTargetHex: Hex,
  hash: Hash,
  sign: Hex,
  recoveryId: Whole,
  signer: Person,
  lowS: t.boolean,
  nonceDec: t.string,
  valueDec: orNull(t.string),
  payer: orNull(Person),
  payerSign: orNull(Hex),
  payerSignTargetHex: orNull(Hex),
  payerSignHash: orNull(Hash),
  derived: maybe(DerivedJson),
  goStatelessError: orNull(t.string),
  postBody: t.string,
});

const RejectionCaseJson = t.type({
  id: t.string,
  throws: orNull(t.string),
  rawTx: maybe(t.UnknownRecord),
  hash: maybe(Hash),
  hashTargetHex: maybe(Hex),
  targetHashOk: maybe(t.boolean),
});

const SignatureCaseJson = t.type({
  name: t.string,
  hash: Hash,
  sign: Hex,
  go: t.string,
  medjsRecover: maybe(Key),
  medjsRecoverError: maybe(t.string),
  medjsVerify: maybe(t.boolean),
  medjsVerifyError: maybe(t.string),
  recoversSigner: maybe(t.boolean),
});

const PayerSignatureCaseJson = t.type({
  name: t.string,
  hash: Hash,
  sign: Hex,
  payerSign: Hex,
  recoveredPayer: maybe(Key),
  go: t.string,
});

/** The sections that are judged. */
const sections = {
  keys: listOf(t.type({ label: t.string, privKey: Hash, pubKey: Key })),
  transactions: listOf(TransactionCaseJson),
  edge_transactions: listOf(TransactionCaseJson),
  rejections: listOf(RejectionCaseJson),
  signature_cases: listOf(SignatureCaseJson),
  payer_signature_cases: listOf(PayerSignatureCaseJson),
  wrong_signer: t.type({ rawTxFrom: Key, hash: Hash, sign: Hex, recovered: Key, go: t.string }),
  sha3: listOf(t.type({ desc: t.string, result: maybe(Hash), throws: maybe(t.string) })),
  ecdh: listOf(t.type({ privKeyA: Hash, pubKeyA: Key, privKeyB: Hash, pubKeyB: Key, shared: Hash })),
  key_pair_from_passphrase: listOf(
    t.type({ passphrase: t.string, passphraseUtf8Hex: Hex, nfkdUtf8Hex: Hex, privKey: Hash, pubKey: Key }),
  ),
};

/** The sections of the form that this engine has nothing to say about. */
const outOfScope = { encrypt_data: t.object, keystore: t.object, certificate: t.object, health_data: t.object };

const VectorsJson = t.type({ format: t.literal(FORMAT, JSON.stringify(FORMAT)), ...sections, ...outOfScope });

export type Vectors = t.TypeOf<typeof VectorsJson>;
export type TransactionCase = Vectors['transactions'][number];
export type RejectionCase = Vectors['rejections'][number];
export type SignatureCase = Vectors['signature_cases'][number];
export type PayerSignatureCase = Vectors['payer_signature_cases'][number];

/** What tells about the file itself and is no section of cases. */
const ABOUT = ['format', 'set', 'made_with', 'key_rule', 'checks', 'general_notes', 'section_notes'];

/** The vectors of a file, or every fault in it. */
export const readVectors = (json: unknown): E.Either<readonly Fault[], Vectors> => {
  // A file of another form would have a fault in every section; the one that says so is enough.
  const form = readJson(t.type({ format: VectorsJson.props.format }, `an object with format "${FORMAT}"`), json);
  return E.isLeft(form) ? form : readJson(VectorsJson, json);
};

/** The sections that the form does not have. */
export const unknownSections = (vectors: Vectors): readonly string[] =>
  Object.keys(vectors).filter((name) => !ABOUT.includes(name) && !Object.hasOwn(VectorsJson.props, name));
