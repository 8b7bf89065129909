/**
 * Twin ledger: what accounts must have after transfers, counted in the plainest way, so that a bench can check its own answer.
 */
import { accountKey } from '../dist/core/state/keys.js';
import { STAKE } from './chain.mjs';

export const twinLedger = () => {
  const changes = new Map();
  const changeOf = (address) => {
    const change = changes.get(address) ?? { balance: 0n, nonce: 0n };
    changes.set(address, change);
    return change;
  };
  return {
    transfer(from, to, value) {
      changeOf(from).balance -= value;
      changeOf(from).nonce += 1n;
      changeOf(to).balance += value;
    },
    nonceOf: (address) => changes.get(address)?.nonce ?? 0n,
    /** Throws unless every account that took part has what it must have. */
    check(state) {
      for (const [address, { balance, nonce }] of changes) {
        const account = state.get(accountKey(address));
        if (account.balance !== STAKE + balance || account.nonce !== nonce)
          throw new Error(`wrong answer: the account ${address} has ${account.balance}, nonce ${account.nonce}`);
      }
      return changes.size;
    },
  };
};
