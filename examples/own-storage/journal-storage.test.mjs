/**
 * The journal storage, held to the laws of the door from outside the package, with node's own test runner.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { durabilityLaws, storageLaws } from 'medstate/adapters/laws';
import { journalStorage } from './journal-storage.mjs';

const folder = mkdtempSync(join(tmpdir(), 'medstate-journal-'));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
const nextPath = () => {
  count += 1;
  return join(folder, `journal-${count}`);
};

for (const law of storageLaws) test(law.name, () => law.check(() => journalStorage(nextPath())));

for (const law of durabilityLaws) {
  test(law.name, () =>
    law.check(async () => {
      const path = nextPath();
      return { storage: await journalStorage(path), reopen: () => journalStorage(path) };
    }),
  );
}
