/**
 * Tree: what do 6 000 changed entries of a million, and of ten million, cost from their new values to the new root?
 *
 * The peer is `@ethereumjs/mpt` doing the same in memory; the limit is the bare hashing of as many pairs as the tree hashes. `SIZES`
 * are the numbers of entries, `PEER` how many of them the peer may hold.
 */
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { encodeEntry } from '../dist/core/state/encoding.js';
import { median, timed } from './measure.mjs';
import { atLeast, atMost, reportOf, text } from './report.mjs';
import { loadRows, syntheticChain } from './synthetic.mjs';

const SIZES = JSON.parse(process.env.SIZES ?? '[1000000]');
const ROUNDS = Number(process.env.ROUNDS ?? 40);
/** Rounds before the host has compiled everything. */
const WARMING = 10;
const PEER = Number(process.env.PEER ?? 1_000_000);
const CHANGES = 6000;
const MARKS_MS = { 1000000: 8, 10000000: 25 };
const report = reportOf(import.meta.url, '6 000 changed entries to the new root');

const accountOf = (nonce) => ({
  nonce: BigInt(nonce),
  balance: 10n ** 15n - BigInt(nonce),
  staked: 10n ** 15n,
  used: nonce,
  withdrawals: [],
  votes: [],
  candidacy: undefined,
  alias: undefined,
});

const randomLeaves = (count) => {
  const leaves = new Set();
  while (leaves.size < CHANGES) leaves.add(Math.floor(Math.random() * count));
  return [...leaves];
};

/** Hashing as many pairs as lie over the changed leaves, one batch a level, and nothing else. */
const bareHashing = (crypto, leaves, size) => {
  const pairs = new Uint8Array(CHANGES * 64);
  const out = new Uint8Array(CHANGES * 32);
  const counts = [];
  let dirty = leaves;
  for (let width = size; width > 1; width = (width + 1) >> 1) {
    dirty = [...new Set(dirty.map((leaf) => leaf >> 1))];
    counts.push(dirty.length);
  }
  return timed(() => {
    // Two chunks of each value and its length, and the leaf over link and value.
    for (let each = 0; each < 3; each += 1) crypto.hashPairs(pairs, out);
    for (const count of counts) crypto.hashPairs(pairs.subarray(0, count * 64), out.subarray(0, count * 32));
  });
};

for (const size of SIZES) {
  const { crypto, rows } = await syntheticChain(size);
  const load = timed(() => loadRows(crypto, rows, Number.MAX_SAFE_INTEGER));
  let view = load.result;
  const loaded = `loaded and hashed in ${text(load.micros / 1e6)} s, ${text(process.memoryUsage.rss() / 2 ** 20)} MiB`;
  const [reads, commits, bares] = [[], [], []];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const leaves = randomLeaves(size);
    const changes = leaves.map((leaf) => ({ key: rows.keyOf(leaf), record: accountOf(round), leaf: -1 }));
    // As in a block, each account was read before it is written, and tells its place then.
    const read = timed(() => changes.map((change) => view.get(change.key, change)));
    const commit = timed(() => view.with(changes));
    view = commit.result.view;
    const bare = bareHashing(crypto, leaves, size);
    if (round <= WARMING) continue;
    reads.push(read.micros / CHANGES);
    commits.push(commit.micros / 1000);
    bares.push(bare.micros / 1000);
  }
  report.row({
    what: `6 000 changed of ${text(size)} entries`,
    figure: median(commits),
    unit: 'ms',
    against: 'bare hashing of as many pairs',
    limit: median(bares),
    ratio: median(commits) / median(bares),
    ...(size in MARKS_MS ? { mark: atMost(MARKS_MS[size]), marked: median(commits) } : {}),
    note: `read before at ${text(median(reads))} us each; ${loaded}`,
  });
  if (size > PEER) continue;
  const trie = new MerklePatriciaTrie({ useKeyHashing: false });
  const values = (nonce) => encodeEntry('01', accountOf(nonce));
  for (let leaf = 0; leaf < size; leaf += 1) await trie.put(Buffer.from(rows.keyOf(leaf), 'hex'), values(0));
  const peers = [];
  for (let round = 1; round <= 3; round += 1) {
    const started = performance.now();
    const value = values(round);
    for (const leaf of randomLeaves(size)) await trie.put(Buffer.from(rows.keyOf(leaf), 'hex'), value);
    trie.root();
    peers.push(performance.now() - started);
  }
  report.row({
    what: `the same by @ethereumjs/mpt, ${text(size)} entries`,
    figure: median(peers),
    unit: 'ms',
    against: 'here',
    limit: median(commits),
    ratio: median(peers) / median(commits),
    mark: atLeast(100),
  });
}
