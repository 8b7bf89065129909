/**
 * The laws of checkers: whoever finds verdicts, and on which thread, they are those of the bytes.
 *
 * Source: docs/decisions/0022-verdicts.md.
 */
import { concatBytes, toHex } from '../../core/bytes.ts';
import { nobleCrypto } from '../../core/crypto-noble.ts';
import { encodeTransaction, signTransaction } from '../../core/sign.ts';
import type { Address } from '../../core/units.ts';
import { sealOf, VERDICT_BYTES, verdictOf, writeVerdict } from '../../core/verdict.ts';
import type { Checker } from '../workers/checker.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { demand, type Law } from './law.ts';

const SEED = 22;

/** A signed transfer, now and then with a payer. */
const signedBy = (chance: Chance, messageBytes: number): Uint8Array => {
  const [key, payerKey] = [chance.bytes(32).with(0, 1), chance.bytes(32).with(0, 1)];
  const to = toHex(nobleCrypto.publicKey(key)) as Address;
  const fields = { kind: 'transfer', chainId: 1, nonce: BigInt(chance.below(1_000)), to, value: 5n };
  const payload = chance.bytes(messageBytes);
  const payer = chance.below(3) === 0 ? payerKey : undefined;
  return encodeTransaction(signTransaction(nobleCrypto, { ...fields, payload }, key, payer));
};

/** One of its bytes is another: mostly another sender, a wrong id, or no transaction. */
const spoilt = (chance: Chance, bytes: Uint8Array): Uint8Array => {
  const at = chance.below(bytes.length);
  return bytes.with(at, (bytes[at] as number) ^ (1 << chance.below(8)));
};

/** A block's signature, as a question. */
const sealBy = (chance: Chance): Uint8Array => {
  const id = chance.bytes(32);
  return sealOf(id, nobleCrypto.sign(id, chance.bytes(32).with(0, 1))) ?? id;
};

/** Good transactions and seals, spoilt ones, and bytes that are none; made by the reference, which takes some milliseconds each. */
const samples = (chance: Chance): readonly Uint8Array[] => {
  const good = Array.from({ length: 12 }, (_, index) => (index % 4 === 3 ? sealBy(chance) : signedBy(chance, index)));
  const spoiled = Array.from({ length: 24 }, (_, index) => spoilt(chance, good[index % good.length] as Uint8Array));
  return [...good, ...spoiled, new Uint8Array(0), chance.bytes(1), chance.bytes(300)];
};

/** What must be said of each, found by the reference once. */
class Answers {
  readonly #known = new Map<string, Uint8Array>();

  of(bytes: Uint8Array): Uint8Array {
    const name = toHex(bytes);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const verdict = new Uint8Array(VERDICT_BYTES);
    writeVerdict(verdict, 0, verdictOf(nobleCrypto, bytes));
    this.#known.set(name, verdict);
    return verdict;
  }
}

const demandRight = (answers: Answers, transactions: readonly Uint8Array[], found: Uint8Array | undefined): void => {
  demand(found !== undefined, 'transactions that nobody dropped were not answered');
  const length = transactions.length * VERDICT_BYTES;
  demand(found.length === length, `${transactions.length} verdicts are ${length} bytes, not ${found.length}`);
  for (const [index, bytes] of transactions.entries()) {
    const verdict = toHex(found.subarray(index * VERDICT_BYTES, (index + 1) * VERDICT_BYTES));
    const right = toHex(answers.of(bytes));
    demand(
      verdict === right,
      `the verdict on transaction ${index} of ${transactions.length} is ${verdict}, not ${right}`,
    );
  }
};

type Keeps = (checker: Checker, world: { readonly chance: Chance; readonly answers: Answers }) => Promise<void>;

const law = (name: string, keeps: Keeps): Law<Checker> => ({
  name,
  check: async (make) => {
    const checker = await make();
    try {
      await keeps(checker, { chance: chanceFrom(SEED), answers: new Answers() });
    } finally {
      await checker.close();
    }
  },
});

