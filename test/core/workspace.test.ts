import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { accountKey } from '../../src/core/state/keys.ts';
import { noAccount } from '../../src/core/state/records.ts';
import { emptyState, type StateReader } from '../../src/core/state/view.ts';
import { Workspace } from '../../src/core/state/workspace.ts';
import type { Address, Units } from '../../src/core/units.ts';

const address = `02${'11'.repeat(32)}` as Address;

/** A state that counts how often it is asked. */
const counting = (found: unknown): StateReader & { asked: number } => ({
  asked: 0,
  get<T>() {
    this.asked += 1;
    return found as T | undefined;
  },
  keys: () => [],
});

describe('a workspace', () => {
  it('keeps nothing of accounts that are not there, so strangers cannot make it grow', () => {
    const state = counting(undefined);
    const workspace = new Workspace(state);
    for (let time = 0; time < 3; time += 1) expect(workspace.account(address)).toBe(noAccount);
    expect(state.asked).toBe(3);
    expect(workspace.changes.length).toBe(0);
  });

  it('asks once for an account that is there, and shows its own changes from then on', () => {
    const state = counting({ ...noAccount, balance: 5n });
    const workspace = new Workspace(state);
    expect(workspace.account(address).balance).toBe(5n);
    workspace.changeAccount(address, (account) => {
      account.balance = 7n;
    });
    expect(workspace.account(address).balance).toBe(7n);
    expect(state.asked).toBe(1);
    expect(workspace.changes.length).toBe(1);
  });

  it('asks by address where the state can, and hears the same of it, and where it lies', async () => {
    const hasher = await bestCrypto();
    const people = ['11', '22', '33'].map((digits) => `02${digits.repeat(32)}` as Address);
    const changes = people.map((owner, index) => ({
      key: accountKey(owner),
      record: { ...noAccount, balance: BigInt(index) },
    }));
    const { view } = emptyState(hasher).with([...changes, { key: '80aa', record: Uint8Array.of(1) }]);
    for (const owner of [...people, address, `03${'11'.repeat(32)}` as Address]) {
      const [byAddress, byKey] = [{ leaf: -2 }, { leaf: -2 }];
      expect(view.account?.(owner, byAddress)).toEqual(view.get(accountKey(owner), byKey));
      expect(byAddress).toEqual(byKey);
    }
    // What it changes is told under the key all the same.
    const workspace = new Workspace(view);
    for (const owner of people) workspace.setAccount(owner, { ...workspace.account(owner), nonce: 7n });
    expect(workspace.changes.map(({ key, record }) => [key, record])).toEqual(
      changes.map(({ key, record }) => [key, { ...record, nonce: 7n }]),
    );
    const plain = changes.map(({ key, record }) => ({ key, record: { ...record, nonce: 7n } }));
    expect(view.with(workspace.changes).view.root).toBe(view.with(plain).view.root);
  });

  it('tells charges in the order of their accounts, whatever first digits these share', () => {
    const digits = fc.constantFrom('0', '1', 'f').chain((first) => fc.nat(2).map((rest) => `${first}${rest}`));
    const owners = fc.uniqueArray(
      fc
        .tuple(fc.constantFrom('02', '03'), digits, digits)
        .map(([tag, high, low]) => `${tag}${high}${'0'.repeat(60)}${low}`),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(owners, (all) => {
        const workspace = new Workspace(counting(noAccount));
        for (const [index, owner] of all.entries()) workspace.open(owner as Address).charged = (index % 3) as Units;
        const charged = all.map((account, index) => ({ account, units: index % 3 })).filter(({ units }) => units > 0);
        expect(workspace.charges).toEqual(charged.sort((a, b) => (a.account < b.account ? -1 : 1)));
      }),
      { numRuns: 200 },
    );
  });
});
