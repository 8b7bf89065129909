/**
 * Hostile network: a network in memory that loses, delays, repeats, reorders, parts and corrupts, the same way for the same seed.
 *
 * All of it is within the laws of networks but corruption, which only a broken way or a liar on it does. When the faults have
 * ended the network is settled: every message arrives, once, as it was sent, within `settledDelayMs` (as long as no inbox is
 * full), and so does every copy that was still on its way. For tests.
 */
import { invariant } from '../../core/refusal.ts';
import { fatesOf, sumOf } from './fate.ts';
import { checkFaults, cuts, endOf, type NetworkFaults } from './faults.ts';
import { type DropReason, type Hub, type HubEvent, hubOf } from './hub.ts';
import type { InboxLimits } from './inbox.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One thing that happened, so that two runs can be compared word for word. */
export interface NetworkEvent {
  readonly atMs: number;
  readonly what: HubEvent['what'];
  /** The number of the message: of each copy the same. */
  readonly number: number;
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
  /** A 32-bit sum of its bytes. */
  readonly sum: number;
  readonly why?: DropReason;
}

export interface HostileHubOptions extends InboxLimits {
  readonly time: VirtualTime;
  readonly seed: number;
  readonly faults: NetworkFaults;
  /** The longest way of a message in the settled network, in milliseconds; at least 1, default 100. */
  readonly settledDelayMs?: number;
  readonly maxMessageBytes?: number;
  /** Called with each thing that happens. */
  readonly trace?: (event: NetworkEvent) => void;
}

export interface HostileHub extends Hub {
  /** From when on the network is settled, in milliseconds. */
  settledFromMs(): number;
  /** Ends all faults now: what is on its way arrives within `settledDelayMs`. */
  heal(): void;
}

/** Something that is to happen, and can be had sooner. */
interface Flight {
  dueMs: number;
  readonly action: () => void;
  takeBack: () => void;
}

/** What is to happen on a time, and the way to hasten all of it. */
const flightsOn = (time: VirtualTime) => {
  const flights = new Set<Flight>();
  const schedule = (flight: Flight): void => {
    flight.takeBack = time.at(flight.dueMs, () => {
      flights.delete(flight);
      flight.action();
    });
  };
  return {
    later: (afterMs: number, action: () => void): (() => void) => {
      const flight: Flight = { dueMs: time.nowMs() + afterMs, action, takeBack: () => undefined };
      flights.add(flight);
      schedule(flight);
      return () => {
        flights.delete(flight);
        flight.takeBack();
      };
    },
    /** Nothing happens later than that. */
    hasten: (latestMs: number): void => {
      for (const flight of flights) {
        if (flight.dueMs <= latestMs) continue;
        flight.takeBack();
        flight.dueMs = latestMs;
        schedule(flight);
      }
    },
  };
};

/**
 * A hostile hub on a virtual time. Throws `InvariantViolation` for a plan that makes no sense. PERF: a step for each fault of
 * the plan for each message, and a chance of its own for each that holds.
 */
export const hostileHub = (options: HostileHubOptions): HostileHub => {
  const { time, seed, faults, settledDelayMs = 100, trace, ...limits } = options;
  checkFaults(faults);
  invariant(
    Number.isInteger(seed) && Number.isInteger(settledDelayMs) && settledDelayMs >= 1,
    `a hostile network has a whole seed and settles to whole milliseconds, not to ${settledDelayMs} from the seed ${seed}`,
  );
  let endMs = endOf(faults);
  const flights = flightsOn(time);
  const fates = fatesOf({ seed, faults, settledDelayMs });
  const holding = (): NetworkFaults => {
    const nowMs = time.nowMs();
    if (nowMs >= endMs) return [];
    return faults.filter(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs);
  };

  const hub = hubOf({
    ...limits,
    name: 'hostile memory',
    later: flights.later,
    carry: (passage) => {
      const nowMs = time.nowMs();
      const fate = fates(passage, nowMs, holding());
      if (typeof fate === 'string') return fate;
      const mostMs = Math.max(nowMs, endMs) + settledDelayMs - nowMs;
      return fate.map(({ afterMs, message }) => ({ afterMs: Math.min(afterMs, mostMs), message }));
    },
    isOpen: ({ from, to }) => !holding().some((fault) => cuts(fault, from, to)),
    ...(trace !== undefined && {
      trace: ({ what, number, from, to, message, why }: HubEvent) =>
        trace({
          atMs: time.nowMs(),
          what,
          number,
          from,
          to,
          sizeBytes: message.length,
          sum: sumOf(message),
          ...(why !== undefined && { why }),
        }),
    }),
  });

  return {
    ...hub,
    settledFromMs: () => endMs,
    heal: () => {
      endMs = Math.min(endMs, time.nowMs());
      flights.hasten(time.nowMs() + settledDelayMs);
    },
  };
};
