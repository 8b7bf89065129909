/**
 * The laws of networks: what the engine relies on when it speaks to other nodes.
 *
 * A message may be lost, late, twice or out of order, so nothing is demanded of one that is sent once. But what arrives was
 * sent, so, by the peer it names; and who sends again and again gets through.
 * Source: src/adapters/network/network.ts.
 */
import { sameBytes } from '../../core/bytes.ts';
import type { Network, PeerId } from '../network/network.ts';
import { chanceFrom } from './chance.ts';
import { demand, type Law, throws } from './law.ts';
import { listenerLaws } from './network-listeners.ts';
import { demandViolation, demandWay, hear, law, type NetworksOnTrial, note, until } from './network-trial.ts';

const SEED = 20_181_114;
const MANY = 60;

const sorted = (peers: readonly PeerId[]): string => [...peers].sort((a, b) => (a < b ? -1 : 1)).join();

/** Every message of no bytes, one and the most there may be, and some between, by chance. */
const samplesFor = ({ maxMessageBytes }: Network): readonly Uint8Array[] => {
  const chance = chanceFrom(SEED);
  return [0, 1, 100, 65_537, maxMessageBytes]
    .filter((length) => length <= maxMessageBytes)
    .map((length) => chance.bytes(length));
};

const carrying: readonly Law<NetworksOnTrial>[] = [
  law('a message that is sent again and again arrives, byte for byte, whatever its length', async (trial) => {
    const [sender, receiver] = trial.networks;
    for (const sample of samplesFor(sender)) {
      const { heard, end } = hear(receiver);
      const came = await until(
        trial,
        () => sender.send(receiver.self, sample),
        () => heard.some(({ message }) => sameBytes(message, sample)),
      );
      end();
      demand(came, `a message of ${sample.length} bytes never arrived as it was sent`);
      const isPlain = heard.every(({ message }) => Object.getPrototypeOf(message) === Uint8Array.prototype);
      demand(isPlain, 'a message that arrived is no plain Uint8Array');
    }
  }),
  law('what is sent is copied: what its sender then does to the bytes changes nothing', async (trial) => {
    const [sender, receiver] = trial.networks;
    const { heard } = hear(receiver);
    const [before, after] = [note(1), note(2)];
    const came = await until(
      trial,
      () => {
        const bytes = before.slice();
        sender.send(receiver.self, bytes);
        bytes.set(after);
      },
      () => heard.length > 2,
    );
    demand(came, 'no message arrived');
    for (const { message } of heard) {
      demand(!sameBytes(message, after), 'a message arrived as its sender had changed it after send');
    }
  }),
  law('what arrives was sent to this one, as it is, by the peer it names, and nothing else arrives', async (trial) => {
    const chance = chanceFrom(SEED);
    const ears = trial.networks.map(hear);
    await trial.pass();
    demand(!ears.some(({ heard }) => heard.length > 0), 'a message arrived before any was sent');
    const sent = new Map<number, readonly [from: PeerId, to: PeerId]>();
    const hearsTwo = (): boolean => ears.every(({ heard }) => new Set(heard.map(({ from }) => from)).size > 1);
    const came = await until(
      trial,
      () => {
        for (let count = 0; count < MANY; count += 1) {
          const [from, to] = [chance.oneOf(trial.networks), chance.oneOf(trial.networks)];
          if (from === to) continue;
          const number = sent.size;
          sent.set(number, [from.self, to.self]);
          from.send(to.self, note(number));
        }
      },
      hearsTwo,
    );
    demand(came, 'of three that send to each other, not all hear both others');
    ears.forEach(({ heard }, index) => {
      const self = trial.networks[index]?.self;
      for (const { from, message } of heard) {
        const number = message.length < 4 ? -1 : new DataView(message.buffer, message.byteOffset).getUint32(0);
        const [sender, receiver] = sent.get(number) ?? [];
        demand(sender !== undefined && sameBytes(message, note(number)), 'a message arrived that nobody sent');
        demand(receiver === self, `a message to ${receiver} arrived at ${self}`);
        demand(sender === from, `a message that ${sender} sent arrived as from ${from}`);
      }
    });
  }),
  law('a message arrives in a later turn than its send, also one that a listener sends', async (trial) => {
    const [first, second] = trial.networks;
    let [isSending, isNested, arrivals] = [false, false, 0];
    const post = (from: Network, to: Network): void => {
      isSending = true;
      from.send(to.self, note(0));
      isSending = false;
    };
    const answer = (from: Network, to: Network) => (): void => {
      isNested = isNested || isSending;
      arrivals += 1;
      if (arrivals < MANY) post(from, to);
    };
    first.onMessage(answer(first, second));
    second.onMessage(answer(second, first));
    const came = await until(
      trial,
      () => post(first, second),
      () => arrivals > 3,
    );
    demand(came, 'no message arrived');
    demand(!isNested, 'a message arrived while it was being sent');
    await trial.pass();
    arrivals = MANY;
    for (let count = 0; count < MANY; count += 1) {
      post(first, second);
      for (let steps = 0; steps < 20; steps += 1) await Promise.resolve();
      demand(arrivals === MANY, 'a message arrived in the turn of its send');
      if (count % 20 === 19) {
        await trial.pass();
        arrivals = MANY;
      }
    }
  }),
  law('a message that is too long throws InvariantViolation and does not arrive', async (trial) => {
    const [sender, receiver] = trial.networks;
    const { heard } = hear(receiver);
    for (const over of [1, 1000]) {
      demandViolation(
        () => sender.send(receiver.self, new Uint8Array(sender.maxMessageBytes + over)),
        `a message of ${over} bytes too many is taken`,
      );
    }
    await trial.pass();
    demand(heard.length === 0, 'a message that was refused arrived');
    await demandWay(trial, sender, receiver, 'after a message that was too long none arrives');
  }),
];

