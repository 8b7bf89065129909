/**
 * Key cases: keys by name and by passphrase, shared secrets, and hashes.
 */
import { pbkdf2Sync } from 'node:crypto';
import { getSharedSecret } from '@noble/secp256k1';
import { toHex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/index.ts';
import { isPrivateKey } from '../../core/signature.ts';
import type { Vectors } from './form.ts';
import { Comparison, type Outcome } from './outcome.ts';

const AGREES: Outcome = { is: 'agrees' };
const PASSPHRASE_ROUNDS = 32_768;
const PASSPHRASE_SALT = 'medibloc';
const KEY_BYTES = 32;

const hexBytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'));

/** The public key, or why there is none. */
const publicKeyOf = (crypto: Crypto, key: Uint8Array): string =>
  isPrivateKey(key) ? toHex(crypto.publicKey(key)) : 'no private key: not in 1..n-1';

/** A key is the SHA3-256 of its name. */
export const judgeKey = (crypto: Crypto, { label, privKey, pubKey }: Vectors['keys'][number]): Outcome => {
  const found = new Comparison();
  const named = crypto.sha3(utf8(label));
  found.same('privKey', privKey, toHex(named));
  // Where the name is wrong, the two stated keys may still belong together.
  const stated = publicKeyOf(crypto, hexBytes(privKey));
  found.same('pubKey', pubKey, stated === pubKey ? stated : publicKeyOf(crypto, named));
  return found.outcome(AGREES);
};

const sharedOf = (privateKey: string, publicKey: string): string => {
  try {
    return toHex(getSharedSecret(hexBytes(privateKey), hexBytes(publicKey), true).subarray(1));
  } catch {
    return 'none: the public key is no point of the curve';
  }
};

/** The x coordinate of the point that two keys share, from both sides. */
export const judgeSharedSecret = (
  crypto: Crypto,
  { privKeyA, pubKeyA, privKeyB, pubKeyB, shared }: Vectors['ecdh'][number],
): Outcome => {
  const found = new Comparison();
  const [a, b] = [publicKeyOf(crypto, hexBytes(privKeyA)), publicKeyOf(crypto, hexBytes(privKeyB))];
  found.same('pubKeyA', pubKeyA, a);
  found.same('pubKeyB', pubKeyB, b);
  // Each side meets the other's key as it is stated, unless that is what is wrong: then nothing more can be said of it.
  if (pubKeyB === b) found.same('shared', shared, sharedOf(privKeyA, pubKeyB));
  if (pubKeyA === a && found.faults.length === 0)
    found.same('shared, from the other side', shared, sharedOf(privKeyB, pubKeyA));
  return found.outcome(AGREES);
};

/** A key from a passphrase, by PBKDF2 over its NFKD form. */
export const judgePassphrase = (crypto: Crypto, stated: Vectors['key_pair_from_passphrase'][number]): Outcome => {
  const found = new Comparison();
  const normal = utf8(stated.passphrase.normalize('NFKD'));
  const key = Uint8Array.from(pbkdf2Sync(normal, PASSPHRASE_SALT, PASSPHRASE_ROUNDS, KEY_BYTES, 'sha512'));
  found.same('passphraseUtf8Hex', stated.passphraseUtf8Hex, toHex(utf8(stated.passphrase)));
  found.same('nfkdUtf8Hex', stated.nfkdUtf8Hex, toHex(normal));
  found.same('privKey', stated.privKey, toHex(key));
  found.same('pubKey', stated.pubKey, publicKeyOf(crypto, key));
  return found.outcome(AGREES);
};

/** The bytes that a description stands for, as the client turns a value into bytes; `undefined` if it does not say. */
const describedBytes = (desc: string): Uint8Array | undefined => {
  const [, type = '', rest = ''] = /^(\w+)\s*(.*)$/s.exec(desc) ?? [];
  const [, hex = ''] = /^hex ([0-9a-f]*)$/.exec(rest) ?? [];
  const parsed = parsedJson(rest);
  if (type === 'string' && typeof parsed === 'string') return utf8(parsed);
  if (type === 'number' && rest !== '' && !Number.isNaN(Number(rest))) return utf8(String(Number(rest)));
  if (type === 'Uint8Array' && Array.isArray(parsed)) return Uint8Array.from(parsed.map(Number));
  if (type === 'Buffer' && rest.startsWith('hex ')) return hexBytes(hex);
  if (type === 'object' && rest.startsWith('{')) return utf8('[object Object]');
  if (type === 'array' && Array.isArray(parsed)) return utf8(String(parsed));
  return undefined;
};

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The hash of what a description stands for. */
export const judgeHash = (crypto: Crypto, { desc, result, throws }: Vectors['sha3'][number]): Outcome => {
  if (throws !== undefined)
    return { is: 'unjudged', why: `the client itself refuses it (${throws}); our hash takes bytes alone` };
  const bytes = describedBytes(desc);
  if (bytes === undefined) return { is: 'unjudged', why: 'the description does not say which bytes are hashed' };
  const found = new Comparison();
  found.same('result', result, toHex(crypto.sha3(bytes)));
  return found.outcome(AGREES);
};
