/**
 * Keystore file: a key behind a password, as commands name it: the file by an option, the password by `passwordOptions`.
 */
import * as E from 'fp-ts/lib/Either.js';
import { KeyError } from '../adapters/keys/key-error.ts';
import type { Signer } from '../adapters/keys/keys.ts';
import { type KeystoreRefusal, openKeystore, openPrivateKey } from '../adapters/keys/keystore.ts';
import { type Keystore, readKeystore } from '../adapters/keys/keystore-form.ts';
import type { Crypto } from '../core/index.ts';
import { type Io, UsageError } from './command.ts';
import { faultsError, readJsonInput } from './input.ts';
import { namedPassword, type PasswordWords } from './password.ts';

/** The keystore in a file; throws what to say of one that is none. */
export const keystoreIn = async (file: string, io: Io): Promise<Keystore> => {
  const read = readKeystore(await readJsonInput(file, io));
  if (E.isLeft(read)) throw faultsError(file, read.left);
  return read.right;
};

/** What to say of a keystore that does not open. */
export const keystoreError = (file: string, { code, faults, message }: KeystoreRefusal): Error =>
  faults.length > 0 ? faultsError(file, faults) : new KeyError(code, `${file}: ${message}`);

/** A keystore on the command line, and what opens it. */
export interface NamedKeystore {
  readonly crypto: Crypto;
  readonly file: string;
  readonly words: PasswordWords;
  readonly io: Io;
}

const keystoreAndPassword = async ({ file, words, io }: NamedKeystore): Promise<readonly [Keystore, string]> => {
  const keystore = await keystoreIn(file, io);
  const password = await namedPassword(words);
  if (password !== undefined) return [keystore, password];
  throw new UsageError(`the keystore ${file} wants --password-file <file> or --password-env <name>`);
};

/** What signs with the key in a keystore. */
export const signerIn = async (named: NamedKeystore): Promise<Signer> => {
  const [keystore, password] = await keystoreAndPassword(named);
  const opened = await openKeystore(keystore, password, named.crypto);
  if (E.isLeft(opened)) throw keystoreError(named.file, opened.left);
  return opened.right;
};

/** What `use` makes of the private key in a keystore, which is overwritten after it. */
export const withPrivateKey = async <T>(
  named: NamedKeystore,
  use: (privateKey: Uint8Array) => Promise<T>,
): Promise<T> => {
  const [keystore, password] = await keystoreAndPassword(named);
  const opened = await openPrivateKey(keystore, password, named.crypto);
  if (E.isLeft(opened)) throw keystoreError(named.file, opened.left);
  try {
    return await use(opened.right);
  } finally {
    opened.right.fill(0);
  }
};
