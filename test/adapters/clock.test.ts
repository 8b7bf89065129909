import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../src/adapters/clock/clock.ts';
import { manualClock } from '../../src/adapters/clock/manual.ts';
import { systemClock } from '../../src/adapters/clock/system.ts';
import { type ClockOnTrial, clockLaws } from '../../src/adapters/laws/clock.ts';
import type { Seconds } from '../../src/core/units.ts';

const START = 1_600_000_000;
const at = (seconds: number): Seconds => seconds as Seconds;

/** A manual clock; what resolved has been told when `pass` ends. */
const manualOnTrial = (): ClockOnTrial => {
  const clock = manualClock(START);
  return {
    clock,
    pass: async (seconds) => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1);
        await Promise.resolve();
      }
    },
  };
};

const pass = async (seconds: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(1_000 * seconds);
};

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 * START + 250 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the manual clock keeps the laws of clocks', () => {
  for (const law of clockLaws) it(law.name, () => law.check(manualOnTrial));
});

describe('the system clock keeps the laws of clocks', () => {
  for (const law of clockLaws) it(law.name, () => law.check(() => ({ clock: systemClock(), pass })));
});

describe('clocks that break a law are found out', () => {
  const breaches: Readonly<Record<string, (clock: Clock) => Clock>> = {
    'tells milliseconds': (clock) => ({ ...clock, now: () => at(clock.now() + 0.25) }),
    'goes back at every second look': (clock) => {
      let looks = 0;
      return { ...clock, now: () => at(clock.now() - (looks++ % 2) * 5) };
    },
    'stands still': (clock) => {
      const start = clock.now();
      return { ...clock, now: () => start };
    },
    'wakes a second early': (clock) => ({ ...clock, until: (seconds, signal) => clock.until(at(seconds - 1), signal) }),
    'wakes three seconds late': (clock) => ({
      ...clock,
      until: (seconds, signal) => clock.until(at(seconds + 3), signal),
    }),
    'never hears an abort': (clock) => ({ ...clock, until: (seconds) => clock.until(seconds) }),
    'forgets the reason': (clock) => ({
      ...clock,
      until: (seconds, signal) =>
        clock.until(seconds, signal).catch(() => {
          throw new Error('aborted');
        }),
    }),
    'leaves its listener': (clock) => ({
      ...clock,
      until: (seconds, signal) => {
        signal?.addEventListener('abort', () => undefined);
        return clock.until(seconds, signal);
      },
    }),
    'trusts setTimeout with weeks': (clock) => ({
      ...clock,
      until: (seconds, signal) => clock.until(seconds - clock.now() > 2 ** 31 / 1_000 ? clock.now() : seconds, signal),
    }),
    'takes any number for a time': (clock) => ({
      ...clock,
      until: (seconds, signal) => (Number.isInteger(seconds) ? clock.until(seconds, signal) : Promise.resolve()),
    }),
  };
  for (const [breach, spoil] of Object.entries(breaches)) {
    it(`a clock that ${breach} breaks a law`, async () => {
      const broken: string[] = [];
      for (const law of clockLaws) {
        const { clock, pass: passTime } = manualOnTrial();
        await law.check(() => ({ clock: spoil(clock), pass: passTime })).catch(() => broken.push(law.name));
      }
      expect(broken).not.toEqual([]);
    });
  }
});

