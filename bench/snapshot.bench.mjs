/**
 * Snapshot: how long a snapshot of a million accounts takes to export, verify and import, in how much memory, and whether a
 * byte that was changed anywhere in it is found and named.
 *
 * The store is made row by row, without an engine: accounts with random keys, linked to one ring with the entries of a small
 * chain that lived, and its last block signed again over the root that the plain hash of every leaf gives. Each step runs
 * in a process of its own, which tells its peak of resident memory. In the end an engine opens the imported store.
 *
 * The long form: FLIPS=300 KILLS=30 node bench/snapshot.bench.mjs
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as E from 'fp-ts/lib/Either.js';
import { manualClock } from '../dist/adapters/clock/index.js';
import { bestCrypto } from '../dist/adapters/crypto/best.js';
import { directoryFolder } from '../dist/adapters/folder/directory.js';
import { lockedKey, memoryLocks } from '../dist/adapters/keys/index.js';
import { memoryStorage } from '../dist/adapters/storage/memory.js';
import { sqliteStorage } from '../dist/adapters/storage/sqlite.js';
import { blockId, foundChain, producerAt, readBlock, signBlock, slotStart } from '../dist/core/index.js';
import { accountMessage, noAccount } from '../dist/core/state/records.js';
import { decodeRow, encodeRow } from '../dist/core/state/row.js';
import { leafHash, pairHash } from '../dist/core/tree/commitment.js';
import { depthOf, seal } from '../dist/core/tree/seal.js';
import { openEngine } from '../dist/engine/index.js';
import { exportSnapshot, importSnapshot, snapshotFaultText, verifySnapshot } from '../dist/engine/snapshot/index.js';
import { digestOf } from '../dist/engine/snapshot/layout.js';
import { encodeManifest, MANIFEST_FILE, rowsFile } from '../dist/engine/snapshot/manifest.js';
import { SnapshotReader } from '../dist/engine/snapshot/reader.js';
import { Ring } from '../dist/engine/snapshot/ring.js';
import { knownGenesis } from '../dist/fixtures/genesis.js';
import { personOf } from '../dist/fixtures/people.js';
import { median } from './measure.mjs';
import { atMost, reportOf, text } from './report.mjs';

const ACCOUNTS = Number(process.env.ACCOUNTS ?? 1_000_000);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const FLIPS = Number(process.env.FLIPS ?? 20);
const KILLS = Number(process.env.KILLS ?? 3);
const LIMIT_MB = 512;
const BATCH = 8192;

const crypto = await bestCrypto();
const right = (either) => {
  if (E.isLeft(either)) throw new Error(`a bench met a refusal: ${JSON.stringify(either.left)}`);
  return either.right;
};

const foundingOf = () => {
  const params = { chainId: '7', producersPerRound: '4' };
  const { document } = knownGenesis(crypto, { genesisTime: 1_000_000, params, producers: 5, others: {} });
  return right(foundChain(crypto, document));
};

/** Rows, last block and height of a small chain that lived. */
const livedChain = async (founding) => {
  const { chain } = founding;
  const storage = memoryStorage();
  const clock = manualClock(chain.genesisTime);
  const engine = await openEngine({ founding, storage, clock });
  const people = ['p0', 'p1', 'p2', 'p3', 'p4'].map((label) => personOf(crypto, label));
  const locks = new Map();
  const locksOf = (address) => locks.get(address) ?? locks.set(address, memoryLocks()).get(address);
  for (let made = 0; made < 60; made += 1) {
    const slot = engine.tip.slot + 1;
    clock.set(slotStart(chain, slot));
    const turn = producerAt(chain, engine.tip, slot);
    const { address, privateKey } = people.find((person) => person.address === turn);
    const signer = { address, sign: (hash) => crypto.sign(hash, privateKey) };
    const key = lockedKey({ signer, locks: locksOf(address), hasher: crypto });
    right(await engine.produce(key, { slot }));
  }
  await engine.flush(); // the rows of final blocks come some blocks later
  const height = engine.tip.votes.finalHeight;
  const blocks = (await storage.blocks(1, 1_000)).slice(0, height);
  const facts = { 'genesis-id': await storage.fact('genesis-id'), 'state-height': await storage.fact('state-height') };
  return { rows: await storage.scan(0, 100_000), blocks, facts, height, people };
};

