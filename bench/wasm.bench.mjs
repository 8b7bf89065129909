/**
 * Wasm: where no native code loads, how much of a signed transfer is its recovery in WebAssembly?
 *
 * As `transfer`, with the wasm backend; the limit is libauth's bare recovery of the same signatures.
 */
import { instantiateSecp256k1 } from '@bitauth/libauth';
import { wasmCrypto } from '../dist/adapters/crypto/wasm.js';
import { measureEndToEnd } from './end-to-end.mjs';
import { median, onOneCore, ratioOf } from './measure.mjs';
import { atLeast, reportOf, text } from './report.mjs';

onOneCore(import.meta.url);
const ROUNDS = Number(process.env.ROUNDS ?? 9);
const report = reportOf(import.meta.url, 'signed transfers end to end without native code, one core');
const { recoverPublicKeyCompressed } = await instantiateSecp256k1();

for (const [accounts, count] of [
  [1_000, 1_000],
  [10_000, 1_000],
  [10_000, 3_000],
]) {
  const { bare, disk } = await measureEndToEnd({
    accounts,
    count,
    blocksPerRound: 5,
    rounds: ROUNDS,
    warming: 2,
    crypto: await wasmCrypto(),
    recover: (hash, compact, id) => recoverPublicKeyCompressed(compact, id, hash),
  });
  report.row({
    what: `bytes to SQLite, ${text(accounts)} accounts, blocks of ${text(count)}`,
    figure: median(disk.wall),
    unit: 'us a transfer',
    against: 'bare wasm recovery',
    limit: median(bare.wall),
    ratio: ratioOf(bare.wall, disk.wall),
    mark: atLeast(0.85),
    note: `by CPU time ${text(median(disk.cpu))} us, ratio ${text(ratioOf(bare.cpu, disk.cpu))}`,
  });
}
