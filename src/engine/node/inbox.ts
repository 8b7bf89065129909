/**
 * Inbox: what peers have said and was not yet looked at. Each peer has its own place, and its oldest word goes first when that is full.
 *
 * So a peer that shouts harms nobody but itself. Source: docs/design.md.
 */
import type { PeerId } from '../../adapters/network/network.ts';

export interface InboxLimits {
  readonly maxMessagesPerPeer: number;
  readonly maxBytesPerPeer: number;
  /** Peers that may have something here at a time. */
  readonly maxPeers: number;
}

interface Place {
  readonly messages: Uint8Array[];
  bytes: number;
}

export class PeerInbox {
  readonly #limits: InboxLimits;
  /** In the order in which they are served. */
  readonly #places = new Map<PeerId, Place>();

  constructor(limits: InboxLimits) {
    this.#limits = limits;
  }

  add(from: PeerId, message: Uint8Array): void {
    const { maxMessagesPerPeer, maxBytesPerPeer, maxPeers } = this.#limits;
    const place = this.#places.get(from) ?? { messages: [], bytes: 0 };
    if (!this.#places.has(from) && this.#places.size >= maxPeers) return;
    if (message.length > maxBytesPerPeer) return;
    place.messages.push(message);
    place.bytes += message.length;
    while (place.messages.length > maxMessagesPerPeer || place.bytes > maxBytesPerPeer)
      place.bytes -= place.messages.shift()?.length ?? 0;
    this.#places.set(from, place);
  }

  /** The next message, of one peer after the other. */
  take(): { readonly from: PeerId; readonly message: Uint8Array } | undefined {
    for (const [from, place] of this.#places) {
      const message = place.messages.shift() as Uint8Array;
      place.bytes -= message.length;
      this.#places.delete(from);
      if (place.messages.length > 0) this.#places.set(from, place);
      return { from, message };
    }
    return undefined;
  }
}
