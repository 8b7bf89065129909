/**
 * Holder: who presents signs for whom, in answer to what and when, so that a presentation cannot be passed on as one's own.
 *
 * A verifier says in every call what it asks for, or that it asks for nothing: what is left out is never skipped in silence.
 */
import { bytesOf, concatBytes, toHex } from '../../core/bytes.ts';
import type { Crypto, Hasher } from '../../core/crypto.ts';
import { isAddress, isWellFormed } from '../../core/json.ts';
import { invariant } from '../../core/refusal.ts';
import { type Address, MAX_SAFE, SIGNATURE_BYTES } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { writeUint64 } from '../integers.ts';
import { MAX_HOLDER_TEXT_BYTES } from '../limits.ts';
import { PROFILE } from '../tree/profile.ts';
import type { HolderBinding, Presentation } from './presentation.ts';
import { presentationText } from './presentation-text.ts';

/** Hashed first, so that no other signature of the same key can stand for this one. */
const DOMAIN = 'medstate/presentation-holder/1';

/** How far a holder's clock may be ahead of the verifier's. */
export const HOLDER_CLOCK_SECONDS = 60;

export type HolderClaim = Omit<HolderBinding, 'signature'>;

/** Signs a hash of 32 bytes: a wallet, a card, a service. The signature is 65 bytes r | s | id with low s. */
export type HolderSigner = (hash: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** What the verifier asks of the holder. The nonce is drawn by the verifier, for this one answer. */
export type HolderDemand = {
  readonly audience: string;
  readonly nonce: string;
  /**
   * Whose signature it must be, such as the owner's key in the envelope; or in so many words of anyone: then whoever comes by a
   * presentation can sign it as one's own, and `presentation.holder.key` says who did.
   */
  readonly key: Address | 'anyone';
} & (
  | { /** Unix seconds. */ readonly now: number; readonly maxAgeSeconds: number }
  | { readonly now?: never; readonly maxAgeSeconds?: never }
);

/**
 * Why a binding is refused, in the order of the checks. The codes never change their meaning.
 *
 * - `holder_missing`: a binding was asked for, and there is none.
 * - `holder_malformed`: a text that is too long, or a time, key or signature of the wrong form.
 * - `holder_audience_differs`, `holder_nonce_differs`: made for another verifier, or in answer to another question.
 * - `holder_key_differs`: signed by another than was asked for.
 * - `holder_too_old`, `holder_too_early`: made too long ago, or more than HOLDER_CLOCK_SECONDS ahead of the verifier's clock.
 * - `holder_signature_wrong`: the key has not signed this.
 */
export type HolderFault =
  | 'holder_missing'
  | 'holder_malformed'
  | 'holder_audience_differs'
  | 'holder_nonce_differs'
  | 'holder_key_differs'
  | 'holder_too_old'
  | 'holder_too_early'
  | 'holder_signature_wrong';

/** Whether text may be an audience or a nonce; asked of callers that were not compiled, too. */
const isHolderText = (text: string): boolean =>
  typeof text === 'string' &&
  text.length > 0 &&
  text.length <= MAX_HOLDER_TEXT_BYTES &&
  isWellFormed(text) &&
  utf8Bytes(text).length <= MAX_HOLDER_TEXT_BYTES;

const isClaim = ({ audience, nonce, issuedSeconds, key }: HolderClaim): boolean =>
  isHolderText(audience) &&
  isHolderText(nonce) &&
  Number.isInteger(issuedSeconds) &&
  issuedSeconds >= 0 &&
  issuedSeconds <= MAX_SAFE &&
  isAddress(key);

const uint64 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  writeUint64(bytes, 0, value);
  return bytes;
};

/**
 * What the holder signs: `H(domain 00 || profile 00 || u64 length || audience || u64 length || nonce || u64 time || key || H(text))`,
 * text being that of the presentation without a binding.
 */
export const holderHash = (hasher: Hasher, presentation: Presentation, claim: HolderClaim): Uint8Array => {
  const { root, proof, parts } = presentation;
  const audience = utf8Bytes(claim.audience);
  const nonce = utf8Bytes(claim.nonce);
  const text = hasher.sha256(utf8Bytes(presentationText({ root, proof, parts })));
  return hasher.sha256(
    concatBytes(
      utf8Bytes(`${DOMAIN}\0${PROFILE}\0`),
      uint64(audience.length),
      audience,
      uint64(nonce.length),
      nonce,
      uint64(claim.issuedSeconds),
      bytesOf(claim.key),
      text,
    ),
  );
};

/** The presentation, bound by its holder. Throws `InvariantViolation` on a malformed claim, or if the signer is not its key. */
export const bindHolder = async (
  crypto: Crypto,
  presentation: Presentation,
  claim: HolderClaim,
  sign: HolderSigner,
): Promise<Presentation> => {
  invariant(
    isClaim(claim),
    `audience and nonce have 1 to ${MAX_HOLDER_TEXT_BYTES} bytes, the time is in whole seconds`,
  );
  const { audience, nonce, issuedSeconds, key } = claim;
  const hash = holderHash(crypto, presentation, claim);
  const signature = await sign(hash);
  const signer = crypto.recover(hash, signature);
  invariant(signer !== undefined && toHex(signer) === key, 'the signer signs with the key of the claim');
  const { root, proof, parts } = presentation;
  return { root, proof, parts, holder: { audience, nonce, issuedSeconds, key, signature } };
};

/** Why the binding is not what was asked for, or `undefined`. Throws `InvariantViolation` on a demand that asks for nothing. */
export const holderFault = (
  crypto: Crypto,
  presentation: Presentation,
  demand: HolderDemand | 'not asked',
): HolderFault | undefined => {
  if (demand === 'not asked') return undefined;
  const { audience, nonce, key, now, maxAgeSeconds } = demand;
  invariant(isHolderText(audience) && isHolderText(nonce), 'say whom the presentation is for and what it answers');
  invariant(key === 'anyone' || isAddress(key), "say whose signature it must be, or 'anyone'");
  invariant((now === undefined) === (maxAgeSeconds === undefined), 'an age needs now and maxAgeSeconds');
  const { holder } = presentation;
  if (holder === undefined) return 'holder_missing';
  if (!isClaim(holder) || holder.signature.length !== SIGNATURE_BYTES) return 'holder_malformed';
  if (holder.audience !== audience) return 'holder_audience_differs';
  if (holder.nonce !== nonce) return 'holder_nonce_differs';
  if (key !== 'anyone' && holder.key !== key) return 'holder_key_differs';
  if (now !== undefined && maxAgeSeconds !== undefined) {
    invariant(Number.isFinite(now) && maxAgeSeconds >= 0, 'now is in Unix seconds, and an age is not negative');
    if (holder.issuedSeconds < now - maxAgeSeconds) return 'holder_too_old';
    if (holder.issuedSeconds > now + HOLDER_CLOCK_SECONDS) return 'holder_too_early';
  }
  const signer = crypto.recover(holderHash(crypto, presentation, holder), holder.signature);
  return signer !== undefined && toHex(signer) === holder.key ? undefined : 'holder_signature_wrong';
};
