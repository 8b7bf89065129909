/**
 * New files: what a command writes, all of it under its names or nothing, and never in the place of another file.
 *
 * Each file is written under another name beside its place and gets its own only when everything is right; then by a hard link, because
 * a rename would put it over whatever is there by then.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, lstat, open, rename, rm, writeFile } from 'node:fs/promises';
import { InputError } from './command.ts';

/** For secrets and for what is as secret as a record: its owner alone reads it. */
export const OWNER_ONLY = 0o600;
/** For what may be seen, or is sealed: as the machine's owner has it. */
export const ANYBODY = 0o666;

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const taken = (path: string): InputError =>
  new InputError({ path, found: 'a file', wanted: 'none: nothing is overwritten; name another, or move it away' });

/** Throws an `InputError` on the first name that is taken: before work is done, not after it. */
export const demandFree = async (...paths: readonly string[]): Promise<void> => {
  for (const path of paths) {
    const found = await lstat(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (found !== undefined) throw taken(path);
  }
};

/** What file systems without hard links answer, such as those of memory cards. */
const WITHOUT_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Gives the file at `temporary` its own name, too; throws an `InputError` if it is taken. */
export const placeFile = async (temporary: string, path: string, linkFile = link): Promise<void> => {
  try {
    await linkFile(temporary, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw taken(path);
    if (!WITHOUT_LINKS.has(codeOf(error))) throw error;
    await demandFree(path);
    await (await open(path, 'wx')).close(); // takes the name, so that nothing of another is renamed over
    await rename(temporary, path);
  }
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Files on their way. */
export class NewFiles {
  readonly #staged: { readonly path: string; readonly temporary: string }[] = [];

  /** Writes a file to be, whole and durable, under a name of its own. Memory: a few pieces. */
  async add(path: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, mode: number): Promise<void> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.part`;
    const file = await open(temporary, 'wx', mode);
    this.#staged.push({ path, temporary });
    try {
      await writeFile(file, pieces);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** All files get their names, or none does. */
  async place(): Promise<void> {
    const placed: string[] = [];
    try {
      for (const { path, temporary } of this.#staged) {
        await placeFile(temporary, path);
        placed.push(path);
      }
    } catch (error) {
      for (const path of placed) await rm(path, { force: true });
      throw error;
    }
  }

  /** Lets go of what was written under other names. At once, because a process that is told to end has no time. */
  discard(): void {
    for (const { temporary } of this.#staged.splice(0)) rmSync(temporary, { force: true });
  }
}

/** Writes files: those that `fill` adds get their names once it has come to its end; if it throws, or the process is ended, none is left. */
export const writeNewFiles = async <T>(fill: (files: NewFiles) => Promise<T>): Promise<T> => {
  const files = new NewFiles();
  const leave = (signal: NodeJS.Signals): void => {
    files.discard();
    forget();
    process.kill(process.pid, signal); // ends as if nobody had listened
  };
  const forget = (): void => {
    for (const signal of SIGNALS) process.off(signal, leave);
  };
  for (const signal of SIGNALS) process.on(signal, leave);
  try {
    const answer = await fill(files);
    await files.place();
    return answer;
  } finally {
    files.discard();
    forget();
  }
};
