/**
 * Peers: the same signed transfers, from a block's bytes to its root, by this chain and by others in JavaScript, all on one core.
 *
 * Each chain works in a process of its own (`peers/child.mjs`), by its driver in `peers/`, whose header says what is counted there and
 * what is to the peer's advantage. They take turns, a block or some at a time, each round in another order; each checks its own answers
 * after its last block: the balance and nonce of every account, counted in the plainest way. Ratios are of medians of CPU time.
 *
 * This chain is measured twice: `reduce` alone in memory, which is held against the marks, and the engine on SQLite, whose blocks are on the
 * disk, while its peers' stores are in memory.
 *
 * The peers are not installed with the package: `npm ci --prefix bench/peers`. Without them there are no rows; that is a failure only if the
 * bench was asked for by name.
 */
import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { median, NODE_FLAGS, onOneCore } from './measure.mjs';
import { atLeast, reportOf, text } from './report.mjs';

const FOLDER = new URL('peers/', import.meta.url);
const CHILD = fileURLToPath(new URL('child.mjs', FOLDER));
const ROUNDS = Number(process.env.ROUNDS ?? 7);

/** Driver, the package it measures, and the mark that the ratio is held to. */
const PEERS = [
  { driver: 'ethereum', name: '@ethereumjs/vm', mark: atLeast(10) },
  { driver: 'lisk', name: 'lisk-framework', mark: atLeast(3.5) },
  { driver: 'hsd', name: 'hsd', mark: atLeast(1.4) },
];
const PLANS = [
  { accounts: 1_000, transfers: 200, perRound: 5, warming: 6 },
  { accounts: 10_000, transfers: 3_000, perRound: 1, warming: 4 },
];

const manifestOf = (name) => new URL(`node_modules/${name}/package.json`, FOLDER);

const missing = PEERS.filter(({ name }) => !existsSync(manifestOf(name)));
if (missing.length > 0) {
  console.log(`peers: ${missing.map(({ name }) => name).join(', ')} not here; run \`npm ci --prefix bench/peers\``);
  process.exit(process.env.BENCH_ALL === undefined ? 1 : 0);
}

const versionOf = (name) => JSON.parse(readFileSync(manifestOf(name), 'utf8')).version;

/** The next message of a child; an error if it says so, or ends. */
const heard = (child, driver) =>
  new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`the driver ${driver} ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      if (message.error === undefined) resolve(message);
      else reject(new Error(`the driver ${driver}: ${message.error}`));
    });
  });

/** A chain that is ready: what it says of itself, and how to ask it. */
const start = async (driver, plan) => {
  const child = fork(CHILD, [driver, JSON.stringify(plan)], {
    execArgv: [...NODE_FLAGS, '--no-warnings'],
  });
  const { about } = await heard(child, driver);
  const ask = (message) => {
    const answer = heard(child, driver);
    child.send(message);
    return answer;
  };
  return { driver, about, ask, stop: () => child.connected && child.disconnect(), figures: { cpu: [], wall: [] } };
};

const measureRounds = async (chains, { transfers, perRound, warming }) => {
  for (let round = 0; round < warming + ROUNDS; round += 1)
    for (let turn = 0; turn < chains.length; turn += 1) {
      const { ask, figures } = chains[(turn + round) % chains.length];
      const { micros, wall } = await ask({ ask: 'run', blocks: perRound });
      if (round < warming) continue;
      figures.cpu.push(micros / (perRound * transfers));
      figures.wall.push(wall / (perRound * transfers));
    }
};

const measured = async (plan) => {
  const chains = [];
  try {
    // One after the other: preparing is work, too.
    for (const driver of ['medstate', 'medstate-stored', ...PEERS.map((peer) => peer.driver)])
      chains.push(await start(driver, { ...plan, blocks: (plan.warming + ROUNDS) * plan.perRound }));
    await measureRounds(chains, plan);
    for (const { driver, ask } of chains) {
      const { checked } = await ask({ ask: 'check' });
      if (checked !== plan.accounts) throw new Error(`wrong answer: ${driver} compared ${checked} accounts`);
    }
    return Object.fromEntries(chains.map(({ driver, about, figures }) => [driver, { about, ...figures }]));
  } finally {
    for (const { stop } of chains) stop();
  }
};

onOneCore(import.meta.url);
const report = reportOf(
  import.meta.url,
  'signed transfers from bytes to root beside other chains in JavaScript, one core',
);
for (const plan of PLANS) {
  const results = await measured(plan);
  const size = `${text(plan.accounts)} accounts, blocks of ${text(plan.transfers)}`;
  for (const { driver, name, mark } of PEERS) {
    const peer = results[driver];
    const row = (what, ours, held) =>
      report.row({
        what: `${what}, ${size}`,
        figure: median(ours.cpu),
        unit: 'us a transfer',
        against: `${name} ${versionOf(name)} in memory`,
        limit: median(peer.cpu),
        ratio: median(peer.cpu) / median(ours.cpu),
        mark: held,
        note: `${peer.about}; by the time that passes ${text(median(peer.wall) / median(ours.wall))}`,
      });
    row('bytes to root in memory', results.medstate, mark);
    row('bytes to SQLite', results['medstate-stored']);
  }
}
