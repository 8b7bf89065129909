/**
 * Proof: how large is a proof of one entry, present or absent, and how long does it take to make and to verify?
 *
 * The limit is 1.2 kB, 0.2 ms and 0.1 ms at ten million accounts. Beside it stands the bare hashing of as many pairs as the proof
 * has levels, one by one. `SIZES` are the numbers of accounts; ten million take 3 GiB, because all rows stay in memory.
 */
import { proveEntries } from '../dist/core/proof/prove.js';
import { smallHasher, verifyEntries } from '../dist/core/proof/verify.js';
import { median, timed } from './measure.mjs';
import { atMost, reportOf, text } from './report.mjs';
import { loadRows, syntheticChain } from './synthetic.mjs';

const SIZES = JSON.parse(process.env.SIZES ?? '[100000,1000000]');
const ROUNDS = 15;
const PROOFS = 500;
const report = reportOf(import.meta.url, 'a proof of one entry');

const accepts = (verdict) => verdict._tag === 'Right';

for (const size of SIZES) {
  const { crypto, rows } = await syntheticChain(size);
  const view = loadRows(crypto, rows, Number.MAX_SAFE_INTEGER);
  const someKeys = () => Array.from({ length: PROOFS }, () => rows.keyOf(Math.floor(Math.random() * size)));
  // Nobody has the account after one that is there: its last byte is another.
  const absent = (key) => key.slice(0, -2) + (key.endsWith('00') ? '01' : '00');
  for (const [what, keyOf] of [
    ['present', (key) => key],
    ['absent', absent],
  ]) {
    const [made, checked, small, bytes] = [[], [], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      const keys = someKeys().map(keyOf);
      const make = timed(() => keys.map((key) => proveEntries(crypto, view.proofs, [key])));
      const verify = (hasher) =>
        timed(() => make.result.map((proof, at) => verifyEntries(proof, view.root, [keys[at]], hasher)));
      const [native, pure] = [verify(crypto), verify(smallHasher)];
      if (![...native.result, ...pure.result].every(accepts)) throw new Error('a proof of ours is refused');
      made.push(make.micros / PROOFS);
      checked.push(native.micros / PROOFS);
      small.push(pure.micros / PROOFS);
      bytes.push(Math.max(...make.result.map((proof) => proof.length)));
    }
    const [pair, out] = [new Uint8Array(64), new Uint8Array(32)];
    const depth = Math.ceil(Math.log2(size));
    const bare = timed(() => {
      for (let each = 0; each < PROOFS * depth; each += 1) smallHasher.hashPairs(pair, out);
    });
    const name = `proof of one ${what}, ${text(size)} accounts`;
    const against = `bare hashing of ${depth} pairs in JavaScript`;
    const limit = bare.micros / PROOFS;
    report.row({ what: `${name}: the longest`, figure: Math.max(...bytes), unit: 'bytes', mark: atMost(1_200) });
    report.row({ what: `${name}: made`, figure: median(made), unit: 'us', mark: atMost(200) });
    report.row({ what: `${name}: verified`, figure: median(checked), unit: 'us', mark: atMost(100) });
    const figure = median(small);
    report.row({ what: `${name}: verified in JavaScript`, figure, unit: 'us', against, limit, ratio: figure / limit });
  }
}
