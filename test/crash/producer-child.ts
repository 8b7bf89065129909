/**
 * Producer child: a program that makes the blocks of four producers on a store and four lock files, until it is killed.
 *
 *     FOLDER   prints 'ready', and then the id of each block as its signature is made, before anything else comes of it
 */
import { writeSync } from 'node:fs';
import type { Slot } from '../../src/core/index.ts';
import { rightOf } from '../engine/small-chain.ts';
import { openProducers } from './producer-place.ts';

const [folder = ''] = process.argv.slice(2);
const print = (line: string): void => {
  writeSync(1, `${line}\n`);
};

const { engine, keys } = await openProducers(folder, print);
for (const key of keys) await engine.resume(key);
print('ready');
for (;;) {
  const slot = (engine.tip.slot + 1) as Slot;
  const turn = await engine.turnAt(slot);
  const key = keys.find(({ address }) => address === turn);
  if (key !== undefined) rightOf(await engine.produce(key, { slot }));
}
