/**
 * Verdict: what a verifier answers: what was proven, or the one code that says why it is not.
 *
 * The shape is fp-ts's `Either`, made by hand: its module would be larger than all of the verifier.
 */
import type { Either } from 'fp-ts/lib/Either.js';

/**
 * Why a proof proves nothing. The codes never change their meaning.
 *
 * - `header_malformed`: the header's bytes are not canonical, or of another version.
 * - `header_id_differs`: the header is not that of the block with this id.
 * - `key_malformed`: what was asked about is no key: not lower-case hex of whole bytes.
 * - `height_differs`: the block stands at another height than was asked about.
 * - `time_not_reached`: the block is older than the time that was asked about, so what it says may change until then.
 * - `proof_malformed`: the proof's bytes are not canonical.
 * - `proof_positions_wrong`: leaves are not in ascending order, one stands twice, or one lies beyond the end.
 * - `proof_key_unanswered`: a key was asked for, and no leaf shows its value or spans the gap in which it is missing.
 * - `proof_left_over`: the proof holds more than what was asked needs.
 * - `proof_incomplete`: hashes of neighbours are missing.
 * - `proof_root_differs`: all fits together, but under another root: changed on the way, or of another state.
 * - `proof_content_malformed`: what was proven is no record of its kind; under a root of a valid block this cannot be.
 */
export type ProofFault =
  | 'header_malformed'
  | 'header_id_differs'
  | 'key_malformed'
  | 'height_differs'
  | 'time_not_reached'
  | 'proof_malformed'
  | 'proof_positions_wrong'
  | 'proof_key_unanswered'
  | 'proof_left_over'
  | 'proof_incomplete'
  | 'proof_root_differs'
  | 'proof_content_malformed';

export type Verdict<T> = Either<ProofFault, T>;

export const refused = (fault: ProofFault): Verdict<never> => ({ _tag: 'Left', left: fault });

export const proven = <T>(value: T): Verdict<T> => ({ _tag: 'Right', right: value });
