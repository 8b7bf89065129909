/**
 * Limits: how much may wait, of whom, and for how long.
 *
 * Source: docs/decisions/0016-who-waits-and-who-goes.md.
 */
export interface PoolLimits {
  /** All waiting transactions together, as `WAITING_BYTES` reckons them. */
  readonly maxBytes: number;
  /** Waiting transactions of one sender; also how far a nonce may be ahead of the sender's account. */
  readonly maxPerSender: number;
  /** Waiting transactions that one account pays for. */
  readonly maxPerPayer: number;
  /** How long a transaction may wait, in chain time. */
  readonly maxWaitSeconds: number;
  /** How often the choice for a block may look in vain; it ends there. */
  readonly maxVainLooks: number;
}

export const defaultPoolLimits: PoolLimits = {
  maxBytes: 64 * 1024 * 1024,
  maxPerSender: 64,
  maxPerPayer: 4096,
  maxWaitSeconds: 3 * 60 * 60,
  maxVainLooks: 20_000,
};

/** What one that waits takes beside its own bytes: its fields, its places in the lists, a lane and a purse. */
export const WAITING_BYTES = 2048;
