/**
 * One step of the store bench, in a process of its own: fill a store, make blocks on it, or follow them. Prints one line of JSON.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { manualClock } from '../dist/adapters/clock/index.js';
import { lockedKey, memoryLocks } from '../dist/adapters/keys/index.js';
import { toHex } from '../dist/core/bytes.js';
import { encodeTransaction, slotStart } from '../dist/core/index.js';
import { Loader } from '../dist/core/state/loader.js';
import { loadedState } from '../dist/core/state/view.js';
import { transactionId } from '../dist/core/wire/transaction.js';
import { encodeHeight, facts } from '../dist/engine/facts.js';
import { openEngine } from '../dist/engine/index.js';
import { median } from './measure.mjs';
import { adapters } from './stores.mjs';
import { page, syntheticChain } from './synthetic.mjs';

const { SIZE, BLOCKS, PLACE, BLOCK_FILE, ROOT, STATE_MIB } = process.env;
const [, , stepName, adapterName] = process.argv;
const TRANSFERS = 3000;
const PAGE = 10_000;
const count = Number(SIZE);

const world = await syntheticChain(count);
const { producer } = world;
const genesisTip = world.takeTip();

/**
 * A signature that names its sender: of the 33 bytes 30 stand at the end of r, the others in s, which stays low; the producer's own are
 * real. So a process that only follows keeps no names of accounts, and the memory that is told is the engine's (the store in memory is filled,
 * made and followed in one, and keeps them).
 */
const IN_R = 30;
const R_AT = 2;
const S_AT = 33;
const signatureOf = (address) => {
  const signature = new Uint8Array(65);
  signature.set(address.subarray(0, IN_R), R_AT);
  signature.set(address.subarray(IN_R), S_AT);
  signature[63] = 1;
  return signature;
};
const isNaming = (signature) => signature[0] === 0 && signature[1] === 0 && signature[62] === 0;
const nameIn = (signature) => {
  const address = new Uint8Array(33);
  address.set(signature.subarray(R_AT, R_AT + IN_R));
  address.set(signature.subarray(S_AT, S_AT + 33 - IN_R), IN_R);
  return address;
};
const crypto = {
  ...world.crypto,
  recover: (hash, signature) => (isNaming(signature) ? nameIn(signature) : world.crypto.recover(hash, signature)),
};
const chain = { ...world.chain, crypto };

const open = async () => adapters[adapterName].open(PLACE);
const rss = () => Math.round(process.memoryUsage().rss / 2 ** 20);

const fill = async (storage) => {
  const { rows } = world;
  const started = performance.now();
  const loader = new Loader(crypto, 0);
  for (let from = 0; from < rows.count; from += PAGE) {
    const batch = page(rows, from, Math.min(from + PAGE, rows.count));
    loader.add(batch);
    await storage.commit({ rows: batch });
  }
  const missing = loader.missing();
  loader.body.admit(missing.map((leaf) => ({ leaf, bytes: rows.rowAt(leaf) })));
  const { root } = loadedState(loader);
  await storage.commit({
    facts: { [facts.genesisId]: Buffer.from(chain.genesisId, 'hex'), [facts.stateHeight]: encodeHeight(0) },
  });
  return { root, seconds: (performance.now() - started) / 1000 };
};

const opened = async (storage, root) => {
  const started = performance.now();
  // The genesis of these accounts would be a document of gigabytes; its root is all that opening compares.
  const founding = { chain, tip: { ...genesisTip, state: { root } }, rows: world.founding.rows };
  const clock = manualClock(chain.genesisTime);
  const memory = STATE_MIB === undefined ? {} : { maxStateBytes: Number(STATE_MIB) * 2 ** 20 };
  const engine = await openEngine({ founding, storage, clock, ...memory });
  return { engine, clock, seconds: (performance.now() - started) / 1000 };
};

let seed = 12_345;
const below = (limit) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
};

