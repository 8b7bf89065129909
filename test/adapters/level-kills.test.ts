import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { levelStorage } from '../../src/adapters/storage/level.ts';
import { compileProgram, runChild, startChild } from './child-programs.ts';
import { Account, lastPrinted, numberedBatch } from './level-numbered.ts';

const KILLS = Number(process.env['MEDSTATE_KILLS'] ?? 5);
const MAX_RUN_MS = 250;

let folder = '';
let program = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medstate-level-'));
  program = compileProgram('test/adapters/level-child.ts', folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a store on classic-level whose process is killed', () => {
  /** With the small buffer the log is turned over and tables are written and merged all the time. */
  const kinds = { 'as it comes': {}, 'that writes tables all the time': { writeBufferSize: 65_536 } } as const;

  for (const [kind, options] of Object.entries(kinds)) {
    it(`${kind}, holds every batch that was acknowledged and none in part, ${KILLS} times over`, async () => {
      const place = join(folder, `killed-${Object.keys(options).length}`);
      const chance = chanceFrom(KILLS);
      const account = new Account();
      let before = 0;
      for (let kill = 1; kill <= KILLS; kill += 1) {
        const child = await startChild(program, `${place}.log`, 'write', place, JSON.stringify(options));
        await pause(chance.below(MAX_RUN_MS));
        await child.kill();
        const acknowledged = lastPrinted(`${place}.log`);
        const storage = await levelStorage({ database: new ClassicLevel(place), mustExist: true });
        const { number, isWhole } = await account.of(storage);
        expect(acknowledged).toBeGreaterThan(before);
        expect([acknowledged, acknowledged + 1]).toContain(number);
        expect(isWhole, `after batch ${number}`).toBe(true);
        await storage.close();
        before = number;
      }
    });
  }

  it('while it was being made, can be made again', async () => {
    const chance = chanceFrom(KILLS + 1);
    for (let kill = 1; kill <= Math.min(KILLS, 10); kill += 1) {
      const place = join(folder, `young-${kill}`);
      const child = await startChild(program, `${place}.log`, 'make', place);
      await pause(chance.below(20));
      await child.kill();
      const storage = await levelStorage({ database: new ClassicLevel(place) });
      await storage.commit(numberedBatch(1));
      expect(await new Account().of(storage)).toEqual({ number: 1, isWhole: true });
      await storage.close();
    }
  });
});

describe('a store on classic-level that another process holds', () => {
  it("is 'storage_busy' to others until that one is dead, and is left as it is by them", async () => {
    const place = join(folder, 'held');
    const child = await startChild(program, `${place}.log`, 'hold', place);
    const opening = levelStorage({ database: new ClassicLevel(place) });
    await expect(opening).rejects.toMatchObject({ name: 'StorageError', code: 'storage_busy' });
    await expect(opening).rejects.toThrow(place);
    expect(runChild(program, ['open', place])).toEqual(['storage_busy']);
    await child.kill();
    expect(runChild(program, ['open', place])).toEqual(['opened']);
  });
});

describe.skipIf(process.platform === 'win32')('a disk that refuses to write', () => {
  it('stops all stores on the database until it is closed, and what was acknowledged before is there', async () => {
    const place = join(folder, 'limited');
    const lines = runChild(program, ['fill', place], 1000);
    const acknowledged = lines.length - 4;
    expect(acknowledged).toBeGreaterThan(0);
    expect(lines.slice(-4, -1)).toEqual(['storage_failed', 'storage_failed', 'storage_failed']);
    expect([`holds ${acknowledged}`, `holds ${acknowledged + 1}`]).toContain(lines.at(-1));
    const database = new ClassicLevel(place);
    const storage = await levelStorage({ database: database.sublevel('store'), mustExist: true });
    const { number, isWhole } = await new Account().of(storage);
    expect(lines.at(-1)).toBe(`holds ${number}`);
    expect(isWhole).toBe(true);
    await database.close();
    expect(readdirSync(place).some((file) => file.endsWith('.ldb'))).toBe(true);
  });
});
