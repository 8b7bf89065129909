import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duration, grouped, showProgress } from '../../src/cli/progress.ts';
import { screen } from './terminal.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** Plays `[ms since the last, done]` steps of a task and tells every piece written. */
const watch = (
  steps: readonly (readonly [number, number])[],
  { isTerminal = false, columns = 80, quiet = false, total = 1_000 as number | 'unknown' } = {},
) => {
  const { io, errors, out } = screen({ isTerminal, columns });
  let now = 50_000;
  const progress = showProgress(io, {
    label: 'replaying',
    unit: 'blocks',
    quiet,
    nowMs: () => now,
    ...(total === 'unknown' ? {} : { total }),
  });
  for (const [ms, done] of steps) {
    now += ms;
    progress.advance(done);
  }
  progress.finish();
  progress.finish();
  progress.advance(0);
  expect(out()).toBe('');
  return errors();
};

const anySteps = fc.array(fc.tuple(fc.nat(3_000), fc.nat(40)), { maxLength: 60 }).map((deltas) => {
  let done = 0;
  return deltas.map(([ms, more]): readonly [number, number] => {
    done += more;
    return [ms, done];
  });
});

const elapsedOf = (steps: readonly (readonly [number, number])[]): number => steps.reduce((sum, [ms]) => sum + ms, 0);

describe('progress on a terminal', () => {
  it('is one line with bar, share, count, rate and time left, and ends with what was done', () => {
    const pieces = watch(
      [
        [1_000, 250],
        [1_000, 500],
        [1_000, 1_000],
      ],
      { isTerminal: true },
    );
    expect(pieces).toEqual([
      '\rreplaying [#####---------------] 25 %, 250 of 1 000 blocks, 250/s, 3 s left\u001b[K',
      '\rreplaying [##########----------] 50 %, 500 of 1 000 blocks, 250/s, 2 s left\u001b[K',
      '\rreplaying [####################] 100 %, 1 000 of 1 000 blocks, 333/s, 0 s left\u001b[K',
      '\rreplaying 1 000 of 1 000 blocks, 333/s, 3 s\u001b[K\n',
    ]);
  });

  it('is drawn at most ten times a second', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const pieces = watch(steps, { isTerminal: true });
        expect(pieces.length).toBeLessThanOrEqual(Math.floor(elapsedOf(steps) / 100) + 2);
      }),
      { numRuns: RUNS },
    );
    const often = Array.from({ length: 1_000 }, (_, index): readonly [number, number] => [1, index]);
    expect(watch(often, { isTerminal: true })).toHaveLength(11);
  });

  it('never fills the last column, so no terminal wraps it', () => {
    fc.assert(
      fc.property(anySteps, fc.integer({ min: 2, max: 120 }), (steps, columns) => {
        for (const piece of watch(steps, { isTerminal: true, columns })) {
          expect(piece.replace('\r', '').replace('\u001b[K', '').trimEnd().length).toBeLessThan(columns);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('shows count and rate alone when nobody knows the total', () => {
    const pieces = watch([[2_000, 9]], { isTerminal: true, total: 'unknown' });
    expect(pieces).toEqual(['\rreplaying 9 blocks, 4.5/s\u001b[K', '\rreplaying 9 blocks, 4.5/s, 2 s\u001b[K\n']);
  });
});

describe('progress in a log', () => {
  it('is a line each tenth or each five seconds, and one at the end', () => {
    const pieces = watch([
      [999, 99],
      [1, 100],
      [1_000, 150],
      [1_000, 210],
      [4_999, 211],
      [1, 212],
      [4_000, 213],
    ]);
    expect(pieces).toEqual([
      'replaying: 10 %, 100 of 1 000 blocks, 100/s, 9 s left\n',
      'replaying: 21 %, 210 of 1 000 blocks, 70/s, 11 s left\n',
      'replaying: 21 %, 212 of 1 000 blocks, 27/s, 30 s left\n',
      'replaying: 213 of 1 000 blocks, 18/s, 12 s\n',
    ]);
  });

  it('of a short task is one line', () => {
    expect(watch([[900, 1_000]])).toEqual(['replaying: 1 000 of 1 000 blocks, 1 111/s, 1 s\n']);
  });

  it('has at most eleven lines and one each five seconds, without a control character', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const pieces = watch(steps);
        expect(pieces.length).toBeLessThanOrEqual(11 + elapsedOf(steps) / 5_000);
        for (const piece of pieces) expect(piece).toMatch(/^[ -~]+\n$/);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('progress', () => {
  it('is silent when asked to be', () => {
    for (const isTerminal of [false, true]) expect(watch([[9_000, 500]], { isTerminal, quiet: true })).toEqual([]);
  });

  it('of nothing to do is all done', () => {
    expect(watch([[0, 0]], { isTerminal: true, total: 0 })).toEqual([
      '\rreplaying [####################] 100 %, 0 of 0 blocks\u001b[K',
      '\rreplaying 0 of 0 blocks, 0 s\u001b[K\n',
    ]);
  });

  it('groups digits by three', () => {
    expect([0, 999, 1_000, 1_234_567].map(grouped)).toEqual(['0', '999', '1 000', '1 234 567']);
  });

  it('tells times as people do', () => {
    const told = [0, 499, 59_400, 59_600, 3_599_000, 3_599_600, 7_380_000].map(duration);
    expect(told).toEqual(['0 s', '0 s', '59 s', '1 min 00 s', '59 min 59 s', '1 h 00 min', '2 h 03 min']);
  });
});
