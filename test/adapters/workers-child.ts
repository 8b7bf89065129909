/**
 * Workers child: a process with a check pool that ends as its argument says: `idle`, `closed`, `busy`, `exit` amid the work, or `endless`.
 *
 * It prints how many verdicts passed, and nothing else keeps it alive but the pool.
 */
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { checkPool } from '../../src/adapters/workers/check-pool.ts';
import { type Address, encodeTransaction, signTransaction } from '../../src/core/index.ts';
import { VERDICT_BYTES } from '../../src/core/verdict.ts';

const crypto = await bestCrypto();
const key = new Uint8Array(32).fill(3);
const to = `02${'11'.repeat(32)}` as Address;
const transactions = Array.from({ length: 300 }, (_, index) =>
  encodeTransaction(
    signTransaction(crypto, { kind: 'transfer', chainId: 1, nonce: BigInt(index), to, value: 1n }, key),
  ),
);
const [ending = ''] = process.argv.slice(2);
const pool = checkPool({ crypto, workers: 2 });

const passed = async (): Promise<string> => {
  const verdicts = (await pool.check(transactions).verdicts) ?? new Uint8Array(0);
  const codes = transactions.map((_, index) => verdicts[index * VERDICT_BYTES]);
  return `${codes.filter((code) => code === 0).length}`;
};

/** `busy`: nobody waits for it, and the process may end only when it is done. */
const report = (text: string) => process.stdout.write(`${text}\n`);
if (ending === 'busy') passed().then(report, report);
else report(await passed());
if (ending === 'closed') await pool.close();
while (ending === 'endless') await pool.check(transactions).verdicts;
if (ending === 'exit') {
  for (let call = 0; call < 50; call += 1) pool.check(transactions);
  process.exitCode = 7;
  await pool.close();
}
