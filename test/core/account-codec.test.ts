import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAccount, writeAccount } from '../../src/core/state/account-codec.ts';
import { DeltaWriter } from '../../src/core/state/delta.ts';
import { type Account, accountMessage, noAccount } from '../../src/core/state/records.ts';
import type { Units } from '../../src/core/units.ts';
import { accounts, whole } from './wire-samples.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 500);

/** Accounts of numbers alone, as nearly all are; many of the numbers stand beside a power of two. */
const plain: fc.Arbitrary<Account> = fc.record({
  nonce: whole(64),
  balance: whole(128),
  staked: whole(128),
  used: whole(53).map((value) => Number(value) as Units),
  withdrawals: fc.constant([]),
  votes: fc.constant([]),
  candidacy: fc.constant(undefined),
  alias: fc.constant(undefined),
});

const encodeAccount = (account: Account): Uint8Array => {
  const writer = new DeltaWriter();
  writeAccount(account, writer);
  return writer.bytes.slice(0, writer.length);
};

/** The account that is read where its bytes lie behind others and before more. */
const readBetween = (bytes: Uint8Array, before: number): Account => {
  const memory = new Uint8Array(before + bytes.length + 16).fill(0xff);
  memory.set(bytes, before);
  return decodeAccount(memory, new DataView(memory.buffer), before, before + bytes.length);
};

describe('the codec of accounts', () => {
  it('writes what the general codec writes, and reads it wherever it lies', () => {
    fc.assert(
      fc.property(fc.oneof(plain, accounts), fc.nat(9), (account, before) => {
        const bytes = encodeAccount(account);
        expect(bytes).toEqual(accountMessage.encode(account));
        expect(readBetween(bytes, before)).toEqual(account);
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps the greatest and the least of each number', () => {
    const greatest = 2n ** 128n - 1n;
    for (const nonce of [0n, 1n, 2n ** 28n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      for (const balance of [0n, 1n, 2n ** 32n, 2n ** 64n - 1n, 2n ** 64n, greatest]) {
        const used = Number.MAX_SAFE_INTEGER as Units;
        const account = { ...noAccount, nonce, balance, staked: greatest - balance, used };
        const bytes = encodeAccount(account);
        expect(bytes).toEqual(accountMessage.encode(account));
        expect(readBetween(bytes, 3)).toEqual(account);
      }
    }
  });
});
