/**
 * Kinds: what does the engine itself cost a transaction of another kind, beside a transfer?
 *
 * On one chain in memory, in turns: blocks of transfers, of stakes, of votes for 15 candidates by accounts that voted for 15 others before,
 * of records, of certifications, and of transfers that somebody else pays. Signatures name their signers, so a payer's second recovery is
 * not in it either. CPU time, one core.
 */
import { createHash } from 'node:crypto';
import { certificationPayload, hashPayload, votePayload } from '../dist/core/kinds/payloads.js';
import { STAKE } from './chain.mjs';
import { median, onOneCore, ratioOf, seededBelow } from './measure.mjs';
import { namedRun } from './named-run.mjs';
import { atMost, reportOf, text } from './report.mjs';

onOneCore(import.meta.url);
const ROUNDS = Number(process.env.ROUNDS ?? 12);
const WARMING = 4;
const COUNT = 1_000;
const [CANDIDATES, VOTES] = [60, 15];
const report = reportOf(import.meta.url, 'the engine beside the signatures, kind by kind');

const hex = (number, bytes) => number.toString(16).padStart(2 * bytes, '0');
const candidacyId = (index) => `33${hex(index, 31)}`;

/** Candidates who own no account of the others; the producer stays above them whatever the voters do. */
const openCandidacies = (ledger, _address, _time, producer) => {
  ledger.journal.mint(ledger.staked(producer), 2n * BigInt(COUNT) * STAKE);
  for (let index = 0; index < CANDIDATES; index += 1)
    ledger.openCandidacy(candidacyId(index), {
      owner: `03${hex(index + 1, 32)}`,
      collateral: 0n,
      power: 0n,
      height: 0,
      index: index + 1,
      url: '',
      produced: 0,
      missed: 0,
    });
};

/** Of each kind the fields of a transaction; `next` counts those made before. */
const kindsOn = (run, below) => {
  let next = 0;
  const fresh = () => {
    next += 1;
    return createHash('sha256').update(`document ${next}`).digest('hex');
  };
  const anybody = () => run.addressOf(below(run.accounts));
  const voteFor = (first) =>
    Array.from({ length: VOTES }, (_, place) => candidacyId((first + place * 4 + (first % 3)) % CANDIDATES));
  return {
    transfer: () => ({ kind: 'transfer', to: anybody(), value: 1n }),
    stake: () => ({ kind: 'stake', value: 1n }),
    'vote for 15': () => ({ kind: 'vote', payload: votePayload.encode({ candidates: voteFor(below(CANDIDATES)) }) }),
    record: () => ({ kind: 'add_record', payload: hashPayload.encode({ hash: fresh() }) }),
    certification: () => ({
      kind: 'add_certification',
      to: anybody(),
      payload: certificationPayload.encode({ issued: 1n, expires: 2n ** 40n, hash: fresh() }),
    }),
    'payer-signed transfer': () => ({ kind: 'transfer', to: anybody(), value: 1n }),
  };
};

const measure = async (accounts) => {
  const run = await namedRun(accounts, { populate: openCandidacies });
  const below = seededBelow(11);
  const kinds = kindsOn(run, below);
  const shares = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []]));
  for (let round = 0; round < ROUNDS + WARMING; round += 1)
    for (const [kind, fieldsOf] of Object.entries(kinds)) {
      // The same voters each round: all but the first time their votes move.
      const senderOf = kind === 'vote for 15' ? (index) => index : () => below(accounts);
      const payerOf = (from) => (kind === 'payer-signed transfer' ? (from + 1) % accounts : undefined);
      const transactions = Array.from({ length: COUNT }, (_, index) => {
        const from = senderOf(index);
        return run.transaction(fieldsOf(), from, payerOf(from));
      });
      const block = run.make(transactions);
      const { readMicros, checkMicros, reduceMicros } = run.follow(block);
      if (round >= WARMING) shares[kind].push((readMicros + checkMicros + reduceMicros) / COUNT);
    }
  return shares;
};

for (const accounts of [10_000, 100_000]) {
  const { transfer, ...others } = await measure(accounts);
  for (const [kind, shares] of Object.entries(others))
    report.row({
      what: `${kind}, ${text(accounts)} accounts`,
      figure: median(shares),
      unit: 'us',
      against: 'a transfer',
      limit: median(transfer),
      ratio: ratioOf(shares, transfer),
      mark: atMost(kind === 'vote for 15' ? 8 : 3),
    });
}
