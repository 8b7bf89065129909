/**
 * Window: does a block cost more when the seven-day window is full and thousands of withdrawals are open?
 *
 * Blocks of 10 transfers on a chain whose queue holds 201 600 due times of 10 charges each, and 10 000 open withdrawals, against the same
 * blocks on a chain with neither. Both follow the same number of blocks, in turns; each checks that what fell due came back.
 */

import { bytesOf } from '../dist/core/bytes.js';
import { transactionMessage } from '../dist/core/index.js';
import { accountKey, dueKey } from '../dist/core/state/keys.js';
import { blockOf, chainOf, followTimed, transfersOf, withKeys } from './chain.mjs';
import { median } from './measure.mjs';
import { atMost, reportOf } from './report.mjs';

const BLOCKS = Number(process.env.ROUNDS ?? 300);
const COUNT = 10;
const ACCOUNTS = 20_000;
const WITHDRAWALS = 10_000;

/** Entries of the queue, and the accounts that wait for them, as if the chain had run for a week. */
const fill = (slots) => (ledger, address, genesisTime) => {
  const used = new Array(ACCOUNTS).fill(0);
  for (let slot = 1; slot <= slots; slot += 1) {
    const charged = Array.from({ length: COUNT }, (_, index) => (slot * COUNT + index) % ACCOUNTS);
    for (const index of charged) used[index] += 1;
    const usage = charged
      .map((index) => ({ account: address(index), units: 1 }))
      .sort((a, b) => (a.account < b.account ? -1 : 1));
    const owner = address(slot % ACCOUNTS);
    ledger.state.set(dueKey(genesisTime + 3 * slot), { usage, withdrawals: slot <= WITHDRAWALS ? [owner] : [] });
    if (slot > WITHDRAWALS) continue;
    ledger.journal.mint(ledger.withdrawal(owner, genesisTime + 3 * slot), 5n);
  }
  for (const [index, units] of used.entries()) {
    if (units > 0) ledger.state.setAccount(address(index), { ...ledger.state.account(address(index)), used: units });
  }
};

const worldOf = async (slots) => {
  const world = await chainOf(ACCOUNTS, { people: 2_000, populate: fill(slots) });
  return { world, tip: world.takeTip(), nonces: new Map(), micros: [], whole: [] };
};

const step = (run) => {
  const transfers = transfersOf(run.world, COUNT, run.nonces, ACCOUNTS);
  const block = blockOf(run.world, run.tip, transfers);
  const keys = transfers
    .map((bytes) => transactionMessage.decode(bytes).right)
    .map(({ hash, sign }) => run.world.crypto.recover(bytesOf(hash), sign));
  const whole = followTimed(run.world, run.tip, block.bytes);
  const followed = followTimed({ chain: withKeys(run.world.chain, keys) }, run.tip, block.bytes);
  if (followed.tip.state.root !== block.tip.state.root) throw new Error('wrong answer');
  run.whole.push(whole.readMicros + whole.checkMicros + whole.reduceMicros);
  run.micros.push(followed.reduceMicros);
  run.tip = followed.tip;
};

const empty = await worldOf(0);
const full = await worldOf(201_600);
for (let block = 0; block < BLOCKS; block += 1) {
  step(empty);
  step(full);
}
const back = full.world.address(1);
if (full.tip.state.get(accountKey(back)).withdrawals.length !== 0)
  throw new Error('a withdrawal that fell due is still open');
const [a, b] = [median(empty.micros), median(full.micros)];
const [c, d] = [median(empty.whole), median(full.whole)];
const report = reportOf(import.meta.url, 'a block with a full seven-day window and 10 000 withdrawals');
const row = (what, full, empty) =>
  report.row({
    what,
    figure: full,
    unit: 'us',
    against: 'window empty',
    limit: empty,
    ratio: full / empty,
    mark: atMost(1.2),
  });
row(`a block of ${COUNT} transfers`, d, c);
row('its reduction alone, a third of its accounts with units that return', b, a);
