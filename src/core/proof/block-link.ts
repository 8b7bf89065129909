/**
 * Block link: from the id of a block to its header, and so to the roots that proofs stand under.
 *
 * Source: protocol section 11; docs/protocol.md section 15.1.
 */
import { toHex } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { type Hash, SIGNATURE_BYTES } from '../units.ts';
import type { HeaderClaim } from '../wire/header.ts';
import { readHeader } from './readers.ts';
import { smallHasher } from './small-hasher.ts';
import { proven, refused, type Verdict } from './verdict.ts';

/** The only version of headers that this protocol has; as in wire/header.ts, which weighs too much here. */
const VERSION = 1;

/** The last field of a header, its signature: a tag, a length, 65 bytes. */
const SIGNATURE_FIELD_BYTES = 2 + SIGNATURE_BYTES;

/** A header whose block has this id. */
export interface LinkedHeader extends HeaderClaim {
  readonly id: Hash;
}

/**
 * The header of the block with this id, from its canonical bytes with or without the signature. The id says nothing about
 * the signature, so that is not looked at: whoever trusts the id trusts what it is the id of.
 */
export const verifyHeader = (bytes: Uint8Array, id: Hash, hasher: Hasher = smallHasher): Verdict<LinkedHeader> => {
  const header = readHeader(bytes);
  if (header === undefined || header.version !== VERSION) return refused('header_malformed');
  const { sign, ...claim } = header;
  if (sign.length !== 0 && sign.length !== SIGNATURE_BYTES) return refused('header_malformed');
  const target = sign.length === 0 ? bytes : bytes.subarray(0, bytes.length - SIGNATURE_FIELD_BYTES);
  return toHex(hasher.sha3(target)) === id ? proven({ ...claim, id }) : refused('header_id_differs');
};
