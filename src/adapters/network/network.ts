/**
 * Network: the door to other nodes: it carries bytes, and promises nothing about them.
 *
 * A message may be lost, late, twice or out of order, and its bytes may be anything. So the door needs no answers and no
 * connections: who wants an answer asks again. What every network must keep is written as laws in `medstate/adapters/laws`.
 * Source: docs/design.md.
 */

/** The name of a node among its peers: 1 to 128 of a-z A-Z 0-9 _ . : - */
export type PeerId = string & { readonly PeerId: unique symbol };

/** Called with each message that arrives. It must not throw; what it does later does not hold the network up. */
export type MessageListener = (from: PeerId, message: Uint8Array) => void;

export interface Network {
  /** What stands behind this object, for people: "memory", "libp2p", ... */
  readonly name: string;
  /** This node. */
  readonly self: PeerId;
  /** The most bytes that one message may have. */
  readonly maxMessageBytes: number;
  /** The peers that can be spoken to now, without this node, in an order that means nothing. */
  peers(): readonly PeerId[];
  /**
   * Sends a message to a peer. It is copied; nobody tells whether it arrives. To a peer that is gone, or after `close`, it does
   * nothing. Throws `InvariantViolation` for a message that is too long.
   */
  send(to: PeerId, message: Uint8Array): void;
  /** Calls the listener with each message that comes from now on, in a later turn of the event loop than its `send`; the answer ends that. */
  onMessage(listener: MessageListener): () => void;
  /** Calls the listener when `peers` has another answer; the answer ends that. */
  onPeers(listener: () => void): () => void;
  /** Leaves; once more is fine. No message arrives any more when it resolves. */
  close(): Promise<void>;
}
