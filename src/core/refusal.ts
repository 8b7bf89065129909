/**
 * Refusal: what the engine answers when it will not do what was asked, as a value.
 *
 * A refusal has a stable code, a message that says what to do, and the numbers behind it. What only we can cause is
 * not a refusal but an `InvariantViolation`: it stops the engine before anything is stored.
 * Source: protocol section 13.
 */
import { messages } from './refusal-messages.ts';

export type Details = Readonly<Record<string, string | null>>;

/** The sender, peer or file asked for something the rules do not allow. `code` never changes its meaning. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly details: Details;
}

const NO_DETAILS: Details = {};

/** A refusal with the message that the table has for its code; a kind of an embedder may bring its own message. */
export const refusal = (code: string, details: Details = NO_DETAILS, message?: string): Refusal => ({
  code,
  message: message ?? messages[code] ?? `the check '${code}' of this transaction kind failed`,
  details,
});

/** Something that only a fault of ours (or of an adapter) can cause. Nothing may be stored after it. */
export class InvariantViolation extends Error {
  readonly code = 'invariant_violated';
  constructor(message: string) {
    super(message);
    this.name = 'InvariantViolation';
  }
}

/** Throws `InvariantViolation` unless the fact holds. */
export function invariant(holds: boolean, message: string): asserts holds {
  if (!holds) throw new InvariantViolation(message);
}
