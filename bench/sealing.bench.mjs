/**
 * Sealing: how near do sealing and opening 64 MiB come to the bare cipher, and what does the id of an object cost beside it?
 *
 * Chunks of 64 KiB by node:crypto throughout, in turns, on one core; opening gives back the content, and the id is that of the bytes. The
 * id is SHA-256 of everything, which takes longer than the cipher where the processor has AES: so it is told apart, and may be left to
 * whoever stores the object.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { nativeAead, nativeSha256, systemRandom } from '../dist/adapters/aead/index.js';
import { nobleCrypto, toHex } from '../dist/core/index.js';
import { openCapsule, openObject, sealCapsule, sealObject, webAead } from '../dist/health/sealing/index.js';
import { median, onOneCore, ratioOf, timedAsync } from './measure.mjs';
import { atLeast, reportOf } from './report.mjs';

// Answers of 64 KiB lie outside the heap. Where the allocator gives them back to the system and fetches them anew, that is measured, at random
// and up to four times the cipher; so it keeps them, for all alike.
Object.assign(process.env, { MALLOC_TRIM_THRESHOLD_: '1000000000', MALLOC_TOP_PAD_: '268435456' });
onOneCore(import.meta.url);

const ROUNDS = Number(process.env.ROUNDS ?? 9);
const MEBIBYTES = Number(process.env.SIZE ?? 64);
const CHUNK = 65_536;
// A quarter of it in memory, four times: what is held outside the heap makes the garbage collector come oftener, to all alike.
const DISTINCT = Array.from({ length: (MEBIBYTES * 2 ** 18) / CHUNK }, () => new Uint8Array(randomBytes(CHUNK)));
const PIECES = [1, 2, 3, 4].flatMap(() => DISTINCT);
const KEY = randomBytes(32);
const AAD = randomBytes(72);

const nonceOf = (index) => {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 7);
  return nonce;
};

/** What nobody can do without: the cipher over each chunk, and its tag. */
const bareSeal = () => {
  let tags = 0;
  for (const [index, piece] of PIECES.entries()) {
    const cipher = createCipheriv('aes-256-gcm', KEY, nonceOf(index));
    cipher.setAAD(AAD);
    cipher.update(piece);
    cipher.final();
    tags += cipher.getAuthTag().length;
  }
  if (tags !== 16 * PIECES.length) throw new Error('wrong answer');
};

const bareHash = () => {
  const hash = createHash('sha256');
  for (const piece of PIECES) hash.update(piece);
  hash.digest();
};

const sealBy = (options) => async () => {
  const object = sealObject(PIECES, { aead: nativeAead, random: systemRandom, padding: 'none', ...options });
  let bytes = 0;
  for await (const piece of object.bytes) bytes += piece.length;
  if (bytes !== 72 + PIECES.length * (CHUNK + 16)) throw new Error('wrong answer');
};

const micros = {};
/** Takes turns. Each runs twice and the second counts, so that the memory it finds is as it left it itself. */
const measure = async (works) => {
  for (const name of Object.keys(works)) micros[name] = [];
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const [name, work] of Object.entries(works)) {
      await work();
      const taken = (await timedAsync(async () => work())).micros;
      if (round >= 0) micros[name].push(taken);
    }
  }
};
await measure({ bareSeal, bareHash, seal: sealBy({ newHash: 'elsewhere' }), named: sealBy({ newHash: nativeSha256 }) });

const kept = sealObject(PIECES, { aead: nativeAead, random: systemRandom, newHash: nativeSha256, padding: 'none' });
const whole = await (async () => {
  const bytes = [];
  for await (const piece of kept.bytes) bytes.push(piece);
  return Buffer.concat(bytes);
})();
if (createHash('sha256').update(whole).digest('hex') !== toHex(kept.objectId())) throw new Error('wrong answer');
// As a file or a socket gives it: pieces that know nothing of chunks.
const keptPieces = Array.from({ length: Math.ceil(whole.length / CHUNK) }, (_, at) =>
  whole.subarray(at * CHUNK, (at + 1) * CHUNK),
);

