/**
 * Hub: where the networks of one process meet: who is there, and what becomes of what they send each other.
 *
 * How long a message takes and what happens to it on the way is given in: the networks in memory and the hostile ones differ in
 * that alone. What is on its way to a peer is bounded, so that nobody can fill the memory.
 */
import { invariant } from '../../core/refusal.ts';
import { type Inbox, type InboxLimits, type InboxPlan, inboxOf, type Passage } from './inbox.ts';
import { type Listeners, listenersOf } from './listeners.ts';
import { type Network, type PeerId, peerIdOf } from './network.ts';

/** One of the times a message arrives, and what arrives then, in memory of its own. */
export interface Arrival {
  readonly afterMs: number;
  readonly message: Uint8Array;
}

/** Why a message does not arrive. */
export type DropReason = 'loss' | 'cut' | 'gone' | 'overflow';

/** One thing that happened to a message; `message` is what its sender gave or its receiver gets. */
export interface HubEvent extends Passage {
  readonly what: 'send' | 'deliver' | 'drop';
  /** Of a drop. */
  readonly why?: DropReason;
}

export interface HubPlan extends InboxLimits {
  readonly name: string;
  /** Default 4 MiB. */
  readonly maxMessageBytes?: number;
  readonly later: InboxPlan['later'];
  /** When a message arrives, and as what; or why it does not. */
  readonly carry: (passage: Passage) => readonly Arrival[] | DropReason;
  /** Asked when a message has arrived: whether its way is open still. */
  readonly isOpen?: (passage: Passage) => boolean;
  readonly trace?: (event: HubEvent) => void;
}

/** How a peer fares at its hub. */
export interface InboxCounts {
  /** What is on its way to it. */
  readonly messages: number;
  readonly bytes: number;
  /** How many were dropped since it joined, because too many were on their way. */
  readonly overflows: number;
  /** How many times a listener of its threw. */
  readonly listenerFaults: number;
}

export interface Hub {
  /**
   * The network of that name, which all others see from now on. Throws `InvariantViolation` for no name of a peer, and for one
   * that is there; one that has left may come back, and gets nothing of what was sent before.
   */
  join(name: string): Network;
  /** Who is there, in the order they came. */
  peers(): readonly PeerId[];
  /** How a peer fares; `undefined` if it is not there. */
  countsOf(peer: PeerId): InboxCounts | undefined;
}

interface Member {
  readonly inbox: Inbox;
  readonly messages: Listeners<[PeerId, Uint8Array]>;
  readonly changes: Listeners<[]>;
  isToBeTold: boolean;
}

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const MAX_INBOX_BYTES = 64 * 1024 * 1024;
const MAX_INBOX_MESSAGES = 4_096;

/** Each listener owns what it gets. */
const tellMessage = ({ messages }: Member, { from, message }: Passage): void => {
  const isShared = messages.count() > 1;
  messages.tell(() => [from, isShared ? message.slice() : message]);
};

/** The inbox and the listeners of one that joins. */
const memberOf = (plan: HubPlan, limits: Required<InboxLimits>): Member => {
  const member: Member = {
    inbox: inboxOf({
      ...limits,
      later: plan.later,
      onArrival: (passage) => {
        const isThrough = plan.isOpen?.(passage) !== false;
        plan.trace?.(isThrough ? { what: 'deliver', ...passage } : { what: 'drop', ...passage, why: 'cut' });
        if (isThrough) tellMessage(member, passage);
      },
      onOverflow: (passage) => plan.trace?.({ what: 'drop', ...passage, why: 'overflow' }),
    }),
    messages: listenersOf(),
    changes: listenersOf(),
    isToBeTold: false,
  };
  return member;
};

