/**
 * Empty: how fast are empty blocks replayed from a store, with their signatures and without?
 *
 * A chain of known producers, its empty blocks in a store in memory, replayed by `medstate/audit`. With signatures the limit is the bare
 * recovery of as many; without them each signature is taken for its producer's. CPU time, one core.
 */
import { bestCrypto } from '../dist/adapters/crypto/best.js';
import { memoryStorage } from '../dist/adapters/storage/memory.js';
import { replay } from '../dist/audit/index.js';
import { bytesOf } from '../dist/core/bytes.js';
import { beginTip, buildBlock, foundChain, producerAt, signBlock } from '../dist/core/index.js';
import { knownGenesis } from '../dist/fixtures/genesis.js';
import { bareRecoveries } from './bare.mjs';
import { right } from './chain.mjs';
import { median, onOneCore, ratioOf, timedAsync } from './measure.mjs';
import { atLeast, reportOf, text } from './report.mjs';

onOneCore(import.meta.url);
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const WARMING = 2;
const BLOCKS = 4_000;
const report = reportOf(import.meta.url, 'empty blocks, replayed');

/** A founded chain and its blocks, and the producers of their slots. */
const chainOfBlocks = async (producers) => {
  const crypto = await bestCrypto();
  const params = { chainId: '1', producersPerRound: String(producers) };
  const { document, people } = knownGenesis(crypto, { genesisTime: 1_700_000_000, params, producers, others: {} });
  const founding = right(foundChain(crypto, document));
  const keys = new Map([...people.values()].map(({ address, privateKey }) => [address, privateKey]));
  const { chain } = founding;
  const storage = memoryStorage();
  const blocks = [];
  const signers = [];
  for (let slot = 1, tip = beginTip(founding); slot <= BLOCKS; slot += 1) {
    const producer = producerAt(chain, tip, slot);
    const height = tip.votes.blocks.findLast((block) => block.producer === producer)?.height ?? 0;
    const { claim, id, transition } = right(buildBlock(chain, tip, { slot, lockOf: () => height, offers: () => [] }));
    blocks.push({ height: slot, id, bytes: signBlock(crypto, claim, [], keys.get(claim.producer)) });
    signers.push(bytesOf(producer));
    ({ tip } = transition);
  }
  await storage.commit({ blocks });
  return { founding, storage, signers, last: blocks.at(-1).id };
};

/** The founding with a crypto that answers with the producers in their order. */
const trusting = (founding, signers) => {
  let next = -1;
  const recover = () => {
    next += 1;
    return signers[next];
  };
  const { chain } = founding;
  return { ...founding, chain: { ...chain, crypto: { ...chain.crypto, recover } } };
};

for (const producers of [4, 21]) {
  const { founding, storage, signers, last } = await chainOfBlocks(producers);
  const recover = bareRecoveries(BLOCKS);
  const figures = { bare: [], signed: [], unsigned: [] };
  const works = {
    bare: () => recover(),
    signed: () => replay(founding, storage),
    unsigned: () => replay(trusting(founding, signers), storage),
  };
  for (let round = 0; round < ROUNDS + WARMING; round += 1)
    for (const [name, work] of Object.entries(works)) {
      const { micros, result } = await timedAsync(work);
      if (result !== undefined && right(result).tip.id !== last) throw new Error('wrong answer');
      if (round >= WARMING) figures[name].push(micros / BLOCKS);
    }
  const rate = (micros) => 1e6 / median(micros);
  report.row({
    what: `with signatures, ${producers} producers`,
    figure: Math.round(rate(figures.signed)),
    unit: 'blocks a second',
    against: 'bare native recovery',
    limit: Math.round(rate(figures.bare)),
    ratio: ratioOf(figures.bare, figures.signed),
    mark: atLeast(0.8),
    note: `${text(median(figures.signed))} us a block`,
  });
  report.row({
    what: `without signatures, ${producers} producers`,
    figure: Math.round(rate(figures.unsigned)),
    unit: 'blocks a second',
    against: 'with signatures',
    limit: Math.round(rate(figures.signed)),
    ratio: ratioOf(figures.signed, figures.unsigned),
    mark: atLeast(20_000),
    marked: rate(figures.unsigned),
    note: `${text(median(figures.unsigned))} us a block`,
  });
}
