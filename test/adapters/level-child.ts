/**
 * Level child: a program that uses a store on classic-level from a process of its own, so that it can be killed.
 *
 *     write PLACE OPTIONS   commits numbered batches for ever and prints the number of each one that was acknowledged
 *     fill PLACE OPTIONS    the same until a commit fails; then prints its code, that of the next read, that of a store
 *                           made on the database as it is, and, after closing and opening, the number of the last batch
 *     open PLACE            prints 'opened', or the code of the refusal, and ends
 *     make PLACE            prints 'making', then does as hold
 *     hold PLACE            prints 'opened' and holds the store until it is killed
 */
import { writeSync } from 'node:fs';
import { ClassicLevel } from 'classic-level';
import { levelStorage } from '../../src/adapters/storage/level.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { numberedBatch, numberOf } from './level-numbered.ts';

const [command, place = '', options = '{}'] = process.argv.slice(2);

/** Straight to the file: what was printed before the kill has arrived. */
const print = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

const commitFor = async (storage: Storage): Promise<void> => {
  for (let number = (await numberOf(storage)) + 1; ; number += 1) {
    await storage.commit(numberedBatch(number));
    print(String(number));
  }
};

const write = async (): Promise<void> => {
  await commitFor(await levelStorage({ database: new ClassicLevel(place, JSON.parse(options)) }));
};

const fill = async (): Promise<void> => {
  const database = new ClassicLevel(place, JSON.parse(options));
  const storage = await levelStorage({ database: database.sublevel('store') });
  print(await commitFor(storage).then(() => 'ended', codeOf));
  print(await storage.topHeight().then(() => 'answered', codeOf));
  await storage.close();
  print(await levelStorage({ database: database.sublevel('store') }).then(() => 'opened', codeOf));
  await database.close();
  await database.open();
  const again = await levelStorage({ database: database.sublevel('store') });
  print(`holds ${await numberOf(again)}`);
  await database.close();
};

const open = async (): Promise<void> => {
  if (command === 'make') print('making');
  const opening = levelStorage({ database: new ClassicLevel(place) });
  print(await opening.then(() => 'opened', codeOf));
  if (command === 'open') await opening.then((storage) => storage.close()).catch(() => undefined);
  else setInterval(() => undefined, 60_000);
};

const commands: Readonly<Record<string, () => Promise<void>>> = { write, fill, open, make: open, hold: open };
await commands[command ?? '']?.();
