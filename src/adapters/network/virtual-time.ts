/**
 * Virtual time: milliseconds that pass when they are told to, so that a night of a network is a second of a test.
 *
 * Events happen one by one, by their time and then in the order they were asked for. Between two of them the event loop takes
 * turns until every promise that the first one set going has gone as far as it can: so what runs here, however many promises it
 * waits for, does the same in every run.
 */
import { invariant } from '../../core/refusal.ts';
import { MAX_SAFE } from '../../core/units.ts';
import { EventHeap } from './event-heap.ts';

export interface VirtualTimeOptions {
  /** Where time begins, in whole milliseconds; for clocks these are Unix milliseconds. Default 0. */
  readonly startMs?: number;
  /**
   * When the event loop takes a turn between two events: always (the default), or only after those that held the time. The
   * second is several times as fast, and right where nothing but what holds the time waits for promises; the clocks of
   * `clockOf` do when they wake someone.
   */
  readonly turns?: 'always' | 'when_held';
}

export interface VirtualTime {
  /** Where time began. */
  readonly startMs: number;
  /** How many events have happened. */
  readonly events: number;
  /** How many are still to happen. */
  readonly pending: number;
  /** Whole milliseconds. Never less than an earlier answer. */
  nowMs(): number;
  /** When the next event happens; `undefined` if there is none. */
  nextDueMs(): number | undefined;
  /**
   * Has `action` happen at `dueMs`, after all that was asked for that moment before; the answer takes it back. It does not
   * wait for promises of the action's, but time does. Throws `InvariantViolation` if that is past or no whole millisecond.
   */
  at(dueMs: number, action: () => void): () => void;
  /**
   * Holds the time until the answer is called: no event happens meanwhile, nor before the promises then settled are heard.
   * For work that no turn of the event loop ends: files, threads, other processes.
   */
  hold(): () => void;
  /**
   * Lets time pass until `untilMs`, and all happen that falls due, also what is asked for meanwhile. Rejects with what an
   * action throws: time stands where it was thrown, the other events are still to come. One at a time.
   */
  run(untilMs: number): Promise<void>;
}

/** The two ends of a message channel, as every host has them. */
interface Channel {
  readonly port1: { onmessage: () => void; close(): void };
  readonly port2: { postMessage(message: unknown): void };
}

/** Lets the event loop go round once: every promise that can settle without the outside has settled, and was heard. */
const turns = (): { take(): Promise<void>; end(): void } => {
  // A message takes a third of the time of setImmediate, and browsers have it too.
  const { port1, port2 } = new MessageChannel() as unknown as Channel;
  let taken: () => void = () => undefined;
  port1.onmessage = () => taken();
  return {
    take: () =>
      new Promise((resolve) => {
        taken = resolve;
        port2.postMessage(undefined);
      }),
    end: () => port1.close(),
  };
};

/** A time that stands at its start. PERF: log2 of the events still to happen, for each; and a turn of the event loop. */
export const virtualTime = ({ startMs = 0, turns: when = 'always' }: VirtualTimeOptions = {}): VirtualTime => {
  const heap = new EventHeap();
  let nowMs = 0;
  let events = 0;
  let isRunning = false;
  let holds = 0;
  let isStirred = false;
  let released: () => void = () => undefined;

  const checkMs = (ms: number): void =>
    invariant(
      Number.isInteger(ms) && ms >= nowMs && ms <= MAX_SAFE,
      `it is ${nowMs} ms: what is to come has a whole number of milliseconds that is not less, not ${ms}`,
    );
  checkMs(startMs);
  nowMs = startMs;

  const settle = async (take: () => Promise<void>): Promise<void> => {
    do {
      isStirred = false;
      if (holds > 0) {
        await new Promise<void>((resolve) => {
          released = resolve;
        });
      }
      await take();
    } while (holds > 0 || isStirred);
  };

  const happen = async (untilMs: number, take: () => Promise<void>): Promise<void> => {
    await settle(take);
    let isSettled = true;
    for (;;) {
      const next = heap.peek();
      if (next !== undefined && next.dueMs <= untilMs) {
        nowMs = next.dueMs;
        events += 1;
        heap.pop()();
        isSettled = false;
      } else if (isSettled) return;
      // Before time goes on to its end, so that what is still asked for happens in time.
      if (when === 'always' || isStirred || next === undefined || next.dueMs > untilMs) {
        await settle(take);
        isSettled = true;
      }
    }
  };

  return {
    startMs,
    get events() {
      return events;
    },
    get pending() {
      return heap.size;
    },
    nowMs: () => nowMs,
    nextDueMs: () => heap.peek()?.dueMs,
    at: (dueMs, action) => {
      checkMs(dueMs);
      const event = heap.push(dueMs, action);
      return () => heap.takeBack(event);
    },
    hold: () => {
      let isHeld = true;
      holds += 1;
      isStirred = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        holds -= 1;
        if (holds === 0) released();
      };
    },
    run: async (untilMs) => {
      checkMs(untilMs);
      invariant(!isRunning, 'time passes once: wait until the run before has ended');
      isRunning = true;
      const { take, end } = turns();
      try {
        await happen(untilMs, take);
        nowMs = untilMs;
      } finally {
        isRunning = false;
        end();
      }
    },
  };
};