const answering: readonly Law<Checker>[] = [
  law('every verdict is that of the bytes, in the order of the transactions', async (checker, { chance, answers }) => {
    const some = samples(chance);
    for (const count of [0, 1, 2, 7, 8, 9, 63, 64, 65, 400]) {
      const transactions = Array.from({ length: count }, () => chance.oneOf(some));
      demandRight(answers, transactions, await checker.check(transactions).verdicts);
    }
  }),
  law('calls that overlap are answered each with its own', async (checker, { chance, answers }) => {
    const some = samples(chance);
    const calls = Array.from({ length: 30 }, () => {
      const transactions = Array.from({ length: chance.below(150) }, () => chance.oneOf(some));
      return { transactions, checking: checker.check(transactions) };
    });
    for (const { transactions, checking } of calls.reverse())
      demandRight(answers, transactions, await checking.verdicts);
  }),
  law('more than it holds at once comes through, and then it has room again', async (checker, { chance, answers }) => {
    // Bytes that are no transaction cost little.
    const some = Array.from({ length: 8 }, () => chance.bytes(1_000));
    const transactions = Array.from({ length: 20_000 }, () => chance.oneOf(some));
    demandRight(answers, transactions, await checker.check(transactions).verdicts);
    demand(checker.hasRoom, 'nothing is under way, and there is no room');
  }),
  law('transactions of any length are answered, among short ones too', async (checker, { chance, answers }) => {
    const short = samples(chance);
    const long = [30_000, 32_000, 33_000, 100_000].map((length) => signedBy(chance, length));
    const transactions = [...long, ...short, ...long, ...short.slice(0, 5)];
    demandRight(answers, transactions, await checker.check(transactions).verdicts);
  }),
  law(
    'bytes within a larger memory are read where they lie, and none are changed',
    async (checker, { chance, answers }) => {
      const some = samples(chance);
      const memory = concatBytes(...some);
      const before = toHex(memory);
      const starts = [0];
      for (const [index, { length }] of some.entries()) starts.push((starts[index] as number) + length);
      const transactions = some.map((_, index) => memory.subarray(starts[index], starts[index + 1]));
      demandRight(answers, transactions, await checker.check(transactions).verdicts);
      demand(toHex(memory) === before, 'the bytes of the transactions were changed');
    },
  ),
];

const ending: readonly Law<Checker>[] = [
  law('what is dropped settles, and takes nothing from the others', async (checker, { chance, answers }) => {
    const some = samples(chance);
    const list = (count: number) => Array.from({ length: count }, () => chance.oneOf(some));
    const kept = [list(100), list(70), list(1)];
    const calls = kept.map((transactions) => {
      const dropped = checker.check(list(200));
      const checking = checker.check(transactions);
      dropped.drop();
      dropped.drop();
      return { transactions, checking, dropped };
    });
    for (const { transactions, checking, dropped } of calls) {
      demandRight(answers, transactions, await checking.verdicts);
      await dropped.verdicts;
      checking.drop();
    }
  }),
  law('closing settles all that is under way, and afterwards nothing is looked at', async (checker, { chance }) => {
    const some = samples(chance);
    const open = Array.from({ length: 20 }, () => checker.check(Array.from({ length: 100 }, () => chance.oneOf(some))));
    await Promise.all([checker.close(), checker.close()]);
    await Promise.all(open.map(({ verdicts }) => verdicts));
    const late = await checker.check(some).verdicts;
    demand(late === undefined, 'a checker that is closed answered with verdicts');
    demand(checker.workers === 0, `${checker.workers} workers are left after the end`);
    await checker.close();
  }),
  law('closing at once, before any work, is well', async (checker) => {
    await checker.close();
  }),
];

/** All laws of the checker role. They take some seconds with the reference. */
export const checkerLaws: readonly Law<Checker>[] = [...answering, ...ending];
