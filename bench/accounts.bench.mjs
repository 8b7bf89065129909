/**
 * Accounts: does a transfer cost more on a chain with many accounts?
 *
 * Blocks of 300 transfers between 600 different accounts each, at 1 000 and at 100 000 accounts, signatures included, in turns. Each
 * block touches as many accounts on both chains, so what differs is the size of the state.
 */

import { encodeTransaction, signTransaction } from '../dist/core/index.js';
import { blockOf, chainOf, followTimed } from './chain.mjs';
import { median } from './measure.mjs';
import { atMost, reportOf } from './report.mjs';

const BLOCKS = Number(process.env.ROUNDS ?? 60);
const COUNT = 300;

const runOf = async (accounts) => {
  const world = await chainOf(accounts, { people: Math.min(accounts, 20_000) });
  return { accounts, world, tip: world.takeTip(), nonces: new Map(), whole: [], reduce: [], next: 0 };
};

/** Transfers whose senders and receivers are all different, spread over the chain's accounts. */
const transfersOf = ({ accounts, world, nonces }, block) =>
  Array.from({ length: COUNT }, (_, index) => {
    const from = (block * COUNT + index) % world.people.length;
    const to = (from + Math.floor(accounts / 2)) % accounts;
    const nonce = (nonces.get(from) ?? 0n) + 1n;
    nonces.set(from, nonce);
    const fields = { kind: 'transfer', chainId: 1, nonce, to: world.address(to), value: 1n };
    return encodeTransaction(signTransaction(world.crypto, fields, world.people[from].privateKey));
  });

const step = (run, block) => {
  const made = blockOf(run.world, run.tip, transfersOf(run, block));
  const followed = followTimed(run.world, run.tip, made.bytes);
  if (followed.tip.state.root !== made.tip.state.root) throw new Error('wrong answer');
  run.whole.push((followed.readMicros + followed.checkMicros + followed.reduceMicros) / COUNT);
  run.reduce.push(followed.reduceMicros / COUNT);
  run.tip = followed.tip;
};

const report = reportOf(import.meta.url, 'a transfer on chains of many accounts');
const small = await runOf(1_000);
const large = await runOf(100_000);
for (let block = 0; block < BLOCKS; block += 1) {
  step(small, block);
  step(large, block);
}
for (const [what, a, b] of [
  ['a transfer at 100 000 accounts', median(small.whole), median(large.whole)],
  ['its reduction alone', median(small.reduce), median(large.reduce)],
]) {
  report.row({ what, figure: b, unit: 'us', against: 'at 1 000 accounts', limit: a, ratio: b / a, mark: atMost(2) });
}
