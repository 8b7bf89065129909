import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import { compileProgram, runChild, startChild } from './child-programs.ts';
import { contentsOfFolder, freshFolder } from './sqlite-folders.ts';
import { accountOf, lastPrinted, numberedBatch } from './sqlite-numbered.ts';

const KILLS = Number(process.env['MEDSTATE_KILLS'] ?? 10);
const MAX_RUN_MS = 250;

let folder = '';
let program = '';
beforeAll(() => {
  folder = freshFolder();
  program = compileProgram('test/adapters/sqlite-child.ts', folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A store whose writer was killed after a while, and the last batch that it had acknowledged. */
const killedStore = async (file: string, runMs: number): Promise<number> => {
  const child = await startChild(program, `${file}.log`, 'write', file);
  await pause(runMs);
  await child.kill();
  return lastPrinted(`${file}.log`);
};

describe('a store whose process is killed', () => {
  it(`holds every batch that was acknowledged and none in part, ${KILLS} times over`, async () => {
    const file = join(folder, 'killed.db');
    const chance = chanceFrom(KILLS);
    let before = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const acknowledged = await killedStore(file, chance.below(MAX_RUN_MS));
      expect(statSync(`${file}-wal`).size, 'the kill came in the middle').toBeGreaterThan(0);
      const storage = await sqliteStorage({ file, mustExist: true });
      const { number, isWhole } = await accountOf(storage);
      expect(acknowledged).toBeGreaterThan(before);
      expect([acknowledged, acknowledged + 1]).toContain(number);
      expect(isWhole).toBe(true);
      await storage.close();
      expect(existsSync(`${file}-wal`)).toBe(false);
      before = number;
    }
  });

  it('can be read before it is recovered, and is left as it is by the reader', async () => {
    const place = join(folder, 'read');
    mkdirSync(place);
    const file = join(place, 'store.db');
    const acknowledged = await killedStore(file, 50);
    const left = contentsOfFolder(place);
    const storage = await sqliteStorage({ file, readOnly: true });
    const { number, isWhole } = await accountOf(storage);
    expect(number).toBeGreaterThanOrEqual(acknowledged);
    expect(isWhole).toBe(true);
    await storage.close();
    expect(contentsOfFolder(place)).toEqual(left);
  });

  it('that was killed while making it is a place for a new one', async () => {
    const file = join(folder, 'young.db');
    const chance = chanceFrom(KILLS + 1);
    for (let kill = 0; kill < Math.min(KILLS, 10); kill += 1) {
      const started = spawnSync(process.execPath, [program, 'write', file], {
        timeout: 60 + chance.below(120),
        killSignal: 'SIGKILL',
        encoding: 'utf8',
      });
      const storage = await sqliteStorage({ file });
      const { number, isWhole } = await accountOf(storage);
      expect(isWhole).toBe(true);
      expect(number).toBeGreaterThanOrEqual(Number(started.stdout.match(/^\d+$/gm)?.at(-1) ?? 0));
      await storage.close();
      rmSync(file);
    }
  });
});

describe('a store has one writer or any number of readers', () => {
  const modes = { writer: '{}', reader: '{"readOnly":true}' } as const;
  /** Who holds the store, who comes, and the answer. */
  const meetings = [
    ['writer', 'writer', 'storage_busy'],
    ['writer', 'reader', 'storage_busy'],
    ['reader', 'writer', 'storage_busy'],
    ['reader', 'reader', 'opened'],
  ] as const;

  for (const [holder, comer, answer] of meetings) {
    it(`while a ${holder} of another process holds it, a ${comer} is told '${answer}' at once`, async () => {
      const file = join(folder, `${holder}-${comer}.db`);
      const made = await sqliteStorage({ file });
      await made.commit(numberedBatch(1));
      await made.close();
      const child = await startChild(program, `${file}.log`, 'hold', file, modes[holder]);
      const opening = sqliteStorage({ ...JSON.parse(modes[comer]), file });
      if (answer === 'opened') await (await opening).close();
      else await expect(opening).rejects.toMatchObject({ code: answer });
      expect(runChild(program, ['open', file, modes[comer]]), 'a third process').toEqual([answer]);
      await child.kill();
      const after = await sqliteStorage({ file });
      expect(await accountOf(after)).toEqual({ number: 1, isWhole: true });
      await after.close();
    });

    it(`while a ${holder} of this process holds it, a ${comer} here and elsewhere is told '${answer}'`, async () => {
      const file = join(folder, `here-${holder}-${comer}.db`);
      await (await sqliteStorage({ file })).close();
      const held = await sqliteStorage({ ...JSON.parse(modes[holder]), file });
      // The first look at the file here must not open the way for the others: POSIX ends locks at any close.
      for (let count = 0; count < 2; count += 1) {
        const opening = sqliteStorage({ ...JSON.parse(modes[comer]), file });
        if (answer === 'opened') await (await opening).close();
        else await expect(opening).rejects.toMatchObject({ code: answer });
        expect(runChild(program, ['open', file, modes[comer]])).toEqual([answer]);
      }
      await held.close();
      await (await sqliteStorage({ file, mustExist: true })).close();
    });
  }
});

describe.skipIf(process.platform === 'win32')('a disk that refuses to write', () => {
  it('stops the store at that commit, and what was acknowledged before is there', () => {
    const file = join(folder, 'limited.db');
    const limited = spawnSync(
      'bash',
      ['-c', `trap '' XFSZ; ulimit -f 1500; exec "$0" "$@"`, process.execPath, program, 'fill', file],
      { encoding: 'utf8', timeout: 60_000 },
    );
    const lines = limited.stdout.trim().split('\n');
    const acknowledged = lines.length - 2;
    expect(lines.slice(-2)).toEqual(['storage_failed', 'storage_failed']);
    expect(acknowledged).toBeGreaterThan(0);
    return sqliteStorage({ file, mustExist: true }).then(async (storage) => {
      const { number, isWhole } = await accountOf(storage);
      expect([acknowledged, acknowledged + 1]).toContain(number);
      expect(isWhole).toBe(true);
      await storage.close();
    });
  });
});
