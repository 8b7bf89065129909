/**
 * Seeds: every salt of a record from one secret of 32 bytes, so that who keeps the secret and the record keeps all.
 *
 * A salt that is shown tells nothing about the others. A seed serves one version of one record: under the same seed an unchanged
 * field would have an unchanged leaf, and two roots would show what was corrected.
 * Source: docs/decisions/0019-own-tree-for-records.md; RFC 2104 (HMAC), RFC 5869 (HKDF).
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import { HASH_BYTES } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { PADDING_LABEL, PROFILE, SALT_LABEL, SUB_TREE_LABEL } from './profile.ts';
import { Scratch } from './scratch.ts';

const SEED_BYTES = 32;
/** Drawn anew for each version of each record. */
const NONCE_BYTES = 16;

const BLOCK_BYTES = 64;
const INNER_BYTE = 0x36;
const OUTER_BYTE = 0x5c;

/**
 * HMAC-SHA256 under one key of 32 bytes, by the host's hash function. The message is written to `message.bytes` from
 * `HmacKey.start` on.
 */
export class HmacKey {
  static readonly start = BLOCK_BYTES;
  readonly message: Scratch;
  readonly #outer: Scratch;

  constructor(hasher: Hasher, key: Uint8Array) {
    invariant(key.length === SEED_BYTES, `a key of salts has ${SEED_BYTES} bytes`);
    this.message = new Scratch(hasher, 2 * BLOCK_BYTES);
    this.#outer = new Scratch(hasher, BLOCK_BYTES + HASH_BYTES);
    for (let at = 0; at < BLOCK_BYTES; at += 1) {
      const byte = at < SEED_BYTES ? (key[at] as number) : 0;
      this.message.bytes[at] = byte ^ INNER_BYTE;
      this.#outer.bytes[at] = byte ^ OUTER_BYTE;
    }
  }

  /** The code of the first `length` bytes of the message, written to `out` at `at`. */
  code(length: number, out: Uint8Array, at: number): void {
    this.message.hash(BLOCK_BYTES + length, this.#outer.bytes, BLOCK_BYTES);
    this.#outer.hash(BLOCK_BYTES + HASH_BYTES, out, at);
  }

  /** The code of a label and some bytes, in an array of its own. */
  codeOf(label: number, bytes: Uint8Array, length = bytes.length): Uint8Array {
    this.message.reserve(BLOCK_BYTES + 1 + length);
    this.message.bytes[BLOCK_BYTES] = label;
    for (let at = 0; at < length; at += 1) this.message.bytes[BLOCK_BYTES + 1 + at] = bytes[at] as number;
    const code = new Uint8Array(HASH_BYTES);
    this.code(1 + length, code, 0);
    return code;
  }
}

const NOTHING = new Uint8Array(0);

const derived = (secret: Uint8Array, nonce: Uint8Array, purpose: string): Uint8Array => {
  invariant(secret.length === SEED_BYTES, `the owner's secret has ${SEED_BYTES} bytes`);
  invariant(nonce.length === NONCE_BYTES, `the nonce of a record has ${NONCE_BYTES} bytes`);
  return hkdf(sha256, secret, nonce, concatBytes(utf8Bytes(PROFILE), Uint8Array.of(0), utf8Bytes(purpose)), SEED_BYTES);
};

/** The seed of a record's content, from the owner's secret (32 bytes) and the nonce of this version (16 bytes, never used before). */
export const documentSeed = (secret: Uint8Array, nonce: Uint8Array): Uint8Array => derived(secret, nonce, ' doc');

/** The seed of the envelope around the record of that nonce. */
export const envelopeSeed = (secret: Uint8Array, nonce: Uint8Array): Uint8Array => derived(secret, nonce, ' envelope');

/** The salt of the value at a path, under the seed of its tree. */
export const saltOf = (key: HmacKey, path: Uint8Array): Uint8Array => key.codeOf(SALT_LABEL, path);

/** The key from which padding is drawn. */
export const paddingKeyOf = (key: HmacKey): Uint8Array => key.codeOf(PADDING_LABEL, NOTHING);

/** The seed of the tree that stands at a path of another. Whoever has it can open that tree whole, and nothing beside it. */
export const subTreeSeed = (key: HmacKey, path: Uint8Array, length = path.length): Uint8Array =>
  key.codeOf(SUB_TREE_LABEL, path, length);
