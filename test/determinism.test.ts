import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, describe, expect, it } from 'vitest';
import { nativeCrypto } from '../src/adapters/crypto/native.ts';
import { wasmCrypto } from '../src/adapters/crypto/wasm.ts';
import {
  buildBlock,
  type Chain,
  type CheckedTransaction,
  type Crypto,
  checkBlock,
  checkTransaction,
  defineKind,
  foundChain,
  type Hash,
  type Height,
  type Kind,
  keys,
  nobleCrypto,
  payloads,
  readBlock,
  reduce,
  type Seconds,
  type Slot,
  type Tip,
} from '../src/core/index.ts';
import { signBlock } from '../src/core/sign.ts';
import { knownGenesis } from '../src/fixtures/genesis.ts';
import { readScenario } from '../src/fixtures/scenario/format.ts';
import { runScenario } from '../src/fixtures/scenario/run.ts';
import { traceText } from '../src/fixtures/scenario/tell.ts';
import { crypto, person, signed } from './engine/small-chain.ts';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const fileOf = (name: string): string =>
  fileURLToPath(new URL(`./vectors/scenarios/${name}.scenario.json`, import.meta.url));
const jsonOf = (name: string): unknown => JSON.parse(readFileSync(fileOf(name), 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'medstate-same-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MODERATE = 'random-9002';
const SMALL = '01-example';

/** The trace that this process tells of a scenario. */
const traceOf = (json: unknown, by: Crypto = crypto): string => {
  const scenario = readScenario(json);
  const trace = E.isLeft(scenario) ? scenario : runScenario(by, scenario.right);
  if (E.isLeft(trace)) throw new Error(JSON.stringify(trace.left));
  return traceText(trace.right);
};

/** The trace that another process tells of a scenario's file. */
const traceElsewhere = (file: string, env: NodeJS.ProcessEnv = {}): string => {
  if (!existsSync(MAIN)) throw new Error('dist/ is not built; `npm test` builds it first');
  return execFileSync(process.execPath, [MAIN, 'run', file], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
  });
};

/** The value with the members of every object in reverse order; for labels of accounts that would be another document. */
const reversed = (value: unknown, path = ''): unknown => {
  if (Array.isArray(value)) return value.map((item) => reversed(item, path));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, item]) => [name, reversed(item, `${path}.${name}`)] as const);
  return Object.fromEntries(path === '.accounts' ? members : members.reverse());
};

