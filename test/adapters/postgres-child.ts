/**
 * PostgreSQL child: a program that uses a store from a process of its own, so that it can be stopped and killed.
 *
 *     write OPTIONS         commits numbered batches for ever, prints the number of each one that was acknowledged, and
 *                           when one fails its code and that of a read after it
 *     race TIMES OPTIONS    so many times: opens, commits the next batch, prints its number, closes
 *     open OPTIONS          prints 'opened', or the code of the refusal, and ends
 */
import { writeSync } from 'node:fs';
import { type PostgresOptions, postgresStorage } from '../../src/adapters/storage/postgres.ts';
import { commitNext, numberedBatch, numberOf } from './postgres-numbered.ts';

const [command = '', ...args] = process.argv.slice(2);
const options: PostgresOptions = JSON.parse(args.at(-1) ?? '{}');

/** Straight to the file: what was printed before the kill has arrived. */
const print = (line: string | number): void => {
  writeSync(1, `${line}\n`);
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

const write = async (): Promise<void> => {
  const storage = await postgresStorage(options);
  try {
    for (let number = (await numberOf(storage)) + 1; ; number += 1) {
      await storage.commit(numberedBatch(number));
      print(number);
    }
  } catch (error) {
    print(codeOf(error));
    print(await storage.topHeight().then(() => 'answered', codeOf));
    await storage.close();
  }
};

const race = async (): Promise<void> => {
  for (let left = Number(args[0]); left > 0; left -= 1) {
    const storage = await postgresStorage(options);
    print(await commitNext(storage));
    await storage.close();
  }
};

const open = async (): Promise<void> => {
  print(
    await postgresStorage(options).then(async (storage) => {
      await storage.close();
      return 'opened';
    }, codeOf),
  );
};

const commands: Readonly<Record<string, () => Promise<void>>> = { write, race, open };
await commands[command]?.();
