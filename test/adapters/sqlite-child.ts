/**
 * SQLite child: a program that uses a store from a process of its own, so that it can be killed.
 *
 *     write FILE     commits numbered batches for ever and prints the number of each one that was acknowledged
 *     fill FILE      the same until a commit fails; then prints its code and that of the next call
 *     open FILE OPTIONS   prints 'opened', or the code of the refusal, and ends
 *     hold FILE OPTIONS   prints 'opened' and holds the store until it is killed
 */
import { writeSync } from 'node:fs';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import { numberedBatch, numberOf } from './sqlite-numbered.ts';

const [command, file = '', options = '{}'] = process.argv.slice(2);

/** Straight to the pipe: what was printed before the kill has arrived. */
const print = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

const write = async (): Promise<void> => {
  const storage = await sqliteStorage({ file, logBytes: 2 ** 20 });
  for (let number = (await numberOf(storage)) + 1; ; number += 1) {
    await storage.commit(numberedBatch(number));
    print(String(number));
  }
};

const fill = async (): Promise<void> => {
  const storage = await sqliteStorage({ file, logBytes: 2 ** 20 });
  for (let number = 1; ; number += 1) {
    try {
      await storage.commit(numberedBatch(number));
    } catch (error) {
      print(codeOf(error));
      print(await storage.topHeight().then(() => 'answered', codeOf));
      return;
    }
    print(String(number));
  }
};

const open = async (): Promise<void> => {
  print(
    await sqliteStorage({ ...JSON.parse(options), file }).then(async (storage) => {
      if (command === 'open') await storage.close();
      return 'opened';
    }, codeOf),
  );
  if (command === 'hold') setInterval(() => undefined, 60_000);
};

const commands: Readonly<Record<string, () => Promise<void>>> = { write, fill, open, hold: open };
await commands[command ?? '']?.();