describe('the system clock', () => {
  it('a wait of 40 days ends when they are over, and not a second before', async () => {
    const clock = systemClock();
    const days = 40 * 86_400;
    let isOver = false;
    const wait = clock.until(at(START + days)).then(() => {
      isOver = true;
    });
    await pass(days - 1);
    expect(isOver).toBe(false);
    await pass(1);
    await wait;
    expect(clock.now()).toBe(START + days);
  });

  it('stands still when it is set back, until the time has caught up', async () => {
    const clock = systemClock();
    expect(clock.now()).toBe(START);
    vi.setSystemTime(1_000 * (START - 3_600));
    expect(clock.now()).toBe(START);
    await pass(3_600 + 10);
    expect(clock.now()).toBe(START + 10);
  });

  it('a wait that began before the clock was set back ends when the clock says so', async () => {
    const clock = systemClock();
    const wait = clock.until(at(START + 10));
    vi.setSystemTime(1_000 * (START - 100));
    await pass(109);
    expect(vi.getTimerCount()).toBe(1);
    await pass(1);
    await wait;
    expect(clock.now()).toBe(START + 10);
  });

  it('a clock that is set forward ends a long wait within a minute', async () => {
    const clock = systemClock();
    let isOver = false;
    const wait = clock.until(at(START + 86_400)).then(() => {
      isOver = true;
    });
    await pass(5);
    vi.setSystemTime(1_000 * (START + 86_400));
    await pass(60);
    expect(isOver).toBe(true);
    await wait;
  });

  it('leaves no timer behind when a wait ends, is aborted, or had ended before', async () => {
    const clock = systemClock();
    const controller = new AbortController();
    const aborted = clock.until(at(START + 1_000), controller.signal).catch((reason: unknown) => reason);
    const ended = clock.until(at(START + 2));
    await clock.until(at(START));
    expect(vi.getTimerCount()).toBe(2);
    controller.abort('enough');
    expect(await aborted).toBe('enough');
    expect(vi.getTimerCount()).toBe(1);
    await pass(2);
    await ended;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps the process alive while it waits, unless it is told not to', () => {
    const setTimeoutOf = vi.spyOn(globalThis, 'setTimeout');
    for (const keepsProcessAlive of [true, false]) {
      const controller = new AbortController();
      const wait = systemClock({ keepsProcessAlive }).until(at(START + 5), controller.signal);
      wait.catch(() => undefined);
      const timer = setTimeoutOf.mock.results.at(-1)?.value as ReturnType<typeof setTimeout>;
      expect(timer.hasRef()).toBe(keepsProcessAlive);
      controller.abort();
    }
    setTimeoutOf.mockRestore();
  });

  it('agrees with the time of the machine', async () => {
    vi.useRealTimers();
    const clock = systemClock();
    const before = Math.floor(Date.now() / 1_000);
    await clock.until(at(before + 1));
    expect(Date.now()).toBeGreaterThanOrEqual(1_000 * (before + 1));
    expect(clock.now()).toBeGreaterThanOrEqual(before + 1);
  });
});

describe('the manual clock', () => {
  it('cannot be set or moved back, nor by a part of a second', () => {
    const clock = manualClock(START);
    clock.set(START + 5);
    expect(() => clock.set(START + 4)).toThrow('does not go back');
    expect(() => clock.advance(-1)).toThrow('whole seconds');
    expect(() => clock.advance(0.5)).toThrow('whole seconds');
    expect(() => manualClock(-1)).toThrow('whole seconds');
    expect(clock.now()).toBe(START + 5);
  });

  it('tells when the next wait falls due, and nothing when none is open', async () => {
    const clock = manualClock(START);
    const controller = new AbortController();
    expect(clock.nextDue()).toBeUndefined();
    const waits = [7, 3, 5].map((seconds) => clock.until(at(START + seconds), controller.signal));
    expect(clock.nextDue()).toBe(START + 3);
    clock.set(START + 3);
    await waits[1];
    expect(clock.nextDue()).toBe(START + 5);
    controller.abort('enough');
    expect(await Promise.allSettled(waits)).toMatchObject([
      { status: 'rejected', reason: 'enough' },
      { status: 'fulfilled' },
      { status: 'rejected', reason: 'enough' },
    ]);
    expect(clock.nextDue()).toBeUndefined();
  });

  it('waits of one second resolve in the order they began, also when a jump passes many', async () => {
    const clock = manualClock(START);
    const order: string[] = [];
    const waits = (['b5', 'a3', 'c5', 'd4', 'e3'] as const).map((name) =>
      clock.until(at(START + Number(name.charAt(1)))).then(() => order.push(name)),
    );
    clock.advance(100);
    await Promise.all(waits);
    expect(order).toEqual(['a3', 'e3', 'd4', 'b5', 'c5']);
  });
});
