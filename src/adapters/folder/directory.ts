/**
 * medstate/adapters/folder: a directory of the file system as the folder of a snapshot.
 *
 * A file is written beside its place, made durable and then moved there, so a name stands for a whole file or for none, whenever
 * the power goes.
 */
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Folder, partOf } from './folder.ts';

const isFile = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
};

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** Makes the names in a directory durable. Windows has no such call, and writes them through. */
const syncNames = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const readFirst = async (path: string, limit: number): Promise<Uint8Array> => {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(Math.min(size, limit));
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await handle.close();
  }
};

/** Whatever stands there is taken away first, a link itself and not what it leads to. */
const writeDurably = async (path: string, bytes: Uint8Array): Promise<void> => {
  await rm(path, { force: true });
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** The directory at a path. Every call rejects with the file system's own error where it cannot be used. */
export const directoryFolder = (path: string): Folder => ({
  name: path,
  list: async () => {
    const names: string[] = [];
    for (const name of await readdir(path)) names.push((await isFile(join(path, name))) ? name : `${name}/`);
    return names.sort((a, b) => (a < b ? -1 : 1));
  },
  read: async (file, limit) =>
    (await isFile(join(path, file))) ? await readFirst(join(path, file), limit) : undefined,
  write: async (file, bytes) => {
    const beside = join(path, partOf(file));
    await writeDurably(beside, bytes);
    await rename(beside, join(path, file));
    await syncNames(path);
  },
  remove: async (file) => {
    await rm(join(path, file), { force: true });
    await syncNames(path);
  },
});

/** Makes the directory at a path, in one that is there, unless it is there already. */
export const makeDirectory = async (path: string): Promise<void> => {
  await mkdir(path).catch((error: unknown) => {
    if (!isCode(error, 'EEXIST')) throw error;
  });
};