/** All entries by leaf: those of the chain, then the accounts. */
const entriesOf = (rows) => {
  const entries = rows.map(({ bytes }) => right(decodeRow(bytes)));
  for (let index = 0; index < ACCOUNTS; index += 1) {
    const seed = crypto.sha256(new TextEncoder().encode(`account ${index}`));
    const key = new Uint8Array(34);
    key.set([1, 2]);
    key.set(seed, 2);
    const view = new DataView(seed.buffer, seed.byteOffset);
    const [balance, staked] = [BigInt(view.getUint32(0)) << 30n, BigInt(view.getUint32(4)) << 20n];
    const account = {
      ...noAccount,
      nonce: BigInt(index % 50),
      balance: balance + 1n,
      staked: index % 3 === 0 ? staked : 0n,
    };
    entries.push({ key, value: accountMessage.encode(account) });
  }
  return entries;
};

/** The root by the plain hash of every leaf, level by level. */
const plainRoot = (entries, nexts) => {
  const size = entries.length;
  let level = entries.map(({ key, value }, leaf) => leafHash(crypto, { key, next: entries[nexts[leaf]].key, value }));
  let empty = new Uint8Array(32);
  for (let depth = depthOf(size); depth > 0; depth -= 1) {
    const parents = [];
    for (let at = 0; at < level.length; at += 2) parents.push(pairHash(crypto, level[at], level[at + 1] ?? empty));
    empty = pairHash(crypto, empty, empty);
    level = parents;
  }
  return seal(crypto, level[0], size);
};

const make = async ({ store }) => {
  const founding = foundingOf();
  const { rows, blocks, facts, people } = await livedChain(founding);
  const entries = entriesOf(rows);
  const sorted = [...entries.keys()].sort((a, b) => Buffer.compare(entries[a].key, entries[b].key));
  const nexts = new Uint32Array(entries.length);
  for (const [place, leaf] of sorted.entries()) nexts[leaf] = sorted[(place + 1) % sorted.length];
  const stateRoot = plainRoot(entries, nexts);
  const last = blocks.pop();
  const { header, transactions } = right(readBlock(last.bytes));
  const { privateKey } = people.find(({ address }) => address === header.producer);
  const bytes = signBlock(crypto, { ...header, stateRoot }, transactions, privateKey);
  const id = blockId(crypto, { ...header, stateRoot });
  const storage = await sqliteStorage({ file: store, durability: 'normal' });
  for (let from = 0; from < entries.length; from += BATCH) {
    const batch = entries.slice(from, from + BATCH).map(({ key, value }, index) => {
      const next = entries[nexts[from + index]].key;
      return { leaf: from + index, bytes: encodeRow({ key, next, value }) };
    });
    await storage.commit({ rows: batch });
  }
  await storage.commit({ blocks: [...blocks, { ...last, id, bytes }], facts });
  await storage.close();
  return { stateRoot, blockId: id, count: entries.length };
};

const { chain } = foundingOf();
const folderOf = (path) => {
  mkdirSync(path, { recursive: true });
  return directoryFolder(path);
};
const told = (answer) => {
  if (E.isLeft(answer)) throw new Error(answer.left.map(snapshotFaultText).join('; '));
  return { stateRoot: answer.right.stateRoot, blockId: answer.right.blockId, count: answer.right.count };
};

