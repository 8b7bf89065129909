/**
 * Hsd: blocks of signed transfers by the chain of the Handshake full node (hsd 8), all in memory.
 *
 * Counted: the block decoded from its bytes, and all that `Chain.add` does with it: proof of work, the roots of its transactions and their
 * witnesses, the names' tree root, each transaction's rules, its coins looked up, its script run with the signature in it (verified, not
 * recovered, by the native libsecp256k1 of bcrypto; hashes by its native BLAKE2b), coins spent and made, the undo record and the block put
 * into the stores. There is no root of the coins in hsd, so none is computed; the names' tree stays empty.
 *
 * A transfer spends one coin of the sender's and makes two, the receiver's and the change; all pay to the hash of a key, without a fee. No
 * workers: signatures are verified on the same core. Its stores in memory are its own (bdb's).
 */
import secp256k1 from 'bcrypto/lib/secp256k1.js';
import hsd from 'hsd';
import blockstore from 'hsd/lib/blockstore/index.js';
import { countsOf, mustBe, privateKeysOf, transfersIn } from './workload.mjs';

const { Block, Chain, Coin, KeyRing, Miner, MTX, Network } = hsd;

const FUNDS = 100_000;

const openChain = async () => {
  const network = Network.get('regtest');
  const blocks = blockstore.create({ memory: true, network });
  const chain = new Chain({ memory: true, network, blocks, checkpoints: false });
  await blocks.open();
  await chain.open();
  return chain;
};

/** A chain that makes blocks of transactions, and keeps their bytes. */
const openMaker = async (address) => {
  const chain = await openChain();
  const miner = new Miner({ chain, address, preverify: false });
  await miner.open();
  const made = [];
  const make = async (transactions) => {
    const job = await miner.cpu.createJob();
    for (const transaction of transactions) job.pushTX(transaction);
    job.refresh();
    const block = job.mine();
    await chain.add(block);
    mustBe('the tip', chain.tip.hash.equals(block.hash()), true);
    made.push(block.encode());
    return block;
  };
  return { make, made };
};

/** Gives each account one coin, by a transaction that spends the first block's reward; with the blocks that must pass before. */
const fund = async ({ make }, rings, owner) => {
  const first = await make([]);
  for (let block = 0; block < Network.get('regtest').coinbaseMaturity; block += 1) await make([]);
  const reward = Coin.fromTX(first.txs[0], 0, 1);
  const transaction = new MTX();
  transaction.addCoin(reward);
  for (const ring of rings) transaction.addOutput(ring.getAddress(), FUNDS);
  transaction.addOutput(owner.getAddress(), reward.value - rings.length * FUNDS);
  transaction.sign(owner);
  const funding = transaction.toTX();
  await make([funding]);
  return rings.map((_, index) => Coin.fromTX(funding, index, -1));
};

/** Signs transfers from the last change of each account, and remembers all coins that an account ever had. */
const signerOf = (rings, coins) => {
  const owned = coins.map((coin) => [coin]);
  const signed = ({ from, to }) => {
    const coin = coins[from];
    const transfer = new MTX();
    transfer.addCoin(coin);
    transfer.addOutput(rings[to].getAddress(), 1);
    transfer.addOutput(rings[from].getAddress(), coin.value - 1);
    transfer.sign(rings[from]);
    const transaction = transfer.toTX();
    coins[from] = Coin.fromTX(transaction, 1, -1);
    owned[to].push(Coin.fromTX(transaction, 0, -1));
    owned[from].push(coins[from]);
    return transaction;
  };
  return { signed, owned };
};

export const prepare = async (plan) => {
  const blocks = transfersIn(plan);
  const [owner, ...rings] = privateKeysOf(plan.accounts + 1).map((key) => KeyRing.fromPrivate(key));
  const maker = await openMaker(owner.getAddress());
  const { signed, owned } = signerOf(rings, await fund(maker, rings, owner));
  const first = maker.made.length;
  for (const transfers of blocks) await maker.make(transfers.map(signed));
  const chain = await openChain();
  for (const bytes of maker.made.slice(0, first)) await chain.add(Block.decode(bytes));
  let next = 0;
  return {
    about: `${secp256k1.native === 2 ? 'native' : 'JavaScript'} secp256k1`,
    run: async () => {
      const entry = await chain.add(Block.decode(maker.made[first + next]));
      next += 1;
      mustBe('the height', chain.tip === entry ? chain.height : -1, first + next);
    },
    check: async () => {
      for (const [index, { sent, received }] of countsOf(plan.accounts, blocks.slice(0, next)).entries()) {
        const found = await Promise.all(owned[index].map(({ hash, index: place }) => chain.getCoin(hash, place)));
        const balance = found.reduce((sum, coin) => sum + (coin?.value ?? 0), 0);
        mustBe(`the balance of ${index}`, balance, FUNDS + received - sent);
      }
      return plan.accounts;
    },
  };
};
