/**
 * Sign record: a creator vouches for a record: for its content, and for all that its envelope says.
 *
 * The signer is given the documents and their seeds, never a root: a tree that another built may hold two values at one path, of
 * which the signer saw one. Source: docs/decisions/0021-envelopes.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { sameBytes } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Hash } from '../../core/units.ts';
import type { RecordTree } from '../tree/record-tree.ts';
import { type ContentFault, type ContentSource, checkContent } from './content.ts';
import { buildEnvelope, readEnvelope } from './envelope.ts';
import type { FormFault } from './form.ts';
import { anchoredHash, isSignedBy, type Sign, type SignedRoot, signedMessage } from './signature.ts';

/**
 * Why nothing is signed, beside the faults of envelope and content. The codes never change their meaning.
 *
 * - `record_without_creator`: the envelope names nobody who could sign it.
 * - `record_seeds_alike`: content and envelope have one seed, so that the padding of the one tells how much of the other is padding.
 * - `signature_by_another`: the signature that came back is not that of the account which the document names.
 */
export interface SigningFault {
  readonly code: 'record_without_creator' | 'record_seeds_alike' | 'signature_by_another';
  readonly message: string;
}

/** A whole record, for who signs it. */
export interface RecordToSign {
  readonly chainId: number;
  readonly content: ContentSource;
  /** The bytes of the envelope and the seed of its tree. */
  readonly envelope: ContentSource;
  readonly sign: Sign;
}

/** A document that was signed. Keep the signature with it: with the root it makes the hash on the chain. */
export interface SignedDocument {
  readonly tree: RecordTree;
  readonly signature: Uint8Array;
  /** What goes on the chain. */
  readonly anchored: Hash;
}

/** The refusal of a signature by the wrong account. */
export const byAnother: E.Either<SigningFault, never> = E.left({
  code: 'signature_by_another',
  message: 'the signature is not by the account that the document names: sign with its key',
});

/** The tree with the signature of its root, if that is by the account that its document names. */
export const signTree = (
  crypto: Crypto,
  tree: RecordTree,
  by: Omit<SignedRoot, 'root'>,
  sign: Sign,
): E.Either<SigningFault, SignedDocument> => {
  const { root } = tree;
  const signature = sign(signedMessage(crypto, by.purpose, by.chainId, root));
  return isSignedBy(crypto, signature, { ...by, root })
    ? E.right({ tree, signature, anchored: anchoredHash(crypto, root, signature) })
    : byAnother;
};

/** The signed record, if envelope and content are one and the signature is by the creator that the envelope names. */
export const signRecord = (
  crypto: Crypto,
  { chainId, content, envelope, sign }: RecordToSign,
): E.Either<FormFault | ContentFault | SigningFault, SignedDocument> => {
  const read = readEnvelope(envelope.bytes);
  if (E.isLeft(read)) return read;
  const { creator } = read.right;
  if (creator === undefined) {
    return E.left({
      code: 'record_without_creator',
      message: 'the envelope names no creator: name the account that signs',
    });
  }
  if (sameBytes(content.seed, envelope.seed)) {
    return E.left({
      code: 'record_seeds_alike',
      message: 'content and envelope have the same seed: draw another for one of them, see envelopeSeed',
    });
  }
  const checked = checkContent(crypto, content, read.right.content);
  if (E.isLeft(checked)) return checked;
  const tree = buildEnvelope(crypto, envelope.bytes, envelope.seed);
  if (E.isLeft(tree)) return tree;
  return signTree(crypto, tree.right, { purpose: 'medstate/record-sig/1', chainId, account: creator.account }, sign);
};
