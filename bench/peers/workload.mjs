/**
 * Workload: the same signed transfers for all that are compared, by numbers of accounts, and what each account must have after them.
 *
 * The accounts send in turn and any of them receives, one unit each time.
 */
import { seededBelow } from '../measure.mjs';

/** `blocks` lists of `transfers` pairs: from which account, to which. */
export const transfersIn = ({ accounts, transfers, blocks }) => {
  const below = seededBelow(2_025);
  let next = 0;
  return Array.from({ length: blocks }, () =>
    Array.from({ length: transfers }, () => {
      const from = next % accounts;
      next += 1;
      return { from, to: below(accounts) };
    }),
  );
};

/** How often each account sent and received, counted in the plainest way. */
export const countsOf = (accounts, blocks) => {
  const counts = Array.from({ length: accounts }, () => ({ sent: 0, received: 0 }));
  for (const { from, to } of blocks.flat()) {
    counts[from].sent += 1;
    counts[to].received += 1;
  }
  return counts;
};

/** A private key of 32 bytes for each account, the same each time; all lie in the range of secp256k1's. */
export const privateKeysOf = (accounts) => {
  const below = seededBelow(77);
  return Array.from({ length: accounts }, () => Buffer.from(Array.from({ length: 32 }, () => 1 + below(254))));
};

/** Throws unless what was found is what must be. */
export const mustBe = (what, found, expected) => {
  if (found !== expected) throw new Error(`wrong answer: ${what} is ${found}, and must be ${expected}`);
};
