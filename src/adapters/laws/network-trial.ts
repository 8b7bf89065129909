/**
 * Network trial: three networks that see each other, and the patience that a network needs which may lose what it is given.
 */
import { InvariantViolation } from '../../core/refusal.ts';
import type { Network, PeerId } from '../network/network.ts';
import { demand, type Law } from './law.ts';

/** A group of networks that no one else uses, and the way to let time pass for it. */
export interface NetworksOnTrial {
  /** Three that have joined and see each other. */
  readonly networks: readonly [Network, Network, Network];
  /** One more, which the others see soon. */
  join(): Promise<Network> | Network;
  /** Lets so much time pass that what was sent has arrived or never will, and all have been told who is there. */
  pass(): Promise<void>;
}

/** So often is a message sent before it is said that it does not arrive. */
const MOST_TRIES = 50;

/** A law that makes one group, and closes it whatever happens. */
export const law = (name: string, keeps: (trial: NetworksOnTrial) => Promise<void> | void): Law<NetworksOnTrial> => ({
  name,
  check: async (make) => {
    const trial = await make();
    const joined: Network[] = [...trial.networks];
    const join = async (): Promise<Network> => {
      const network = await trial.join();
      joined.push(network);
      return network;
    };
    try {
      await keeps({ ...trial, join });
    } finally {
      // What broke is told before; whether a network can be closed is a law of its own.
      for (const network of joined) await network.close().catch(() => undefined);
    }
  },
});

/** Does it again and again until it has come about; a network may lose any one message, but not all. */
export const until = async (
  { pass }: Pick<NetworksOnTrial, 'pass'>,
  act: () => void,
  hasCome: () => boolean,
): Promise<boolean> => {
  for (let tries = 0; tries < MOST_TRIES && !hasCome(); tries += 1) {
    act();
    await pass();
  }
  return hasCome();
};

/** One message as it was heard. */
export interface Heard {
  readonly from: PeerId;
  readonly message: Uint8Array;
}

/** All that a network hears from now on, and the way to end it. */
export const hear = (network: Network): { readonly heard: readonly Heard[]; end(): void } => {
  const heard: Heard[] = [];
  const end = network.onMessage((from, message) => heard.push({ from, message }));
  return { heard, end };
};

/** A message of 32 bytes that says which it is. */
export const note = (number: number): Uint8Array => {
  const bytes = new Uint8Array(32).fill(0xa5);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
};

/** Demands that the next message from one to another arrives within the patience. */
export const demandWay = async (trial: NetworksOnTrial, from: Network, to: Network, what: string): Promise<void> => {
  const { heard, end } = hear(to);
  const came = await until(
    trial,
    () => from.send(to.self, note(0)),
    () => heard.length > 0,
  );
  end();
  demand(came, what);
};

/** Demands that an action throws `InvariantViolation`. */
export const demandViolation = (action: () => void, what: string): void => {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  demand(thrown instanceof InvariantViolation, what);
};
