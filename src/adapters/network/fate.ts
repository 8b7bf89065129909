/**
 * Fate: what becomes of one message in a hostile network: when it arrives, how often, and as what.
 *
 * Each fault draws for each message from a seed of its own: the network's, the link, the number of the message on it, and the
 * fault's kind and links. So a fault that is taken out of a plan moves nothing that the others do, and one that is made shorter or
 * less strikes no message that it did not strike before: a failing plan can be shrunk.
 */
import { type Chance, chanceFrom } from '../laws/chance.ts';
import { type Corruption, cuts, type Delay, isAbout, type NetworkFault, type NetworkFaults } from './faults.ts';
import type { Arrival, DropReason } from './hub.ts';
import type { Passage } from './inbox.ts';

export interface FatePlan {
  readonly seed: number;
  readonly faults: NetworkFaults;
  /** The longest way of a message in a settled network. */
  readonly settledDelayMs: number;
}

const THOUSAND = 1000;

/** A 32-bit sum of bytes: FNV-1a, to tell apart, not to trust. */
export const sumOf = (bytes: Iterable<number>, start = 0x811c9dc5): number => {
  let sum = start;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
};

const sumOfText = (text: string): number => sumOf(new TextEncoder().encode(text));

const mixed = (...words: readonly number[]): number =>
  words.reduce((sum, word) => {
    const step = Math.imul((sum ^ word) + 0x9e3779b9, 0x85ebca6b);
    return step ^ (step >>> 15);
  }, 0);

/** That many milliseconds, from the least to the most. */
const delayBy = (
  chance: Chance,
  { minMs, maxMs, shape = 'even' }: Pick<Delay, 'minMs' | 'maxMs' | 'shape'>,
): number => {
  const width = maxMs - minMs;
  if (shape === 'even') return minMs + chance.below(width + 1);
  const part = chance.below(THOUSAND + 1) / THOUSAND;
  return minMs + Math.floor(width * part * part * part * part);
};

const corrupted = (chance: Chance, message: Uint8Array, how: Corruption['how']): Uint8Array => {
  if (message.length === 0) return message;
  if (how === 'garbage') return chance.bytes(message.length);
  const place = chance.below(message.length);
  if (how === 'cut') return message.slice(0, place);
  const spoilt = message.slice();
  spoilt[place] = (spoilt[place] ?? 0) ^ (1 << chance.below(8));
  return spoilt;
};

/** What of a fault its chance hangs on: not when it holds, nor how much of it there is. */
const wordsOf = (fault: NetworkFault): string => {
  const { from, to } = { from: undefined, to: undefined, ...fault };
  return JSON.stringify([fault.kind, from, to]);
};

interface Strike {
  readonly fault: NetworkFault;
  readonly chance: Chance;
}

/** The fates of the messages of one network, asked in the order they are sent. */
export const fatesOf = ({ seed, faults, settledDelayMs }: FatePlan) => {
  const words = new Map(faults.map((fault) => [fault, sumOfText(wordsOf(fault))]));
  /** Each link by its word, with how many were sent on it. */
  const links = new Map<string, { readonly word: number; sent: number }>();
  /** From when a slow peer is free again. */
  const freeMs = new Map<string, number>();

  /** How long one copy of a message is on its way. */
  const waitOf = (strikes: readonly Strike[], own: Chance, { to, nowMs }: { to: string; nowMs: number }): number => {
    let delayMs = delayBy(own, { minMs: 1, maxMs: settledDelayMs });
    let heldMs = 0;
    for (const { fault, chance } of strikes) {
      if (fault.kind === 'delay') delayMs = delayBy(chance, fault);
      if (fault.kind === 'reordering' && chance.below(THOUSAND) < fault.thousandths)
        heldMs += chance.below(fault.holdMs + 1);
    }
    let arrivesMs = nowMs + delayMs + heldMs;
    for (const { fault } of strikes) {
      if (fault.kind === 'slowness' && fault.peers.includes(to)) {
        arrivesMs = Math.max(arrivesMs, freeMs.get(to) ?? 0) + fault.perMessageMs;
        freeMs.set(to, arrivesMs);
      }
      if (fault.kind === 'bursts') arrivesMs = Math.ceil(arrivesMs / fault.everyMs) * fault.everyMs;
    }
    return arrivesMs - nowMs;
  };

  const messageOf = (strikes: readonly Strike[], message: Uint8Array): Uint8Array => {
    let bytes: Uint8Array = message.slice();
    for (const { fault, chance } of strikes) {
      if (fault.kind !== 'corruption' || chance.below(THOUSAND) >= fault.thousandths) continue;
      bytes = corrupted(chance, bytes, fault.how);
    }
    return bytes;
  };

  /** What becomes of a message that is sent at `nowMs`, when these faults hold. */
  return ({ from, to, message }: Passage, nowMs: number, holding: NetworkFaults): readonly Arrival[] | DropReason => {
    const name = `${from} ${to}`;
    const link = links.get(name) ?? { word: sumOfText(name), sent: 0 };
    links.set(name, link);
    const number = link.sent;
    link.sent += 1;
    if (holding.some((fault) => cuts(fault, from, to))) return 'cut';
    const strikes = holding
      .filter((fault) => !('from' in fault || 'to' in fault) || isAbout(fault, from, to))
      .map((fault) => ({ fault, chance: chanceFrom(mixed(seed, link.word, number, words.get(fault) ?? 0)) }));
    let copies = 1;
    for (const { fault, chance } of strikes) {
      if (fault.kind === 'loss' && chance.below(THOUSAND) < fault.thousandths) return 'loss';
      if (fault.kind === 'duplication' && chance.below(THOUSAND) < fault.thousandths) {
        copies += 1 + chance.below(fault.copies ?? 1);
      }
    }
    const own = chanceFrom(mixed(seed, link.word, number));
    return Array.from({ length: copies }, () => ({
      afterMs: waitOf(strikes, own, { to, nowMs }),
      message: messageOf(strikes, message),
    }));
  };
};
