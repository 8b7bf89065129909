/**
 * SQLite folders: fresh ones, and what they hold, to the byte.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh folder for a test; the caller removes it. */
export const freshFolder = (): string => mkdtempSync(join(tmpdir(), 'medstate-sqlite-'));

/** Every file of a folder, by name, with its size and hash. Call it only when no store of this process is open there. */
export const contentsOfFolder = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).map((item) => {
      if (!item.isFile()) return [item.name, 'no file'];
      const bytes = readFileSync(join(folder, item.name));
      return [item.name, `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`];
    }),
  );
