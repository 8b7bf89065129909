/**
 * Producer place: the store and the lock files of four producers in one folder, opened, begun if they are not there.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { manualClock } from '../../src/adapters/clock/manual.ts';
import type { ProducerKey, Signer } from '../../src/adapters/keys/keys.ts';
import { openLockFile } from '../../src/adapters/keys/lock-file.ts';
import type { LockStore } from '../../src/adapters/keys/lock-store.ts';
import { lockedKey } from '../../src/adapters/keys/locked-key.ts';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { toHex } from '../../src/core/bytes.ts';
import { type Engine, openEngine } from '../../src/engine/index.ts';
import type { Person } from '../../src/fixtures/people.ts';
import { crypto, producers, smallChain } from '../engine/small-chain.ts';

export interface Producers {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly locks: readonly LockStore[];
  readonly keys: readonly ProducerKey[];
  readonly close: () => Promise<void>;
}

const SECONDS = 10_000_000;

/** Opens them; `onSigned` is told the id of each block as it is signed. */
export const openProducers = async (folder: string, onSigned: (id: string) => void): Promise<Producers> => {
  const founding = smallChain();
  const clock = manualClock(founding.chain.genesisTime);
  clock.set(founding.chain.genesisTime + SECONDS);
  const storage = await sqliteStorage({ file: join(folder, 'chain.sqlite') });
  const engine = await openEngine({ founding, storage, clock });
  const locks: LockStore[] = [];
  const keyOf = async ({ address, privateKey }: Person): Promise<ProducerKey> => {
    const file = join(folder, `${address}.lock`);
    const own = await openLockFile(file, existsSync(file) ? { address } : { address, begin: 'new-key' });
    locks.push(own);
    const plain = signerOf(crypto, privateKey);
    const signer: Signer = {
      address,
      sign: (hash) => {
        onSigned(toHex(hash));
        return plain.sign(hash);
      },
    };
    return lockedKey({ signer, locks: own, hasher: crypto });
  };
  const keys: ProducerKey[] = [];
  for (const producer of producers) keys.push(await keyOf(producer));
  const close = async (): Promise<void> => {
    for (const key of keys) await key.close();
    await engine.close();
  };
  return { storage, engine, locks, keys, close };
};
