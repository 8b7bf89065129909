/**
 * Legacy: the encryption of the first network's wallets, to read what they left behind.
 *
 * DANGER. It has no authentication: whoever carries the text can flip any bit of the data unseen, and a wrong key gives rubbish instead
 * of an error. The shared secret of two accounts is one key for ever. Nothing of it mixes with sealed objects: those begin with MBX1.
 * Source: first network, medjs 1.0.1 (cryptography/encrypt, getSharedSecretKey).
 */
import * as E from 'fp-ts/lib/Either.js';
import { fromHex, toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { isWellFormed } from '../../core/json.ts';
import { invariant } from '../../core/refusal.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { readPrivateKey, sharedX, uncompressKey } from './curve-keys.ts';
import { MAX_LEGACY_CHARACTERS } from './limits.ts';
import { draw, type Random } from './random.ts';
import { refuse, type SealingFault } from './sealing-error.ts';
import { textOf } from './text.ts';

const IV_BYTES = 16;
const COLON_AT = 2 * IV_BYTES;

/** The access key of two accounts: the x coordinate of their shared point in hex, not hashed. */
export const legacySharedSecret = (privateKey: Uint8Array, publicKey: Uint8Array): E.Either<SealingFault, string> => {
  const own = readPrivateKey(privateKey);
  if (E.isLeft(own)) return own;
  const other = uncompressKey(publicKey);
  if (E.isLeft(other)) return other;
  return E.right(toHex(sharedX(own.right, other.right)));
};

/** AES-256-CTR under SHA3-256 of the access key's characters: of the hex digits, not of what they stand for. Both directions are one. */
const stream = async (hasher: Hasher, accessKey: string, iv: Uint8Array, bytes: Uint8Array): Promise<Uint8Array> => {
  const key = await crypto.subtle.importKey('raw', hasher.sha3(utf8Bytes(accessKey)), 'AES-CTR', false, ['encrypt']);
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CTR', counter: iv, length: 128 }, key, bytes));
};

/**
 * The text in `iv:cipher`. DANGER: nothing proves that it is what was written. `legacy_not_text` tells a wrong key only if the rubbish
 * happens to be no UTF-8; a short text under a wrong key may well come out as some other text.
 */
export const decryptData = async (
  hasher: Hasher,
  accessKey: string,
  encrypted: string,
): Promise<E.Either<SealingFault, string>> => {
  if (encrypted.length > MAX_LEGACY_CHARACTERS || encrypted[COLON_AT] !== ':') return refuse('legacy_malformed');
  const iv = fromHex(encrypted.slice(0, COLON_AT).toLowerCase());
  const cipher = fromHex(encrypted.slice(COLON_AT + 1).toLowerCase());
  if (iv === undefined || cipher === undefined) return refuse('legacy_malformed');
  const text = textOf(await stream(hasher, accessKey, iv, cipher));
  return text === undefined ? refuse('legacy_not_text') : E.right(text);
};

/** What a caller says to show that they know what `encryptData` does not do. */
export interface LegacyChoice {
  readonly danger: 'no authentication';
  readonly hasher: Hasher;
  readonly random: Random;
}

/**
 * `iv:cipher` in hex, as the first network's wallets read it. DANGER: whoever carries it can change the text unseen. For such a wallet
 * alone; between our own, `sealObject` and `sealCapsule`.
 */
export const encryptData = async (accessKey: string, text: string, choice: LegacyChoice): Promise<string> => {
  invariant(choice.danger === 'no authentication', 'say that you know of the danger');
  invariant(isWellFormed(text), 'only well-formed text can be read again');
  const iv = draw(choice.random, IV_BYTES);
  return `${toHex(iv)}:${toHex(await stream(choice.hasher, accessKey, iv, utf8Bytes(text)))}`;
};
