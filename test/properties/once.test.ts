import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { checkTransaction } from '../../src/core/check.ts';
import { encodeTransaction } from '../../src/core/sign.ts';
import { transactionMessage } from '../../src/core/wire/transaction.ts';
import { ChainDriver, type Step } from '../twins/chain-driver.ts';
import {
  accountAt,
  anyIntent,
  anyPlan,
  anySetting,
  evenly,
  type Intent,
  makerOf,
  sendIntent,
  slotOf,
} from '../twins/chain-plans.ts';
import { toldOutcomes } from '../twins/chain-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const roomy = { unitsPerSecond: '1000', unitBytes: '1024', maxBlockUnits: '0' };
const again = { ...evenly, transfer: 3, replay: 8, 'strip payer': 4, 'swap payer': 4 };

/** The ids of what stands in the block. */
const idsOf = ({ transition }: Step): readonly string[] => transition.included.map(({ id }) => id);

describe('a transaction', () => {
  it('stands in a chain once at most, however often it and its twins with other payers are offered', () => {
    const run = fc.property(anyPlan({ people: 4, blocks: 10, intents: 8 }, again, roomy), ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const seen = new Set<string>();
      const nonces = new Map<string, bigint>();
      for (const { jump, intents } of blocks) {
        const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
        for (const id of idsOf(step)) {
          expect(seen.has(id)).toBe(false);
          seen.add(id);
        }
        // Each account's transactions stand in the chain in the order of their nonces, without a gap.
        for (const { sender, transaction } of step.transition.included) {
          expect(transaction.nonce).toBe((nonces.get(sender) ?? 0n) + 1n);
          nonces.set(sender, transaction.nonce);
        }
        for (const { address } of driver.people)
          expect(accountAt(driver, address)?.nonce ?? 0n).toBe(nonces.get(address) ?? 0n);
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });

  const paid = fc.record({ setting: anySetting(4, roomy), intent: anyIntent(evenly, 4), later: fc.boolean() });

  it('without its payer, or with another, has the same id and another content hash, and applies no second time', () => {
    const run = fc.property(paid, ({ setting, intent, later }) => {
      const driver = new ChainDriver(setting);
      const { crypto } = driver.chain;
      const honest: Intent = { ...intent, from: 0, payer: 1, nonceBy: 0, pick: 1, length: 0 };
      const variants: Uint8Array[] = [];
      const first = (sight: Parameters<ReturnType<typeof makerOf>>[0]): Uint8Array => {
        const bytes = sendIntent(honest, sight);
        const decoded = transactionMessage.decode(bytes);
        if (decoded._tag === 'Left') throw new Error('a transaction that was made is malformed');
        const transaction = decoded.right;
        const target = crypto.sha3(transactionTarget(transaction.hash, transaction.sign));
        const payers = [undefined, 2, 3].map((payer) =>
          payer === undefined ? new Uint8Array(0) : crypto.sign(target, driver.person(payer).privateKey),
        );
        variants.push(bytes, ...payers.map((payerSign) => encodeTransaction({ ...transaction, payerSign })));
        return bytes;
      };
      const rest = [0, 1, 2, 3].map((index) => () => variants[index] as Uint8Array);
      const one = driver.step(1, later ? [first] : [first, ...rest]);
      const two = driver.step(2, rest);
      const checked = variants.flatMap((bytes) => {
        const read = checkTransaction(driver.chain, bytes);
        return read._tag === 'Right' ? [read.right] : [];
      });
      expect(checked).toHaveLength(4);
      expect(new Set(checked.map(({ id }) => id)).size).toBe(1);
      expect(new Set(checked.map(({ bytes }) => toHex(bytes))).size).toBe(4);
      expect(checked.map(({ payer }) => payer)).toEqual(
        [1, undefined, 2, 3].map((payer) => (payer === undefined ? undefined : driver.person(payer).address)),
      );
      const [outcome] = toldOutcomes(one);
      const includedFirst = outcome !== 'left out: bandwidth_exceeded';
      const told = [...toldOutcomes(one).slice(1), ...toldOutcomes(two)];
      // Once one of them is in, no other is; before that, one that somebody can pay may be.
      if (includedFirst) expect(told.every((one) => one === 'left out: nonce_too_low')).toBe(true);
      expect(idsOf(one).length + idsOf(two).length).toBeLessThanOrEqual(1);
      expect(accountAt(driver, driver.person(0).address)?.nonce ?? 0n).toBe(
        BigInt(idsOf(one).length + idsOf(two).length),
      );
    });
    fc.assert(run, { numRuns: RUNS });
  });
});

/** 0a 20 hash, 12 41 sign. */
const transactionTarget = (hash: string, sign: Uint8Array): Uint8Array =>
  new Uint8Array([0x0a, 0x20, ...Buffer.from(hash, 'hex'), 0x12, 0x41, ...sign]);
