import { describe, expect, it } from 'vitest';
import { noAccount } from '../../src/core/state/records.ts';
import type { StateReader } from '../../src/core/state/view.ts';
import { Workspace } from '../../src/core/state/workspace.ts';
import type { Address } from '../../src/core/units.ts';

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
});
