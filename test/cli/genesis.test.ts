import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import {
  buildBlock,
  type Height,
  keys,
  MED,
  readFirstNetworkGenesis,
  type Seconds,
  type Slot,
} from '../../src/core/index.ts';
import { reportGenesis } from '../../src/fixtures/genesis-report.ts';
import { testnetGenesisFile, testnetGenesisJson } from '../../src/fixtures/testnet.ts';
import { crypto } from '../engine/small-chain.ts';
import { screen } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'medstate-genesis-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const play = async (...words: readonly string[]) => {
  const { io, out, errors } = screen();
  const code = await runProgram({ version: '0', commands, isDebug: false }, words, io);
  return { code, out: out(), err: errors().join('') };
};

const document = readFirstNetworkGenesis(testnetGenesisJson(), 0 as Seconds);
const reported = E.isLeft(document) ? document : reportGenesis(crypto, document.right);
if (E.isLeft(reported)) throw new Error(JSON.stringify(reported.left));
const report = reported.right;
const { chain, tip } = report.founding;

const accounts = tip.state
  .keys(keys.rangeOf(keys.tags.account), 1_000)
  .map((key) => tip.state.get(key as ReturnType<typeof keys.accountKey>))
  .filter((account) => account !== undefined);
const totals = tip.state.get(keys.totalsKey);
const first = buildBlock(chain, tip, { slot: 1 as Slot, lockOf: () => 0 as Height, offers: () => [] });

