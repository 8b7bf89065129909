/**
 * Floor: what of a transfer can nobody leave out who keeps this state, and how near to bare recovery could it come at best?
 *
 * The hasher of a followed block is watched, and its calls are done again bare: as many, as long, in the same batches. SQLite alone takes the
 * bytes of a block and of its rows in transactions of its own (synchronous FULL), in pieces as the store writes them; what its checkpoints
 * cost is shared out. Nothing is read, decoded, looked up, added or written twice: so no engine reaches this. CPU time, one core.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { bestCrypto } from '../dist/adapters/crypto/best.js';
import { rowsOf } from '../dist/core/state/delta.js';
import { bareRecoveries } from './bare.mjs';
import { median, onOneCore, seededBelow, timed } from './measure.mjs';
import { namedRun } from './named-run.mjs';
import { reportOf, text } from './report.mjs';

onOneCore(import.meta.url);
const ROUNDS = Number(process.env.ROUNDS ?? 15);
const WARMING = 10;
const [COUNT, BARE, PIECE_BYTES] = [3_000, 1_000, 4_200];
const report = reportOf(import.meta.url, 'what of a transfer no engine could leave out');
const recover = bareRecoveries(BARE);

/** The crypto, and the calls of its hasher while it is watched: which, and how many bytes. */
const watched = (crypto) => {
  const watch = { calls: undefined };
  const seen = (name, call) => (data, out, at) => {
    watch.calls?.push({ name, length: data.length });
    return call(data, out, at);
  };
  const hasher = Object.fromEntries(['sha256', 'sha3', 'hashPairs'].map((name) => [name, seen(name, crypto[name])]));
  return { watch, crypto: { ...crypto, ...hasher } };
};

/** The same calls on bytes that are at hand. */
const bareCalls = (crypto, calls) => {
  const longest = Math.max(...calls.map(({ length }) => length));
  const [source, out] = [new Uint8Array(longest).map((_, at) => at), new Uint8Array(Math.max(32, longest / 2))];
  const inputs = calls.map(({ name, length }) => ({ name, data: source.subarray(0, length) }));
  const pairsOut = inputs.map(({ data }) => out.subarray(0, data.length >> 1));
  return () => {
    for (const [index, { name, data }] of inputs.entries())
      if (name === 'hashPairs') crypto.hashPairs(data, pairsOut[index]);
      else crypto[name](data, out, 0);
  };
};

/** Appends of that many bytes of blocks and rows to a fresh file. */
const bareAppends = (file) => {
  const database = new Database(file);
  for (const pragma of ['page_size = 8192', 'locking_mode = EXCLUSIVE', 'journal_mode = WAL', 'synchronous = FULL'])
    database.pragma(pragma);
  database.exec('CREATE TABLE piece (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT');
  const put = database.prepare('INSERT INTO piece (bytes) VALUES (?)');
  const append = database.transaction((block, rows) => {
    put.run(block);
    for (let at = 0; at < rows.length; at += PIECE_BYTES) put.run(rows.subarray(at, at + PIECE_BYTES));
  });
  return { append, close: () => database.close() };
};

const measure = async (accounts, folder) => {
  const crypto = await bestCrypto();
  const { watch, crypto: watchedCrypto } = watched(crypto);
  const run = await namedRun(accounts, { crypto: watchedCrypto });
  const below = seededBelow(7);
  const transfer = () =>
    run.transaction({ kind: 'transfer', to: run.addressOf(below(accounts)), value: 1n }, below(accounts));
  const store = bareAppends(join(folder, String(accounts)));
  const rounds = [];
  for (let round = 0; round < ROUNDS + WARMING; round += 1) {
    const block = run.make(Array.from({ length: COUNT }, transfer));
    watch.calls = [];
    const { readMicros, checkMicros, reduceMicros, rows } = run.follow(block);
    const hashing = bareCalls(crypto, watch.calls);
    watch.calls = undefined;
    const rowBytes = rowsOf(rows).reduce((sum, { bytes }) => sum + bytes.length, 0);
    const written = new Uint8Array(rowBytes).fill(round + 1);
    const [hash, append] = [timed(hashing), timed(() => store.append(block, written))].map(
      ({ micros }) => micros / COUNT,
    );
    const bare = timed(recover).micros / BARE;
    if (round >= WARMING)
      rounds.push({
        bare,
        hash,
        append,
        share: (readMicros + checkMicros + reduceMicros) / COUNT,
        bytes: block.length + rowBytes,
      });
  }
  store.close();
  return (name) => rounds.map((round) => round[name]);
};

const folder = mkdtempSync(join(tmpdir(), 'medstate-floor-'));
try {
  for (const accounts of [10_000, 1_000_000]) {
    const of = await measure(accounts, folder);
    const [bare, hash, share] = ['bare', 'hash', 'share'].map((name) => median(of(name)));
    // A checkpoint comes with every few blocks: its cost belongs to all of them.
    const append = of('append').reduce((sum, micros) => sum + micros, 0) / of('append').length;
    const size = `${text(accounts)} accounts`;
    const row = (what, figure, against, limit) =>
      report.row({ what: `${what}, ${size}`, figure, unit: 'us a transfer', against, limit, ratio: figure / limit });
    row('its hashes alone', hash, 'the engine beside the signatures', share);
    row(
      `its ${text(Math.round(median(of('bytes')) / COUNT))} bytes appended by SQLite alone`,
      append,
      'its hashes alone',
      hash,
    );
    for (const [where, least] of [
      ['in memory', hash],
      ['on SQLite', hash + append],
    ])
      report.row({
        what: `nearest that anything could come to bare recovery, ${where}, ${size}`,
        figure: bare + least,
        unit: 'us a transfer',
        against: 'bare native recovery',
        limit: bare,
        ratio: bare / (bare + least),
      });
  }
} finally {
  rmSync(folder, { recursive: true });
}
