import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { encodeTransaction, type Hash, type Seconds, toHex, ZERO_ADDRESS } from '../../src/core/index.ts';
import { transactionId } from '../../src/core/wire/transaction.ts';
import { knownGenesis } from '../../src/fixtures/genesis.ts';
import { testnetGenesisFile, testnetGenesisJson } from '../../src/fixtures/testnet.ts';
import { crypto, person } from '../engine/small-chain.ts';
import { screen } from './terminal.ts';

const EMPTY = new Uint8Array(0);
const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const folder = mkdtempSync(join(tmpdir(), 'medstate-bad-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const fileWith = (content: unknown): string => {
  files += 1;
  const file = join(folder, `${files}.json`);
  writeFileSync(file, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content));
  return file;
};

/** The lines of complaint about these words, without the program's name; nothing stands on standard output. */
const complaints = async (...words: readonly string[]): Promise<readonly string[]> => {
  const { io, out, errors } = screen();
  const code = await runProgram({ version: '0', commands, isDebug: false }, words, io);
  const lines = errors().join('').split('\n');
  expect({ code, out: out(), end: lines.pop() }).toEqual({ code: 2, out: '', end: '' });
  expect(lines.length).toBeGreaterThan(0);
  return lines.map((line) => {
    expect(line).toMatch(/^medstate: ./);
    return line.slice('medstate: '.length);
  });
};

const { document } = knownGenesis(crypto, {
  genesisTime: 1_000_000 as Seconds,
  params: { chainId: '7' },
  producers: 1,
  others: {},
});
const genesisJson = { ...document, genesisTime: '1000000' };
const scenarioJson = {
  format: 'medstate-scenario/1',
  genesisTime: '1000000',
  accounts: { alice: { balance: '10' } },
  producers: [{ label: 'p0', staked: '100', collateral: '0' }],
  blocks: [{ slot: '1', txs: [{ kind: 'transfer', from: 'alice', to: 'p0', value: '1' }] }],
};