describe('the same scenario', () => {
  const here = traceOf(jsonOf(MODERATE));

  it.each([
    {},
    { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
    { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' },
  ])('has the same trace in another process with %j', (env) => {
    expect(traceElsewhere(fileOf(MODERATE), env)).toBe(here);
  });

  it('has the same trace whatever the order of the members of its objects', () => {
    const shuffled = reversed(jsonOf(MODERATE));
    expect(JSON.stringify(shuffled)).not.toBe(JSON.stringify(jsonOf(MODERATE)));
    const file = join(folder, 'reversed.json');
    writeFileSync(file, JSON.stringify(shuffled));
    expect(traceOf(shuffled)).toBe(here);
    expect(traceElsewhere(file)).toBe(here);
  });

  it('has the same trace with native code, WebAssembly and the reference', async () => {
    expect(traceOf(jsonOf(MODERATE), await nativeCrypto())).toBe(here);
    expect(traceOf(jsonOf(MODERATE), await wasmCrypto())).toBe(here);
    expect(traceOf(jsonOf(SMALL), nobleCrypto)).toBe(traceOf(jsonOf(SMALL)));
  });
});

// The comparison itself on trial: kinds and orders with a planted fault must not pass it.

/** A kind `tally`, whose text becomes an entry in a way that is to be tried. */
const tallyKind = (write: (text: string) => string): Kind =>
  defineKind({
    name: 'tally',
    payload: payloads.messagePayload,
    touches: ({ sender }) => [keys.extensionKey(0x80, sender)],
    refuses: {},
    effect: ({ ledger, sender, payload }) =>
      ledger.state.set(keys.extensionKey(0x80, sender), new TextEncoder().encode(write(payload.message))),
  });

/** A chain with the kind, and a signed block of two transactions of it, made by a node whose parts are given. */
const tried = (kind: Kind, arrivals: (checked: readonly CheckedTransaction[]) => Iterable<CheckedTransaction>) => {
  const plan = { genesisTime: 1_000_000 as Seconds, params: { chainId: '7' }, producers: 1, others: {} };
  const { document } = knownGenesis(crypto, plan);
  const founding = foundChain(crypto, { ...document, kinds: ['tally'] }, [kind]);
  if (E.isLeft(founding)) throw new Error(JSON.stringify(founding.left));
  const { chain, tip } = founding.right;
  const texts = ['{"b":1,"a":2}', '{"a":2,"b":1}'];
  const checked = texts.map((message, index) => {
    const payload = payloads.messagePayload.encode({ message });
    const read = checkTransaction(chain, signed('p0', 5 + index, { kind: 'tally', payload }));
    if (E.isLeft(read)) throw new Error(read.left.refusal.code);
    return read.right;
  });
  const offers = () => [...arrivals(checked)].map((tx) => E.right(tx));
  const built = buildBlock(chain, tip, { slot: 1 as Slot, lockOf: () => 0 as Height, offers });
  if (E.isLeft(built)) throw new Error(built.left.code);
  const { claim, transition } = built.right;
  const bytes = signBlock(
    crypto,
    claim,
    transition.included.map((tx) => tx.bytes),
    person('p0').privateKey,
  );
  return { chain, tip, bytes, root: transition.tip.state.root };
};

/** Whether a node comes to the root that the block's maker came to, or why it rejects the block. */
const followed = (chain: Chain, tip: Tip, bytes: Uint8Array): Hash | string => {
  const block = readBlock(bytes);
  const reduced = E.isLeft(block) ? block : reduce(chain, tip, checkBlock(chain, block.right));
  return E.isLeft(reduced) ? reduced.left.code : reduced.right.tip.state.root;
};

/** The check: a block made here is followed here, and made and followed a second time, to one root. */
const isDeterministic = (
  kind: Kind,
  arrivals: (checked: readonly CheckedTransaction[]) => Iterable<CheckedTransaction>,
): boolean => {
  const [one, two] = [tried(kind, arrivals), tried(kind, arrivals)];
  return [two.root, followed(one.chain, one.tip, one.bytes), followed(one.chain, one.tip, two.bytes)].every(
    (root) => root === one.root,
  );
};

const inOrder = (checked: readonly CheckedTransaction[]) => checked;
const asGiven = tallyKind((text) => text);

describe('the comparison', () => {
  it('passes a kind and an order that depend on nothing else', () => {
    expect(isDeterministic(asGiven, inOrder)).toBe(true);
  });

  it('catches chance in the effect of a kind', () => {
    expect(
      isDeterministic(
        tallyKind((text) => text + String(Math.random())),
        inOrder,
      ),
    ).toBe(false);
  });

  it('catches a memory that outlives the block in the effect of a kind', () => {
    // Keys of strangers in the order in which this process first saw them.
    const seen = new Map<string, number>();
    const byArrival = tallyKind((text) => {
      seen.set(`${seen.size}${text}`, seen.size);
      return [...seen.keys()].join();
    });
    expect(isDeterministic(byArrival, inOrder)).toBe(false);
  });

  it('catches a maker of blocks that takes transactions as they happen to arrive', () => {
    let calls = 0;
    const asArrived = (checked: readonly CheckedTransaction[]) => {
      calls += 1;
      return calls % 2 === 0 ? checked.toReversed() : checked;
    };
    expect(isDeterministic(asGiven, asArrived)).toBe(false);
  });

  it('catches one changed digit in the trace of a scenario', () => {
    const json = jsonOf(SMALL) as { blocks: { txs?: { value?: string }[] }[] };
    const spoiled = structuredClone(json);
    const tx = spoiled.blocks.flatMap(({ txs = [] }) => txs).find(({ value }) => value !== undefined);
    if (tx === undefined) throw new Error('no transaction of the scenario has a value');
    tx.value = String(BigInt(tx.value ?? 0) + 1n);
    expect(traceOf(spoiled)).not.toBe(traceOf(json));
  });
});
