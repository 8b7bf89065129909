import { describe, expect, it } from 'vitest';
import { fuzzTargets } from './fuzz.ts';
import { type FuzzTarget, fuzz, inputsOf } from './fuzz-run.ts';

const COUNT = Number(process.env['MEDSTATE_FUZZ'] ?? 4_000);
const SEED = Number(process.env['MEDSTATE_SEED'] ?? 1);
const MOST_GROWN_BYTES = 8 * 1024 * 1024;

const targets = fuzzTargets.map((target) => ({ target, name: target.name, inputs: inputsOf(target, COUNT) }));

describe('whatever a stranger sends', () => {
  it.each(targets)('is answered by name and leaves nothing behind: $name, $inputs inputs', async ({ target }) => {
    const before = process.cpuUsage();
    const { answers, grownBytes } = await fuzz(target, { count: COUNT, seed: SEED });
    expect(target.answers.filter((answer) => !answers.has(answer))).toEqual([]);
    expect(grownBytes).toBeLessThan(MOST_GROWN_BYTES);
    if (COUNT < 100_000) return;
    const { user, system } = process.cpuUsage(before);
    const told = `${JSON.stringify([...answers])}, grown ${grownBytes}, ${Math.round((user + system) / 1e6)} s of CPU`;
    process.stdout.write(`${target.name}: ${told}\n`);
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

  it('waits for an answer that comes later, and finds its throw', async () => {
    const run = async (bytes: Uint8Array): Promise<string> => {
      await Promise.resolve();
      if (bytes.length === 7 && bytes[1] !== 0x22) throw new RangeError('planted');
      return 'fine';
    };
    const target = { ...planted(() => 'fine'), run };
    await expect(fuzz(target, plan)).rejects.toThrow(/planted, seed 1, input \d+ throws: 7 bytes, 7b/);
  });

  it('gives a target that costs more its share of the inputs, and no fewer than that', async () => {
    let inputs = 0;
    const run = (): string => {
      inputs += 1;
      return 'fine';
    };
    await fuzz({ ...planted(run), share: 0.3 }, { count: 101, seed: 1 });
    expect(inputs).toBe(31);
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
