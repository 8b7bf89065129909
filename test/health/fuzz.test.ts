import { describe, expect, it } from 'vitest';
import { fuzzTargets } from './fuzz.ts';
import { type FuzzTarget, fuzz } from './fuzz-run.ts';

const COUNT = Number(process.env['MEDSTATE_FUZZ'] ?? 4_000);
const SEED = Number(process.env['MEDSTATE_SEED'] ?? 1);
const MOST_GROWN_BYTES = 8 * 1024 * 1024;

describe('whatever a stranger sends', () => {
  it.each(fuzzTargets)(`is answered by name and leaves nothing behind: $name, ${COUNT} inputs`, async (target) => {
    const { answers, grownBytes } = await fuzz(target, { count: COUNT, seed: SEED });
    expect(target.answers.filter((answer) => !answers.has(answer))).toEqual([]);
    expect(grownBytes).toBeLessThan(MOST_GROWN_BYTES);
    if (COUNT >= 100_000)
      process.stdout.write(`${target.name}: ${JSON.stringify([...answers])}, grown ${grownBytes}\n`);
  });
});

describe('the fuzz itself', () => {
  const planted = (run: (bytes: Uint8Array) => string): FuzzTarget => ({
    name: 'planted',
    seeds: [new TextEncoder().encode('{"a":1}')],
    answers: ['fine'],
    run,
  });
  const plan = { count: 2_000, seed: 1 };

  it('finds a throw that one changed byte brings about', async () => {
    const run = (bytes: Uint8Array): string => {
      if (bytes.length === 7 && bytes[1] !== 0x22) throw new RangeError('planted');
      return 'fine';
    };
    await expect(fuzz(planted(run), plan)).rejects.toThrow(/planted, seed 1, input \d+ throws: 7 bytes, 7b/);
  });

  it('finds an answer that has no name', async () => {
    await expect(
      fuzz(
        planted((bytes) => (bytes.length > 90 ? 'odd' : 'fine')),
        plan,
      ),
    ).rejects.toThrow(/: odd: /);
  });

  it('sees what stays in memory', async () => {
    const kept: Uint8Array[] = [];
    const run = (): string => {
      kept.push(new Uint8Array(10_000));
      return 'fine';
    };
    expect((await fuzz(planted(run), plan)).grownBytes).toBeGreaterThan(MOST_GROWN_BYTES);
    expect(kept).toHaveLength(plan.count);
  });
});
