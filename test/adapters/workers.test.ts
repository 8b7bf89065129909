import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { checkerLaws } from '../../src/adapters/laws/checker.ts';
import { checkPool } from '../../src/adapters/workers/check-pool.ts';
import type { Checker } from '../../src/adapters/workers/checker.ts';
import { SharedSlots } from '../../src/adapters/workers/shared-slots.ts';
import { findVerdicts, roomForVerdicts } from '../../src/adapters/workers/verdicts-of.ts';
import { toHex } from '../../src/core/bytes.ts';
import { type Address, encodeTransaction, signTransaction } from '../../src/core/index.ts';
import { compileProgram } from './child-programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'medstate-workers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const child = compileProgram('test/adapters/workers-child.ts', folder);
const workersFolder = join(dirname(dirname(dirname(child))), 'src/adapters/workers');
const program = pathToFileURL(join(workersFolder, 'check-worker.js'));
const crypto = await bestCrypto();

/** A worker's program that was spoilt: what it does with a slot that it has claimed. */
let programs = 0;
const wrongProgram = (doing: string): URL => {
  programs += 1;
  const file = join(workersFolder, `wrong-${programs}.mjs`);
  writeFileSync(
    file,
    `import { workerData, parentPort } from 'node:worker_threads';
     import { SharedSlots } from './shared-slots.js';
     const slots = new SharedSlots(workerData.memory);
     const worker = workerData.worker;
     slots.announce();
     while (!slots.isStopped) {
       const heard = slots.bell;
       const slot = slots.claim(worker);
       if (slot < 0) slots.sleep(heard);
       else { ${doing} }
     }`,
  );
  return pathToFileURL(file);
};

const key = new Uint8Array(32).fill(3);
const to = `02${'11'.repeat(32)}` as Address;
const transactions = Array.from({ length: 500 }, (_, index) =>
  encodeTransaction(
    signTransaction(crypto, { kind: 'transfer', chainId: 1, nonce: BigInt(index), to, value: 1n }, key),
  ),
);
const right = roomForVerdicts(transactions.length);
findVerdicts(crypto, transactions, right);

describe.each([0, 1, 3])('a pool of %i workers keeps the laws of checkers', (workers) => {
  const make = () => checkPool({ crypto, workers, program });
  for (const law of checkerLaws) it(law.name, () => law.check(make));
});

describe('checkers that break a law are found out', () => {
  const breaches: Readonly<Record<string, (checker: Checker) => Partial<Checker>>> = {
    'mixes up the order': ({ check }) => ({
      check: (list) => check([...list].reverse()),
    }),
    'forgets the first one': ({ check }) => ({ check: (list) => check(list.slice(1)) }),
    'answers all with zeros': ({ check }) => ({
      check: (list) => {
        const { verdicts, drop } = check(list);
        return { verdicts: verdicts.then((found) => found?.fill(0)), drop };
      },
    }),
    'gives up what is dropped beside others': ({ check }) => ({
      check: (list) => ({
        ...check(list),
        verdicts: list.length === 70 ? Promise.resolve(undefined) : check(list).verdicts,
      }),
    }),
    'never has room': () => ({ hasRoom: false }),
    'changes the bytes': ({ check }) => ({
      check: (list) => {
        const checking = check(list);
        for (const bytes of list) if (bytes.byteOffset > 0) bytes.fill(0);
        return checking;
      },
    }),
    'works on after the end': () => ({ close: () => Promise.resolve() }),
  };
  for (const [breach, spoil] of Object.entries(breaches)) {
    it(`a checker that ${breach} breaks a law`, async () => {
      const broken: string[] = [];
      for (const law of checkerLaws) {
        const make = () => {
          const checker = checkPool({ crypto, workers: 0 });
          const own: Checker = {
            workers: 0,
            hasRoom: true,
            check: (list) => checker.check(list),
            close: () => checker.close(),
          };
          return { ...own, ...spoil(own) };
        };
        await law.check(make).catch(() => broken.push(law.name));
      }
      expect(broken).not.toEqual([]);
    });
  }
});