const coming: readonly Law<NetworksOnTrial>[] = [
  law('every network has a name of its own, and a most that a message may have', async ({ networks, join }) => {
    const all = [...networks, await join()];
    demand(new Set(all.map(({ self }) => self)).size === all.length, 'two networks have one name');
    for (const { self, name, maxMessageBytes } of all) {
      demand(/^[a-zA-Z0-9_.:-]{1,128}$/.test(self), `${JSON.stringify(self)} is no name of a peer`);
      demand(name.length > 0, 'a network does not say what it is');
      const isMost = Number.isSafeInteger(maxMessageBytes) && maxMessageBytes > 0;
      demand(isMost, `the most bytes of a message are ${maxMessageBytes}`);
    }
  }),
  law('peers are the others, each once, and never the node itself', ({ networks }) => {
    for (const { self, peers } of networks) {
      const others = networks.map((each) => each.self).filter((other) => other !== self);
      const seen = peers();
      demand(!seen.includes(self), `${self} is a peer of its own`);
      demand(sorted(seen) === sorted(others), `the peers of ${self} are ${sorted(seen)}, not ${sorted(others)}`);
      (seen as PeerId[]).length = 0;
      demand(sorted(peers()) === sorted(others), 'what is done to an answer of peers changes the next');
    }
  }),
  law('one that joins or leaves is told, in a later turn, and peers says so', async (trial) => {
    const [first] = trial.networks;
    const before = sorted(first.peers());
    await trial.pass();
    let told = 0;
    first.onPeers(() => {
      told += 1;
    });
    const newcomer = await trial.join();
    await trial.pass();
    demand(first.peers().includes(newcomer.self), 'one that joined is no peer');
    demand(told > 0, 'nobody told that one has joined');
    demand(sorted(newcomer.peers()) === sorted(trial.networks.map(({ self }) => self)), 'a newcomer does not see all');
    await demandWay(trial, newcomer, first, 'nothing arrives from a newcomer');
    await demandWay(trial, first, newcomer, 'nothing arrives at a newcomer');
    await trial.pass();
    told = 0;
    const closing = newcomer.close();
    demand(told === 0, 'a listener to peers is called while another network closes');
    await closing;
    await trial.pass();
    demand(sorted(first.peers()) === before, 'one that has left is a peer still');
    demand(told > 0, 'nobody told that one has left');
  }),
  law('nothing arrives after close, which may be called again', async (trial) => {
    const [sender, receiver] = trial.networks;
    await demandWay(trial, sender, receiver, 'no message arrived');
    const { heard } = hear(receiver);
    const send = (): void => {
      for (let count = 0; count < MANY; count += 1) sender.send(receiver.self, note(count));
    };
    send();
    await receiver.close();
    const known = heard.length;
    send();
    await trial.pass();
    const late = hear(receiver);
    send();
    await trial.pass();
    demand(heard.length === known && late.heard.length === 0, 'a message arrived after close');
    const isClosed = await receiver.close().then(
      () => true,
      () => false,
    );
    demand(isClosed, 'a network that is closed cannot be closed again');
    demand(receiver.peers().length === 0, 'a network has peers after close');
  }),
  law('sending after close, to one that is gone or unknown, or to oneself does nothing', async (trial) => {
    const [first, second, third] = trial.networks;
    const ears = [first, second].map(hear);
    await third.close();
    const gone = [third.self, first.self, 'nobody-of-this-name' as PeerId];
    for (const to of gone) demand(!throws(() => first.send(to, note(1))), `sending to ${to}, which is gone, throws`);
    for (const to of [first.self, third.self]) {
      demand(!throws(() => third.send(to, note(2))), 'sending after close throws');
    }
    await trial.pass();
    for (const { heard } of ears) demand(heard.length === 0, 'a message arrived that was sent to nobody, or by nobody');
    await demandWay(trial, first, second, 'after a message to nobody none arrives');
  }),
];

/** All laws of the network role. Some send a message up to fifty times before they say that it does not arrive. */
export const networkLaws: readonly Law<NetworksOnTrial>[] = [...carrying, ...coming, ...listenerLaws];
