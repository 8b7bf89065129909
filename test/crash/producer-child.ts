/**
 * Producer child: a program that makes the blocks of four producers on a store and four lock files, until it is killed.
 *
 *     FOLDER DIE_AT   prints 'ready', and the id of each block before its signature is made; dies at that signature, if it is not 0
 */
import { writeSync } from 'node:fs';
import type { Slot } from '../../src/core/index.ts';
import { rightOf } from '../engine/small-chain.ts';
import { openProducers } from './producer-place.ts';

const [folder = '', dieAt = '0'] = process.argv.slice(2);
let signatures = 0;
const print = (line: string): void => {
  writeSync(1, `${line}\n`);
};

print('ready');
const { engine, keys } = await openProducers(folder, (id) => {
  print(id);
  signatures += 1;
  if (signatures === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
});
for (const key of keys) await engine.resume(key);
// Nobody may be left to kill it.
while (performance.now() < 60_000) {
  const slot = (engine.tip.slot + 1) as Slot;
  const turn = await engine.turnAt(slot);
  const key = keys.find(({ address }) => address === turn);
  if (key !== undefined) rightOf(await engine.produce(key, { slot }));
}
