/**
 * Child: one chain in a process of its own, so that no other's garbage and state matter; it works when it is told to, and tells its times.
 *
 * Its first argument is the driver beside this file, its second the plan: `accounts`, `transfers` in a block, `blocks` in all.
 */
import { timedAsync } from '../measure.mjs';

const [, , driver, plan] = process.argv;
const { prepare } = await import(`./${driver}.mjs`);
const chain = await prepare(JSON.parse(plan));

/** What each message asks for, and the answer. */
const answers = {
  /** The next so many blocks: from the bytes of each to its root. */
  run: async ({ blocks }) => {
    const { micros, wall } = await timedAsync(async () => {
      for (let block = 0; block < blocks; block += 1) await chain.run();
    });
    return { micros, wall };
  },
  /** How many balances were compared with what they must be. */
  check: async () => ({ checked: await chain.check() }),
};

process.on('message', async (message) => {
  try {
    process.send(await answers[message.ask](message));
  } catch (error) {
    process.send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
// Its own handlers of `exit` take away what it put on the disk.
process.on('disconnect', () => process.exit());
process.send({ about: chain.about });
