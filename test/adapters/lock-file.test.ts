import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { openLockFile } from '../../src/adapters/keys/lock-file.ts';
import type { KeptLock } from '../../src/adapters/keys/lock-store.ts';
import { lockedKey } from '../../src/adapters/keys/locked-key.ts';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { fresh } from '../../src/adapters/laws/key-trial.ts';
import { keyLaws } from '../../src/adapters/laws/keys.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import { toHex } from '../../src/core/bytes.ts';
import { contradictionOf, type Statement } from '../../src/core/evidence.ts';
import { firstLock, type Lock, lockFault, lostLock } from '../../src/core/lock.ts';
import type { Address, Hash, Height, Slot } from '../../src/core/units.ts';
import { compileProgram, runChild, startChild } from './child-programs.ts';
import { contentsOfFolder, freshFolder } from './sqlite-folders.ts';

const KILLS = Number(process.env['MEDSTATE_KILLS'] ?? 40);
const MAX_RUN_MS = 200;
/** So many keys in the process that is killed, each with its own file: most of a kill is the start of the next process. */
const LANES = 4;

const crypto = await bestCrypto();
const signer = signerOf(crypto, new Uint8Array(32).fill(7));
const { address } = signer;
const other = toHex(crypto.publicKey(new Uint8Array(32).fill(8))) as Address;

