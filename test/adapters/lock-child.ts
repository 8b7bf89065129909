/**
 * Lock child: a program that uses the lock file of a key from a process of its own, so that it can be killed.
 *
 *     sign FILE SEED   signs headers on forks that come and go for ever, with a key over each of FILE-0 to FILE-3, and prints
 *                      what was stated by each signature
 *     begin FILE       begins the lock, prints 'begun', or the code of the refusal, and ends
 *     open FILE        prints 'opened', or the code of the refusal, and ends
 *     hold FILE        prints 'opened' and holds the lock until it is killed
 */
import { writeSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { openLockFile } from '../../src/adapters/keys/lock-file.ts';
import { lockedKey } from '../../src/adapters/keys/locked-key.ts';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { nextHeader } from '../../src/adapters/laws/key-walk.ts';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';
import { blockId } from '../../src/core/wire/header.ts';

const LANES = 4;

const [command, file = '', seed = '0'] = process.argv.slice(2);
const signer = signerOf(nobleCrypto, new Uint8Array(32).fill(7));
const { address } = signer;

/** Straight to the pipe: what was printed before the kill has arrived. */
const print = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

const signOn = async (lane: number): Promise<void> => {
  const locks = await openLockFile(`${file}-${lane}`, { address });
  const key = lockedKey({ signer, locks, hasher: nobleCrypto });
  const chance = chanceFrom(LANES * Number(seed) + lane);
  for (;;) {
    const { claim, slot } = nextHeader(chance, address, await key.lock());
    // So that no lane starves the others: the calls of SQLite are done when they return.
    await new Promise((resolve) => setImmediate(resolve));
    if (E.isLeft(await key.sign(claim, slot))) continue;
    const { height, producer, maxHeightGenerated, maxHeightPrevoted } = claim;
    const id = blockId(nobleCrypto, claim);
    print(JSON.stringify({ lane, slot, height, producer, maxHeightGenerated, maxHeightPrevoted, id }));
  }
};

const sign = async (): Promise<void> => {
  await Promise.all(Array.from({ length: LANES }, (_, lane) => signOn(lane)));
};

const begin = async (): Promise<void> => {
  print(await openLockFile(file, { address, begin: 'new-key' }).then(() => 'begun', codeOf));
};

const open = async (): Promise<void> => {
  print(
    await openLockFile(file, { address }).then(async (locks) => {
      if (command === 'open') await locks.close();
      return 'opened';
    }, codeOf),
  );
  if (command === 'hold') setInterval(() => undefined, 60_000);
};

const commands: Readonly<Record<string, () => Promise<void>>> = { sign, begin, open, hold: open };
await commands[command ?? '']?.();
