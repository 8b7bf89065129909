/**
 * Transfer: what does a signed transfer cost beside its signature's recovery?
 *
 * Blocks of 3 000 transfers among 10 000 accounts, in memory, one core. The limit is bare native recovery of the same signatures.
 */

import { bytesOf } from '../dist/core/bytes.js';
import { transactionMessage } from '../dist/core/index.js';
import { blockOf, chainOf, followTimed, median, timed, transfersOf, withKeys } from './chain.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const COUNT = 3000;

for (const accounts of JSON.parse(process.env.SIZES ?? '[1000,10000,100000]')) {
  // One chain makes the blocks and another follows them: a follower never was at a block before.
  const world = await chainOf(accounts);
  const follower = await chainOf(accounts);
  const nonces = new Map();
  let madeTip = world.takeTip();
  let tip = follower.takeTip();
  const rows = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const transfers = transfersOf(world, COUNT, nonces, accounts);
    const block = blockOf(world, madeTip, transfers);
    madeTip = block.tip;
    const bare = transfers
      .map((bytes) => transactionMessage.decode(bytes).right)
      .map(({ hash, sign }) => [bytesOf(hash), sign]);
    const recover = timed(() => bare.map(([hash, sign]) => world.crypto.recover(hash, sign)));
    // The same work with the keys at hand: what is left is all else.
    const followed = followTimed({ chain: withKeys(follower.chain, recover.result) }, tip, block.bytes);
    if (followed.tip.state.root !== block.tip.state.root) throw new Error('wrong answer');
    rows.push({
      recovery: recover.micros / COUNT,
      rest: (followed.readMicros + followed.checkMicros + followed.reduceMicros) / COUNT,
      check: followed.checkMicros / COUNT,
      read: followed.readMicros / COUNT,
      reduce: followed.reduceMicros / COUNT,
    });
    tip = followed.tip;
  }
  const of = (name) => median(rows.map((row) => row[name]));
  console.log(
    `${accounts} accounts: recovery ${of('recovery').toFixed(1)} us, all else ${of('rest').toFixed(1)} us ` +
      `(read ${of('read').toFixed(1)}, decode and hash ${of('check').toFixed(1)}, reduce ${of('reduce').toFixed(1)}): ratio ${(of('rest') / of('recovery')).toFixed(2)}`,
  );
}
