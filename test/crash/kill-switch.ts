/**
 * Kill switch: a storage whose process ends itself by SIGKILL at a commit: before it, while it is under way, or right after.
 *
 * "While" is timed by another thread, which pulls the switch even while this one is deep inside a database.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Batch, Storage } from '../../src/adapters/storage/storage.ts';

/** When to die: at the n-th commit of this process, 1 being the first. */
export interface KillAt {
  readonly commit: number;
  readonly moment: 'before' | 'during' | 'after';
  /** For `during`: after how many microseconds. */
  readonly delayUs: number;
}

/** Waits for the first word to become 1, then for the delay, and kills the whole process. */
const EXECUTIONER = `
  const { workerData, parentPort } = require('node:worker_threads');
  const words = new Int32Array(workerData.shared);
  parentPort.postMessage('ready');
  Atomics.wait(words, 0, 0);
  const until = performance.now() + workerData.delayUs / 1000;
  while (performance.now() < until);
  process.kill(process.pid, 'SIGKILL');
`;

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive after SIGKILL');
};

/** Told of each batch with blocks, by the height of the last one. */
export interface Telling {
  /** It goes to the store now. */
  readonly storing: (height: number) => void;
  /** It is durable, after so many microseconds. */
  readonly stored: (height: number, tookUs: number) => void;
}

/** The height of the last block in a batch; evidence comes in a batch of its own, which says nothing of heights. */
const heightOf = ({ blocks = [] }: Batch): number | undefined => blocks.at(-1)?.height;

export const withKillSwitch = async (inner: Storage, at: KillAt | undefined, tell: Telling): Promise<Storage> => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  if (at?.moment === 'during') {
    const workerData = { shared: words.buffer, delayUs: at.delayUs };
    const worker = new Worker(EXECUTIONER, { eval: true, workerData });
    await once(worker, 'message');
    worker.unref();
  }
  let commits = 0;
  return {
    ...methodsOf(inner),
    commit: async (batch) => {
      commits += 1;
      const height = heightOf(batch);
      if (height !== undefined) tell.storing(height);
      const isNow = commits === at?.commit;
      if (isNow && at.moment === 'before') die();
      if (isNow && at.moment === 'during') {
        Atomics.store(words, 0, 1);
        Atomics.notify(words, 0);
      }
      const startedAt = performance.now();
      await inner.commit(batch);
      if (height !== undefined) tell.stored(height, Math.round((performance.now() - startedAt) * 1000));
      if (isNow && at.moment === 'after') die();
    },
  };
};

/** The methods of a storage, which may be a class's, as an object of their own. */
const methodsOf = (inner: Storage): Storage => ({
  name: inner.name,
  fact: (name) => inner.fact(name),
  block: (height) => inner.block(height),
  blocks: (fromHeight, limit) => inner.blocks(fromHeight, limit),
  topHeight: () => inner.topHeight(),
  rows: (leaves) => inner.rows(leaves),
  scan: (fromLeaf, limit) => inner.scan(fromLeaf, limit),
  history: (fromHeight, limit) => inner.history(fromHeight, limit),
  commit: (batch) => inner.commit(batch),
  close: () => inner.close(),
});