/** What a child process does; each answers with a value. */
const steps = {
  make,
  export: async ({ store, path }) => {
    const storage = await sqliteStorage({ file: store, readOnly: true });
    const manifest = await exportSnapshot({ storage, folder: folderOf(path), chain });
    await storage.close();
    return { files: manifest.chunks.length, bytes: manifest.chunks.reduce((sum, { bytes }) => sum + bytes, 0) };
  },
  verify: async ({ path, block }) =>
    told(await verifySnapshot({ folder: folderOf(path), crypto, chain, trusted: { blockId: block } })),
  import: async ({ path, store, block }) => {
    const storage = await sqliteStorage({ file: store, durability: 'normal' });
    const answer = told(await importSnapshot({ folder: folderOf(path), storage, chain, trusted: { blockId: block } }));
    await storage.close();
    return answer;
  },
  open: async ({ store }) => {
    const storage = await sqliteStorage({ file: store });
    const engine = await openEngine({
      founding: foundingOf(),
      storage,
      clock: manualClock(chain.genesisTime + 10_000),
    });
    const { tip } = engine;
    await engine.close();
    return { stateRoot: tip.state.root, blockId: tip.id, count: tip.state.count };
  },
};

const SELF = fileURLToPath(import.meta.url);
const [stepName, stepArgs] = process.argv.slice(2);
if (stepName in steps) {
  const start = performance.now();
  const answer = await steps[stepName](JSON.parse(stepArgs));
  const seconds = (performance.now() - start) / 1_000;
  const peakMb = process.resourceUsage().maxRSS / 1_024;
  console.log(JSON.stringify({ answer, seconds, peakMb }));
  process.exit(0);
}

