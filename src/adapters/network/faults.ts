/**
 * Faults: what goes wrong in a network and when, as a plain value that can be written to a file, shrunk and run again.
 *
 * Each fault holds from `fromMs` until before `untilMs`, and when the last of all has ended the network is settled. Two of one
 * kind about the same links strike the same messages.
 */
import { invariant } from '../../core/refusal.ts';

interface Span {
  /** Whole milliseconds of the virtual time. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Whose messages to whom: by name, and all where it is left out. */
interface Links {
  readonly from?: readonly string[];
  readonly to?: readonly string[];
}

/** Messages take from `minMs` to `maxMs`, all alike, or with a tail: most near the least, few near the most. The last such fault of a link holds. */
export interface Delay extends Span, Links {
  readonly kind: 'delay';
  readonly minMs: number;
  readonly maxMs: number;
  readonly shape?: 'even' | 'tail';
}

/** So many thousandths of the messages are lost. */
export interface Loss extends Span, Links {
  readonly kind: 'loss';
  readonly thousandths: number;
}

/** So many thousandths arrive once more, or up to `copies` times more, each after a delay of its own. */
export interface Duplication extends Span, Links {
  readonly kind: 'duplication';
  readonly thousandths: number;
  readonly copies?: number;
}

/** So many thousandths are held back by up to `holdMs`, so that later ones overtake them. */
export interface Reordering extends Span, Links {
  readonly kind: 'reordering';
  readonly thousandths: number;
  readonly holdMs: number;
}

/** So many thousandths arrive with one bit flipped, cut short, or as garbage. No network does that that keeps the laws. */
export interface Corruption extends Span, Links {
  readonly kind: 'corruption';
  readonly thousandths: number;
  readonly how: 'flip' | 'cut' | 'garbage';
}

/** Peers of one side hear each other and nobody else. Those named on no side are one more side. */
export interface Partition extends Span {
  readonly kind: 'partition';
  readonly sides: readonly (readonly string[])[];
}

/** Nothing goes that way, whatever goes the other way. */
export interface Silence extends Span, Links {
  readonly kind: 'silence';
}

/** Each of the peers takes `perMessageMs` for a message, one after the other as they were sent, so that those behind wait. */
export interface Slowness extends Span {
  readonly kind: 'slowness';
  readonly peers: readonly string[];
  readonly perMessageMs: number;
}

/** Messages arrive all together, at the multiples of `everyMs`. */
export interface Bursts extends Span, Links {
  readonly kind: 'bursts';
  readonly everyMs: number;
}

export type NetworkFault =
  | Delay
  | Loss
  | Duplication
  | Reordering
  | Corruption
  | Partition
  | Silence
  | Slowness
  | Bursts;

export type NetworkFaults = readonly NetworkFault[];

const MOST_MS = 2 ** 31;
const MOST_COPIES = 100;

const isWhole = (value: unknown, least: number, most: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

const isSpan = ({ fromMs, untilMs }: NetworkFault): boolean =>
  isWhole(fromMs, 0, Number.MAX_SAFE_INTEGER) && isWhole(untilMs, fromMs, Number.MAX_SAFE_INTEGER);

const isNames = (value: unknown): boolean => Array.isArray(value) && value.every((name) => typeof name === 'string');

/** Whether the links a fault is about, if it is about some, are told by names. */
const hasLinks = (fault: NetworkFault): boolean =>
  ('from' in fault ? isNames(fault.from) : true) && ('to' in fault ? isNames(fault.to) : true);

const isThousandths = (fault: { readonly thousandths: number }): boolean => isWhole(fault.thousandths, 0, 1000);

/** Whether a fault has what its kind needs. */
const isFault = (fault: NetworkFault): boolean => {
  switch (fault.kind) {
    case 'delay':
      return (
        isWhole(fault.minMs, 0, MOST_MS) &&
        isWhole(fault.maxMs, fault.minMs, MOST_MS) &&
        ['even', 'tail'].includes(fault.shape ?? 'even')
      );
    case 'loss':
      return isThousandths(fault);
    case 'duplication':
      return isThousandths(fault) && isWhole(fault.copies ?? 1, 1, MOST_COPIES);
    case 'reordering':
      return isThousandths(fault) && isWhole(fault.holdMs, 0, MOST_MS);
    case 'corruption':
      return isThousandths(fault) && ['flip', 'cut', 'garbage'].includes(fault.how);
    case 'partition':
      return Array.isArray(fault.sides) && fault.sides.every(isNames);
    case 'silence':
      return true;
    case 'slowness':
      return isNames(fault.peers) && isWhole(fault.perMessageMs, 0, MOST_MS);
    case 'bursts':
      return isWhole(fault.everyMs, 1, MOST_MS);
    default:
      return false;
  }
};

/** Throws `InvariantViolation` that names the first fault that makes no sense. */
export const checkFaults = (faults: NetworkFaults): void => {
  for (const fault of faults) {
    invariant(
      isSpan(fault) && hasLinks(fault) && isFault(fault),
      `this fault of a network makes no sense: ${JSON.stringify(fault)}`,
    );
  }
};

/** The millisecond from which on no fault holds. */
export const endOf = (faults: NetworkFaults): number => faults.reduce((end, { untilMs }) => Math.max(end, untilMs), 0);

/** Whether a fault is about what goes from one peer to another. */
export const isAbout = ({ from, to }: Links, sender: string, receiver: string): boolean =>
  (from === undefined || from.includes(sender)) && (to === undefined || to.includes(receiver));

/** Whether a fault lets nothing pass from one peer to another while it holds. */
export const cuts = (fault: NetworkFault, sender: string, receiver: string): boolean => {
  if (fault.kind === 'silence') return isAbout(fault, sender, receiver);
  if (fault.kind !== 'partition') return false;
  const sideOf = (peer: string): number => fault.sides.findIndex((side) => side.includes(peer));
  return sideOf(sender) !== sideOf(receiver);
};
