/**
 * Crash child: a program that opens a store and follows a prepared chain on it, until it is killed.
 *
 *     ORDER (JSON): the chain's file, the store's place, how to follow, when to die
 *
 * It prints, each at once: `opening`; `opened HEIGHT ROOT BLOCKS STATEHEIGHT STATE HISTORY`, hashes of all that the store holds then; `storing
 * HEIGHT` of the last block of a batch that goes to the store, `stored HEIGHT MICROSECONDS` as soon as it is durable; `done HEIGHT ROOT BLOCKS STATEHEIGHT STATE HISTORY PAST...` when the chain is at its end and the store
 * closed, where PAST are the roots that can be read at each height.
 */
import { writeSync } from 'node:fs';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import type { Engine } from '../../src/engine/index.ts';
import { readChain } from './chain-file.ts';
import { type FollowOptions, followNext, followRow, foundingOf, openFollower, pastOf } from './follower.ts';
import { type KillAt, withKillSwitch } from './kill-switch.ts';
import { digestOf } from './store-digest.ts';
import { openPlace, type Place } from './store-places.ts';

export interface Order {
  readonly chainFile: string;
  readonly place: Place;
  readonly follow: FollowOptions;
  readonly killAt?: KillAt;
}

/** Straight to the pipe: what was printed before the kill has arrived. */
const print = (...words: readonly (string | number)[]): void => {
  writeSync(1, `${words.join(' ')}\n`);
};

const toldOf = async (engine: Engine, storage: Storage): Promise<readonly (string | number)[]> => {
  const { blocks, stateHeight, state, history } = await digestOf(storage);
  return [engine.tip.height, engine.tip.state.root, blocks, stateHeight, state, history];
};

const follow = async ({ chainFile, place, follow: options, killAt }: Order): Promise<void> => {
  const chain = readChain(chainFile);
  // To try all backends would take longer than most of these processes live.
  const crypto = await import('../../src/adapters/crypto/native.ts').then(
    ({ nativeCrypto }) => nativeCrypto(),
    () => bestCrypto(),
  );
  const founding = foundingOf(crypto, chain);
  print('opening');
  const opened = await openPlace(place);
  const storage = await withKillSwitch(opened, killAt, {
    storing: (height) => print('storing', height),
    stored: (height, tookUs) => print('stored', height, tookUs),
  });
  const engine = await openFollower(founding, storage, options);
  print('opened', ...(await toldOf(engine, storage)));
  while (engine.tip.height < chain.blocks.length)
    await (options.isInRows ? followRow(engine, chain) : followNext(engine, chain));
  const told = [...(await toldOf(engine, storage)), ...(await pastOf(engine))];
  await engine.close();
  print('done', ...told);
};

await follow(JSON.parse(process.argv[2] ?? '') as Order);