const run = (name, args) => {
  const done = spawnSync(process.execPath, [SELF, name, JSON.stringify(args)], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`);
  return JSON.parse(done.stdout);
};

const scratch = mkdtempSync(join(tmpdir(), 'medstate-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const at = (name) => join(scratch, name);
const same = (a, b) => {
  if (JSON.stringify(a) !== JSON.stringify(b))
    throw new Error(`wrong answer: ${JSON.stringify(a)} is not ${JSON.stringify(b)}`);
};

const source = at('source.sqlite');
const made = run('make', { store: source }).answer;
const report = reportOf(import.meta.url, 'a state out to files, checked, and in again');
report.note(`a store of ${text(made.count)} entries; crypto: ${crypto.name}`);

// Out, checked, and in again; the steps take turns, so that what else the machine does falls on all of them.
const figures = { export: [], verify: [], import: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  const args = { path: at(`snapshot-${round}`), block: made.blockId };
  const exported = run('export', { ...args, store: source });
  const verified = run('verify', args);
  const imported = run('import', { ...args, store: at(`store-${round}.sqlite`) });
  for (const { answer } of [verified, imported]) same(answer, made);
  for (const [name, figure] of Object.entries({ export: exported, verify: verified, import: imported }))
    figures[name].push(figure);
  if (round === 0) report.note(`the snapshot: ${exported.answer.files} files of rows, ${exported.answer.bytes} bytes`);
}
for (const [name, rounds] of Object.entries(figures)) {
  const seconds = median(rounds.map((round) => round.seconds));
  const peakMb = Math.max(...rounds.map((round) => round.peakMb));
  report.row({ what: `${name}, ${text(made.count)} entries`, figure: seconds, unit: 's' });
  report.row({ what: `${name}: the most memory resident`, figure: peakMb, unit: 'MB', mark: atMost(LIMIT_MB) });
}

const folder = at('snapshot-0');
const files = readdirSync(folder).sort();
const bytesOf = (path, file) => readFileSync(join(path, file));
const sameFiles = (path) => {
  for (const file of files) if (!bytesOf(folder, file).equals(bytesOf(path, file))) throw new Error(`${file} differs`);
  rmSync(path, { recursive: true });
};
run('export', { path: at('again'), store: at('store-0.sqlite') });
sameFiles(at('again'));
same(run('open', { store: at('store-0.sqlite') }).answer, made);
report.note('the imported store exports to the same bytes, and an engine opens it at the same root');

/** The folder with one file as other bytes. */
const withFile = (file, bytes, inner = directoryFolder(folder)) => ({
  ...inner,
  read: (name, limit) => (name === file ? Promise.resolve(bytes.slice(0, limit)) : inner.read(name, limit)),
});
const anyOf = (count) => Math.floor(Math.random() * count);
const flipped = (bytes) => {
  const copy = new Uint8Array(bytes);
  copy[anyOf(copy.length)] ^= 1 + anyOf(255);
  return copy;
};

/** The faults in the one file that was changed; of the others only the manifest is read. */
const faultsIn = async (file, changed) => {
  const opened = await SnapshotReader.open({ folder: changed, crypto, chain });
  if (E.isLeft(opened)) return opened.left;
  const reader = opened.right;
  const faults = [];
  if (file.startsWith('rows')) {
    const chunk = await reader.chunk(Number(file.slice(-10, -4)), new Ring());
    if (E.isLeft(chunk)) faults.push(chunk.left);
  } else {
    for await (const blocks of reader.blockFiles()) if (E.isLeft(blocks)) faults.push(blocks.left);
  }
  return faults;
};

let codes = new Map();
const count = (file, faults) => {
  const isNamed = faults.length > 0 && faults.every((fault) => fault.file === file);
  if (!isNamed) throw new Error(`a changed byte of ${file} was not found`);
  for (const { code } of faults) codes.set(code, (codes.get(code) ?? 0) + 1);
};
const tell = (what) => {
  const sum = [...codes.values()].reduce((all, each) => all + each, 0);
  const each = [...codes].map(([code, times]) => `${code} ${times}`).join(', ');
  report.note(`${what}: ${sum} of ${sum} found, and their file named (${each})`);
  codes = new Map();
};

for (const file of files) {
  const bytes = bytesOf(folder, file);
  for (let flip = 0; flip < FLIPS; flip += 1) count(file, await faultsIn(file, withFile(file, flipped(bytes))));
}
tell(`${FLIPS} changed bytes in each of ${files.length} files`);

// The same by somebody who makes the manifest fit: then the form of rows and the nodes find it.
const { manifest } = right(await SnapshotReader.open({ folder: directoryFolder(folder), crypto, chain }));
for (const [index, chunk] of manifest.chunks.entries()) {
  const file = rowsFile(index);
  const bytes = bytesOf(folder, file);
  for (let flip = 0; flip < Math.ceil(FLIPS / 30); flip += 1) {
    const spoiled = flipped(bytes);
    const chunks = manifest.chunks.with(index, { ...chunk, digest: digestOf(crypto, spoiled) });
    const lie = encodeManifest(crypto, { ...manifest, chunks });
    count(file, await faultsIn(file, withFile(MANIFEST_FILE, lie, withFile(file, spoiled))));
  }
}
tell('changed bytes of rows under a manifest that was made to fit');

for (let whole = 0; whole < Math.ceil(FLIPS / 30); whole += 1) {
  const file = files[anyOf(files.length)];
  const answer = await verifySnapshot({ folder: withFile(file, flipped(bytesOf(folder, file))), crypto });
  count(file, E.isLeft(answer) ? answer.left : []);
}
tell('changed bytes, with the whole snapshot verified');

/** Starts a step and kills it after a while; whether it had ended before. */
const isDoneBefore = (name, args, ms) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [SELF, name, JSON.stringify(args)], { stdio: 'ignore' });
    setTimeout(() => child.kill('SIGKILL'), ms);
    child.on('exit', (code) => resolve(code === 0));
  });

for (const name of ['export', 'import']) {
  const wholeMs = 1_000 * median(figures[name].map(({ seconds }) => seconds));
  let kills = 0;
  let ends = 0;
  while (kills < KILLS) {
    const path = name === 'export' ? at(`killed-${ends}`) : folder;
    const store = name === 'export' ? source : at(`killed-${ends}.sqlite`);
    const args = { path, store, block: made.blockId };
    let isDone = false;
    for (let tries = 0; !isDone && tries < 3 && kills < KILLS; tries += 1) {
      isDone = await isDoneBefore(name, args, 300 + Math.random() * wholeMs * 0.8);
      if (!isDone) kills += 1;
    }
    if (!isDone) run(name, args);
    if (name === 'import') run('export', { path: at('again'), store });
    sameFiles(name === 'import' ? at('again') : path);
    ends += 1;
  }
  report.note(`${name}: killed ${kills} times on the way, went on each time, ended ${ends} times in the same bytes`);
}
