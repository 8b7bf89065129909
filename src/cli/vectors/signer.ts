/**
 * Signer: a second opinion on signatures: the protocol's conditions on plain numbers, the key by the library's own call.
 *
 * Core writes recovery out by itself and compares bytes; here the numbers are bigints and @noble/secp256k1 recovers, so a
 * slip in one does not hide in the other. Source: protocol section 3; what the first network and its client library do
 * with the same bytes is told by `keyAsRecovered` and `clientVerifies`.
 */
import { recoverPublicKey, verify } from '@noble/secp256k1';
import { toHex } from '../../core/bytes.ts';

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const SIGNATURE_BYTES = 65;

interface Numbers {
  readonly r: bigint;
  readonly s: bigint;
  readonly id: number;
}

const bigOf = (bytes: Uint8Array): bigint => BigInt(`0x0${toHex(bytes)}`);

const numbersOf = (sign: Uint8Array): Numbers => ({
  r: bigOf(sign.subarray(0, 32)),
  s: bigOf(sign.subarray(32, 64)),
  id: sign[64] ?? 0,
});

const isScalar = (value: bigint): boolean => value >= 1n && value < ORDER;

const bytes32 = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');

/** Whether s is in the lower half, whatever else the bytes are. */
export const isLowS = (sign: Uint8Array): boolean => numbersOf(sign).s <= ORDER / 2n;

/**
 * The key that a signature recovers to where s may be high and the id may be 0 to 3, as on the first network; `undefined`
 * if there is none.
 */
export const keyAsRecovered = (hash: Uint8Array, sign: Uint8Array): string | undefined => {
  if (sign.length !== SIGNATURE_BYTES) return undefined;
  const idFirst = Uint8Array.of(sign[64] ?? 0, ...sign.subarray(0, 64));
  try {
    return toHex(recoverPublicKey(idFirst, hash, { prehash: false }));
  } catch {
    return undefined;
  }
};

/** Whether the client library finds r | s right for `key`: it looks at no id, and refuses a high s. `undefined`: it throws. */
export const clientVerifies = (hash: Uint8Array, sign: Uint8Array, key: Uint8Array): boolean | undefined => {
  if (sign.length !== SIGNATURE_BYTES) return undefined;
  const { r, s } = numbersOf(sign);
  if (r >= ORDER || s >= ORDER) return undefined;
  if (r === 0n || s === 0n) return false;
  try {
    return verify(sign.slice(0, 64), hash, key, { prehash: false, lowS: true });
  } catch {
    // The key is no point of the curve.
    return false;
  }
};

/** Who signed by the protocol's rules, or the code of the refusal and what in the bytes demands it. */
export type SignerDemand =
  | { readonly is: 'accepted'; readonly key: string }
  | { readonly is: 'refused'; readonly code: 'signature_invalid' | 'signature_high_s'; readonly reason: string };

const invalid = (reason: string): SignerDemand => ({ is: 'refused', code: 'signature_invalid', reason });

/** Who signed `hash` by the protocol's rules. */
export const demandedSigner = (hash: Uint8Array, sign: Uint8Array): SignerDemand => {
  if (sign.length !== SIGNATURE_BYTES) return invalid(`the signature has ${sign.length} bytes, 65 wanted`);
  const { r, s, id } = numbersOf(sign);
  if (id > 1) return invalid(`the recovery id is ${id}; only 0 and 1 are taken`);
  if (!isScalar(r)) return invalid(`r is ${r === 0n ? '0' : 'not below the order n'}`);
  if (!isScalar(s)) return invalid(`s is ${s === 0n ? '0' : 'not below the order n'}`);
  const isHigh = s > ORDER / 2n;
  const low = isHigh ? Uint8Array.of(...sign.subarray(0, 32), ...bytes32(ORDER - s), id ^ 1) : sign;
  const key = keyAsRecovered(hash, low);
  if (key === undefined) return invalid('no key can have made it: r is no point of the curve, or the key is none');
  if (!isHigh) return { is: 'accepted', key };
  return {
    is: 'refused',
    code: 'signature_high_s',
    reason: 's is above n/2; its twin with n - s and the other id is the one to use',
  };
};