/** The limits with what holds where they are silent. */
const limitsOf = (plan: HubPlan): Required<InboxLimits> & { readonly maxMessageBytes: number } => {
  const { maxMessageBytes = MAX_MESSAGE_BYTES, maxInboxMessages = MAX_INBOX_MESSAGES } = plan;
  const { maxInboxBytes = Math.max(MAX_INBOX_BYTES, maxMessageBytes) } = plan;
  invariant(
    [maxMessageBytes, maxInboxMessages, maxInboxBytes].every((most) => Number.isInteger(most) && most > 0) &&
      maxInboxBytes >= maxMessageBytes,
    'a hub takes messages of at least one byte, and an inbox holds at least one of the longest',
  );
  return { maxMessageBytes, maxInboxMessages, maxInboxBytes };
};

/** What a member does at its hub. */
interface Doings {
  peers(): readonly PeerId[];
  isHere(): boolean;
  send(to: PeerId, message: Uint8Array): void;
  leave(): void;
}

/** The door of one member, as long as it is there. */
const doorOf = (
  { name, self, maxMessageBytes }: Pick<Network, 'name' | 'self' | 'maxMessageBytes'>,
  { messages, changes }: Member,
  { peers, isHere, send, leave }: Doings,
): Network => ({
  name,
  self,
  maxMessageBytes,
  peers: () => (isHere() ? peers().filter((peer) => peer !== self) : []),
  send: (to, message) => {
    invariant(
      message.length <= maxMessageBytes,
      `a message has at most ${maxMessageBytes} bytes, not ${message.length}: send less at a time`,
    );
    if (isHere()) send(to, message);
  },
  onMessage: (listener) => (isHere() ? messages.add(listener) : () => undefined),
  onPeers: (listener) => (isHere() ? changes.add(listener) : () => undefined),
  close: () => {
    if (isHere()) leave();
    return Promise.resolve();
  },
});

/** A hub where nobody is yet. PERF: a copy of each message; a step for each peer when one comes or leaves. */
export const hubOf = (plan: HubPlan): Hub => {
  const { maxMessageBytes, ...limits } = limitsOf(plan);
  const members = new Map<PeerId, Member>();
  let sent = 0;

  const drop = (passage: Passage, why: DropReason): void => plan.trace?.({ what: 'drop', ...passage, why });

  const send = (from: PeerId, to: PeerId, given: Uint8Array): void => {
    sent += 1;
    const passage = { number: sent, from, to, message: new Uint8Array(given) };
    plan.trace?.({ what: 'send', ...passage });
    const member = from === to ? undefined : members.get(to);
    const arrivals = member === undefined ? 'gone' : plan.carry(passage);
    if (typeof arrivals === 'string') {
      drop(passage, arrivals);
      return;
    }
    for (const { afterMs, message } of arrivals) member?.inbox.put({ ...passage, message }, afterMs);
  };

  /** Tells all that the peers are others, once for all changes of a turn. */
  const tellOfChange = (): void => {
    for (const member of members.values()) {
      if (member.isToBeTold) continue;
      member.isToBeTold = true;
      plan.later(0, () => {
        member.isToBeTold = false;
        member.changes.tell(() => []);
      });
    }
  };

  const leave = (self: PeerId, { inbox, messages, changes }: Member): void => {
    members.delete(self);
    for (const passage of inbox.empty()) drop(passage, 'gone');
    messages.clear();
    changes.clear();
    tellOfChange();
  };

  return {
    join: (name) => {
      const self = peerIdOf(name);
      invariant(!members.has(self), `${self} is there already: let it leave before it comes back`);
      tellOfChange();
      const member = memberOf(plan, limits);
      members.set(self, member);
      return doorOf({ name: plan.name, self, maxMessageBytes }, member, {
        peers: () => [...members.keys()],
        isHere: () => members.get(self) === member,
        send: (to, message) => send(self, to, message),
        leave: () => leave(self, member),
      });
    },
    peers: () => [...members.keys()],
    countsOf: (peer) => {
      const member = members.get(peer);
      if (member === undefined) return undefined;
      const { inbox, messages, changes } = member;
      return {
        messages: inbox.messages(),
        bytes: inbox.bytes(),
        overflows: inbox.overflows(),
        listenerFaults: messages.faults() + changes.faults(),
      };
    },
  };
};
