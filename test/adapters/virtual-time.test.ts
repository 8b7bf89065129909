import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { type ClockOnTrial, clockLaws } from '../../src/adapters/laws/clock.ts';
import { EventHeap, type TimedEvent } from '../../src/adapters/network/event-heap.ts';
import { clockOf } from '../../src/adapters/network/virtual-clock.ts';
import { type VirtualTime, virtualTime } from '../../src/adapters/network/virtual-time.ts';
import type { Seconds } from '../../src/core/units.ts';

const START_MS = 1_600_000_000_000;
const at = (seconds: number): Seconds => seconds as Seconds;

describe('the event heap', () => {
  it('gives what a sorted list gives, whatever is put in, taken out and taken back', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ what: fc.constant('push' as const), pick: fc.nat(30) }) },
      { weight: 3, arbitrary: fc.record({ what: fc.constant('pop' as const), pick: fc.constant(0) }) },
      { weight: 4, arbitrary: fc.record({ what: fc.constant('takeBack' as const), pick: fc.nat(2_000) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
        const heap = new EventHeap();
        const all: TimedEvent[] = [];
        let [popped, list]: [number, TimedEvent[]] = [-1, []];
        for (const { what, pick } of steps) {
          if (what === 'push') {
            const number = all.length;
            const event = heap.push(pick, () => {
              popped = number;
            });
            all.push(event);
            list = [...list, event].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
          } else if (what === 'pop') {
            const first = list.shift();
            expect(heap.peek()).toBe(first);
            popped = -1;
            heap.pop()();
            expect(popped).toBe(first === undefined ? -1 : all.indexOf(first));
          } else {
            // Of those put in at any time: some have happened, some were taken back before.
            const event = all[pick % Math.max(all.length, 1)];
            if (event !== undefined) heap.takeBack(event);
            list = list.filter((other) => other !== event);
          }
          expect(heap.size).toBe(list.length);
          expect(heap.peek()).toBe(list[0]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('holds no more than twice the living, however many are taken back', () => {
    const heap = new EventHeap();
    heap.push(5, () => undefined);
    for (let count = 0; count < 100_000; count += 1) {
      heap.takeBack(heap.push(count, () => undefined));
      expect(heap.size).toBe(1);
    }
    expect(heap.held).toBeLessThan(200);
  });
});

describe('virtual time', () => {
  it('has events happen by their time, and of one moment in the order they were asked for', async () => {
    const time = virtualTime({ startMs: 100 });
    const happened: string[] = [];
    for (const [ms, name] of [
      [130, 'c'],
      [110, 'a'],
      [130, 'd'],
      [120, 'b'],
      [100, 'now'],
    ] as const) {
      time.at(ms, () => happened.push(`${name}@${time.nowMs()}`));
    }
    time.at(120, () => time.at(120, () => happened.push(`later@${time.nowMs()}`)));
    expect(happened).toEqual([]);
    await time.run(129);
    expect(happened).toEqual(['now@100', 'a@110', 'b@120', 'later@120']);
    expect([time.nowMs(), time.events, time.pending, time.nextDueMs()]).toEqual([129, 5, 2, 130]);
    await time.run(130);
    expect(happened.slice(4)).toEqual(['c@130', 'd@130']);
    expect(time.nextDueMs()).toBeUndefined();
  });

  it('has nothing happen that was taken back, also by an event of the same moment', async () => {
    const time = virtualTime();
    const happened: string[] = [];
    const takeBack = time.at(5, () => happened.push('taken back before'));
    takeBack();
    takeBack();
    time.at(7, () => takeBackSecond());
    const takeBackSecond = time.at(7, () => happened.push('taken back at its moment'));
    const done = time.at(8, () => happened.push('done'));
    expect(time.pending).toBe(3);
    await time.run(10);
    done();
    expect([happened, time.pending]).toEqual([['done'], 0]);
  });

  it('hears every promise an event has settled before the next event, however long their chain', async () => {
    const time = virtualTime();
    const heard: number[] = [];
    let steps = 0;
    const walk = async (): Promise<void> => {
      for (let count = 0; count < 5_000; count += 1) {
        await Promise.resolve();
        steps += 1;
      }
      process.nextTick(() => {
        Promise.resolve()
          .then(() => Promise.all([1, 2, 3].map((number) => Promise.resolve(number))))
          .then((all) => heard.push(all.length))
          .catch(() => undefined);
      });
    };
    let walking: Promise<void> | undefined;
    time.at(1, () => {
      walking = walk();
    });
    time.at(1, () => heard.push(steps));
    await time.run(1);
    await walking;
    expect(heard).toEqual([3, 5_000]);
  });

  it('what began before it runs goes on before the first event, and may ask for one', async () => {
    const time = virtualTime();
    const happened: string[] = [];
    const begin = async (): Promise<void> => {
      for (let count = 0; count < 100; count += 1) await Promise.resolve();
      time.at(0, () => happened.push('asked for'));
    };
    const began = begin();
    time.at(1, () => happened.push('first'));
    await time.run(1);
    await began;
    expect(happened).toEqual(['asked for', 'first']);
  });

  it('takes turns only after those who held it, where it is told so', async () => {
    for (const turns of ['always', 'when_held'] as const) {
      const time = virtualTime({ turns });
      const happened: string[] = [];
      const later = (name: string): void => {
        Promise.resolve()
          .then(() => happened.push(name))
          .catch(() => undefined);
      };
      time.at(1, () => later('unheld'));
      time.at(2, () => happened.push('second'));
      time.at(3, () => {
        later('held');
        time.hold()();
      });
      time.at(4, () => happened.push('fourth'));
      await time.run(9);
      expect(happened.slice(-2)).toEqual(['held', 'fourth']);
      expect(happened.indexOf('unheld') < happened.indexOf('second')).toBe(turns === 'always');
    }
  });

  it('what a last event sets going may ask for more before the end, also where turns are few', async () => {
    const time = virtualTime({ turns: 'when_held' });
    const happened: number[] = [];
    time.at(1, () => {
      Promise.resolve()
        .then(() => time.at(2, () => happened.push(time.nowMs())))
        .catch(() => undefined);
    });
    time.at(9, () => happened.push(9));
    await time.run(5);
    expect(happened).toEqual([2]);
  });

  it('stands still while it is held, whatever happens outside', async () => {
    for (const turns of ['always', 'when_held'] as const) {
      const time = virtualTime({ turns });
      const happened: string[] = [];
      time.at(1, () => {
        const [release, other] = [time.hold(), time.hold()];
        setTimeout(() => {
          happened.push('outside');
          release();
          release();
        }, 5);
        setTimeout(() => {
          Promise.resolve()
            .then(() => happened.push('its promise'))
            .catch(() => undefined);
          const again = time.hold();
          other();
          setTimeout(() => {
            happened.push('again');
            again();
          }, 5);
        }, 30);
      });
      time.at(1, () => happened.push('next'));
      await time.run(1);
      expect(happened).toEqual(['outside', 'its promise', 'again', 'next']);
    }
  });

  it('stops at what an action throws, and goes on from there', async () => {
    const time = virtualTime();
    const happened: string[] = [];
    time.at(5, () => {
      throw new Error('on purpose');
    });
    time.at(5, () => happened.push('after'));
    await expect(time.run(9)).rejects.toThrow('on purpose');
    expect([time.nowMs(), happened]).toEqual([5, []]);
    await time.run(9);
    expect([time.nowMs(), happened]).toEqual([9, ['after']]);
  });

  it('does not go back, nor by part of a millisecond, nor twice at once', async () => {
    const time = virtualTime({ startMs: 10 });
    for (const ms of [9, 10.5, Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      expect(() => time.at(ms, () => undefined)).toThrow('whole number of milliseconds');
      await expect(time.run(ms)).rejects.toThrow('whole number of milliseconds');
    }
    for (const startMs of [-1, 0.5]) expect(() => virtualTime({ startMs })).toThrow('whole number of milliseconds');
    const running = time.run(20);
    await expect(time.run(30)).rejects.toThrow('time passes once');
    await running;
    await time.run(30);
    expect(time.nowMs()).toBe(30);
  });

  it('runs beside timers that are not those of the host', async () => {
    vi.useFakeTimers();
    const time = virtualTime();
    let isDone = false;
    time.at(5, () => {
      isDone = true;
    });
    await time.run(5);
    vi.useRealTimers();
    expect(isDone).toBe(true);
  });
});

/** Twenty that wait for chance times, each as its own clock tells, and write down who woke when. */
const wakings = async (seed: number): Promise<readonly string[]> => {
  const chance = chanceFrom(seed);
  const time = virtualTime({ startMs: START_MS });
  const woke: string[] = [];
  const live = async (name: number): Promise<void> => {
    const clock = clockOf(time, { skewSeconds: chance.below(20) - 10, driftPerMillion: chance.below(2_000) - 1_000 });
    for (let count = 0; count < 20; count += 1) {
      await clock.until(at(clock.now() + 1 + chance.below(5)));
      woke.push(`${name} ${time.nowMs()} ${clock.now()}`);
    }
  };
  const lives = Array.from({ length: 20 }, (_, name) => live(name));
  await time.run(START_MS + 200_000);
  await Promise.all(lives);
  return woke;
};

it('what waits on a virtual time does the same in every run', async () => {
  const [first, again, other] = [await wakings(1), await wakings(1), await wakings(2)];
  expect(first).toHaveLength(400);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

/** A clock that is `faults` wrong; a slow one is given more time, so that it shows what the laws let pass. */
const clockOnTrial = (time: VirtualTime, skewSeconds: number, driftPerMillion: number): ClockOnTrial => ({
  clock: clockOf(time, { skewSeconds, driftPerMillion }),
  pass: (seconds) => time.run(time.nowMs() + Math.ceil((seconds * 1e9) / (1e6 + driftPerMillion))),
});

describe('clocks on a virtual time keep the laws of clocks', () => {
  for (const [skewSeconds, drift] of [
    [0, 0],
    [-7.25, -200_000],
    [3.5, 150],
    [86_400, 500_000],
  ] as const) {
    for (const turns of ['always', 'when_held'] as const) {
      describe(`${skewSeconds} seconds ahead, ${drift} millionths too fast, turns ${turns}`, () => {
        for (const law of clockLaws) {
          it(law.name, () =>
            law.check(() => clockOnTrial(virtualTime({ startMs: START_MS + 250, turns }), skewSeconds, drift)),
          );
        }
      });
    }
  }
});

describe('a clock on a virtual time', () => {
  it('shows the time, its skew, and its drift since the start', async () => {
    const time = virtualTime({ startMs: START_MS });
    const clocks = [
      clockOf(time),
      clockOf(time, { skewSeconds: -2.5 }),
      clockOf(time, { skewSeconds: 10, driftPerMillion: 1_000 }),
      clockOf(time, { driftPerMillion: -100_000 }),
    ];
    const shown = (): number[] => clocks.map((clock) => clock.now() - START_MS / 1_000);
    expect(shown()).toEqual([0, -3, 10, 0]);
    await time.run(START_MS + 1_000_000);
    expect(shown()).toEqual([1_000, 997, 1_011, 900]);
  });

  it('shows nothing below zero', () => {
    expect(clockOf(virtualTime(), { skewSeconds: -5 }).now()).toBe(0);
  });

  it('never goes back, and wakes at the very first millisecond at which it shows the second', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          startMs: fc.integer({ min: 0, max: 2 * START_MS }),
          skewSeconds: fc.double({ min: -100, max: 100, noNaN: true }),
          driftPerMillion: fc.integer({ min: -500_000, max: 500_000 }),
          passedMs: fc.integer({ min: 0, max: 100_000_000 }),
          waitSeconds: fc.integer({ min: 1, max: 5 }),
        }),
        async ({ startMs, skewSeconds, driftPerMillion, passedMs, waitSeconds }) => {
          const time = virtualTime({ startMs });
          const clock = clockOf(time, { skewSeconds, driftPerMillion });
          await time.run(startMs + passedMs);
          const due = clock.now() + waitSeconds;
          let wokeMs: number | undefined;
          const wait = clock.until(at(due)).then(() => {
            wokeMs = time.nowMs();
          });
          const dueMs = time.nextDueMs() ?? 0;
          const before = clock.now();
          if (dueMs > time.nowMs()) await time.run(dueMs - 1);
          expect(clock.now()).toBeGreaterThanOrEqual(before);
          expect(clock.now()).toBe(due - 1);
          expect(wokeMs).toBeUndefined();
          await time.run(dueMs);
          await wait;
          expect([clock.now(), wokeMs, time.pending]).toEqual([due, dueMs, 0]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leaves no event behind when a wait is aborted', async () => {
    const time = virtualTime({ startMs: START_MS });
    const controller = new AbortController();
    const waits = [1, 2, 2 ** 40].map((seconds) => clockOf(time).until(at(1_600_000_000 + seconds), controller.signal));
    expect(time.pending).toBe(3);
    controller.abort('enough');
    expect((await Promise.allSettled(waits)).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    expect(time.pending).toBe(0);
  });

  it('whoever waited for it hears an abort before the next event, also where turns are few', async () => {
    const time = virtualTime({ turns: 'when_held' });
    const controller = new AbortController();
    const happened: string[] = [];
    const wait = clockOf(time)
      .until(at(9), controller.signal)
      .catch((reason: unknown) => happened.push(String(reason)));
    time.at(1, () => controller.abort('enough'));
    time.at(1, () => happened.push('next'));
    await time.run(2);
    await wait;
    expect(happened).toEqual(['enough', 'next']);
  });

  it('is not wrong beyond bounds', () => {
    for (const faults of [
      { driftPerMillion: 500_001 },
      { driftPerMillion: -1_000_000 },
      { driftPerMillion: Number.NaN },
      { skewSeconds: Number.NaN },
      { skewSeconds: Number.POSITIVE_INFINITY },
    ]) {
      expect(() => clockOf(virtualTime(), faults)).toThrow('a clock drifts by at most');
    }
  });
});