describe('a worker that fails', () => {
  it.each([
    ['ends with a batch in its hands', 'process.exit(1)'],
    ['throws with a batch in its hands', "throw new Error('out of order')"],
    ['could not look at a batch', 'if (slots.finish(slot, undefined)) parentPort.postMessage(undefined)'],
  ])('%s: the verdicts are the same, found by the thread that asked', async (_, doing) => {
    const failures: unknown[] = [];
    const pool = checkPool({
      crypto,
      workers: 2,
      program: wrongProgram(doing),
      onFailure: (error) => failures.push(error),
    });
    const calls = [pool.check(transactions), pool.check(transactions.slice(0, 100))];
    const found = await Promise.all(calls.map(({ verdicts }) => verdicts));
    expect(found.map((verdicts) => toHex(verdicts ?? new Uint8Array(0)))).toEqual(
      [right, right.slice(0, right.length / 5)].map(toHex),
    );
    if (!doing.startsWith('if')) {
      expect(pool.workers).toBe(0);
      expect(failures.length).toBeGreaterThanOrEqual(2);
    }
    await pool.close();
  });

  it('leaves the others at work when it ends alone', async () => {
    const half = wrongProgram(
      `if (worker === 0) process.exit(1);
       const { findVerdicts, roomForVerdicts } = await import('./verdicts-of.js');
       const { bestCrypto } = await import('../crypto/best.js');
       const list = slots.read(slot);
       const verdicts = roomForVerdicts(list.length);
       findVerdicts(await bestCrypto(), list, verdicts);
       if (slots.finish(slot, verdicts)) parentPort.postMessage(undefined);`,
    );
    let failures = 0;
    const onFailure = () => {
      failures += 1;
    };
    const pool = checkPool({ crypto, workers: 2, program: half, onFailure });
    while (failures === 0) expect(await pool.check(transactions).verdicts).toEqual(right);
    expect(pool.workers).toBe(1);
    expect(await pool.check(transactions).verdicts).toEqual(right);
    await pool.close();
  });

  it('cannot be started: the pool is one without workers', async () => {
    const failures: unknown[] = [];
    const missing = new URL('missing.js', program);
    const pool = checkPool({ crypto, workers: 2, program: missing, onFailure: (error) => failures.push(error) });
    expect(await pool.check(transactions).verdicts).toEqual(right);
    expect(pool.workers).toBe(0);
    expect(failures).toHaveLength(4);
    await pool.close();
  });
});

describe('a process with a pool', () => {
  it.each([
    ['idle', 'ends by itself while its workers wait', 0],
    ['closed', 'ends by itself after the pool was closed', 0],
    ['busy', 'lives until what was asked is answered', 0],
    ['exit', 'ends when the pool is closed amid the work', 7],
  ] as const)('%s: it %s', (ending, _, status) => {
    const done = spawnSync(process.execPath, [child, ending], { encoding: 'utf8', timeout: 60_000 });
    expect(done.stderr).toBe('');
    expect(done.stdout).toBe('300\n');
    expect(done.signal).toBeNull();
    expect(done.status).toBe(status);
  });
});

describe('a process with a pool that is killed', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
    'by %s amid the work ends at once, workers and all',
    async (signal) => {
      const running = spawn(process.execPath, [child, 'endless'], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise<NodeJS.Signals | null>((resolve) => {
        running.once('exit', (_code, by) => resolve(by));
      });
      await new Promise((resolve) => running.stdout.once('data', resolve));
      running.kill(signal);
      expect(await ended).toBe(signal);
    },
  );
});

describe('the slots that threads share', () => {
  it('belong to one side at a time, whatever the order of the calls', () => {
    const chance = chanceFrom(5);
    const slots = new SharedSlots(4);
    const other = new SharedSlots(slots.memory);
    expect(other.count).toBe(4);
    const owner: ('free' | 'ready' | number)[] = ['free', 'free', 'free', 'free'];
    for (let step = 0; step < 3_000; step += 1) {
      const slot = chance.below(4);
      const act = chance.below(4);
      if (act === 0 && owner[slot] === 'free') {
        expect(slots.write(slot, [Uint8Array.of(step & 255)], 0, 64)).toBe(1);
        slots.give(slot);
        owner[slot] = 'ready';
      }
      if (act === 1) {
        slots.beginAt(slot);
        const worker = chance.below(3);
        const claimed = other.claim(worker);
        const ready = [0, 1, 2, 3].map((ahead) => (slot + ahead) % 4).find((at) => owner[at] === 'ready');
        expect(claimed).toBe(ready ?? -1);
        if (claimed >= 0) owner[claimed] = worker;
      }
      if (act === 2) {
        const isBack = slots.takeBack(slot);
        expect(isBack).toBe(owner[slot] === 'ready');
        if (isBack) owner[slot] = 'free';
      }
      const holder = owner[slot];
      if (act === 3 && typeof holder === 'number') {
        expect([0, 1, 2].filter((worker) => slots.isClaimedBy(slot, worker))).toEqual([holder]);
        expect(other.read(slot)).toHaveLength(1);
        other.finish(slot, roomForVerdicts(1));
        expect(slots.endOf(slot)).toBe('done');
        slots.free(slot);
        owner[slot] = 'free';
      }
    }
  });

  it('hold as many transactions as have room, and give back the same bytes', () => {
    const slots = new SharedSlots(2);
    const list = Array.from({ length: 100 }, (_, index) => new Uint8Array(index * 20).fill(index));
    let from = 0;
    while (from < list.length) {
      const count = slots.write(1, list, from, 64);
      expect(count).toBeGreaterThan(0);
      slots.give(1);
      expect(slots.claim(0)).toBe(1);
      expect(slots.read(1)).toEqual(list.slice(from, from + count));
      slots.free(1);
      from += count;
    }
    expect(slots.write(0, [new Uint8Array(40_000)], 0, 64)).toBe(0);
  });

  it('call the pool once for each time that it wants to be called', () => {
    const slots = new SharedSlots(2);
    expect([0, 1].map((slot) => slots.finish(slot, undefined))).toEqual([false, false]);
    slots.wantCall();
    expect([0, 1].map((slot) => slots.finish(slot, undefined))).toEqual([true, false]);
  });
});
