import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openLockFile } from '../../src/adapters/keys/lock-file.ts';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { type Lock, lostLock } from '../../src/core/lock.ts';
import type { Address, Slot } from '../../src/core/units.ts';
import { testnetGenesisFile } from '../../src/fixtures/testnet.ts';
import { screen } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'medstate-key-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const PASSWORD = 'correct horse battery';
const passwordFile = at('password');
writeFileSync(passwordFile, `${PASSWORD}\n`);
const withPassword = ['--password-file', passwordFile] as const;

const play = async (...words: readonly string[]) => {
  const { io, out, errors } = screen();
  const code = await runProgram({ version: '0', commands, isDebug: false }, ['key', ...words], io);
  return { code, out: out(), err: errors().join('') };
};

/** The keystores of all tests: a cheap one of the first network. */
const { keystore: section } = JSON.parse(readFileSync(new URL('../vectors/medjs.json', import.meta.url), 'utf8')) as {
  readonly keystore: { readonly vectors: readonly { readonly keystoreJson: string; readonly password: string }[] };
};
const cheap = section.vectors[2] ?? expect.fail('there are eight vectors');
const { address } = JSON.parse(cheap.keystoreJson) as { readonly address: Address };

const keystoreAt = (name: string): string => {
  writeFileSync(at(name), cheap.keystoreJson);
  return at(name);
};

