/**
 * The laws of clocks: what the engine relies on when it waits for a slot.
 *
 * Source: protocol section 1 (whole seconds), section 9 (slots).
 */
import { MAX_SAFE, type Seconds } from '../../core/units.ts';
import type { Clock } from '../clock/clock.ts';
import { demand, type Law } from './law.ts';

/** A clock, and the way to let time pass for it: by waiting, by fake timers, by hand. */
export interface ClockOnTrial {
  readonly clock: Clock;
  /** Lets `seconds` whole seconds pass; what falls due in them has happened when it resolves. The laws pass under 20 in all. */
  pass(seconds: number): Promise<void>;
}

/** Just above the 2^31 - 1 ms at which a timer of the host overflows and fires at once. */
const TIMER_OVERFLOW_SECONDS = 2_147_484;

const after = (clock: Clock, seconds: number): Seconds => (clock.now() + seconds) as Seconds;

type State = 'open' | 'resolved' | 'rejected';

/** What has become of a promise, asked without waiting for it. */
const watch = (promise: Promise<void>): { state(): State; reason(): unknown } => {
  let [state, reason]: [State, unknown] = ['open', undefined];
  promise.then(
    () => {
      state = 'resolved';
    },
    (error: unknown) => {
      [state, reason] = ['rejected', error];
    },
  );
  return { state: () => state, reason: () => reason };
};

/** Every promise that has settled has told so. */
const turn = async (): Promise<void> => {
  for (let count = 0; count < 5; count += 1) await Promise.resolve();
};

const law = (name: string, keeps: (trial: ClockOnTrial) => Promise<void>): Law<ClockOnTrial> => ({
  name,
  check: async (make) => keeps(await make()),
});

const telling: readonly Law<ClockOnTrial>[] = [
  law('now is whole Unix seconds', async ({ clock, pass }) => {
    for (let count = 0; count < 3; count += 1) {
      const now = clock.now();
      demand(
        Number.isInteger(now) && now >= 0 && now <= MAX_SAFE,
        `now is ${now}, which is no whole number of seconds`,
      );
      await pass(1);
    }
  }),
  law('now follows the time that passes, and never goes back', async ({ clock, pass }) => {
    const start = clock.now();
    let before = start;
    for (const seconds of [1, 0, 2]) {
      await pass(seconds);
      const now = clock.now();
      demand(now >= before, `now went back from ${before} to ${now}`);
      before = now;
    }
    demand(before >= start + 3, `3 seconds passed, but now went from ${start} to ${before}`);
  }),
];

const waiting: readonly Law<ClockOnTrial>[] = [
  law('until a time that has come resolves without time passing', async ({ clock }) => {
    const waits = [clock.now(), after(clock, -1), 0 as Seconds].map((seconds) => watch(clock.until(seconds)));
    await turn();
    for (const { state } of waits) demand(state() === 'resolved', `a wait until now or earlier is ${state()}`);
  }),
  law('until resolves when its second begins, not before, and now agrees', async ({ clock, pass }) => {
    const due = after(clock, 3);
    let now = 0;
    const wait = watch(
      clock.until(due).then(() => {
        now = clock.now();
      }),
    );
    while (clock.now() < due - 1) {
      await turn();
      demand(wait.state() === 'open' || clock.now() >= due, `a wait until ${due} is ${wait.state()} at ${clock.now()}`);
      await pass(1);
    }
    await pass(2);
    await turn();
    demand(wait.state() === 'resolved', `a wait until ${due} is ${wait.state()} at ${clock.now()}`);
    demand(now >= due, `a wait until ${due} resolved when now was ${now}`);
  }),
  law('waits resolve in the order of their times', async ({ clock, pass }) => {
    const order: number[] = [];
    for (const seconds of [3, 1, 2]) {
      clock.until(after(clock, seconds)).then(
        () => order.push(seconds),
        () => undefined,
      );
    }
    for (let count = 0; count < 5; count += 1) await pass(1);
    await turn();
    demand(order.join() === '1,2,3', `waits of 1, 2 and 3 seconds resolved in the order ${order.join()}`);
  }),
  law('a wait of weeks does not end at once', async ({ clock, pass }) => {
    const controller = new AbortController();
    const waits = [TIMER_OVERFLOW_SECONDS, 2 * TIMER_OVERFLOW_SECONDS, MAX_SAFE - clock.now()].map((seconds) =>
      watch(clock.until(after(clock, seconds), controller.signal)),
    );
    await pass(1);
    await turn();
    const states = waits.map(({ state }) => state()).join();
    controller.abort();
    demand(states === 'open,open,open', `waits of weeks and more are ${states} after one second`);
  }),
];

const aborting: readonly Law<ClockOnTrial>[] = [
  law('a wait that is aborted rejects with the reason, at once', async ({ clock }) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const [aborted, other] = [
      watch(clock.until(after(clock, 1000), controller.signal)),
      watch(clock.until(clock.now(), new AbortController().signal)),
    ];
    await turn();
    demand(aborted.state() === 'open', `a wait that is not aborted yet is ${aborted.state()}`);
    controller.abort(reason);
    await turn();
    demand(aborted.state() === 'rejected', `a wait that was aborted is ${aborted.state()}`);
    demand(
      aborted.reason() === reason,
      `a wait that was aborted rejected with ${String(aborted.reason())}, not the reason`,
    );
    demand(other.state() === 'resolved', `a wait with another signal is ${other.state()}`);
  }),
  law('a signal that was aborted before rejects, even if the time has come', async ({ clock }) => {
    const reason = new Error('too late');
    const signal = AbortSignal.abort(reason);
    const waits = [clock.now(), after(clock, 1000)].map((seconds) => watch(clock.until(seconds, signal)));
    await turn();
    for (const wait of waits) {
      demand(
        wait.state() === 'rejected' && wait.reason() === reason,
        `a wait with an aborted signal is ${wait.state()}`,
      );
    }
  }),
  law('an abort after the wait is over changes nothing, and no listener is left', async ({ clock, pass }) => {
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    const wait = watch(clock.until(after(clock, 1), signal));
    await pass(2);
    await turn();
    demand(wait.state() === 'resolved', `a wait of 1 second is ${wait.state()} after 2`);
    demand(listeners === 0, `${listeners} listeners are left on the signal after the wait`);
    controller.abort();
    await turn();
    demand(wait.state() === 'resolved', `a wait that was over is ${wait.state()} after the abort`);
  }),
  law('a time that is no whole number of seconds is refused', async ({ clock }) => {
    for (const seconds of [0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      const wait = watch(clock.until(seconds as Seconds));
      await turn();
      demand(wait.state() === 'rejected', `a wait until ${seconds} is ${wait.state()}`);
    }
  }),
];

/** All laws of the clock role. With a clock of real time they take about 15 seconds. */
export const clockLaws: readonly Law<ClockOnTrial>[] = [...telling, ...waiting, ...aborting];
