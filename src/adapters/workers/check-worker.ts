/**
 * Check worker: the program of a worker thread: it takes batches out of the shared memory and writes their verdicts back, until it is told
 * to end.
 *
 * It knows no chain and no rule. It loads the best crypto that there is; all of them give the same answers.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../core/refusal.ts';
import { bestCrypto } from '../crypto/best.ts';
import { SharedSlots } from './shared-slots.ts';
import { findVerdicts, roomForVerdicts } from './verdicts-of.ts';

const { memory, worker } = workerData as { readonly memory: SharedArrayBuffer; readonly worker: number };
invariant(parentPort !== null, 'the check worker is the program of a worker thread');
const port = parentPort;
const slots = new SharedSlots(memory);
const crypto = await bestCrypto();

/** The verdicts of a batch; `undefined` if something broke, so that the pool looks for itself. */
const verdictsOf = (transactions: readonly Uint8Array[]): Uint8Array | undefined => {
  const verdicts = roomForVerdicts(transactions.length);
  try {
    findVerdicts(crypto, transactions, verdicts);
    return verdicts;
  } catch {
    return undefined;
  }
};

slots.announce();
while (!slots.isStopped) {
  const heard = slots.bell;
  const slot = slots.claim(worker);
  if (slot < 0) slots.sleep(heard);
  else if (slots.finish(slot, verdictsOf(slots.read(slot)))) port.postMessage(undefined);
}