let folder = '';
let program = '';
let count = 0;
beforeAll(() => {
  folder = freshFolder();
  program = compileProgram('test/adapters/lock-child.ts', folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own for a test, and a path in it. */
const place = (): { readonly inside: string; readonly file: string } => {
  count += 1;
  const inside = join(folder, String(count));
  mkdirSync(inside);
  return { inside, file: join(inside, 'key.lock') };
};

/** A lock as the first version kept it. */
const first: Lock = {
  slot: 30 as Slot,
  maxHeight: 21 as Height,
  maxHeightPrevoted: 9 as Height,
  height: 20 as Height,
};

/** A lock of that key, closed, which was written once. */
const written: KeptLock = { ...firstLock, slot: 7 as Slot, signedId: 'c0'.repeat(32) as Hash };
const lockAt = async (file: string): Promise<void> => {
  const locks = await openLockFile(file, { address, begin: 'new-key' });
  await locks.write(written);
  await locks.close();
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a key under a lock file', () => {
  for (const { name, check } of keyLaws) {
    it(name, () =>
      check(() => {
        const { file } = place();
        let isBegun = false;
        return {
          crypto,
          keyOver: (by, locks) => lockedKey({ signer: by, locks, hasher: crypto }),
          openLocks: async (of) => {
            const locks = await openLockFile(file, isBegun ? { address: of } : { address: of, begin: 'new-key' });
            isBegun = true;
            return locks;
          },
        };
      }),
    );
  }
});

describe('a lock file', () => {
  it('is one plain file once it is closed, and says whose lock it is while it is open', async () => {
    const { inside, file } = place();
    const locks = await openLockFile(file, { address, begin: 'new-key' });
    expect(locks.address).toBe(address);
    await locks.close();
    await expect(locks.read()).rejects.toMatchObject({ code: 'lock_closed' });
    await expect(locks.write(firstLock)).rejects.toMatchObject({ code: 'lock_closed' });
    expect(Object.keys(contentsOfFolder(inside))).toEqual(['key.lock']);
  });

  it('is not begun in silence: without a word on how, a missing one is refused and not made', async () => {
    const { inside, file } = place();
    await expect(openLockFile(file, { address })).rejects.toMatchObject({ code: 'lock_missing' });
    const nowhere = join(inside, 'no', 'key.lock');
    await expect(openLockFile(nowhere, { address, begin: 'new-key' })).rejects.toMatchObject({ code: 'lock_missing' });
    expect(contentsOfFolder(inside)).toEqual({});
  });

  it('of a lost lock begins in the present slot', async () => {
    const { file } = place();
    const locks = await openLockFile(file, { address, begin: { lostAt: 100 as Slot } });
    expect(await locks.read()).toEqual(lostLock(100 as Slot));
    await locks.close();
    for (const lostAt of [-1, 0.5, Number.NaN, 2 ** 53]) {
      const opening = openLockFile(place().file, { address, begin: { lostAt: lostAt as Slot } });
      await expect(opening).rejects.toMatchObject({ code: 'invariant_violated' });
    }
  });

  it('of the first version is read as it is, and goes on as one of this when the key signs', async () => {
    const { file } = place();
    const { slot, maxHeight, maxHeightPrevoted, height } = first;
    const database = new Database(file);
    database.exec(`PRAGMA application_id = ${0x4d45444c}; PRAGMA user_version = 1;
      CREATE TABLE lock (one INTEGER PRIMARY KEY CHECK (one = 1), address TEXT NOT NULL, slot INTEGER NOT NULL,
        max_height INTEGER NOT NULL, max_height_prevoted INTEGER NOT NULL, height INTEGER NOT NULL, digest TEXT NOT NULL) STRICT`);
    const sum = createHash('sha256').update(
      `medstate lock 1 ${address} ${slot} ${maxHeight} ${maxHeightPrevoted} ${height}`,
    );
    const row = database.prepare('INSERT INTO lock VALUES (1, ?, ?, ?, ?, ?, ?)');
    row.run(address, slot, maxHeight, maxHeightPrevoted, height, sum.digest('hex'));
    database.close();
    const untouched = readFileSync(file);
    await expect(openLockFile(file, { address: other })).rejects.toMatchObject({ code: 'lock_other_key' });
    expect(readFileSync(file).equals(untouched)).toBe(true);
    await (await openLockFile(file, { address })).close();
    expect(readFileSync(file).equals(untouched)).toBe(true);
    for (const next of [first, { ...first, slot: 31 as Slot, signedId: 'ab'.repeat(32) as Hash }]) {
      const locks = await openLockFile(file, { address });
      if (next === first) expect(await locks.read()).toEqual(first);
      await locks.write(next);
      await locks.close();
    }
    const again = await openLockFile(file, { address });
    expect(await again.read()).toEqual({ ...first, slot: 31, signedId: 'ab'.repeat(32) });
    await again.close();
  });

  it('for which the disk has no room is not begun, and can be when there is room', async () => {
    const { file } = place();
    expect(runChild(program, ['begin', file], 1)).toEqual(['lock_failed']);
    await expect(openLockFile(file, { address })).rejects.toMatchObject({ code: 'lock_missing' });
    expect(runChild(program, ['begin', file])).toEqual(['begun']);
    expect(runChild(program, ['begin', file])).toEqual(['lock_exists']);
  });

  it('that is there is not begun again, whatever is said', async () => {
    const { inside, file } = place();
    await lockAt(file);
    const before = contentsOfFolder(inside);
    for (const begin of ['new-key', { lostAt: 9 as Slot }] as const) {
      await expect(openLockFile(file, { address, begin })).rejects.toMatchObject({ code: 'lock_exists' });
    }
    expect(contentsOfFolder(inside)).toEqual(before);
  });

  /** What stands at the path, and the code that tells it. */
  const foreign: readonly (readonly [what: string, code: string, make: (file: string) => Promise<void> | void])[] = [
    ['a text', 'lock_not_medstate', (file) => writeFileSync(file, 'all my passwords\n'.repeat(20))],
    ['a folder', 'lock_not_medstate', (file) => mkdirSync(file)],
    [
      'a database of something else',
      'lock_not_medstate',
      (file) => {
        const database = new Database(file);
        database.exec('CREATE TABLE lock (one INTEGER)');
        database.close();
      },
    ],
    ['a store', 'lock_not_medstate', async (file) => (await sqliteStorage({ file })).close()],
    [
      'a lock of a later version',
      'lock_version_newer',
      async (file) => {
        await lockAt(file);
        const database = new Database(file);
        database.pragma('user_version = 3');
        database.close();
      },
    ],
    [
      'the lock of another key',
      'lock_other_key',
      async (file) => (await openLockFile(file, { address: other, begin: 'new-key' })).close(),
    ],
    [
      'a lock that was cut off',
      'lock_damaged',
      async (file) => {
        await lockAt(file);
        truncateSync(file, 5000);
      },
    ],
    [
      'a lock of which a few bytes are left',
      'lock_damaged',
      async (file) => {
        await lockAt(file);
        truncateSync(file, 50);
      },
    ],
    [
      'a lock whose slot somebody changed',
      'lock_damaged',
      async (file) => {
        await lockAt(file);
        const database = new Database(file);
        database.exec('UPDATE lock SET slot = 6');
        database.close();
      },
    ],
    [
      'a lock that somebody gave to this key',
      'lock_damaged',
      async (file) => {
        await (await openLockFile(file, { address: other, begin: 'new-key' })).close();
        const database = new Database(file);
        database.prepare('UPDATE lock SET address = ?').run(address);
        database.close();
      },
    ],
    [
      'a lock that somebody emptied',
      'lock_damaged',
      async (file) => {
        await lockAt(file);
        const database = new Database(file);
        database.exec('DELETE FROM lock');
        database.close();
      },
    ],
    [
      'a lock without its table',
      'lock_damaged',
      async (file) => {
        await lockAt(file);
        const database = new Database(file);
        database.exec('DROP TABLE lock');
        database.close();
      },
    ],
  ];
  for (const [what, code, make] of foreign) {
    it(`where ${what} stands is refused with '${code}', and that is left as it was`, async () => {
      const { inside, file } = place();
      await make(file);
      const before = contentsOfFolder(inside);
      await expect(openLockFile(file, { address })).rejects.toMatchObject({ code });
      await expect(openLockFile(file, { address, begin: 'new-key' })).rejects.toMatchObject({
        code: expect.stringMatching(/^lock_/),
      });
      expect(contentsOfFolder(inside)).toEqual(before);
    });
  }

  it('never gives out a lock of which a bit was flipped', async () => {
    const { inside, file } = place();
    await lockAt(file);
    const whole = readFileSync(file);
    const spoilt = join(inside, 'spoilt.lock');
    // The row stands at the end of its page, the last of the file.
    for (let back = 1; back <= 230; back += 1) {
      for (const bit of [1, 16, 128]) {
        const bytes = Buffer.from(whole);
        const at = bytes.length - back;
        bytes[at] = (bytes[at] as number) ^ bit;
        writeFileSync(spoilt, bytes);
        const read = await openLockFile(spoilt, { address }).then(
          async (locks) => {
            const lock = await locks.read();
            await locks.close();
            return lock;
          },
          (error: unknown) => (error as { readonly code?: unknown }).code,
        );
        if (typeof read === 'object') expect(read, `${back} from the end, bit ${bit}`).toEqual(written);
        else expect(read).toMatch(/^lock_(damaged|unreadable|other_key)$/);
      }
    }
  });
});

describe('a lock file is held by one', () => {
  it('object of this process, whatever it is called by, and by no process beside', async () => {
    const { inside, file } = place();
    await lockAt(file);
    const [hard, soft] = [join(inside, 'hard.lock'), join(inside, 'soft.lock')];
    linkSync(file, hard);
    symlinkSync(file, soft);
    const held = await openLockFile(file, { address });
    for (let again = 0; again < 2; again += 1) {
      for (const path of [file, hard, soft]) {
        await expect(openLockFile(path, { address })).rejects.toMatchObject({ code: 'lock_busy' });
      }
      // The refusals here must not open the way for others: POSIX ends locks at any close.
      expect(runChild(program, ['open', file])).toEqual(['lock_busy']);
    }
    expect(await held.read()).toEqual(written);
    await held.close();
    expect(runChild(program, ['open', file])).toEqual(['opened']);
  });

  it('process until that is killed; then it is free, and the lock is there', async () => {
    const { file } = place();
    await lockAt(file);
    const child = await startChild(program, `${file}.log`, 'hold', file);
    await expect(openLockFile(file, { address })).rejects.toMatchObject({ code: 'lock_busy' });
    expect(runChild(program, ['open', file]), 'a third process').toEqual(['lock_busy']);
    await child.kill();
    const locks = await openLockFile(file, { address });
    expect(await locks.read()).toEqual(written);
    await locks.close();
  });

  it('opening that fails, and leaves it free', async () => {
    const { file } = place();
    await lockAt(file);
    await expect(openLockFile(file, { address: other })).rejects.toMatchObject({ code: 'lock_other_key' });
    await (await openLockFile(file, { address })).close();
  });
});

describe('a key whose process is killed while it signs', () => {
  /** What was printed: a statement, and which of the keys made it. */
  const statementsIn = (log: string): readonly (Statement & { readonly lane: number })[] =>
    readFileSync(log, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Statement & { readonly lane: number });

  it(`finds a lock that covers all that it signed, ${KILLS} times over, and never signs against itself`, async () => {
    const { file } = place();
    const lanes = Array.from({ length: LANES }, (_, lane) => ({ path: `${file}-${lane}`, signed: [] as Statement[] }));
    for (const { path } of lanes) await (await openLockFile(path, { address, begin: 'new-key' })).close();
    const chance = chanceFrom(KILLS);
    for (let kill = 0; kill < KILLS; kill += LANES) {
      const child = await startChild(program, `${file}.log`, 'sign', file, String(kill));
      await pause(chance.below(MAX_RUN_MS));
      await child.kill();
      const printed = statementsIn(`${file}.log`);
      expect(printed.length, 'something was signed before the kill').toBeGreaterThan(0);
      for (const { lane, ...statement } of printed) lanes[lane]?.signed.push(statement);
      for (const { path, signed } of lanes) {
        const locks = await openLockFile(path, { address });
        const lock = (await locks.read()) ?? firstLock;
        await locks.close();
        expect(signed.filter((statement) => statement.height > lock.maxHeight)).toEqual([]);
        expect(signed.filter((statement) => lockFault(lock, statement) === undefined)).toEqual([]);
      }
    }
    for (const { signed } of lanes) {
      // Neighbours are enough: they are in the order of their slots.
      const pairs = signed.slice(1).map((later, index) => contradictionOf(signed[index] as Statement, later));
      expect(pairs.filter((found) => found !== undefined)).toEqual([]);
    }
  });

  it('while it begins its lock has begun it whole, or not at all', async () => {
    const chance = chanceFrom(KILLS + 1);
    for (let kill = 0; kill < Math.min(KILLS, 10); kill += 1) {
      const { file } = place();
      const { stdout } = spawnSync(process.execPath, [program, 'begin', file], {
        timeout: 30 + chance.below(120),
        killSignal: 'SIGKILL',
        encoding: 'utf8',
      });
      const code = await openLockFile(file, { address }).then(
        async (locks) => {
          expect(await locks.read()).toEqual(firstLock);
          await locks.close();
          return 'opened';
        },
        (error: unknown) => (error as { readonly code?: unknown }).code,
      );
      expect(['opened', stdout === '' ? 'lock_missing' : 'opened']).toContain(code);
      if (code === 'lock_missing') await (await openLockFile(file, { address, begin: 'new-key' })).close();
    }
  });

  it('in the middle of a write finds the lock from before it', async () => {
    // What a power failure leaves: the page of the next lock half on the disk, and the journal beside it.
    const { inside, file } = place();
    await lockAt(file);
    const next: KeptLock = { ...written, slot: 8 as Slot };
    const child = join(inside, 'torn.mjs');
    writeFileSync(
      child,
      `import Database from ${JSON.stringify(join(process.cwd(), 'node_modules/better-sqlite3/lib/index.js'))};
       const database = new Database(${JSON.stringify(file)});
       database.pragma('cache_spill = ON'); database.pragma('cache_size = 1');
       database.exec('BEGIN EXCLUSIVE; UPDATE lock SET slot = ${next.slot}; CREATE TABLE filler (bytes BLOB)');
       for (let count = 0; count < 200; count += 1) database.prepare('INSERT INTO filler VALUES (zeroblob(4000))').run();
       process.kill(process.pid, 'SIGKILL');`,
    );
    spawnSync(process.execPath, [child]);
    expect(readFileSync(`${file}-journal`).length).toBeGreaterThan(0);
    copyFileSync(file, `${file}.torn`);
    expect(readFileSync(`${file}.torn`).length, 'the pages of the next lock are on the disk').toBeGreaterThan(100_000);
    const locks = await openLockFile(file, { address });
    expect(await locks.read()).toEqual(written);
    await locks.close();
  });
});

it('a key over a lock file signs, and another key is not let near the file', async () => {
  const { file } = place();
  const locks = await openLockFile(file, { address, begin: 'new-key' });
  const stranger = signerOf(crypto, new Uint8Array(32).fill(8));
  expect(() => lockedKey({ signer: stranger, locks, hasher: crypto })).toThrow(
    expect.objectContaining({ code: 'lock_other_key' }),
  );
  const key = lockedKey({ signer, locks, hasher: crypto });
  const { claim, slot } = fresh(address, 1);
  expect(E.isRight(await key.sign(claim, slot))).toBe(true);
  await key.close();
});
