import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storageLaws } from '../../src/adapters/laws/storage.ts';
import { durabilityLaws } from '../../src/adapters/laws/storage-durable.ts';
import { hostileStorage } from '../../src/adapters/storage/hostile.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';

let folder = '';
let files = 0;
const newFile = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medstate-storage-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const makers: Readonly<Record<string, () => Storage | Promise<Storage>>> = {
  memory: memoryStorage,
  sqlite: () => sqliteStorage({ file: newFile() }),
  'sqlite without waiting for the disk': () => sqliteStorage({ file: newFile(), durability: 'normal' }),
  'a hostile one on a calm day': () => hostileStorage(memoryStorage(), { seed: 1 }),
};

for (const [name, make] of Object.entries(makers)) {
  describe(`${name}: the laws of storage`, () => {
    for (const law of storageLaws) it(law.name, () => law.check(make));
  });
}

describe('sqlite: the laws of storage that lasts', () => {
  for (const law of durabilityLaws) {
    it(law.name, () =>
      law.check(async () => {
        const file = newFile();
        return { storage: await sqliteStorage({ file }), reopen: () => sqliteStorage({ file, mustExist: true }) };
      }),
    );
  }

  it('a memory storage, which does not last, breaks them', async () => {
    const reopenable = () => ({ storage: memoryStorage(), reopen: async () => memoryStorage() });
    await expect(durabilityLaws[0]?.check(reopenable)).rejects.toMatchObject({ code: 'law_broken' });
  });
});