describe("the first network's testnet genesis", () => {
  it('is told by the command with its counts, sums and producers', async () => {
    const { code, out, err } = await play('genesis', testnetGenesisFile);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const line of [
      'transactions      110',
      'hashes            110 of 110 are those of their fields',
      'signers           84 of 84 recovered',
      'accounts          25, 21 of them with an alias',
      "supply            5 000 000 000 MED, staked 2 100 000 000 MED, candidates' collateral 21 000 000 MED",
      'producers         21 elected of 21 candidates, in ranking order:',
      `genesis id        ${chain.genesisId}`,
      `state root        ${tip.state.root} (${tip.state.count} entries)`,
    ]) {
      expect(out).toContain(`${line}\n`);
    }
    expect(out.split('\n').filter((line) => /^ +[0-9]+ \* 0[23][0-9a-f]{64} /.test(line))).toHaveLength(21);
  });

  it('has 110 right hashes, 84 signers, 25 accounts, 21 aliases and 21 candidates', () => {
    expect(report.counts).toEqual({ transactions: 110, hashesRight: 110, signed: 84, signersRecovered: 84 });
    expect([report.accounts, accounts.length, report.aliases, report.candidates.length]).toEqual([25, 25, 21, 21]);
  });

  it('has a supply of 5 000 000 000 MED, 2 100 000 000 of them staked, 21 + 21 million as collateral', () => {
    expect(totals).toMatchObject({ supply: 5_000_000_000n * MED, staked: 2_100_000_000n * MED, withdrawals: 0n });
    const sumOf = (amounts: readonly bigint[]) => amounts.reduce((sum, amount) => sum + amount, 0n);
    expect(sumOf(report.candidates.map(({ collateral }) => collateral))).toBe(21_000_000n * MED);
    const aliases = tip.state.keys(keys.rangeOf(keys.tags.alias), 1_000);
    const locked = aliases.map((key) => tip.state.get(key as ReturnType<typeof keys.aliasKey>)?.collateral ?? 0n);
    expect(sumOf(locked)).toBe(21_000_000n * MED);
  });

  it('has 21 accounts with 98 million and 100 million staked at nonce 4, and four with 200 million', () => {
    const producers = accounts.filter(({ staked }) => staked > 0n);
    expect(producers).toHaveLength(21);
    for (const account of producers) {
      expect(account).toMatchObject({ balance: 98_000_000n * MED, staked: 100_000_000n * MED, nonce: 4n });
    }
    const others = accounts.filter(({ staked }) => staked === 0n);
    expect(others.map(({ balance, nonce }) => [balance, nonce])).toEqual(Array(4).fill([200_000_000n * MED, 0n]));
  });

  it('ranks its candidates by age, as all powers are equal', () => {
    const { candidates } = report;
    expect(new Set(candidates.map(({ power }) => power)).size).toBe(1);
    const ages = candidates.map(({ index }) => index);
    expect(ages).toEqual(ages.toSorted((a, b) => a - b));
    expect(new Set(ages).size).toBe(21);
    const office = tip.state.get(keys.officeKey)?.spans.at(-1)?.new;
    expect(office).toEqual(candidates.map(({ owner }) => owner).toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('mints 250 million MED in its year, 23 782 343 987 823 raw of them in slot 1', () => {
    if (E.isLeft(first)) throw new Error(first.left.code);
    expect(first.right.transition.reward).toBe(23_782_343_987_823n);
    expect(first.right.transition.tip.state.get(keys.totalsKey)?.yearBudget).toBe(250_000_000n * MED);
  });
});

interface FirstNetworkJson {
  meta: { chain_id: number; dynasty_size: number };
  transactions: {
    hash: string;
    tx_type: string;
    to: string;
    value: string;
    nonce: number;
    chain_id: number;
    payload: string;
    sign: string;
  }[];
}

const flip = (hex: string, digit: number): string =>
  hex.slice(0, digit) + (Number.parseInt(hex[digit] ?? '0', 16) ^ 1).toString(16) + hex.slice(digit + 1);

/** The command's complaint about the genesis after `spoil`. */
const complaintAfter = async (spoil: (json: FirstNetworkJson) => void): Promise<string> => {
  const json = structuredClone(testnetGenesisJson()) as FirstNetworkJson;
  spoil(json);
  const file = join(folder, 'spoiled.json');
  writeFileSync(file, JSON.stringify(json));
  const { code, out, err } = await play('genesis', file);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^medstate: [^\n]+\n$/);
  return err.replace(`medstate: ${file}: `, '');
};

const txOf = ({ transactions }: FirstNetworkJson, index: number) => {
  const tx = transactions[index];
  if (tx === undefined) throw new Error(`the genesis has no transaction ${index}`);
  return tx;
};

describe('a spoiled genesis', () => {
  it.each([0, 1, 26, 60, 109])('names the transaction whose hash was changed: %i', async (index) => {
    const complaint = await complaintAfter((json) => {
      const tx = txOf(json, index);
      tx.hash = flip(tx.hash, 63);
    });
    // Of a signed one the signature then recovers another sender, or none.
    expect(complaint).toMatch(
      new RegExp(`^transactions\\[${index}\\]: found (?:hash_mismatch|signature_invalid), wanted `),
    );
  });

  it('names the transaction whose signature was changed', async () => {
    const complaint = await complaintAfter((json) => {
      const tx = txOf(json, 50);
      tx.sign = flip(tx.sign, 40);
    });
    expect(complaint).toMatch(/^transactions\[50\]: found (?:hash_mismatch|signature_invalid), wanted /);
  });

  it('names the transaction whose signature is missing, or stands where none may', async () => {
    const unsigned = await complaintAfter((json) => {
      txOf(json, 50).sign = '';
    });
    expect(unsigned).toMatch(/^transactions\[50\]: found signature_invalid, /);
    const needless = await complaintAfter((json) => {
      txOf(json, 3).sign = txOf(json, 50).sign;
    });
    expect(needless).toMatch(/^transactions\[3\]: found signature_invalid, /);
  });

  it('names the transaction whose value was changed', async () => {
    const complaint = await complaintAfter((json) => {
      const tx = txOf(json, 3);
      tx.value = flip(tx.value, 31);
    });
    expect(complaint).toMatch(/^transactions\[3\]: found hash_mismatch, /);
  });

  it('names the first transaction whose nonce is not next', async () => {
    const swapped = await complaintAfter((json) => json.transactions.splice(3, 2, txOf(json, 4), txOf(json, 3)));
    expect(swapped).toMatch(/^transactions\[3\]: found nonce_too_high \([0-9]+, expected [0-9]+\), /);
    const again = await complaintAfter((json) => json.transactions.push(txOf(json, 109)));
    expect(again).toMatch(/^transactions\[110\]: found nonce_too_low \([0-9]+, expected [0-9]+\), /);
  });

  it('names the first transaction that would not execute', async () => {
    // Without the coins of the first producer its stake cannot stand.
    const complaint = await complaintAfter((json) => {
      const stake = json.transactions.find(({ tx_type }) => tx_type === 'stake');
      if (stake === undefined) throw new Error('nobody stakes');
      json.transactions = [txOf(json, 0), stake];
    });
    expect(complaint).toBe('transactions[1]: found balance_too_small, wanted a transaction that executes\n');
  });

  it('of another chain id is refused at its first transaction', async () => {
    const complaint = await complaintAfter((json) => {
      json.meta.chain_id += 1;
    });
    expect(complaint).toMatch(/^transactions\[0\]: found chain_id_wrong, /);
  });
});
