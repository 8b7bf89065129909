/**
 * Key: a producer's key behind a password, and the lock beside it: made, shown, and begun again when the lock was lost.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import * as E from 'fp-ts/lib/Either.js';
import { systemClock } from '../../adapters/clock/system.ts';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { KeyError } from '../../adapters/keys/key-error.ts';
import { makeKeystore, openKeystore } from '../../adapters/keys/keystore.ts';
import type { Keystore } from '../../adapters/keys/keystore-form.ts';
import { openLockFile } from '../../adapters/keys/lock-file.ts';
import { type Crypto, type Lock, type Slot, slotAt } from '../../core/index.ts';
import { isPrivateKey } from '../../core/signature.ts';
import { defineCommand, type ExitCode, InputError, type Io, UsageError, wholeNumber } from '../command.ts';
import { type GenesisWords, genesisOptions, namedFounding } from '../genesis-document.ts';
import { keystoreError, keystoreIn } from '../keystore-file.ts';
import { namedPassword, type PasswordWords, passwordOptions } from '../password.ts';

/** What an action of this command gets. */
interface Call {
  readonly crypto: Crypto;
  /** Of the keystore. */
  readonly file: string;
  /** Of the lock beside it. */
  readonly lockFile: string;
  readonly words: GenesisWords & PasswordWords & { readonly slot?: string };
  readonly io: Io;
}

const say = (io: Io, lines: readonly string[]): void => {
  io.stdout.write(`${lines.join('\n')}\n`);
};

const lockLines = ({ slot, maxHeight, maxHeightPrevoted, height }: Lock): readonly string[] => [
  `  last slot         ${slot}`,
  `  last height       ${height}`,
  `  greatest height   ${maxHeight}`,
  `  prevoted height   ${maxHeightPrevoted}`,
];

/** For its owner alone, and whole on the disk; throws if the file is there. */
const writeNew = async (file: string, text: string): Promise<void> => {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const freshPrivateKey = (): Uint8Array => {
  const key = randomBytes(32);
  return isPrivateKey(key) ? key : freshPrivateKey(); // one of 2^128 is none
};

const makeNew = async ({ crypto, file, lockFile, words, io }: Call): Promise<ExitCode> => {
  const password = await namedPassword(words);
  if (password === undefined) throw new UsageError('new wants --password-file <file> or --password-env <name>');
  if (existsSync(lockFile))
    throw new InputError({ path: lockFile, found: 'a file', wanted: 'none: a new key has no lock' });
  const privateKey = freshPrivateKey();
  const keystore = await makeKeystore(crypto, privateKey, password);
  privateKey.fill(0);
  await writeNew(file, `${JSON.stringify(keystore, undefined, 2)}\n`);
  try {
    await (await openLockFile(lockFile, { address: keystore.address, begin: 'new-key' })).close();
  } catch (error) {
    await rm(file); // nobody has seen the key
    throw error;
  }
  say(io, [`address   ${keystore.address}`, `keystore  ${file}`, `lock      ${lockFile}`]);
  return 0;
};

/** What the lock says, or why it cannot be asked: a node that runs holds it. */
const tellLock = async (lockFile: string, { address }: Keystore): Promise<readonly string[]> => {
  try {
    const locks = await openLockFile(lockFile, { address });
    const lock = await locks.read().finally(() => locks.close());
    return [`lock      ${lockFile}`, ...(lock === undefined ? [] : lockLines(lock))];
  } catch (error) {
    const code = error instanceof KeyError ? error.code : undefined;
    if (code === 'lock_busy') return [`lock      ${lockFile}, held by a node that runs`];
    if (code === 'lock_missing') return [`lock      none at ${lockFile}`];
    throw error;
  }
};

const show = async ({ crypto, file, lockFile, words, io }: Call): Promise<ExitCode> => {
  const keystore = await keystoreIn(file, io);
  const password = await namedPassword(words);
  const opened = password === undefined ? undefined : await openKeystore(keystore, password, crypto);
  if (opened !== undefined && E.isLeft(opened)) throw keystoreError(file, opened.left);
  const { kdf } = keystore.crypto;
  say(io, [
    `address   ${keystore.address}`,
    `keystore  ${kdf}${opened === undefined ? '' : ', opens with the password'}`,
    ...(await tellLock(lockFile, keystore)),
  ]);
  return 0;
};

const presentSlot = async ({ crypto, words, io }: Call): Promise<Slot> => {
  if (words.slot !== undefined && words.genesis !== undefined) {
    throw new UsageError('--slot and --genesis both say which slot it is; name one');
  }
  if (words.slot !== undefined) return wholeNumber('slot', words.slot, [1, Number.MAX_SAFE_INTEGER]) as Slot;
  const chain = (await namedFounding(crypto, words, io))?.chain;
  if (chain === undefined) throw new UsageError('recover-lock wants --genesis <file>, or --slot <number>');
  const now = systemClock().now();
  if (now >= chain.genesisTime) return slotAt(chain, now);
  const path = 'the clock of this machine';
  throw new InputError({ path, found: `${now}`, wanted: `a time from genesis on, ${chain.genesisTime}` });
};

const recoverLock = async (call: Call): Promise<ExitCode> => {
  const { file, lockFile, io } = call;
  const { address } = await keystoreIn(file, io);
  const locks = await openLockFile(lockFile, { address, begin: { lostAt: await presentSlot(call) } });
  const lock = await locks.read().finally(() => locks.close());
  const told = lock === undefined ? [] : lockLines(lock);
  say(io, [
    `address   ${address}`,
    `lock      ${lockFile}`,
    ...told,
    `The key is silent until the chain has prevoted height ${lock?.maxHeightPrevoted}. See that nothing else signs with it.`,
  ]);
  return 0;
};

const actions = { new: makeNew, show, 'recover-lock': recoverLock } as const;

/** The options that only some actions have a use for. */
const uses: Readonly<Record<keyof typeof actions, readonly string[]>> = {
  new: ['password-file', 'password-env', 'lock'],
  show: ['password-file', 'password-env', 'lock'],
  'recover-lock': ['slot', 'genesis', 'time', 'param', 'lock'],
};

const isAction = (word: string): word is keyof typeof actions => Object.hasOwn(actions, word);

export const key = defineCommand({
  name: 'key',
  summary: "make a producer's key, show it and its lock, or begin a lock again that was lost",
  usage:
    'new <file> (--password-file <file> | --password-env <name>) [--lock <file>]\n' +
    '       medstate key show <file> [--password-file <file> | --password-env <name>] [--lock <file>]\n' +
    '       medstate key recover-lock <file> (--genesis <file> | --slot <number>) [--lock <file>]',
  options: {
    ...passwordOptions,
    lock: {
      type: 'string',
      value: 'file',
      description: "the file of the lock (default: the keystore's name and .lock)",
    },
    slot: { type: 'string', value: 'number', description: 'the present slot of the chain, or a later one' },
    ...genesisOptions,
  },
  operands: [2, 2],
  run: async ({ values, operands: [word = '', file = ''] }, io) => {
    if (!isAction(word)) throw new UsageError(`found '${word}', wanted one of ${Object.keys(actions).join(', ')}`);
    const useless = Object.keys(values).find((name) => !uses[word].includes(name));
    if (useless !== undefined) throw new UsageError(`--${useless} is not for ${word}`);
    const crypto = await bestCrypto();
    return await actions[word]({ crypto, file, lockFile: values.lock ?? `${file}.lock`, words: values, io });
  },
});
