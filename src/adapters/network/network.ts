/**
 * Network: the door to other nodes: it carries bytes, and promises nothing about them.
 *
 * A message may be lost, late, twice or out of order, and a peer may send anything. So the door needs no answers and no
 * connections: who wants an answer asks again. But what arrives was sent, so, by that peer, to this one: the network makes
 * nothing up. What every network must keep is written as laws in `medstate/adapters/laws`.
 * Source: docs/design.md.
 */
import { invariant } from '../../core/refusal.ts';

/** The name of a node among its peers: 1 to 128 of a-z A-Z 0-9 _ . : - */
export type PeerId = string & { readonly PeerId: unique symbol };

/**
 * A name as PeerId. Throws `InvariantViolation` if it is none, so a name that a stranger gives is looked at before.
 */
export const peerIdOf = (name: string): PeerId => {
  invariant(
    /^[a-zA-Z0-9_.:-]{1,128}$/.test(name),
    `the name of a peer is 1 to 128 of a-z A-Z 0-9 _ . : -, not ${JSON.stringify(name.slice(0, 200))}`,
  );
  return name as PeerId;
};

/**
 * Called with each message that arrives; the bytes are its own. It must not throw: if it does, the network goes on as if it
 * had returned, and every other listener hears. What it does later does not hold the network up.
 */
export type MessageListener = (from: PeerId, message: Uint8Array) => void;

export interface Network {
  /** What stands behind this object, for people: "memory", "libp2p", ... */
  readonly name: string;
  /** This node. */
  readonly self: PeerId;
  /** The most bytes that one message may have. */
  readonly maxMessageBytes: number;
  /** The peers that can be spoken to now, without this node, in an order that means nothing. None after `close`. */
  peers(): readonly PeerId[];
  /**
   * Sends a message to a peer. It is copied; nobody tells whether it arrives. To a peer that is gone or unknown, to itself, or
   * after `close`, it does nothing. Throws `InvariantViolation` for a message that is too long.
   */
  send(to: PeerId, message: Uint8Array): void;
  /**
   * Calls the listener with each message that comes from now on, in a later turn of the event loop than its `send`; the answer
   * ends that at once. What comes while nobody listens is lost. A listener that is given twice is called twice.
   */
  onMessage(listener: MessageListener): () => void;
  /** Calls the listener when `peers` has another answer, in a later turn than the change; the answer ends that at once. */
  onPeers(listener: () => void): () => void;
  /** Leaves; once more is fine. No message arrives any more when it resolves. */
  close(): Promise<void>;
}
