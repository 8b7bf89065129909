/**
 * Curve keys: keys of secp256k1 in the forms that are met, checked once at the door.
 *
 * On chain a public key has 33 bytes, within HPKE 65. Source: SEC 1 section 2.3 (forms), section 3.2.2 (what a valid key is).
 */
import { getSharedSecret, Point, utils } from '@noble/secp256k1';
import * as E from 'fp-ts/lib/Either.js';
import { isPrivateKey } from '../../core/signature.ts';
import { ADDRESS_BYTES } from '../../core/units.ts';
import { refuse, type SealingFault } from './sealing-error.ts';

export const PUBLIC_KEY_BYTES = 65;
export const PRIVATE_KEY_BYTES = 32;

type KeyAnswer = E.Either<SealingFault, Uint8Array>;

/** These bytes, if they are a public key of 65 bytes: 04, x and y of a point, which infinity is not. */
export const readPublicKey = (bytes: Uint8Array): KeyAnswer => {
  if (bytes.length !== PUBLIC_KEY_BYTES) return refuse('key_length_wrong');
  return utils.isValidPublicKey(bytes, false) ? E.right(bytes) : refuse('key_not_on_curve');
};

/** These bytes, if they are a private key: 32 bytes, a number from 1 to n - 1. */
export const readPrivateKey = (bytes: Uint8Array): KeyAnswer => {
  if (bytes.length !== PRIVATE_KEY_BYTES) return refuse('key_length_wrong');
  return isPrivateKey(bytes) ? E.right(bytes) : refuse('key_out_of_range');
};

/** The 65 bytes of the public key that has these 33 on chain. */
export const uncompressKey = (bytes: Uint8Array): KeyAnswer => {
  if (bytes.length !== ADDRESS_BYTES) return refuse('key_length_wrong');
  if (!utils.isValidPublicKey(bytes, true)) return refuse('key_not_on_curve');
  return E.right(Point.fromBytes(bytes).toBytes(false));
};

/** The x coordinate, 32 bytes, of the point that both sides of a pair of keys come to. The keys are known to be good. */
export const sharedX = (privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array =>
  getSharedSecret(privateKey, publicKey, true).slice(1);
