import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { compileProgram, startChild } from '../adapters/child-programs.ts';
import { openProducers } from './producer-place.ts';

const KILLS = Number(process.env['MEDSTATE_KILLS'] ?? 8);
/** A kill takes a second or two, on a busy machine more. */
const LIMIT_MS = 60_000 + 20_000 * KILLS;
/** A child takes a good part of this to open its chain. */
const MAX_RUN_MS = 400;
/** Every other child dies by itself at one of its first signatures. */
const MOST_SIGNATURES = 12;
/** A store that is begun anew now and then keeps the openings short. */
const KILLS_A_STORE = 50;

let folder = '';
let program = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medstate-producers-'));
  program = compileProgram('test/crash/producer-child.ts', folder);
}, 600_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('producers whose process is killed', () => {
  it(
    `have every block that they ever signed when they start again, ${KILLS} times over`,
    async () => {
      const chance = chanceFrom(20_260_011);
      const figures = { signed: 0, resumed: 0 };
      let place = '';
      let signed: string[] = [];
      for (let kill = 0; kill < KILLS; kill += 1) {
        if (kill % KILLS_A_STORE === 0) [place, signed] = [mkdtempSync(join(folder, 'place-')), []];
        const log = join(folder, 'log');
        const known = signed.length;
        const dieAt = kill % 2 === 0 ? 1 + chance.below(MOST_SIGNATURES) : 0;
        const child = await startChild(program, log, place, String(dieAt));
        if (dieAt > 0) await child.ended;
        else await new Promise((resolve) => setTimeout(resolve, chance.below(MAX_RUN_MS)));
        await child.kill();
        signed.push(
          ...readFileSync(log, 'utf8')
            .split('\n')
            .slice(0, -1)
            .filter((line) => line !== 'ready'),
        );
        const { storage, engine, locks, keys, close } = await openProducers(place, () => undefined);
        const promised = await Promise.all(locks.map(async (lock) => (await lock.read())?.signedId));
        const isIn = async () =>
          new Set((await storage.blocks(1, Number.MAX_SAFE_INTEGER)).map(({ id }) => id as string));
        const before = await isIn();
        const missing = promised.filter((id) => id !== undefined && !before.has(id));
        const resumed = await Promise.all(keys.map((key) => engine.resume(key)));
        const after = await isIn();
        expect([...signed, ...promised].filter((id) => id !== undefined && !after.has(id))).toEqual([]);
        expect(resumed.filter((each) => each !== undefined).length).toBe(missing.length);
        expect(engine.evidence).toEqual([]);
        figures.signed += signed.length - known;
        figures.resumed += missing.length;
        await close();
      }
      writeSync(2, `producers: ${KILLS} kills, ${JSON.stringify(figures)}\n`);
      expect(figures.resumed).toBeGreaterThanOrEqual(KILLS / 2);
    },
    LIMIT_MS,
  );
});
