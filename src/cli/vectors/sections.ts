/**
 * Sections: the parts of a vector file in their order, what judges each, and what is not for this engine to judge.
 */
import { unknownSections, type Vectors } from './form.ts';
import { judgeHash, judgeKey, judgePassphrase, judgeSharedSecret } from './key-cases.ts';
import type { Judged, Outcome } from './outcome.ts';
import { judgeRejection } from './rejection-cases.ts';
import { judgePayerSignature, judgeSignature, judgeWrongSigner, signersIn } from './signature-cases.ts';
import { judgeTransaction } from './transaction-case.ts';
import type { Engine } from './verdict.ts';

/** One section of a file. Its cases are judged as they are asked for. */
export interface Section {
  readonly name: string;
  readonly size: number;
  readonly cases: Iterable<Judged>;
  /** Why none of its cases is judged. */
  readonly belongsTo?: string;
}

/** A section whose cases have an id each. */
const judged = <Case>(
  name: string,
  cases: readonly Case[],
  idOf: (stated: Case, index: number) => string,
  judge: (stated: Case) => Outcome,
): Section => ({
  name,
  size: cases.length,
  cases: {
    *[Symbol.iterator]() {
      for (const [index, stated] of cases.entries()) yield { id: idOf(stated, index), outcome: judge(stated) };
    },
  },
});

/** How many cases an unread section holds: the members of its lists, and the objects beside them. */
const sizeOf = (value: unknown): number => {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  const parts = Object.entries(value).filter(
    ([name, part]) => name !== 'notes' && typeof part === 'object' && part !== null,
  );
  return parts.reduce((sum, [, part]) => sum + (Array.isArray(part) ? part.length : 1), 0);
};

const unread = (name: string, value: unknown, belongsTo: string): Section => ({
  name,
  size: sizeOf(value),
  cases: [],
  belongsTo,
});

/** Every section of the file, in the order of the form, then the sections that the form does not have. */
export const sectionsOf = (engine: Engine, vectors: Vectors): readonly Section[] => {
  const { crypto } = engine;
  const signers = signersIn(vectors);
  const byId = ({ id }: { readonly id: string }): string => id;
  const byName = ({ name }: { readonly name: string }): string => name;
  const byIndex = (name: string) => (_: unknown, index: number) => `${name}[${index}]`;
  const transaction = (stated: Vectors['transactions'][number]): Outcome => judgeTransaction(engine, stated);
  return [
    judged(
      'keys',
      vectors.keys,
      ({ label }) => label,
      (stated) => judgeKey(crypto, stated),
    ),
    judged('transactions', vectors.transactions, byId, transaction),
    judged('edge_transactions', vectors.edge_transactions, byId, transaction),
    judged('rejections', vectors.rejections, byId, judgeRejection),
    judged('signature_cases', vectors.signature_cases, byName, (stated) => judgeSignature(engine, signers, stated)),
    judged('payer_signature_cases', vectors.payer_signature_cases, byName, (stated) =>
      judgePayerSignature(engine, signers, stated),
    ),
    judged(
      'wrong_signer',
      [vectors.wrong_signer],
      () => 'wrong_signer',
      (stated) => judgeWrongSigner(engine, stated),
    ),
    judged(
      'sha3',
      vectors.sha3,
      ({ desc }) => desc,
      (stated) => judgeHash(crypto, stated),
    ),
    judged('ecdh', vectors.ecdh, byIndex('ecdh'), (stated) => judgeSharedSecret(crypto, stated)),
    judged(
      'key_pair_from_passphrase',
      vectors.key_pair_from_passphrase,
      byIndex('key_pair_from_passphrase'),
      (stated) => judgePassphrase(crypto, stated),
    ),
    unread(
      'encrypt_data',
      vectors.encrypt_data,
      'the client: how it locks files with an access key; the chain sees none of it',
    ),
    unread('keystore', vectors.keystore, 'wallets: how a key lies in a file behind a password'),
    unread(
      'certificate',
      vectors.certificate,
      "the client: certificates of its own, off the chain; the chain's are transactions",
    ),
    unread(
      'health_data',
      vectors.health_data,
      'patient data off the chain: how records are packed and hashed before a hash is recorded',
    ),
    ...unknownSections(vectors).map((name) =>
      unread(name, (vectors as Readonly<Record<string, unknown>>)[name], 'no section of the form that is known here'),
    ),
  ];
};
