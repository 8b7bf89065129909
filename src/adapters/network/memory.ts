/**
 * Memory network: nodes of one process that speak to each other, for tests and simulations.
 *
 * It loses nothing unless told to: every message arrives once, in the order of its sender.
 */
import { type Hub, hubOf } from './hub.ts';
import type { InboxLimits } from './inbox.ts';
import type { PeerId } from './network.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface MemoryHubOptions extends InboxLimits {
  /** The time in which messages travel; without one they arrive in a later turn of the event loop. */
  readonly time?: VirtualTime;
  /** How long each is on its way in that time. Default 1. */
  readonly delayMs?: number;
  /** The most bytes of one message. Default 4 MiB. */
  readonly maxMessageBytes?: number;
  /** Asked for each message that is sent: false loses it. Default: none is lost. */
  readonly deliver?: (from: PeerId, to: PeerId, message: Uint8Array) => boolean;
}

/** In a turn after this one; the answer takes it back. */
const nextTurn = (action: () => void): (() => void) => {
  if (typeof setImmediate === 'function') {
    const immediate = setImmediate(action);
    return () => clearImmediate(immediate);
  }
  const timer = setTimeout(action, 0);
  return () => clearTimeout(timer);
};

/** A hub in memory. A message that its receiver changes is its own. */
export const memoryHub = ({ time, delayMs = 1, deliver, ...plan }: MemoryHubOptions = {}): Hub =>
  hubOf({
    ...plan,
    name: 'memory',
    later:
      time === undefined
        ? (_afterMs, action) => nextTurn(action)
        : (afterMs, action) => time.at(time.nowMs() + afterMs, action),
    carry: ({ from, to, message }) =>
      deliver?.(from, to, message) === false ? 'loss' : [{ afterMs: delayMs, message }],
  });
