/**
 * Memory: does a chain that goes on need more of it?
 *
 * Full blocks of 3 000 transfers among 10 000 accounts, with a window of 20 blocks so that what is charged falls due again, and empty blocks; each is
 * made on one chain and followed on another, and nothing is kept but their tips. After a collection the heap and the memory outside of it
 * are looked at ten times: held against one another are the means of the second to fourth look and of the last three. `npm run bench --
 * memory --long` follows 2 000 full blocks and a million empty ones.
 */
import { bestCrypto } from '../dist/adapters/crypto/best.js';
import { beginTip, buildBlock, foundChain, reduce } from '../dist/core/index.js';
import { knownGenesis } from '../dist/fixtures/genesis.js';
import { right } from './chain.mjs';
import { seededBelow } from './measure.mjs';
import { namedRun } from './named-run.mjs';
import { atMost, reportOf, text } from './report.mjs';

const IS_LONG = process.env.BENCH_LONG !== undefined;
const LOOKS = 10;
const MARK = 1.05;
const report = reportOf(import.meta.url, 'memory over many blocks');

/** Bytes in use, once nothing more can be collected. */
const bytesInUse = () => {
  for (let turn = 0; turn < 3; turn += 1) globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Takes all steps, and looks ten times on the way. */
const measure = (what, steps, step) => {
  const looks = [];
  for (let done = 0; done < steps; ) {
    for (const end = Math.ceil(((looks.length + 1) * steps) / LOOKS); done < end; done += 1) step();
    looks.push(bytesInUse());
  }
  const [early, late] = [mean(looks.slice(1, 4)), mean(looks.slice(-3))];
  report.row({
    what,
    figure: late / 2 ** 20,
    unit: 'MiB at the end',
    against: 'early in the run',
    limit: early / 2 ** 20,
    ratio: late / early,
    mark: atMost(MARK),
    note: `${text(process.memoryUsage.rss() / 2 ** 20)} MiB resident`,
  });
};

const WINDOW_SECONDS = 60;
const [COUNT, ACCOUNTS] = [3_000, 10_000];
const full = async () => {
  const params = { windowSeconds: String(WINDOW_SECONDS), unitsPerSecond: '10000' };
  const run = await namedRun(ACCOUNTS, { params });
  const below = seededBelow(5);
  let sent = 0;
  const transfer = () => {
    sent += 1;
    return run.transaction({ kind: 'transfer', to: run.addressOf(below(ACCOUNTS)), value: 1n }, sent % ACCOUNTS);
  };
  return () => void run.follow(run.make(Array.from({ length: COUNT }, transfer)));
};

const empty = (crypto) => {
  const params = { chainId: '1', producersPerRound: '21' };
  const { document } = knownGenesis(crypto, { genesisTime: 1_700_000_000, params, producers: 21, others: {} });
  const founding = right(foundChain(crypto, document));
  const { chain } = founding;
  let [made, followed] = [beginTip(founding), beginTip(right(foundChain(crypto, document)))];
  let slot = 0;
  const heights = new Map();
  return () => {
    slot += 1;
    const lockOf = (producer) => heights.get(producer) ?? 0;
    const { claim, id, transition } = right(buildBlock(chain, made, { slot, lockOf, offers: () => [] }));
    heights.set(claim.producer, claim.height);
    made = transition.tip;
    const contents = new Uint8Array(0);
    const { transactionsRoot, producer: signer } = claim;
    const header = { ...claim, sign: new Uint8Array(65) };
    const block = { header, id, signer, transactionsRoot, contents, transactions: [] };
    followed = right(reduce(chain, followed, block)).tip;
    if (followed.state.root !== made.state.root) throw new Error('wrong answer');
  };
};

const sizes = IS_LONG ? { full: 2_000, empty: 1_000_000 } : { full: 150, empty: 30_000 };
measure(`${text(sizes.full)} blocks of 3 000 transfers`, sizes.full, await full());

measure(`${text(sizes.empty)} empty blocks of 21 producers`, sizes.empty, empty(await bestCrypto()));
