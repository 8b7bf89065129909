/**
 * Inbox: the messages on their way to one peer, so many and no more: when it is full the oldest makes room for the newest.
 */
import type { PeerId } from './network.ts';

/** A message that is sent. */
export interface Passage {
  /** Its number among all that were sent by way of its hub. */
  readonly number: number;
  readonly from: PeerId;
  readonly to: PeerId;
  readonly message: Uint8Array;
}

/** The most that is on its way to one peer. */
export interface InboxLimits {
  /** Default 4 096. */
  readonly maxInboxMessages?: number;
  /** Default 64 MiB; at least one message. */
  readonly maxInboxBytes?: number;
}

export interface InboxPlan extends Required<InboxLimits> {
  /** Has the action happen in a later turn, after that many milliseconds; the answer takes it back. */
  readonly later: (afterMs: number, action: () => void) => () => void;
  readonly onArrival: (passage: Passage) => void;
  readonly onOverflow: (passage: Passage) => void;
}

export interface Inbox {
  put(passage: Passage, afterMs: number): void;
  /** Takes all out that is on its way, and answers it. */
  empty(): readonly Passage[];
  messages(): number;
  bytes(): number;
  /** How many had to make room. */
  overflows(): number;
}

/** A message on its way. */
interface Letter {
  readonly passage: Passage;
  takeBack: () => void;
}

/** An empty inbox. */
export const inboxOf = ({ maxInboxMessages, maxInboxBytes, later, onArrival, onOverflow }: InboxPlan): Inbox => {
  const letters = new Set<Letter>();
  let bytes = 0;
  let overflows = 0;

  const takeOut = (letter: Letter): void => {
    letters.delete(letter);
    bytes -= letter.passage.message.length;
    letter.takeBack();
  };

  const makeRoom = (neededBytes: number): void => {
    for (const oldest of letters) {
      if (letters.size < maxInboxMessages && bytes + neededBytes <= maxInboxBytes) return;
      takeOut(oldest);
      overflows += 1;
      onOverflow(oldest.passage);
    }
  };

  return {
    put: (passage, afterMs) => {
      makeRoom(passage.message.length);
      const letter: Letter = { passage, takeBack: () => undefined };
      letters.add(letter);
      bytes += passage.message.length;
      letter.takeBack = later(afterMs, () => {
        takeOut(letter);
        onArrival(passage);
      });
    },
    empty: () => {
      const left = [...letters];
      for (const letter of left) takeOut(letter);
      return left.map(({ passage }) => passage);
    },
    messages: () => letters.size,
    bytes: () => bytes,
    overflows: () => overflows,
  };
};
