import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { storageLaws } from '../../src/adapters/laws/storage.ts';
import { durabilityLaws } from '../../src/adapters/laws/storage-durable.ts';
import { levelStorage } from '../../src/adapters/storage/level.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { LiveLevel } from './level-live.ts';

let folder = '';
let places = 0;
const newPlace = (): string => {
  places += 1;
  return join(folder, `${places}`);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medstate-level-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const makers: Readonly<Record<string, () => Promise<Storage>>> = {
  'a database without snapshots': () => levelStorage({ database: new LiveLevel() }),
  'memory-level of plain views': () => levelStorage({ database: new MemoryLevel({ storeEncoding: 'view' }) }),
  'a sublevel of a sublevel': () =>
    levelStorage({ database: new MemoryLevel().sublevel('chains').sublevel('main', { keyEncoding: 'json' }) }),
  'classic-level': () => levelStorage({ database: new ClassicLevel(newPlace()) }),
};

for (const [name, make] of Object.entries(makers)) {
  describe(`${name}: the laws of storage`, () => {
    for (const law of storageLaws) it(law.name, () => law.check(make));
  });
}

describe('classic-level: the laws of storage that lasts', () => {
  for (const law of durabilityLaws) {
    it(law.name, () =>
      law.check(async () => {
        const place = newPlace();
        const open = (mustExist: boolean) => levelStorage({ database: new ClassicLevel(place), mustExist });
        return { storage: await open(false), reopen: () => open(true) };
      }),
    );
  }
});