const sealedByHand = DISTINCT.map((piece, index) => {
  const cipher = createCipheriv('aes-256-gcm', KEY, nonceOf(index));
  cipher.setAAD(AAD);
  return { ciphertext: Buffer.concat([cipher.update(piece), cipher.final()]), tag: cipher.getAuthTag() };
});

const bareOpen = () => {
  for (let index = 0; index < PIECES.length; index += 1) {
    const { ciphertext, tag } = sealedByHand[index % DISTINCT.length];
    const decipher = createDecipheriv('aes-256-gcm', KEY, nonceOf(index % DISTINCT.length));
    decipher.setAAD(AAD);
    decipher.setAuthTag(tag);
    decipher.update(ciphertext);
    decipher.final();
  }
};

const openBy = (options) => async () => {
  let at = 0;
  for await (const piece of openObject(keptPieces, { aead: nativeAead, dek: kept.dek, ...options })) {
    if (Buffer.compare(piece.subarray(0, 64), PIECES[at].subarray(0, 64)) !== 0) throw new Error('wrong answer');
    at += 1;
  }
  if (at !== PIECES.length) throw new Error('wrong answer');
};
const checked = openBy({ objectId: kept.objectId(), newHash: nativeSha256 });
await measure({ bareOpen, open: openBy({}), checked });

const speed = (taken) => (MEBIBYTES * 2 ** 20) / median(taken);
const sum = (a, b) => a.map((taken, round) => taken + b[round]);
const report = reportOf(import.meta.url, `sealing and opening ${MEBIBYTES} MiB in chunks of 64 KiB`);
const row = (what, own, against, bare, mark) =>
  report.row({
    what,
    figure: speed(own),
    unit: 'MB/s',
    against,
    limit: speed(bare),
    ratio: ratioOf(bare, own),
    ...(mark === undefined ? {} : { mark }),
  });
const both = sum(micros.bareSeal, micros.bareHash);
row('sealing, the id computed elsewhere', micros.seal, 'bare AES-256-GCM', micros.bareSeal, atLeast(0.8));
row('sealing with its id', micros.named, 'bare AES-256-GCM and SHA-256', both, atLeast(0.8));
row('sealing with its id', micros.named, 'bare AES-256-GCM alone', micros.bareSeal);
row('the id alone, bare SHA-256', micros.bareHash, 'bare AES-256-GCM alone', micros.bareSeal);
row('opening', micros.open, 'bare AES-256-GCM', micros.bareOpen);
const bothOpen = sum(micros.bareOpen, micros.bareHash);
row('opening with its id', micros.checked, 'bare AES-256-GCM and SHA-256', bothOpen);

const web = [];
for (let round = 0; round < 3; round += 1) {
  web.push((await timedAsync(sealBy({ aead: webAead, newHash: 'elsewhere' }))).wall);
}
report.row({ what: 'sealing by WebCrypto, time that passes', figure: speed(web), unit: 'MB/s' });

const privateKey = systemRandom(32);
const sender = {
  address: toHex(nobleCrypto.publicKey(privateKey)),
  sign: (hash) => nobleCrypto.sign(hash, privateKey),
};
const target = { recipientKey: nobleCrypto.publicKey(privateKey), objectId: kept.objectId(), chainId: 1 };
const [sealing, opening] = [[], []];
for (let round = 0; round < 30; round += 1) {
  const terms = { dek: kept.dek, scope: 'full', sender };
  const made = await timedAsync(() => sealCapsule(terms, target, { crypto: nobleCrypto, random: systemRandom }));
  const options = { crypto: nobleCrypto, privateKey, chainId: 1, nowSeconds: 1 };
  const opened = await timedAsync(() => openCapsule(made.result.right, options));
  if (toHex(opened.result.right.dek) !== toHex(kept.dek)) throw new Error('wrong answer');
  sealing.push(made.micros / 1000);
  opening.push(opened.micros / 1000);
}
report.row({ what: 'sealing a capsule, by the reference crypto', figure: median(sealing), unit: 'ms' });
report.row({ what: 'opening a capsule, by the reference crypto', figure: median(opening), unit: 'ms' });
