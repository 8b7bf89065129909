/**
 * Named run: a synthetic chain in memory whose transactions name their senders, and blocks that are followed on it.
 *
 * What is measured is the engine's share: reading, decoding, hashing, applying, the root; all but the recoveries.
 */

import { buildBlock, checkTransaction, signBlock } from '../dist/core/index.js';
import { followTimed, right } from './chain.mjs';
import { namedTransaction, namingCrypto } from './naming.mjs';
import { syntheticChain } from './synthetic.mjs';

/** Followers of one chain: each makes no block, and never was at a block before. */
export const namedRun = async (accounts, options = {}) => {
  const world = await syntheticChain(accounts, options);
  const crypto = namingCrypto(world.crypto, world.rows.addressBytes, accounts);
  const chain = { ...world.chain, crypto };
  const nonces = new Map();
  let [made, followed] = [world.memoryTip(), world.memoryTip()];
  return {
    ...world,
    chain,
    addressOf: world.rows.addressOf,
    get tip() {
      return followed;
    },
    /** The bytes of a transaction by the account of that number, with its next nonce. */
    transaction(fields, number, payerNumber) {
      const nonce = (nonces.get(number) ?? 0n) + 1n;
      nonces.set(number, nonce);
      const address = world.rows.addressOf(number);
      const whole = { chainId: 1, nonce, to: '00'.repeat(33), ...fields };
      return namedTransaction(crypto, whole, { number, address }, payerNumber);
    },
    /** The next block of these. */
    make(transactions, slot = made.slot + 1) {
      const offers = transactions.map((bytes) => checkTransaction(chain, bytes));
      const lockOf = () => made.height;
      const built = right(buildBlock(chain, made, { slot, lockOf, offers: () => offers }));
      if (built.leftOut.length > 0) throw new Error(`left out: ${JSON.stringify(built.leftOut[0].refused)}`);
      made = built.transition.tip;
      const { included } = built.transition;
      const bytes = included.map((tx) => tx.bytes);
      return signBlock(world.crypto, built.claim, bytes, world.producer.privateKey);
    },
    /** Follows the block; microseconds of its parts. Throws if the answer is another than the maker's. */
    follow(bytes) {
      const parts = followTimed({ chain }, followed, bytes);
      followed = parts.tip;
      if (followed.height === made.height && followed.state.root !== made.state.root) throw new Error('wrong answer');
      return parts;
    },
  };
};
