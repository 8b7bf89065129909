/**
 * Replay: every block of a store again from genesis, on all cores, and where, if anywhere, its history parts from the rules.
 */
import { availableParallelism } from 'node:os';
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { checkPool } from '../../adapters/workers/check-pool.ts';
import { type Parting, type Replayed, replay as replayStore } from '../../audit/replay.ts';
import { defineCommand, type Io, UsageError, wholeNumber } from '../command.ts';
import { printable } from '../complaint.ts';
import { genesisOptions, namedFounding } from '../genesis-document.ts';
import { duration, grouped, showProgress } from '../progress.ts';

const MAX_WORKERS = 64;

/** One that is asked for; else as many as the machine has cores, and none if it has one, where it would only take turns. */
const workersOf = (text: string | undefined): number => {
  if (text !== undefined) return wholeNumber('workers', text, [0, MAX_WORKERS]);
  const cores = Math.min(MAX_WORKERS, availableParallelism());
  return cores === 1 ? 0 : cores;
};

const rateOf = (count: number, ms: number): string => grouped(Math.round((count * 1_000) / Math.max(1, ms)));

interface Outcome {
  readonly replayed: Replayed;
  readonly ms: number;
  readonly trustsProducers: boolean;
}

const linesOf = ({ replayed, ms, trustsProducers }: Outcome): readonly string[] => {
  const { blocks, transactions, tip } = replayed;
  return [
    `blocks         ${grouped(blocks)}, up to ${tip.id}`,
    `transactions   ${grouped(transactions)}, ${rateOf(transactions, ms)} a second`,
    `state root     ${tip.state.root}`,
    `final height   ${grouped(tip.votes.finalHeight)}`,
    `time           ${duration(ms)}`,
    `trusted        the genesis${trustsProducers ? ', and that each block is signed by the producer that it states' : ''}`,
  ];
};

const partingLines = (file: string, { height, refusal }: Parting): readonly string[] => {
  const details = Object.entries(refusal.details).map(([name, value]) => `${name} ${value}`);
  const told = [`block ${height}: ${refusal.code}`, ...details].join(', ');
  return [printable(`${file}: ${told}`), refusal.message];
};

/** Says once that workers are gone: the answer is the same without them, later. */
const workerComplaint = (io: Io) => {
  let isSaid = false;
  return (error: unknown): void => {
    if (isSaid) return;
    isSaid = true;
    const why = error instanceof Error ? error.message : String(error);
    io.stderr.write(`medstate: ${printable(`a worker failed, this goes on without it: ${why}`)}\n`);
  };
};

export const replay = defineCommand({
  name: 'replay',
  summary: 'replay every block of a store from genesis, and say where its history breaks the rules, if anywhere',
  usage: '<store> --genesis <file> [--workers <count>] [--no-signatures]',
  options: {
    ...genesisOptions,
    workers: {
      type: 'string',
      short: 'w',
      value: 'count',
      description: 'threads that look at signatures ahead (default: one for each core; 0: none)',
    },
    'no-signatures': {
      type: 'boolean',
      description:
        'take it that each block is signed by the producer that it states; all else is verified, transactions too: who sends is told by the signature alone',
    },
  },
  operands: [1, 1],
  run: async ({ values, operands: [file = ''], quiet }, io) => {
    const workers = workersOf(values.workers);
    const crypto = await bestCrypto();
    const founding = await namedFounding(crypto, values, io);
    if (founding === undefined) throw new UsageError('replay wants --genesis <file>');
    const trustsProducers = values['no-signatures'] === true;
    const storage = await sqliteStorage({ file, readOnly: true });
    const checker = checkPool({ crypto, workers, onFailure: workerComplaint(io) });
    try {
      const total = (await storage.topHeight()) ?? 0;
      const progress = showProgress(io, { label: 'replaying', unit: 'blocks', total, quiet });
      const started = performance.now();
      const onBlock = ({ tip }: { readonly tip: { readonly height: number } }) => progress.advance(tip.height);
      const replayed = await replayStore(founding, storage, { onBlock, checker, trustsProducers }).finally(
        progress.finish,
      );
      const ms = performance.now() - started;
      const lines = E.isLeft(replayed)
        ? partingLines(file, replayed.left)
        : linesOf({ replayed: replayed.right, ms, trustsProducers });
      io.stdout.write(`${lines.join('\n')}\n`);
      return E.isLeft(replayed) ? 1 : 0;
    } finally {
      await checker.close();
      await storage.close();
    }
  },
});