describe.each(['genesis', 'run', 'check-vectors'])('medstate %s', (name) => {
  it('tells that a file is not there, or is a directory', async () => {
    expect(await complaints(name, join(folder, 'none.json'))).toEqual([
      `${folder}/none.json: no such file or directory`,
    ]);
    const directory = join(folder, `${name}.d`);
    mkdirSync(directory);
    expect(await complaints(name, directory)).toEqual([`${directory}: found a directory, wanted a file`]);
  });

  it.each([
    ['', 'line 1, column 1: found the end of the text, wanted a JSON value'],
    [' \n\n ', 'line 3, column 2: found the end of the text, wanted a JSON value'],
    ['{\n  "a": 1,\n}', 'line 3, column 1: found "}", wanted the name of a member in double quotes'],
    ['{"a": tru}', 'line 1, column 7: found "t", wanted a JSON value'],
    ['{"a": [1, 2}', 'line 1, column 12: found "}", wanted "," or "]"'],
    ['{"a": 1} x', 'line 1, column 10: found "x", wanted the end of the text'],
    ['{"a": "\u0001"}', 'line 1, column 8: found "\\u0001", wanted the rest of a string, or its closing quote'],
    ['{"a": 1, "a": 2}', 'line 1, column 10: found the member "a" again, wanted each member once'],
  ])('tells line and column where the text %j stops being JSON', async (text, told) => {
    const file = fileWith(text);
    expect(await complaints(name, file)).toEqual([`${file}, ${told}`]);
  });

  it('tells that bytes are no text', async () => {
    const file = fileWith(new Uint8Array([0x22, 0xff, 0x22]));
    expect(await complaints(name, file)).toEqual([`${file}: found bytes that are no UTF-8, wanted a JSON document`]);
  });

  it('tells of any JSON that is no document of its own in lines with found and wanted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (json) => {
        const file = fileWith(JSON.stringify(json));
        for (const line of await complaints(name, file)) {
          expect(line.startsWith(`${file}: `)).toBe(true);
          expect(line).toMatch(/: found .+, wanted .+$|: \.\.\. and [0-9]+ more$/);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('takes one file, no more and no fewer', async () => {
    expect(await complaints(name)).toHaveLength(1);
    expect(await complaints(name, 'a', 'b')).toHaveLength(1);
  });
});

/** The one complaint about a document. */
const onlyFault = async (name: string, json: unknown): Promise<string> => {
  const file = fileWith(json);
  const [line = '', ...more] = await complaints(name, file);
  expect(more).toEqual([]);
  return line.replace(`${file}: `, '');
};

describe('a genesis document', () => {
  it.each([
    [{ genesisTime: 5 }, 'genesisTime: found 5, wanted a whole number as a decimal string, 0 to 2^53-1'],
    [{ genesisTime: '05' }, 'genesisTime: found "05", wanted a whole number as a decimal string, 0 to 2^53-1'],
    [{ genesisTime: undefined }, 'genesisTime: found nothing, wanted a whole number as a decimal string, 0 to 2^53-1'],
    [{ blocks: [] }, 'blocks: found [], wanted no such field here (known: genesisTime, params, transactions, kinds)'],
    [{ transactions: ['0g'] }, 'transactions[0]: found "0g", wanted bytes as lower-case hex'],
    [{ params: { chainId: 7 } }, 'params.chainId: found 7, wanted a string (numbers are decimal strings)'],
    [{ kinds: ['note'] }, 'kinds: found [note], wanted the kinds of this engine, sorted: []'],
    [{ transactions: [] }, 'supply: found 0, wanted a genesis supply from 1 to 2^120'],
  ])('with %j is refused with path, found and wanted', async (change, told) => {
    expect(await onlyFault('genesis', { ...genesisJson, ...change })).toBe(told);
  });

  it('tells every fault in it, a line each', async () => {
    const file = fileWith({ ...genesisJson, genesisTime: 5, transactions: ['0g', '00', 7] });
    expect(await complaints('genesis', file)).toHaveLength(3);
  });
});

describe('a scenario', () => {
  it.each([
    [{ format: 'medstate-scenario/2' }, 'format: found "medstate-scenario/2", wanted "medstate-scenario/1"'],
    [
      { accounts: { alice: { balance: 10 } } },
      'accounts.alice.balance: found 10, wanted an amount as a decimal string, 0 to 2^128-1',
    ],
    [
      { accounts: { alice: { balance: '-1' } } },
      'accounts.alice.balance: found "-1", wanted an amount as a decimal string, 0 to 2^128-1',
    ],
    [
      { accounts: { alice: { balance: String(1n << 128n) } } },
      'accounts.alice.balance: found "340282366920938463463374607431768211456", wanted an amount as a decimal string, 0 to 2^128-1',
    ],
    [{ producers: [], blocks: [] }, 'producers: found none, wanted at least one, else nobody may make a block'],
    [{ note: 'x' }, /^note: found "x", wanted no such field here \(known: format, /],
    [{ blocks: [{ slot: '0' }] }, /^blocks\[0\]\.slot: found slot 0 after slot 0, wanted a slot after the last$/],
    [
      { blocks: [{ slot: '1', txs: [{ kind: 'transfer', from: 'carol', to: 'p0', value: '1' }] }] },
      /^blocks\[0\]\.txs\[0\]\.from: found "carol", wanted /,
    ],
  ])('with %j is refused with path, found and wanted', async (change, told) => {
    const line = await onlyFault('run', { ...scenarioJson, ...change });
    if (typeof told === 'string') expect(line).toBe(told);
    else expect(line).toMatch(told);
  });
});

/** Each rule on parameters: what is set, and of which parameter the fault tells. */
const unsafe: readonly (readonly [Readonly<Record<string, string>>, path: string, wanted: RegExp])[] = [
  ...[
    'slotSeconds',
    'windowSeconds',
    'unstakeSeconds',
    'yearSlots',
    'unitsPerSecond',
    'unitBytes',
    'maxVotes',
    'maxWithdrawals',
  ].map((name) => [{ [name]: '0' }, name, /^a whole number from 1 to 2\^53-1$/] as const),
  ...['yearSlots', 'unitBytes', 'maxBlockUnits', 'stallSlots', 'maxPayloadBytes', 'maxTransactionBytes'].map(
    (name) => [{ [name]: '9007199254740992' }, name, /2\^53-1$/] as const,
  ),
  [{ yearSlots: '-1' }, 'yearSlots', /^a whole number as a decimal string$/],
  [{ yearSlots: '1e3' }, 'yearSlots', /^a whole number as a decimal string$/],
  [{ yearSlots: '' }, 'yearSlots', /^a whole number as a decimal string$/],
  [{ windowSeconds: '604801', unstakeSeconds: '604803' }, 'windowSeconds', /^a multiple of slotSeconds$/],
  [{ unstakeSeconds: '604801' }, 'unstakeSeconds', /^a multiple of slotSeconds$/],
  [{ unstakeSeconds: '604797' }, 'unstakeSeconds', /^no less than windowSeconds, else the same coins buy two quotas$/],
  [{ maxPayloadBytes: '509' }, 'maxPayloadBytes', /^at least 510 for this maxVotes$/],
  [{ maxVotes: '1', maxPayloadBytes: '45' }, 'maxPayloadBytes', /^at least 46 for this maxVotes$/],
  [{ maxTransactionBytes: '809' }, 'maxTransactionBytes', /^at least 810 for this maxVotes$/],
  [
    { inflationPerYear: '5/0' },
    'inflationPerYear',
    /^a fraction of whole numbers up to 2\^53-1, like "5\/100", the second not 0$/,
  ],
  [{ inflationPerYear: '0.05' }, 'inflationPerYear', /^a fraction /],
  [{ stakeFloor: '1/0' }, 'stakeFloor', /^a fraction /],
  [{ finalityWindow: '188' }, 'finalityWindow', /^at least 9 x producersPerRound = 189$/],
  [{ stakeBasis: 'both' }, 'stakeBasis', /^"supply" or "staked"$/],
  [{ candidateNeedsAlias: '1' }, 'candidateNeedsAlias', /^"true" or "false"$/],
];

describe('unsafe parameters', () => {
  it.each(unsafe)('are refused through --param with the reason: %j', async (params, path, wanted) => {
    const words = Object.entries(params).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
    const lines = await complaints('genesis', testnetGenesisFile, ...words);
    expect(lines).toHaveLength(1);
    const [, where, told] = /^(.*): found .+, wanted (.+)$/.exec(lines[0] ?? '') ?? [];
    expect(where).toBe(`${testnetGenesisFile}: params.${path}`);
    expect(told).toMatch(wanted);
  });

  it.each(unsafe)('are refused through a document with the reason: %j', async (params, path, wanted) => {
    const line = await onlyFault('genesis', { ...genesisJson, params: { ...genesisJson.params, ...params } });
    const [, where, told] = /^(.*): found .+, wanted (.+)$/.exec(line) ?? [];
    expect(where).toBe(`params.${path}`);
    expect(told).toMatch(wanted);
  });

  it.each([
    [
      19n,
      'params.inflationPerYear: found a yearly budget of 0 from a supply of 19, wanted at least 1 raw unit a year, or "0/1"',
    ],
    [20n, 'candidates: found none, wanted at least one candidate, else nobody may make a block'],
    [1n << 120n, 'candidates: found none, wanted at least one candidate, else nobody may make a block'],
    [(1n << 120n) + 1n, 'transactions[0]: found a supply above 2^120, wanted a transaction that executes'],
  ])('are those that a supply of %i makes unsafe', async (value, told) => {
    const fields = {
      kind: 'genesis_distribution',
      to: person('bob').address,
      value,
      nonce: 1n,
      chainId: 7,
      payload: EMPTY,
    };
    const hash = toHex(transactionId(crypto, fields, ZERO_ADDRESS)) as Hash;
    const bytes = encodeTransaction({ hash, ...fields, sign: EMPTY, payerSign: EMPTY });
    expect(await onlyFault('genesis', { ...genesisJson, transactions: [toHex(bytes)] })).toBe(told);
  });

  it.each([
    [{}, 'nothing'],
    [{ chainId: '0' }, '0'],
    [{ chainId: '4294967296' }, '4294967296'],
  ])('of a document need a chain id from 1 to 2^32-1: %j', async (params, found) => {
    const line = await onlyFault('genesis', { ...genesisJson, params });
    expect(line).toContain('params.chainId: found ');
    if (found !== 'nothing') expect(line).toContain(`found ${found}, wanted `);
  });

  it('come from the document itself, or beside one that has none, and each by its name', async () => {
    const file = fileWith(genesisJson);
    expect(await complaints('genesis', file, '--time', '5')).toEqual([
      '--time and --param are for a document of the first network; this one has its own (see medstate genesis --help)',
    ]);
    const [line = ''] = await complaints('genesis', testnetGenesisFile, '--param', 'slotSecond=3');
    expect(line).toMatch(/^--param: found 'slotSecond=3', wanted NAME=VALUE with a name of chainId, slotSeconds, /);
    expect(await complaints('genesis', testnetGenesisFile, '--param', 'slotSeconds')).toHaveLength(1);
  });
});

describe('the time of a genesis', () => {
  it.each(['-1', '1.5', '1e9', 'now', '', ' 5', '9007199254740992', '05'])('is no %j', async (time) => {
    expect(await complaints('genesis', testnetGenesisFile, `--time=${time}`)).toEqual([
      `--time: found '${time}', wanted a whole number from 0 to 9007199254740991 (see medstate genesis --help)`,
    ]);
  });
});

describe("a first network's document", () => {
  it.each([
    [{ hash: 'zz' }, /^transactions\[0\]\.hash: found "zz", wanted 32 bytes as 64 lower-case hex digits$/],
    [{ value: '5' }, /^transactions\[0\]\.value: found "5", wanted 16 bytes as 32 lower-case hex digits$/],
    [{ nonce: '1' }, /^transactions\[0\]\.nonce: found "1", wanted a whole number from 0 to 2\^53-1$/],
    [
      { sign: 'ab' },
      /^transactions\[0\]\.sign: found "ab", wanted 65 bytes as 130 lower-case hex digits, or an empty text$/,
    ],
  ])('with %j in its first transaction is refused with path, found and wanted', async (change, told) => {
    const json = structuredClone(testnetGenesisJson()) as { transactions: object[] };
    json.transactions[0] = { ...json.transactions[0], ...change };
    expect(await onlyFault('genesis', json)).toMatch(told);
  });
});

describe('medstate demo', () => {
  it('takes no argument and no option', async () => {
    expect(await complaints('demo', 'x')).toEqual(["unexpected argument 'x' (see medstate demo --help)"]);
    expect(await complaints('demo', '--fast')).toEqual(["unknown option '--fast' (see medstate demo --help)"]);
  });
});
