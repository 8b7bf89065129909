/**
 * Begin rounds: a block begins every round whose first slot is at or before its own, all with the ranking of its
 * parent's end state and one office, so they are equally long and their number is one division.
 *
 * Source: whitepaper v0.2.1, Block Producers; protocol section 9, finality rules 1 to 5.
 */
import { producersInWindow } from '../finality.ts';
import { type Office, roundProducers, sameOffice } from '../office.ts';
import { electedOf, scheduleOf } from '../round.ts';
import type { OfficeRecord, OfficeSpan } from '../state/records.ts';
import { type Address, floorDiv, type Slot } from '../units.ts';
import type { Step, Work } from './work.ts';

/** The present office of the chain. */
export const officeOf = (record: OfficeRecord): Office => record.spans[record.spans.length - 1] as OfficeSpan;

const officeNow = ({ chain, tip, office, height }: Work, elected: readonly Address[]): Office =>
  chain.agreement.nextOffice({
    office: officeOf(office),
    elected,
    finalHeight: tip.votes.finalHeight,
    firstSlot: office.nextRoundSlot,
    sinceSlot: office.sinceSlot,
    height,
    stallSlots: chain.params.stallSlots,
    recentProducers: producersInWindow(tip.votes),
  });

export const beginRounds: Step = (work) => {
  const { chain, tip, slot, height, office: before } = work;
  if (slot < before.nextRoundSlot) return undefined;
  const ranked = electedOf(tip.state, chain.params.producersPerRound);
  const elected = ranked.length > 0 ? ranked : officeOf(before).new;
  const office = officeNow(work, elected);
  const producers = roundProducers(office, elected);
  const skipped = floorDiv(slot - before.nextRoundSlot, producers.length);
  const firstSlot = (before.nextRoundSlot + skipped * producers.length) as Slot;
  const number = before.roundsBegun + skipped;
  const changed = !sameOffice(office, officeOf(before));
  work.office = {
    ...before,
    spans: changed ? [...before.spans, { ...office, fromHeight: height }] : before.spans,
    sinceSlot: office.since === height ? slot : before.sinceSlot,
    roundsBegun: number + 1,
    nextRoundSlot: (firstSlot + producers.length) as Slot,
    producers,
  };
  work.round = { number, firstSlot, order: scheduleOf(chain.crypto, chain.genesisId, number, producers), begins: true };
  return undefined;
};
