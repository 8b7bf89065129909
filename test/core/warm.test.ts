import { expect, it } from 'vitest';
import { accountKey } from '../../src/core/state/keys.ts';
import { noAccount } from '../../src/core/state/records.ts';
import { emptyState } from '../../src/core/state/view.ts';
import type { Address } from '../../src/core/units.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';

/** More than the states that are never warmed. */
const COUNT = 50_500;

const addressOf = (index: number): Address =>
  `02${((Math.imul(index, 0x9e37_79b1) >>> 0).toString(16) + index.toString(16)).padStart(64, '0')}` as Address;

it('a hint of what is asked next changes no answer and no root, whatever it names', () => {
  const changes = Array.from({ length: COUNT }, (_, index) => ({
    key: accountKey(addressOf(index)),
    record: { ...noAccount, balance: BigInt(index + 1) },
  }));
  const first = emptyState(hasher).with(changes).view;
  const { root } = first;
  const present = Array.from({ length: 300 }, (_, index) => addressOf(index * 150));
  const strange = ['', 'zz', '02', 'ff'.repeat(600)] as Address[];
  const nobody = `03${'ab'.repeat(32)}` as Address;
  const answers = () => present.map((address) => first.get(accountKey(address))?.balance);
  const expected = Array.from({ length: 300 }, (_, index) => BigInt(index * 150 + 1));
  first.warm?.([]);
  first.warm?.([...strange, nobody, ...present]);
  expect(answers()).toEqual(expected);
  expect(first.get(accountKey(nobody))).toBeUndefined();
  // Of rows that were let go a hint brings none back.
  first.residency.trim(0);
  expect(first.residency.residentBytes).toBe(0);
  first.warm?.(present);
  expect(first.residency.residentBytes).toBe(0);
  expect(first.root).toBe(root);
});

it('more changes than are warmed at once give the root of as many small steps', () => {
  const base = emptyState(hasher).with(
    Array.from({ length: COUNT }, (_, index) => ({
      key: accountKey(addressOf(index)),
      record: { ...noAccount, balance: 1n },
    })),
  ).view;
  const changes = Array.from({ length: 700 }, (_, index) => ({
    key: accountKey(addressOf(index * 72)),
    record: { ...noAccount, balance: BigInt(index + 2) },
  }));
  const atOnce = base.with(changes).view.root;
  let view = base;
  for (let start = 0; start < changes.length; start += 100) view = view.with(changes.slice(start, start + 100)).view;
  expect(view.root).toBe(atOnce);
});
