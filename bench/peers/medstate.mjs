/**
 * Medstate: this package's own chain, driven as its peers are.
 *
 * A chain in memory makes the blocks; another follows them from their bytes: reading, checking, recovery of all signatures by the native
 * secp256k1, the kinds' rules, the state and its root, which is compared with the header's.
 */
import { nativeCrypto } from '../../dist/adapters/crypto/native.js';
import { checkBlock, encodeTransaction, readBlock, reduce, signTransaction } from '../../dist/core/index.js';
import { accountKey } from '../../dist/core/state/keys.js';
import { blockOf, right, STAKE } from '../chain.mjs';
import { syntheticChain } from '../synthetic.mjs';
import { countsOf, mustBe, transfersIn } from './workload.mjs';

const makeBlocks = (world, blocks) => {
  const nonces = new Map();
  let tip = world.memoryTip();
  const transferOf = ({ from, to }) => {
    const nonce = (nonces.get(from) ?? 0n) + 1n;
    nonces.set(from, nonce);
    const fields = { kind: 'transfer', chainId: 1, nonce, to: world.people.at(to).address, value: 1n };
    return encodeTransaction(signTransaction(world.crypto, fields, world.people.at(from).privateKey));
  };
  const made = blocks.map((transfers) => {
    const block = blockOf(world, tip, transfers.map(transferOf));
    tip = block.tip;
    return block.bytes;
  });
  return { made, root: tip.state.root };
};

/** The chain at its genesis, the transfers, the bytes of their blocks, and the root after the last of them. */
export const makeChain = async (plan) => {
  const world = await syntheticChain(plan.accounts, { people: plan.accounts, crypto: nativeCrypto() });
  const blocks = transfersIn(plan);
  return { world, blocks, ...makeBlocks(world, blocks) };
};

/** Compares the state after all blocks with the maker's root and with plain counts; how many accounts were compared. */
export const checkBalances = ({ plan, world, blocks, state, root }) => {
  mustBe('the root', state.root, root);
  for (const [index, { sent, received }] of countsOf(plan.accounts, blocks).entries()) {
    const { balance, nonce } = state.get(accountKey(world.people.at(index).address));
    mustBe(`the balance of ${index}`, balance, STAKE + BigInt(received - sent));
    mustBe(`the nonce of ${index}`, nonce, BigInt(sent));
  }
  return plan.accounts;
};

export const prepare = async (plan) => {
  const { world, blocks, made, root } = await makeChain(plan);
  const { chain } = world;
  let tip = world.memoryTip();
  let next = 0;
  return {
    about: 'native secp256k1',
    run: () => {
      const block = checkBlock(chain, right(readBlock(made[next])));
      tip = right(reduce(chain, tip, block)).tip;
      next += 1;
    },
    check: () => checkBalances({ plan, world, blocks: blocks.slice(0, next), state: tip.state, root }),
  };
};
