import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  firstOffice,
  nextOffice,
  type OfficeInput,
  roundProducers,
  sameOffice,
  sameSet,
  threshold,
} from '../../src/core/office.ts';
import type { Address, Height, Slot } from '../../src/core/units.ts';

const set = (text: string): Address[] => [...text].map((digit) => `P0${digit}` as Address);
const office = (old: string, next: string, since: number) => ({
  old: set(old),
  new: set(next),
  since: since as Height,
});

/** 0123 hands over to 0124 since height 8, in slot 9; block 8 is not final yet, and P05 is elected in place of P04. */
const handover: OfficeInput = {
  office: office('0123', '0124', 8),
  elected: set('5210'),
  finalHeight: 7 as Height,
  firstSlot: 19 as Slot,
  sinceSlot: 9 as Slot,
  height: 18 as Height,
  stallSlots: 0,
  recentProducers: new Set(set('012345')),
};
const final = { ...handover, finalHeight: 8 as Height };
const seen = (text: string) => ({ recentProducers: new Set(set(text)) });

describe('the office of a round', () => {
  it('stays as it is until a block of the joint time is final', () => {
    expect(nextOffice(handover)).toBe(handover.office);
    expect(nextOffice({ ...handover, recentProducers: new Set<Address>() })).toBe(handover.office);
  });

  it('passes to the new set, and begins the next handover at once if the elected differ and are ready', () => {
    expect(nextOffice(final)).toEqual(office('0124', '0125', 18));
  });

  it('passes to the new set alone, and keeps since, if the elected are the new set, in whatever order', () => {
    expect(nextOffice({ ...final, elected: set('4012') })).toEqual(office('0124', '0124', 8));
  });

  it('does not begin a handover to a set of which less than a quorum produced a block in the window', () => {
    expect(nextOffice({ ...final, ...seen('0134') })).toEqual(office('0124', '0124', 8));
    expect(nextOffice({ ...final, ...seen('015') })).toEqual(office('0124', '0125', 18));
  });

  it('is the same object while nothing changes', () => {
    const settled = { ...final, office: office('0124', '0124', 8), elected: set('2104') };
    expect(nextOffice(settled)).toBe(settled.office);
    const unready = { ...settled, elected: set('0125'), ...seen('01') };
    expect(nextOffice(unready)).toBe(unready.office);
  });

  it('is settled by genesis for round 0: the elected, sorted, are both sets', () => {
    expect(firstOffice(set('3120'))).toEqual(office('0123', '0123', 0));
  });
});

describe('an office in which nothing becomes final any more', () => {
  const stalled = { ...handover, stallSlots: 9 };

  it('gives way to the elected once more than stallSlots lie between its begin and the next round', () => {
    expect(nextOffice(stalled)).toEqual(office('0125', '0125', 18));
    expect(nextOffice({ ...stalled, stallSlots: 10 })).toBe(stalled.office);
  });

  it('never gives way if stallSlots is 0', () => {
    expect(nextOffice({ ...stalled, stallSlots: 0, firstSlot: 1_000_000_000 as Slot })).toBe(stalled.office);
  });

  it('does not give way to a set that is not ready', () => {
    expect(nextOffice({ ...stalled, ...seen('0134') })).toBe(stalled.office);
    expect(nextOffice({ ...stalled, ...seen('015') })).toEqual(office('0125', '0125', 18));
  });

  it('gives way if either of its sets is another than the elected, and not if both are the elected', () => {
    expect(nextOffice({ ...stalled, elected: set('0124') })).toEqual(office('0124', '0124', 18));
    expect(nextOffice({ ...stalled, elected: set('0123') })).toEqual(office('0123', '0123', 18));
    const same = { ...stalled, office: office('0125', '0125', 8) };
    expect(nextOffice(same)).toBe(same.office);
  });

  it('hands over in the ordinary way as soon as its own block is final, however long that took', () => {
    expect(nextOffice({ ...final, stallSlots: 9 })).toEqual(office('0124', '0125', 18));
  });
});

describe('quorums and sets', () => {
  it('take more than two thirds, so that two quorums share more than a third', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 10, 21].map(threshold)).toEqual([1, 2, 3, 3, 4, 5, 5, 7, 15]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (size) => {
        expect(3 * threshold(size)).toBeGreaterThan(2 * size);
        expect(3 * (threshold(size) - 1)).toBeLessThanOrEqual(2 * size);
      }),
    );
  });

  it('are compared without regard to order', () => {
    expect(sameSet(set('012'), set('210'))).toBe(true);
    expect(sameSet(set('012'), set('013'))).toBe(false);
    expect(sameSet(set('012'), set('0123'))).toBe(false);
    expect(sameOffice(office('012', '013', 5), office('012', '013', 5))).toBe(true);
    for (const other of [office('012', '013', 6), office('012', '012', 5), office('013', '013', 5)])
      expect(sameOffice(office('012', '013', 5), other)).toBe(false);
  });

  it('give a round a slot for each of the elected, of the old and of the new, in the order of addresses', () => {
    expect(roundProducers(office('0123', '0124', 8), set('5210'))).toEqual(set('012345'));
    expect(roundProducers(office('0123', '0123', 0), set('3210'))).toEqual(set('0123'));
  });
});