/** A transfer of one unit between random accounts; each sends with its next nonce. */
const transferBy = (nonces) => {
  const { rows } = world;
  const from = below(count);
  const nonce = (nonces.get(from) ?? 0n) + 1n;
  nonces.set(from, nonce);
  const fields = {
    kind: 'transfer',
    chainId: 1,
    nonce,
    to: rows.addressOf(below(count)),
    value: 1n,
    payload: new Uint8Array(0),
  };
  const hash = toHex(transactionId(crypto, fields, rows.addressOf(from)));
  return encodeTransaction({
    ...fields,
    hash,
    sign: signatureOf(rows.addressBytes(from)),
    payerSign: new Uint8Array(0),
  });
};

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const measured = async (each) => {
  const [micros, walls, memory] = [[], [], []];
  for (let block = 1; block <= Number(BLOCKS); block += 1) {
    const work = await each(block);
    if (work === undefined) break;
    const [before, started] = [cpu(), performance.now()];
    await work();
    micros.push((cpu() - before) / TRANSFERS);
    walls.push(((performance.now() - started) * 1000) / TRANSFERS);
    if (block % 10 === 0) memory.push({ blocks: block, rss: rss() });
  }
  // Folds and checkpoints come every few blocks: the mean has them, the median of groups does not jump.
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    micros: mean(micros),
    median: median(micros),
    wall: mean(walls),
    rss: rss(),
    // What grows in the first blocks are the parts that fill up: rows that are owed, the log, verdicts.
    first: memory.find(({ blocks }) => blocks >= (Number(BLOCKS) >= 1000 ? 500 : 10)) ?? { blocks: 0, rss: rss() },
    middle: memory[memory.length >> 1] ?? { blocks: 0, rss: rss() },
    last: memory.at(-1) ?? { blocks: 0, rss: rss() },
  };
};

const right = (answer) => {
  if (E.isLeft(answer)) throw new Error(JSON.stringify(answer.left));
  return answer.right;
};

const make = async (storage, root) => {
  const { engine, clock, seconds } = await opened(storage, root);
  const file = openSync(BLOCK_FILE, 'w');
  const nonces = new Map();
  const signer = { address: producer.address, sign: (hash) => crypto.sign(hash, producer.privateKey) };
  const key = lockedKey({ signer, locks: memoryLocks(), hasher: crypto });
  const figures = await measured(async (block) => {
    for (let each = 0; each < TRANSFERS; each += 1) right(await engine.offer(transferBy(nonces)));
    clock.set(slotStart(chain, block));
    return async () => {
      const { bytes, transition } = right(await engine.produce(key, { slot: block }));
      if (transition.included.length !== TRANSFERS) throw new Error(`${transition.included.length} transfers included`);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      writeSync(file, length);
      writeSync(file, bytes);
    };
  });
  closeSync(file);
  await engine.close();
  return { ...figures, open: seconds };
};

const follow = async (storage, root) => {
  const { engine, clock, seconds } = await opened(storage, root);
  const file = openSync(BLOCK_FILE, 'r');
  const head = Buffer.alloc(4);
  const figures = await measured((block) => {
    if (readSync(file, head) < 4) return undefined;
    const bytes = Buffer.alloc(head.readUInt32BE());
    readSync(file, bytes);
    clock.set(slotStart(chain, block));
    return () => engine.follow(bytes).then(right);
  });
  closeSync(file);
  await engine.close();
  return { ...figures, open: seconds };
};

const steps = {
  fill: async () => {
    const storage = await open();
    const result = await fill(storage);
    await storage.close();
    return result;
  },
  make: async () => make(await open(), ROOT),
  follow: async () => follow(await open(), ROOT),
  all: async () => {
    const [first, second] = [await open(), await open()];
    const filled = await fill(first);
    await fill(second);
    return { fill: filled, made: await make(first, filled.root), followed: await follow(second, filled.root) };
  },
};

console.log(JSON.stringify(await steps[stepName]()));
