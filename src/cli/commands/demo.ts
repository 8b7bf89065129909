/**
 * Demo: the main job in one go: a real genesis, a chain of more than eight days on a file, and its replay to the same roots.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import { sqliteStorage } from '../../adapters/storage/sqlite.ts';
import { replay } from '../../audit/replay.ts';
import { type Crypto, type Founding, type Hash, readFirstNetworkGenesis, type Seconds } from '../../core/index.ts';
import { reportGenesis } from '../../fixtures/genesis-report.ts';
import { foundStory, LAST_SLOT, UNSTAKE_AMOUNT } from '../../fixtures/story.ts';
import { testnetGenesisJson } from '../../fixtures/testnet.ts';
import { defineCommand, type Io } from '../command.ts';
import { type Lived, liveStory } from '../demo/live.ts';
import { genesisLines, medText } from '../genesis-lines.ts';
import { grouped, showProgress } from '../progress.ts';

/** One thing that must hold, and whether it does. */
interface Check {
  readonly what: string;
  readonly found: string;
  readonly holds: boolean;
}

const TESTNET_TRANSACTIONS = 110;
const TESTNET_SIGNERS = 84;

const say = (io: Io, ...lines: readonly string[]): void => {
  io.stdout.write(`${lines.join('\n')}\n`);
};

const testnetChecks = (io: Io, crypto: Crypto): readonly Check[] => {
  const document = readFirstNetworkGenesis(testnetGenesisJson(), 0 as Seconds);
  const report = E.isLeft(document) ? document : reportGenesis(crypto, document.right);
  if (E.isLeft(report))
    return [{ what: 'testnet genesis', found: report.left.map(({ path }) => path).join(), holds: false }];
  say(io, ...genesisLines(report.right));
  const { counts, candidates } = report.right;
  const elected = Math.min(candidates.length, 21);
  return [
    {
      what: 'testnet genesis: hashes',
      found: `${counts.hashesRight} of ${TESTNET_TRANSACTIONS}`,
      holds: counts.hashesRight === TESTNET_TRANSACTIONS,
    },
    {
      what: 'testnet genesis: signers',
      found: `${counts.signersRecovered} of ${TESTNET_SIGNERS}`,
      holds: counts.signersRecovered === TESTNET_SIGNERS,
    },
    { what: 'testnet genesis: producers', found: `${elected} of 21`, holds: elected === 21 },
  ];
};

const livedChecks = (lived: Lived): readonly Check[] => {
  const { before, after, tip, producersAtFirst, producersAtLast } = lived;
  const returned = (after?.balance ?? 0n) - (before?.balance ?? 0n);
  const changed = producersAtLast.filter((producer) => !producersAtFirst.includes(producer)).length;
  return [
    {
      what: 'every scene ended as it should',
      found: lived.complaints.join('; ') || `${lived.transactions} transactions`,
      holds: lived.complaints.length === 0 && lived.failed === 0,
    },
    { what: 'missed slots', found: grouped(lived.missed), holds: lived.missed > 0 },
    {
      what: 'votes changed the round',
      found: `${changed} of ${producersAtLast.length} producers are new`,
      holds: changed === 1,
    },
    {
      what: 'unstaked coins back at their second',
      found: `${medText(returned)} at ${after?.time}, and not in the block before`,
      holds: returned === UNSTAKE_AMOUNT && before?.withdrawals === 1 && after?.withdrawals === 0,
    },
    {
      what: 'final height',
      found: `${grouped(tip.votes.finalHeight)} of ${grouped(tip.height)}`,
      holds: tip.votes.finalHeight > tip.height - 100,
    },
  ];
};

const replayChecks = async (
  founding: Founding,
  file: string,
  lived: Lived,
  io: Io,
  quiet: boolean,
): Promise<readonly Check[]> => {
  const storage = await sqliteStorage({ file, mustExist: true });
  const progress = showProgress(io, { label: 'replaying', unit: 'blocks', total: lived.roots.length, quiet });
  const roots: Hash[] = [];
  try {
    const onBlock = ({
      tip,
    }: {
      readonly tip: { readonly height: number; readonly state: { readonly root: Hash } };
    }) => {
      roots.push(tip.state.root);
      progress.advance(tip.height);
    };
    const replayed = await replay(founding, storage, { onBlock });
    if (E.isLeft(replayed))
      return [
        {
          what: 'replay',
          found: `parts at height ${replayed.left.height}: ${replayed.left.refusal.code}`,
          holds: false,
        },
      ];
    const same = roots.filter((root, index) => root === lived.roots[index]).length;
    const { votes } = replayed.right.tip;
    return [
      {
        what: 'replay: state roots',
        found: `${grouped(same)} of ${grouped(lived.roots.length)} the same`,
        holds: same === lived.roots.length && roots.length === same,
      },
      {
        what: 'replay: final height',
        found: grouped(votes.finalHeight),
        holds: votes.finalHeight === lived.tip.votes.finalHeight,
      },
    ];
  } finally {
    progress.finish();
    await storage.close();
  }
};

const liveOn = async (crypto: Crypto, file: string, io: Io, quiet: boolean) => {
  const { founding, people } = foundStory(crypto);
  const storage = await sqliteStorage({ file, durability: 'normal' });
  const progress = showProgress(io, { label: 'living', unit: 'slots', total: LAST_SLOT, quiet });
  try {
    return { founding, lived: await liveStory(crypto, founding, people, storage, (slot) => progress.advance(slot)) };
  } finally {
    progress.finish();
  }
};

const table = (checks: readonly Check[]): readonly string[] => {
  const width = Math.max(...checks.map(({ what }) => what.length));
  return checks.map(({ what, found, holds }) => `${holds ? 'ok  ' : 'FAIL'} ${what.padEnd(width)}  ${found}`);
};

export const demo = defineCommand({
  name: 'demo',
  summary: 'run the main job: a real genesis, eight days of a chain on a file, and its replay',
  usage: '',
  options: {},
  run: async ({ quiet }, io) => {
    const crypto = await bestCrypto();
    say(io, `crypto: ${crypto.name}`, '', "(a) The genesis of the first network's testnet");
    const testnet = testnetChecks(io, crypto);
    const folder = await mkdtemp(join(tmpdir(), 'medstate-demo-'));
    try {
      const file = join(folder, 'chain.sqlite');
      say(io, '', '(b) A chain of 21 producers with known keys, more than 8 days of it, on SQLite');
      const { founding, lived } = await liveOn(crypto, file, io, quiet);
      const days = ((lived.tip.time - founding.chain.genesisTime) / 86_400).toFixed(2);
      say(
        io,
        `${grouped(lived.tip.height)} blocks in ${days} days of chain time`,
        '',
        '(c) The file opened anew, every block replayed from genesis',
      );
      const replayed = await replayChecks(founding, file, lived, io, quiet);
      const checks = [...testnet, ...livedChecks(lived), ...replayed];
      say(io, '', ...table(checks));
      return checks.every(({ holds }) => holds) ? 0 : 1;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});
