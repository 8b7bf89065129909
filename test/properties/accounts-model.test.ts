import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noAccount } from '../../src/core/state/records.ts';
import { ChainDriver, type ChainSetting } from '../twins/chain-driver.ts';
import { accountAt, type Intent, makerOf } from '../twins/chain-plans.ts';
import { toldOutcomes } from '../twins/chain-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const UNSTAKE_SLOTS = 5;
const MAX_WITHDRAWALS = 2;

/** Person 0 makes all blocks and pays for everybody; the others are the model's. Nothing is minted. */
const setting: ChainSetting = {
  params: {
    slotSeconds: '1',
    producersPerRound: '1',
    windowSeconds: '2',
    unstakeSeconds: String(UNSTAKE_SLOTS),
    maxWithdrawals: String(MAX_WITHDRAWALS),
    inflationPerYear: '0/1',
    unitsPerSecond: '100000',
  },
  genesisTime: 0,
  seed: 9,
  holdings: [
    { balance: 0n, staked: 1_000_000n, collateral: 1n, votes: [0] },
    { balance: 100n, staked: 0n, collateral: undefined, votes: [0] },
    { balance: 0n, staked: 100n, collateral: undefined, votes: [] },
    { balance: 50n, staked: 50n, collateral: undefined, votes: [0] },
  ],
};

/** What the model knows of an account. */
interface Plain {
  nonce: bigint;
  balance: bigint;
  staked: bigint;
  withdrawals: { due: number; amount: bigint }[];
}

interface Model {
  slot: number;
  readonly accounts: readonly Plain[];
}

/** Time goes on: what is due comes back. */
const passTo = (model: Model, slot: number): void => {
  model.slot = slot;
  for (const account of model.accounts) {
    for (const { due, amount } of account.withdrawals) if (due <= slot) account.balance += amount;
    account.withdrawals = account.withdrawals.filter(({ due }) => due > slot);
  }
};

type Move = 'transfer' | 'stake' | 'unstake';

/** What a move does to the model; the code if it fails. */
const move = (model: Model, kind: Move, { from, to, value }: { from: number; to: number; value: bigint }): string => {
  const [account, receiver] = [model.accounts[from] as Plain, model.accounts[to] as Plain];
  account.nonce += 1n;
  if (value === 0n) return 'amount_is_zero';
  if (kind === 'unstake') {
    if (account.staked < value) return 'stake_too_small';
    if (account.withdrawals.length >= MAX_WITHDRAWALS) return 'too_many_withdrawals';
    account.staked -= value;
    account.withdrawals.push({ due: model.slot + UNSTAKE_SLOTS, amount: value });
    return 'executed';
  }
  if (account.balance < value) return 'balance_too_small';
  account.balance -= value;
  if (kind === 'stake') account.staked += value;
  else receiver.balance += value;
  return 'executed';
};

const expectSame = (model: Model, driver: ChainDriver): void => {
  for (const [index, expected] of model.accounts.entries()) {
    // Person 0 is not in the model.
    const { nonce, balance, staked, withdrawals } = accountAt(driver, driver.person(index + 1).address) ?? noAccount;
    expect({ nonce, balance, staked, withdrawals }).toEqual(expected);
  }
};

class Send implements fc.Command<Model, ChainDriver> {
  readonly #kind: Move;
  readonly #sending: { from: number; to: number; value: bigint };

  constructor(kind: Move, from: number, to: number, value: bigint) {
    this.#kind = kind;
    this.#sending = { from, to, value };
  }

  check(): boolean {
    return true;
  }

  run(model: Model, driver: ChainDriver): void {
    const { from, to, value } = this.#sending;
    passTo(model, model.slot + 1);
    const amount = { of: 'number', by: Number(value) } as const;
    const intent: Intent = {
      kind: this.#kind,
      from: from + 1,
      to: to + 1,
      payer: 0,
      amount,
      pick: 0,
      nonceBy: 0,
      length: 0,
    };
    const step = driver.step(model.slot, [makerOf(intent)]);
    expect(toldOutcomes(step)).toEqual([move(model, this.#kind, this.#sending)]);
    expectSame(model, driver);
  }

  toString(): string {
    const { from, to, value } = this.#sending;
    return `${this.#kind} ${value} from ${from} to ${to}`;
  }
}

class Wait implements fc.Command<Model, ChainDriver> {
  readonly #slots: number;

  constructor(slots: number) {
    this.#slots = slots;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, driver: ChainDriver): void {
    passTo(model, model.slot + this.#slots);
    driver.step(model.slot);
    expectSame(model, driver);
  }

  toString(): string {
    return `wait ${this.#slots}`;
  }
}

const who = fc.nat(2);
const value = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0n) },
  { weight: 8, arbitrary: fc.bigInt(1n, 40n) },
  { weight: 1, arbitrary: fc.constant(100n) },
);

const commands = fc.commands(
  [
    ...(['transfer', 'stake', 'unstake', 'unstake'] as const).map((kind) =>
      fc.tuple(who, who, value).map(([from, to, amount]) => new Send(kind, from, to, amount)),
    ),
    fc.integer({ min: 1, max: UNSTAKE_SLOTS + 1 }).map((slots) => new Wait(slots)),
  ],
  { maxCommands: 20, size: 'max' },
);

describe('accounts', () => {
  it('hold after any commands what a model of four numbers says', () => {
    const run = fc.property(commands, (list) => {
      const setup = () => ({
        model: {
          slot: 0,
          accounts: setting.holdings
            .slice(1)
            .map(({ balance, staked }) => ({ nonce: 0n, balance, staked, withdrawals: [] })),
        },
        real: new ChainDriver(setting),
      });
      fc.modelRun(setup, list);
    });
    fc.assert(run, { numRuns: RUNS });
  });
});
