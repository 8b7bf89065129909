/**
 * Pool: what does it cost to take a transaction into the pool, beside checking it, and does that grow with what waits?
 *
 * Signed transfers of many senders, ten each, offered to an empty pool until all of them wait; then chosen for a block and let go of again.
 * Compared with the check of the same bytes, and with putting the same objects into a bare `Map` by their ids.
 */
import { checkTransaction, encodeTransaction, signTransaction, slotStart } from '../dist/core/index.js';
import { defaultPoolLimits } from '../dist/engine/pool/limits.js';
import { firstPlace } from '../dist/engine/pool/place.js';
import { Pool } from '../dist/engine/pool/pool.js';
import { chainOf } from './chain.mjs';
import { median, timed } from './measure.mjs';
import { reportOf, text } from './report.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const PER_SENDER = 10;

const runOf = async (count) => {
  const world = await chainOf(count / PER_SENDER);
  const tip = world.takeTip();
  const offers = Array.from({ length: count }, (_, index) => {
    const from = world.people[index % world.people.length];
    const nonce = BigInt(Math.floor(index / world.people.length) + 1);
    const fields = { kind: 'transfer', chainId: 1, nonce, to: world.people[0].address, value: 1n };
    return encodeTransaction(signTransaction(world.crypto, fields, from.privateKey));
  });
  return { count, world, tip, offers, check: [], map: [], offer: [], choose: [], drop: [] };
};

/** A block as it stands while the choice is made: each that is tried is let in. */
const liveOf = (tip) => {
  const nonces = new Map();
  const live = { get: (key) => tip.state.get(key), account: (address) => ({ nonce: nonces.get(address) ?? 0n }) };
  return { live, letIn: ({ sender, transaction }) => nonces.set(sender, transaction.nonce) };
};

const step = (run) => {
  const { chain } = run.world;
  const each = (micros) => micros / run.count;
  const checked = timed(() => run.offers.map((bytes) => checkTransaction(chain, bytes).right));
  run.check.push(each(checked.micros));
  const place = firstPlace(chain, run.tip, slotStart(chain, run.tip.slot + 1));
  const map = new Map();
  const mapped = timed(() => {
    for (const tx of checked.result) map.set(tx.id, tx);
  });
  run.map.push(each(mapped.micros));
  const pool = new Pool(chain.crypto, { ...defaultPoolLimits, maxBytes: Number.MAX_SAFE_INTEGER });
  const offered = timed(() => {
    for (const tx of checked.result) if (pool.offer(place, tx) !== undefined) throw new Error('an offer was refused');
  });
  run.offer.push(each(offered.micros));
  if (pool.count !== run.count || map.size !== run.count) throw new Error('wrong answer');
  const { live, letIn } = liveOf(run.tip);
  const included = [];
  const chosen = timed(() => {
    for (const tx of pool.choose(live, 0)) {
      letIn(tx);
      included.push(tx);
    }
  });
  run.choose.push(each(chosen.micros));
  if (included.length !== run.count) throw new Error('not all of it was chosen');
  const rows = { leaves: new Uint32Array(0), ends: new Uint32Array(0), bytes: new Uint8Array(0) };
  run.drop.push(each(timed(() => pool.follow({ included, rows })).micros));
  if (pool.count !== 0 || pool.bytes !== 0) throw new Error('something stayed');
};

const small = await runOf(5_000);
const large = await runOf(50_000);
for (let round = 0; round < ROUNDS; round += 1) {
  step(small);
  step(large);
}

const report = reportOf(import.meta.url, 'transactions into the pool, chosen, and let go');
for (const { count, check, map, offer, choose, drop } of [small, large]) {
  const figure = median(offer);
  const row = { what: `an offer, ${text(count)} waiting`, figure, unit: 'us' };
  report.row({ ...row, against: 'its check', limit: median(check), ratio: figure / median(check) });
  report.row({ ...row, against: 'a bare Map', limit: median(map), ratio: figure / median(map) });
  report.row({ what: `chosen for a block, ${text(count)} waiting`, figure: median(choose), unit: 'us' });
  report.row({ what: `let go after it, ${text(count)} waiting`, figure: median(drop), unit: 'us' });
}
const [more, less] = [median(large.offer), median(small.offer)];
report.row({
  what: 'an offer, 50 000 waiting',
  figure: more,
  unit: 'us',
  against: '5 000',
  limit: less,
  ratio: more / less,
});
