/**
 * Health desk: what the tests of `medstate health` have in common: a folder, people with keystores, a record, and the program.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { nativeCrypto } from '../../src/adapters/crypto/native.ts';
import { makeKeystore } from '../../src/adapters/keys/keystore.ts';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { toHex } from '../../src/core/index.ts';
import { screen } from './terminal.ts';

export const crypto = nativeCrypto();

/** A person of the tests: a keystore that opens fast, and the key in it. */
export interface Person {
  readonly privateKey: Uint8Array;
  readonly address: string;
  readonly keystore: string;
}

export const RECORD = `{"resourceType":"Observation","id":"x1","status":"final",
 "code":{"coding":[{"system":"http://loinc.org","code":"718-7"}],"text":"Hb"},
 "subject":{"reference":"Patient/1","display":"Ann Lee"},"valueQuantity":{"value":7.10,"unit":"g/dL"},"odd\\n/status":1}
`;

/** A folder of a test file, gone at its end. */
export const healthDesk = () => {
  const folder = mkdtempSync(join(tmpdir(), 'medstate-health-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let places = 0;
  const at = (name: string): string => join(folder, name);
  /** A path at which nothing is. */
  const place = (): string => {
    places += 1;
    return at(`place-${places}`);
  };
  const write = (bytes: string | Uint8Array): string => {
    const path = place();
    writeFileSync(path, bytes);
    return path;
  };
  const passwordFile = write('correct horse\n');
  const person = async (number: number): Promise<Person> => {
    const privateKey = new Uint8Array(32).fill(number);
    const keystore = await makeKeystore(crypto, privateKey, 'correct horse', { n: 2, r: 1, p: 1 });
    return {
      privateKey,
      address: toHex(crypto.publicKey(privateKey)),
      keystore: write(JSON.stringify(keystore)),
    };
  };
  const play = async (words: readonly string[], { isTerminal = false, isQuiet = true } = {}) => {
    const { io, out, errors } = screen({ isTerminal });
    const quiet = isQuiet ? ['--quiet'] : [];
    const code = await runProgram({ version: '0', commands, isDebug: false }, ['health', ...words, ...quiet], io);
    return { code, out: out(), err: errors().join('') };
  };
  return {
    folder,
    at,
    place,
    write,
    person,
    play,
    passwordFile,
    withPassword: ['--password-file', passwordFile] as const,
    read: (path: string): string => readFileSync(path, 'utf8'),
    /** The names in the folder: equal before and after a call that leaves nothing behind. */
    names: (): readonly string[] => readdirSync(folder).sort(),
    complaint: (text: string) => ({ code: 2, out: '', err: `medstate: ${text}\n` }),
    usage: (text: string) => ({ code: 2, out: '', err: `medstate: ${text} (see medstate health --help)\n` }),
  };
};

/** The value of a line `name  value` of an answer. */
export const factOf = (out: string, name: string): string => new RegExp(`^${name} +(.*)$`, 'm').exec(out)?.[1] ?? '';
