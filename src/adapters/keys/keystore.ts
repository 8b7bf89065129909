/**
 * Keystore: a private key in a file behind a password, and the signer that comes out of it.
 *
 * The files of the first network's wallets open, the oldest too, and what is made here opens there. A private key is in memory no
 * longer than it takes to hand it to its signer.
 * Source: first network, medjs 1.0.1 (cryptography/keystore); RFC 7914 (scrypt), RFC 8018 (PBKDF2), NIST SP 800-38A (CTR).
 */
import { createCipheriv, createDecipheriv, pbkdf2, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import { bytesOf, concatBytes, fromHex, toHex } from '../../core/bytes.ts';
import type { Crypto, Hasher } from '../../core/crypto.ts';
import { type Fault, faultText } from '../../core/json.ts';
import { invariant } from '../../core/refusal.ts';
import { isPrivateKey } from '../../core/signature.ts';
import type { Address } from '../../core/units.ts';
import { KeyError, type KeystoreCode } from './key-error.ts';
import type { Signer } from './keys.ts';
import { costFault, type Keystore, type Pbkdf2Params, readKeystore, type ScryptParams } from './keystore-form.ts';
import { signerOf } from './signer.ts';

export interface KeystoreRefusal {
  readonly code: KeystoreCode;
  /** What is wrong, and what to do. */
  readonly message: string;
  /** Where the document is wrong; none for a wrong password. */
  readonly faults: readonly Fault[];
}

/** What a keystore is made with, each by default the best: other choices are for tests and for old wallets. */
export interface KeystoreChoices {
  readonly kdf?: 'scrypt' | 'pbkdf2';
  /** scrypt's. */
  readonly n?: number;
  readonly r?: number;
  readonly p?: number;
  /** PBKDF2's rounds. */
  readonly c?: number;
  readonly dklen?: number;
  /** 32 bytes by chance. */
  readonly salt?: Uint8Array;
  /** 16 bytes by chance. */
  readonly iv?: Uint8Array;
  /** 16 bytes by chance; the bits of version and variant are set. */
  readonly uuid?: Uint8Array;
}

/** 128 MiB and a few tenths of a second: what OWASP asks for today. The first network's wallets made do with 8 MiB. */
const DEFAULT_N = 2 ** 17;
const DEFAULT_ROUNDS = 600_000;
const AES_KEY_BYTES = 16;
const MAC_KEY_END = 32;
/** What OpenSSL takes beyond the 128 n r bytes of the algorithm. */
const SPARE_BYTES = 2 * 1024 * 1024;

const scryptOf = promisify<Uint8Array, Uint8Array, number, object, Buffer>(scrypt);
const pbkdf2Of = promisify(pbkdf2);

type Kdf = Pick<Keystore['crypto'], 'kdf' | 'kdfparams'>;

const notDerived = (cause: unknown): KeyError => {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new KeyError('keystore_failed', `the key could not be derived: ${why}; is there enough memory?`, { cause });
};

const derive = async ({ kdf, kdfparams }: Kdf, password: string): Promise<Uint8Array> => {
  const [bytes, salt] = [new TextEncoder().encode(password), bytesOf(kdfparams.salt)];
  try {
    if (kdf === 'pbkdf2') {
      const { c, dklen } = kdfparams as Pbkdf2Params;
      return await pbkdf2Of(bytes, salt, c, dklen, 'sha256');
    }
    const { n, r, p, dklen } = kdfparams as ScryptParams;
    return await scryptOf(bytes, salt, dklen, { N: n, r, p, maxmem: 128 * r * (n + p) + SPARE_BYTES });
  } catch (cause) {
    throw notDerived(cause);
  } finally {
    bytes.fill(0);
  }
};

const macOf = (hasher: Hasher, derived: Uint8Array, ciphertext: Uint8Array): Uint8Array =>
  hasher.sha3(concatBytes(derived.subarray(AES_KEY_BYTES, MAC_KEY_END), ciphertext));

const refuse = (code: KeystoreCode, what: string, faults: readonly Fault[] = []): E.Either<KeystoreRefusal, never> =>
  E.left({ code, message: [what, ...faults.map(faultText)].join('; '), faults });

/** The private key that the plain bytes are: 32 bytes, or 64 hex digits in old files. */
const keyOf = (plain: Uint8Array): Uint8Array | undefined => {
  if (plain.length === 32) return plain;
  return fromHex(String.fromCharCode(...plain));
};

/**
 * The private key that is in the keystore, a JSON value: for what no signer can do, such as opening what was sealed to the key. Who asks
 * for it overwrites it as soon as it has been used. Rejects with `keystore_failed` if the machine cannot derive the key.
 */
export const openPrivateKey = async (
  value: unknown,
  password: string,
  crypto: Crypto,
): Promise<E.Either<KeystoreRefusal, Uint8Array>> => {
  const read = readKeystore(value);
  if (E.isLeft(read)) return refuse('keystore_malformed', 'this is no keystore', read.left);
  const keystore = read.right;
  const cost = costFault(keystore);
  if (cost !== undefined) return refuse('keystore_too_costly', 'the keystore asks for too much', [cost]);

  const ciphertext = bytesOf(keystore.crypto.ciphertext);
  const derived = await derive(keystore.crypto, password);
  if (!timingSafeEqual(macOf(crypto, derived, ciphertext), bytesOf(keystore.crypto.mac))) {
    derived.fill(0);
    return refuse('keystore_password_wrong', 'the password is not that of the keystore, or the keystore was changed');
  }
  const iv = bytesOf(keystore.crypto.cipherparams.iv);
  const plain = createDecipheriv('aes-128-ctr', derived.subarray(0, AES_KEY_BYTES), iv).update(ciphertext);
  const found = keyOf(plain);
  const isOwn = found !== undefined && isPrivateKey(found) && toHex(crypto.publicKey(found)) === keystore.address;
  const key = isOwn ? Uint8Array.from(found) : undefined;
  for (const secret of [derived, plain, found]) secret?.fill(0);
  if (key !== undefined) return E.right(key);
  return refuse(
    'keystore_key_wrong',
    'the key in the keystore is not that of its address; get a copy that was not changed',
  );
};

/** The signer whose key is in the keystore, a JSON value. Rejects with `keystore_failed` if the machine cannot derive the key. */
export const openKeystore = async (
  value: unknown,
  password: string,
  crypto: Crypto,
): Promise<E.Either<KeystoreRefusal, Signer>> => {
  const opened = await openPrivateKey(value, password, crypto);
  if (E.isLeft(opened)) return opened;
  const signer = signerOf(crypto, opened.right);
  opened.right.fill(0);
  return E.right(signer);
};

/** Version 4 and the variant of RFC 9562, whatever the chance. */
const uuidOf = (chance: Uint8Array): string => {
  const bytes = Uint8Array.from(chance);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

const kdfOf = (choices: KeystoreChoices): Kdf => {
  const { kdf = 'scrypt', n = DEFAULT_N, r = 8, p = 1, c = DEFAULT_ROUNDS, dklen = MAC_KEY_END } = choices;
  const salt = toHex(choices.salt ?? randomBytes(32));
  if (kdf === 'pbkdf2') return { kdf, kdfparams: { dklen, salt, c, prf: 'hmac-sha256' } };
  return { kdf, kdfparams: { dklen, salt, n, r, p } };
};

/**
 * The keystore of this private key (32 bytes, 1..n-1) behind this password, as a JSON value. Throws `InvariantViolation` on a bad
 * key and on choices that could not be opened again.
 */
export const makeKeystore = async (
  crypto: Crypto,
  privateKey: Uint8Array,
  password: string,
  choices: KeystoreChoices = {},
): Promise<Keystore> => {
  invariant(isPrivateKey(privateKey), 'a private key is a number of 32 bytes in 1..n-1');
  const address = toHex(crypto.publicKey(privateKey)) as Address;
  const iv = Uint8Array.from(choices.iv ?? randomBytes(16));
  const { kdf, kdfparams } = kdfOf(choices);
  const draft = { version: 3, id: uuidOf(choices.uuid ?? randomBytes(16)), address } as const;
  const cipher = { cipherparams: { iv: toHex(iv) }, cipher: 'aes-128-ctr' } as const;
  const whole = (ciphertext: string, mac: string): Keystore =>
    ({ ...draft, crypto: { ciphertext, ...cipher, kdf, kdfparams, mac } }) as Keystore; // kdf and kdfparams belong together

  const trial = readKeystore(whole('00'.repeat(32), '00'.repeat(32)));
  const fault = E.isLeft(trial) ? trial.left[0] : costFault(trial.right);
  invariant(fault === undefined, `the keystore could not be opened again: ${fault && faultText(fault)}`);

  const derived = await derive({ kdf, kdfparams }, password);
  const ciphertext = createCipheriv('aes-128-ctr', derived.subarray(0, AES_KEY_BYTES), iv).update(privateKey);
  const mac = toHex(macOf(crypto, derived, ciphertext));
  derived.fill(0);
  return whole(toHex(ciphertext), mac);
};