describe('a new key', () => {
  it('is made behind a password for its owner alone, with the lock of a key that never signed', async () => {
    const file = at('new.json');
    const made = await play('new', file, ...withPassword);
    expect(made).toMatchObject({ code: 0, err: '' });
    const { address: own } = JSON.parse(readFileSync(file, 'utf8')) as { readonly address: string };
    expect(made.out).toBe(`address   ${own}\nkeystore  ${file}\nlock      ${file}.lock\n`);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    const shown = await play('show', file, ...withPassword);
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toContain('scrypt, opens with the password\n');
    for (const name of ['last slot  ', 'last height', 'greatest height', 'prevoted height']) {
      expect(shown.out).toMatch(new RegExp(`${name} +0\n`));
    }
    expect(shown.out + made.out).not.toContain(PASSWORD);
  });

  it('is never put in the place of another, nor beside a lock that is there', async () => {
    const file = keystoreAt('taken.json');
    expect(await play('new', file, ...withPassword)).toMatchObject({
      code: 2,
      err: `medstate: ${file}: file already exists\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe(cheap.keystoreJson);
    const [fresh, lock] = [at('fresh.json'), at('there.lock')];
    writeFileSync(lock, 'x');
    const { code, err } = await play('new', fresh, ...withPassword, '--lock', lock);
    expect({ code, err }).toEqual({
      code: 2,
      err: `medstate: ${lock}: found a file, wanted none: a new key has no lock\n`,
    });
    expect(existsSync(fresh)).toBe(false);
  });

  it('leaves no keystore behind if its lock cannot be begun', async () => {
    const [file, lock] = [at('half.json'), at('no/such/folder.lock')];
    const { code, err } = await play('new', file, ...withPassword, '--lock', lock);
    expect(code).toBe(2);
    expect(err).toContain(`there is no lock at ${lock}`);
    expect(existsSync(file)).toBe(false);
  });
});

describe('a key that is shown', () => {
  it('tells its address without a password, and that it has no lock', async () => {
    const file = keystoreAt('bare.json');
    expect(await play('show', file)).toEqual({
      code: 0,
      out: `address   ${address}\nkeystore  scrypt\nlock      none at ${file}.lock\n`,
      err: '',
    });
  });

  it('tells what it signed last, or that a node holds its lock', async () => {
    const file = keystoreAt('signed.json');
    const locks = await openLockFile(`${file}.lock`, { address, begin: 'new-key' });
    await locks.write({ slot: 9, maxHeight: 8, maxHeightPrevoted: 5, height: 7 } as Lock);
    expect((await play('show', file)).out).toContain(`lock      ${file}.lock, held by a node that runs\n`);
    await locks.close();
    const { out } = await play('show', file);
    expect(out).toContain('last slot         9\n  last height       7\n  greatest height   8\n  prevoted height   5\n');
  });

  it('says in one line that the password is another', async () => {
    const file = keystoreAt('closed.json');
    const { code, out, err } = await play('show', file, ...withPassword);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(`medstate: ${file}: the password is not that of the keystore, or the keystore was changed\n`);
  });
});

describe('a lock that was lost', () => {
  it('is begun again in the slot named, for this key alone', async () => {
    const file = keystoreAt('lost.json');
    const { code, out, err } = await play('recover-lock', file, '--slot', '1234');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('silent until the chain has prevoted height 1234.');
    const locks = await openLockFile(`${file}.lock`, { address });
    expect(await locks.read()).toEqual(lostLock(1234 as Slot));
    await locks.close();
  });

  it("is begun again in the present slot, by the chain's genesis and the clock of the machine", async () => {
    const file = keystoreAt('present.json');
    const slotNow = () => Math.floor((Math.floor(Date.now() / 1000) - 1_700_000_000) / 3);
    const before = slotNow();
    const words = ['--genesis', testnetGenesisFile, '--time', '1700000000'];
    const { code, out, err } = await play('recover-lock', file, ...words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const slot = Number(/last slot +([0-9]+)/.exec(out)?.[1]);
    expect(slot).toBeGreaterThanOrEqual(before);
    expect(slot).toBeLessThanOrEqual(slotNow());
    const early = await play(
      'recover-lock',
      keystoreAt('early.json'),
      '-g',
      testnetGenesisFile,
      '--time',
      '99000000000',
    );
    expect(early.code).toBe(2);
    expect(early.err).toContain('wanted a time from genesis on, 99000000000\n');
  });

  it('is not begun over one that is there', async () => {
    const file = keystoreAt('kept.json');
    await (await openLockFile(`${file}.lock`, { address, begin: 'new-key' })).close();
    const before = readFileSync(`${file}.lock`);
    const { code, err } = await play('recover-lock', file, '--slot', '9');
    expect(code).toBe(2);
    expect(err).toBe(`medstate: there is a lock at ${file}.lock already; open it as it is, without beginning it\n`);
    expect(readFileSync(`${file}.lock`)).toEqual(before);
  });
});

describe('bad use of keys', () => {
  const file = at('usage.json');
  writeFileSync(file, cheap.keystoreJson);
  const [empty, long] = [at('empty'), at('long')];
  writeFileSync(empty, '\n');
  writeFileSync(long, 'one\ntwo\n');
  const spoilt = at('spoilt.json');
  writeFileSync(spoilt, cheap.keystoreJson.replace('"n":2,', '"n":3,'));

  const cases: readonly (readonly [words: readonly string[], line: string])[] = [
    [['mint', file], "found 'mint', wanted one of new, show, recover-lock (see medstate key --help)"],
    [['show'], 'found 1 arguments, wanted 2 (see medstate key --help)'],
    [['new', at('x')], 'new wants --password-file <file> or --password-env <name> (see medstate key --help)'],
    [['new', at('x'), '--slot', '3'], '--slot is not for new (see medstate key --help)'],
    [['recover-lock', file, ...withPassword], '--password-file is not for recover-lock (see medstate key --help)'],
    [['recover-lock', file], 'recover-lock wants --genesis <file>, or --slot <number> (see medstate key --help)'],
    [
      ['recover-lock', file, '--slot', '0'],
      `--slot: found '0', wanted a whole number from 1 to ${Number.MAX_SAFE_INTEGER} (see medstate key --help)`,
    ],
    [
      ['recover-lock', file, '--slot', '1', '-g', testnetGenesisFile],
      '--slot and --genesis both say which slot it is; name one (see medstate key --help)',
    ],
    [
      ['show', file, ...withPassword, '--password-env', 'X'],
      '--password-file and --password-env are two places; name one (see medstate key --help)',
    ],
    [
      ['show', file, '--password-env', 'MEDSTATE_NO_SUCH_PASSWORD'],
      'the environment variable MEDSTATE_NO_SUCH_PASSWORD: found nothing, wanted a password',
    ],
    [['show', file, '--password-file', empty], `${empty}: found an empty text, wanted a password`],
    [
      ['show', file, '--password-file', long],
      `${long}: found more than one line, wanted a password of one line, up to 4096 bytes`,
    ],
    [['show', file, '--password-file', at('none')], `${at('none')}: no such file or directory`],
    [['show', at('none.json')], `${at('none.json')}: no such file or directory`],
    [['show', spoilt], `${spoilt}: crypto.kdfparams.n: found 3, wanted a power of two from 2 to 4194304`],
  ];
  it.each(cases)('%j is answered in one line', async (words, line) => {
    expect(await play(...words)).toEqual({ code: 2, out: '', err: `medstate: ${line}\n` });
  });

  it('takes a password from the environment', async () => {
    process.env['MEDSTATE_TEST_PASSWORD'] = cheap.password;
    const { code, out } = await play('show', file, '--password-env', 'MEDSTATE_TEST_PASSWORD');
    delete process.env['MEDSTATE_TEST_PASSWORD'];
    expect(code).toBe(0);
    expect(out).toContain('scrypt, opens with the password\n');
  });
});
