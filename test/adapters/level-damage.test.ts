import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { levelStorage } from '../../src/adapters/storage/level.ts';
import { StorageError } from '../../src/adapters/storage/storage.ts';
import { Account, numberedBatch } from './level-numbered.ts';

const FLIPS = Number(process.env['MEDSTATE_FLIPS'] ?? 30);
const BATCHES = 12;

let folder = '';
let made = '';
let copies = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'medstate-level-'));
  made = join(folder, 'made');
  const storage = await levelStorage({ database: new ClassicLevel(made) });
  for (let number = 1; number <= BATCHES; number += 1) await storage.commit(numberedBatch(number));
  await storage.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A copy of the store in which the bytes of the one file with such a name were changed. */
const spoilt = (name: RegExp, change: (bytes: Buffer) => Uint8Array): string => {
  copies += 1;
  const place = join(folder, `${copies}`);
  cpSync(made, place, { recursive: true });
  const [file = ''] = readdirSync(place).filter((each) => name.test(each));
  writeFileSync(join(place, file), change(readFileSync(join(place, file))));
  return place;
};
const flipped =
  (offset: number, bit: number) =>
  (bytes: Buffer): Buffer => {
    bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
    return bytes;
  };
const open = (place: string) => levelStorage({ database: new ClassicLevel(place), mustExist: true });

describe('a store on classic-level in whose files bits have turned', () => {
  it('in the log: what it holds is whole and of the last few batches, or it is refused', async () => {
    const chance = chanceFrom(FLIPS);
    const { length } = readFileSync(join(made, readdirSync(made).find((file) => file.endsWith('.log')) ?? ''));
    let refused = 0;
    for (let count = 0; count < FLIPS; count += 1) {
      const place = spoilt(/\.log$/, flipped(chance.below(length), chance.below(8)));
      const storage = await open(place).catch((error: unknown) => error);
      if (storage instanceof StorageError) {
        expect(storage.code).toBe('storage_damaged');
        refused += 1;
        continue;
      }
      const opened = storage as Awaited<ReturnType<typeof open>>;
      const { number, isWhole } = await new Account().of(opened);
      expect(isWhole, `the store after batch ${number}`).toBe(true);
      expect(number, 'only a tail that looks as if it was never written is lost').toBeGreaterThan(BATCHES - 5);
      await opened.close();
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('in the list of its tables, or whose list is gone: it is refused', async () => {
    for (let offset = 0; offset < 50; offset += 7) {
      await expect(open(spoilt(/^MANIFEST/, flipped(offset, 3)))).rejects.toMatchObject({ code: 'storage_damaged' });
    }
    await expect(open(spoilt(/^CURRENT/, () => Buffer.from('MANIFEST-999999')))).rejects.toBeInstanceOf(StorageError);
  });

  it('in a table that is gone or cut short: it is refused, when it is opened or when it is read', async () => {
    const table = join(folder, 'with-table');
    cpSync(made, table, { recursive: true });
    await (await open(table)).close(); // the log becomes a table
    const [name = ''] = readdirSync(table).filter((file) => file.endsWith('.ldb'));
    const bytes = readFileSync(join(table, name));
    for (const change of [
      () => bytes.subarray(0, 1000),
      () => bytes.subarray(0, 0),
      () => Buffer.alloc(bytes.length),
    ]) {
      writeFileSync(join(table, name), change());
      const reading = open(table).then((storage) => storage.scan(0, 1000).finally(() => storage.close()));
      await expect(reading).rejects.toMatchObject({ name: 'StorageError', code: 'storage_damaged' });
    }
    rmSync(join(table, name));
    await expect(open(table)).rejects.toMatchObject({ code: 'storage_damaged' });
  });
});
