/**
 * Secp256k1 KEM: DHKEM(secp256k1, HKDF-SHA256), IANA id 0x0016, for the cipher suites of @hpke/core.
 *
 * Keys of accounts can so be keys of recipients. Public keys have 65 bytes here; one of 33 bytes, off the curve, zero or beyond n is
 * refused by name, as a `SealingError`. Source: draft-wahby-cfrg-hpke-kem-secp256k1-01; RFC 9180 section 7.1.3 (DeriveKeyPair).
 */
import { Dhkem, HkdfSha256Native, type KemId, XCryptoKey } from '@hpke/common';
import { getPublicKey } from '@noble/secp256k1';
import * as E from 'fp-ts/lib/Either.js';
import { invariant } from '../../core/refusal.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { PRIVATE_KEY_BYTES, PUBLIC_KEY_BYTES, readPrivateKey, readPublicKey, sharedX } from './curve-keys.ts';
import { draw, type Random } from './random.ts';
import { orThrow, SealingError } from './sealing-error.ts';

/** Not in the library's list: its own number for this curve, 0x0013, is not the registered one. */
const KEM_ID: number = 0x0016;
const SECRET_BYTES = 32;
const CANDIDATES = 256;
const NOTHING = new Uint8Array(0);
const LABEL_DKP_PRK = utf8Bytes('dkp_prk');
const LABEL_CANDIDATE = utf8Bytes('candidate');

type Bytes = ArrayBufferLike | ArrayBufferView;

const viewOf = (bytes: Bytes): Uint8Array =>
  ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes as ArrayBuffer);

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer as ArrayBuffer;

const publicKeyOf = (bytes: Uint8Array): CryptoKey =>
  new XCryptoKey('secp256k1', Uint8Array.from(orThrow(readPublicKey(bytes))), 'public');

const privateKeyOf = (bytes: Uint8Array): CryptoKey =>
  new XCryptoKey('secp256k1', Uint8Array.from(orThrow(readPrivateKey(bytes))), 'private', ['deriveBits']);

const bytesOfKey = (key: CryptoKey, type: 'public' | 'private'): Uint8Array => {
  invariant(key instanceof XCryptoKey && key.type === type, `a ${type} key of this KEM is asked for`);
  return key.key;
};

const pairOf = (privateKey: CryptoKey): CryptoKeyPair => ({
  privateKey,
  publicKey: publicKeyOf(getPublicKey(bytesOfKey(privateKey, 'private'), false)),
});

/** What Dhkem asks of a curve. */
class Secp256k1Primitives {
  readonly #kdf: HkdfSha256Native;
  readonly #random: Random | undefined;

  constructor(kdf: HkdfSha256Native, random: Random | undefined) {
    this.#kdf = kdf;
    this.#random = random;
  }

  serializePublicKey(key: CryptoKey): Promise<ArrayBuffer> {
    return Promise.resolve(bufferOf(bytesOfKey(key, 'public')));
  }

  // The refusals of a promise's own function reject: a `then` that throws.
  deserializePublicKey(key: Bytes): Promise<CryptoKey> {
    return Promise.resolve(viewOf(key)).then(publicKeyOf);
  }

  serializePrivateKey(key: CryptoKey): Promise<ArrayBuffer> {
    return Promise.resolve(bufferOf(bytesOfKey(key, 'private')));
  }

  deserializePrivateKey(key: Bytes): Promise<CryptoKey> {
    return Promise.resolve(viewOf(key)).then(privateKeyOf);
  }

  importKey(format: 'raw' | 'jwk', key: ArrayBuffer | JsonWebKey, isPublic: boolean): Promise<CryptoKey> {
    invariant(format === 'raw' && key instanceof ArrayBuffer, 'keys of this KEM are imported raw');
    return isPublic ? this.deserializePublicKey(key) : this.deserializePrivateKey(key);
  }

  generateKeyPair(): Promise<CryptoKeyPair> {
    invariant(this.#random !== undefined, 'this KEM was made without a source of chance');
    return this.deriveKeyPair(draw(this.#random, PRIVATE_KEY_BYTES));
  }

  async deriveKeyPair(seed: Bytes): Promise<CryptoKeyPair> {
    const key = new Uint8Array(await this.#kdf.labeledExtract(NOTHING, LABEL_DKP_PRK, viewOf(seed)));
    for (let counter = 0; counter < CANDIDATES; counter += 1) {
      const candidate = await this.#kdf.labeledExpand(key, LABEL_CANDIDATE, Uint8Array.of(counter), PRIVATE_KEY_BYTES);
      const read = readPrivateKey(new Uint8Array(candidate)); // the bitmask of this curve is ff: it changes nothing
      if (E.isRight(read)) return pairOf(privateKeyOf(read.right));
    }
    throw new SealingError('key_out_of_range'); // once in 2^32768 seeds
  }

  derivePublicKey(key: CryptoKey): Promise<CryptoKey> {
    return Promise.resolve(pairOf(key).publicKey);
  }

  dh(privateKey: CryptoKey, publicKey: CryptoKey): Promise<ArrayBuffer> {
    return Promise.resolve(bufferOf(sharedX(bytesOfKey(privateKey, 'private'), bytesOfKey(publicKey, 'public'))));
  }
}

/** The KEM. `random` is needed only where a pair of keys is to be made by chance. */
export class Secp256k1Kem extends Dhkem {
  override readonly id = KEM_ID as KemId;
  override readonly secretSize = SECRET_BYTES;
  override readonly encSize = PUBLIC_KEY_BYTES;
  override readonly publicKeySize = PUBLIC_KEY_BYTES;
  override readonly privateKeySize = PRIVATE_KEY_BYTES;

  constructor(random?: Random) {
    const kdf = new HkdfSha256Native();
    super(KEM_ID as KemId, new Secp256k1Primitives(kdf, random), kdf);
  }
}
