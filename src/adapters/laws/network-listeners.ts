/**
 * The laws of those who listen to a network: who hears, until when, and what one of them can do to the others.
 *
 * Source: src/adapters/network/network.ts.
 */
import { sameBytes } from '../../core/bytes.ts';
import { demand, type Law } from './law.ts';
import { demandWay, hear, law, type NetworksOnTrial, note, until } from './network-trial.ts';

const TIMES = 10;

const ending: readonly Law<NetworksOnTrial>[] = [
  law('a listener that was removed hears nothing, and the others still do', async (trial) => {
    const [sender, receiver] = trial.networks;
    const [removed, other] = [hear(receiver), hear(receiver)];
    for (let count = 0; count < TIMES; count += 1) sender.send(receiver.self, note(count));
    removed.end();
    removed.end();
    const came = await until(
      trial,
      () => sender.send(receiver.self, note(1)),
      () => other.heard.length > 0,
    );
    demand(came, 'a listener hears nothing when another was removed');
    demand(removed.heard.length === 0, 'a listener that was removed hears a message');
  }),
  law('a listener that another one removes hears nothing of that very message', async (trial) => {
    const [sender, receiver] = trial.networks;
    let [calls, isRemoved, isLate] = [0, false, false];
    receiver.onMessage(() => {
      calls += 1;
      end();
      isRemoved = true;
    });
    const end = receiver.onMessage(() => {
      isLate = isLate || isRemoved;
    });
    const came = await until(
      trial,
      () => sender.send(receiver.self, note(1)),
      () => calls > 1,
    );
    demand(came, 'no message arrived');
    demand(!isLate, 'a listener was called after another had removed it');
  }),
  law('a listener that is given twice is called twice, and ends once for each', async (trial) => {
    const [sender, receiver] = trial.networks;
    let calls = 0;
    const listener = (): void => {
      calls += 1;
    };
    const ends = [receiver.onMessage(listener), receiver.onMessage(listener)];
    const other = hear(receiver);
    const send = (): void => sender.send(receiver.self, note(1));
    demand(await until(trial, send, () => other.heard.length > 0), 'no message arrived');
    demand(
      calls === 2 * other.heard.length,
      `two calls of onMessage heard ${other.heard.length} messages ${calls} times`,
    );
    ends[0]?.();
    ends[0]?.();
    const [callsBefore, heardBefore] = [calls, other.heard.length];
    demand(await until(trial, send, () => other.heard.length > heardBefore), 'no message arrived');
    const [callsSince, heardSince] = [calls - callsBefore, other.heard.length - heardBefore];
    demand(callsSince === heardSince, `after one of two ended, ${heardSince} messages were heard ${callsSince} times`);
  }),
  law('what comes while nobody listens is not kept', async (trial) => {
    const [sender, receiver] = trial.networks;
    for (let count = 0; count < TIMES; count += 1) sender.send(receiver.self, note(count));
    await trial.pass();
    const { heard, end } = hear(receiver);
    await trial.pass();
    end();
    demand(heard.length === 0, 'a message was kept for a listener that came later');
    await demandWay(trial, sender, receiver, 'no message arrived');
  }),
  law('one that was removed is not told of peers', async (trial) => {
    const [first] = trial.networks;
    let [removed, other] = [0, 0];
    await trial.pass();
    const end = first.onPeers(() => {
      removed += 1;
    });
    first.onPeers(() => {
      other += 1;
    });
    end();
    await trial.join();
    await trial.pass();
    demand(other > 0, 'a listener to peers is told nothing when another was removed');
    demand(removed === 0, 'a listener to peers that was removed is told');
  }),
];

const together: readonly Law<NetworksOnTrial>[] = [
  law('a listener that throws harms neither the others nor later messages', async (trial) => {
    const [sender, receiver] = trial.networks;
    let thrown = 0;
    const before = hear(receiver);
    receiver.onMessage(() => {
      thrown += 1;
      throw new Error('a listener that throws on purpose');
    });
    const after = hear(receiver);
    const came = await until(
      trial,
      () => sender.send(receiver.self, note(1)),
      () => thrown > 2,
    );
    demand(came, 'once a listener has thrown it hears no more');
    const counts = [before.heard.length, after.heard.length];
    demand(
      counts.every((count) => count === thrown),
      `beside ${thrown} calls that threw, others heard ${counts.join(' and ')} messages`,
    );
  }),
  law('a listener to peers that throws harms no other', async (trial) => {
    const [first] = trial.networks;
    await trial.pass();
    let told = 0;
    first.onPeers(() => {
      throw new Error('a listener that throws on purpose');
    });
    first.onPeers(() => {
      told += 1;
    });
    await trial.join();
    await trial.pass();
    demand(told > 0, 'a listener to peers is told nothing when another one throws');
  }),
  law('each listener owns the bytes it hears', async (trial) => {
    const [sender, receiver] = trial.networks;
    receiver.onMessage((_from, message) => {
      message.fill(0xee);
    });
    const { heard } = hear(receiver);
    const given = note(7);
    const came = await until(
      trial,
      () => sender.send(receiver.self, given),
      () => heard.length > 1,
    );
    demand(came, 'no message arrived');
    demand(sameBytes(given, note(7)), 'a listener changed what the sender holds');
    demand(
      !heard.some(({ message }) => message.every((byte) => byte === 0xee)),
      'a listener changed what another one hears',
    );
  }),
];

/** The laws of listeners, which are part of `networkLaws`. */
export const listenerLaws: readonly Law<NetworksOnTrial>[] = [...ending, ...together];
