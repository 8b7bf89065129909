/**
 * Snapshot: the state at a final height as a folder of files: out of a store, checked, and into a new one.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { directoryFolder, makeDirectory } from '../../adapters/folder/directory.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import type { Chain, Crypto, Hash } from '../../core/index.ts';
import {
  exportSnapshot,
  importSnapshot,
  isHalfImported,
  type SnapshotFault,
  type Trusted,
  verifySnapshot,
} from '../../engine/snapshot/index.ts';
import { defineCommand, type ExitCode, type Io, UsageError } from '../command.ts';
import { type GenesisWords, genesisOptions, namedFounding } from '../genesis-document.ts';
import { faultLine, leafProgress, manifestLines, trustLine } from '../snapshot-lines.ts';

/** What an action of this command gets. */
interface Call {
  readonly crypto: Crypto;
  readonly operands: readonly [string, string];
  readonly words: GenesisWords;
  readonly trusted: Trusted;
  readonly quiet: boolean;
  readonly io: Io;
}

const say = (io: Io, lines: readonly string[]): void => {
  io.stdout.write(`${lines.join('\n')}\n`);
};

const demandedChain = async ({ crypto, words, io }: Call, action: string): Promise<Chain> => {
  const chain = (await namedFounding(crypto, words, io))?.chain;
  if (chain === undefined) throw new UsageError(`${action} wants --genesis <file>`);
  return chain;
};

const exportTo = async (call: Call): Promise<ExitCode> => {
  const { operands, quiet, io } = call;
  const [file, path] = operands;
  const chain = await demandedChain(call, 'export');
  const storage = await sqliteStorage({ file, readOnly: true });
  const { onProgress, finish } = leafProgress(io, 'exporting', quiet);
  try {
    await makeDirectory(path);
    const manifest = await exportSnapshot({ storage, folder: directoryFolder(path), chain, onProgress });
    finish();
    say(io, manifestLines(manifest));
    return 0;
  } finally {
    finish();
    await storage.close();
  }
};

const verify = async ({ crypto, operands, words, trusted, quiet, io }: Call): Promise<ExitCode> => {
  const [path] = operands;
  const chain = (await namedFounding(crypto, words, io))?.chain;
  const { onProgress, finish } = leafProgress(io, 'verifying', quiet);
  try {
    const verified = await verifySnapshot({ folder: directoryFolder(path), crypto, chain, trusted, onProgress });
    finish();
    if (E.isRight(verified)) say(io, [...manifestLines(verified.right), trustLine(trusted)]);
    else
      say(
        io,
        verified.left.map((fault) => faultLine(path, fault)),
      );
    return E.isRight(verified) ? 0 : 1;
  } finally {
    finish();
  }
};

const complain = (io: Io, path: string, faults: readonly SnapshotFault[]): ExitCode => {
  for (const fault of faults) io.stderr.write(`medstate: ${faultLine(path, fault)}\n`);
  return 2;
};

const importFrom = async (call: Call): Promise<ExitCode> => {
  const { operands, trusted, quiet, io } = call;
  const [path, file] = operands;
  const chain = await demandedChain(call, 'import');
  const isNew = !existsSync(file);
  // Of a batch that the power took away nothing is in, so the import goes on before it.
  const storage = await sqliteStorage({ file, durability: 'normal' });
  const { onProgress, finish } = leafProgress(io, 'importing', quiet);
  let isBegun = false;
  try {
    const imported = await importSnapshot({ folder: directoryFolder(path), storage, chain, trusted, onProgress });
    finish();
    isBegun = E.isRight(imported) || (await isHalfImported(storage));
    if (E.isLeft(imported)) return complain(io, path, imported.left);
    say(io, [...manifestLines(imported.right), trustLine(trusted)]);
    return 0;
  } catch (error) {
    isBegun = true; // nobody knows
    throw error;
  } finally {
    finish();
    await storage.close();
    if (isNew && !isBegun) await rm(file, { force: true });
  }
};

/** The actions, each with the operands it takes. */
const actions = {
  export: { operands: '<store> <folder>', count: 2, run: exportTo },
  verify: { operands: '<folder>', count: 1, run: verify },
  import: { operands: '<folder> <store>', count: 2, run: importFrom },
} as const;

const actionOf = (word: string, operands: readonly string[]) => {
  const action = Object.hasOwn(actions, word) ? actions[word as keyof typeof actions] : undefined;
  if (action === undefined) {
    throw new UsageError(`found '${word}', wanted one of ${Object.keys(actions).join(', ')}`);
  }
  if (operands.length !== action.count) throw new UsageError(`${word} wants ${action.operands}`);
  return action;
};

const hashOf = (name: string, text: string | undefined): Hash | undefined => {
  if (text === undefined) return undefined;
  if (!/^[0-9a-f]{64}$/.test(text)) throw new UsageError(`--${name}: found '${text}', wanted 64 lower-case hex digits`);
  return text as Hash;
};

export const snapshot = defineCommand({
  name: 'snapshot',
  summary: 'export the state at the final height, verify such an export, or import it into a new store',
  usage:
    'export <store> <folder> --genesis <file>\n' +
    '       medstate snapshot verify <folder> [--block <id>] [--root <root>] [--genesis <file>]\n' +
    '       medstate snapshot import <folder> <store> --genesis <file> [--block <id>] [--root <root>]',
  options: {
    ...genesisOptions,
    block: { type: 'string', value: 'id', description: 'the block that the snapshot has to be of' },
    root: { type: 'string', value: 'root', description: 'the state root that the snapshot has to be of' },
  },
  operands: [1, 3],
  run: async ({ values, operands: [word = '', ...operands], quiet }, io) => {
    const action = actionOf(word, operands);
    const trusted = { blockId: hashOf('block', values.block), root: hashOf('root', values.root) };
    if (word === 'export' && (values.block ?? values.root) !== undefined) {
      throw new UsageError('--block and --root are for verify and import');
    }
    const [first = '', second = ''] = operands;
    const crypto = await bestCrypto();
    return await action.run({ crypto, operands: [first, second], words: values, trusted, quiet, io });
  },
});
