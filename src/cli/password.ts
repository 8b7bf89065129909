/**
 * Password: where a command takes one from: a file or a variable of the environment, and never the command line, which every
 * other user of the machine can read.
 */
import { open } from 'node:fs/promises';
import { InputError, type Options, UsageError } from './command.ts';

export const passwordOptions = {
  'password-file': { type: 'string', value: 'file', description: 'the file whose first line is the password' },
  'password-env': { type: 'string', value: 'name', description: 'the environment variable that is the password' },
} as const satisfies Options;

/** What stood on the command line. */
export interface PasswordWords {
  readonly 'password-file'?: string;
  readonly 'password-env'?: string;
}

const MAX_BYTES = 4096;

const fromFile = async (path: string): Promise<string> => {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const [line = '', ...rest] = bytes.subarray(0, bytesRead).toString('utf8').split(/\r?\n/);
    if (bytesRead > MAX_BYTES || rest.join('') !== '') {
      throw new InputError({
        path,
        found: 'more than one line',
        wanted: `a password of one line, up to ${MAX_BYTES} bytes`,
      });
    }
    return line;
  } finally {
    await file.close();
  }
};

/** The password, never empty; `undefined` if nothing says where it is. Throws what to say of one that is not there. */
export const namedPassword = async (words: PasswordWords): Promise<string | undefined> => {
  const { 'password-file': file, 'password-env': name } = words;
  if (file !== undefined && name !== undefined) {
    throw new UsageError('--password-file and --password-env are two places; name one');
  }
  if (file === undefined && name === undefined) return undefined;
  const password = file === undefined ? process.env[name ?? ''] : await fromFile(file);
  if (password !== undefined && password !== '') return password;
  const path = file ?? `the environment variable ${name}`;
  throw new InputError({ path, found: password === undefined ? 'nothing' : 'an empty text', wanted: 'a password' });
};
