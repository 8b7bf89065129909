/**
 * Signature: what is signed under a document of our own, and the one hash of both that goes on the chain.
 *
 * Signed is the root of the whole document, so nothing in it can be swapped, and any of it can be withheld: the root says nothing of
 * what is not shown. On the chain stands a hash of root and signature together, so that no signature can be made later than the block.
 * Source: docs/decisions/0021-envelopes.md.
 */
import { bytesOf, concatBytes, sameBytes, toHex } from '../../core/bytes.ts';
import type { Crypto, Hasher } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import { type Address, type Hash, SIGNATURE_BYTES } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { uint32Bytes } from '../integers.ts';

/** Signs 32 bytes: r | s | id, 65 bytes, as `Crypto.sign` does. */
export type Sign = (hash: Uint8Array) => Uint8Array;

/** What a signature says: that a record was made, or that a certificate is accepted by whom it is about. */
export type Purpose = 'medstate/record-sig/1' | 'medstate/certificate-sig/1';

const SIGNED_ROOT = 'medstate/signed-root/1';
const MAX_CHAIN_ID = 0xffff_ffff;

const under = (hasher: Hasher, name: string, ...parts: readonly Uint8Array[]): Uint8Array =>
  hasher.sha256(concatBytes(utf8Bytes(name), Uint8Array.of(0), ...parts));

/** The 32 bytes that are signed for a root on a chain. Throws `InvariantViolation` on a chain id beyond a uint32. */
export const signedMessage = (hasher: Hasher, purpose: Purpose, chainId: number, root: Hash): Uint8Array => {
  invariant(Number.isInteger(chainId) && chainId >= 1 && chainId <= MAX_CHAIN_ID, 'a chain id is a uint32 from 1 on');
  return under(hasher, purpose, uint32Bytes(chainId), bytesOf(root));
};

/** What goes on the chain for a document: its root, or the hash of its root and the signature (65 bytes) under it. */
export const anchoredHash = (hasher: Hasher, root: Hash, signature: Uint8Array | undefined): Hash => {
  if (signature === undefined) return root;
  invariant(signature.length === SIGNATURE_BYTES, `a signature has ${SIGNATURE_BYTES} bytes`);
  return toHex(under(hasher, SIGNED_ROOT, bytesOf(root), signature)) as Hash; // 32 bytes
};

/** What a signature is checked against. */
export interface SignedRoot {
  readonly purpose: Purpose;
  readonly chainId: number;
  readonly root: Hash;
  readonly account: Address;
}

/** Whether these bytes, of any length, are the account's signature for the root. PERF: one recovery. */
export const isSignedBy = (
  crypto: Crypto,
  signature: Uint8Array,
  { purpose, chainId, root, account }: SignedRoot,
): boolean => {
  const key = crypto.recover(signedMessage(crypto, purpose, chainId, root), signature);
  return key !== undefined && sameBytes(key, bytesOf(account));
};
