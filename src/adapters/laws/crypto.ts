/**
 * The laws of crypto: what every backend must keep, so that no two nodes ever differ on a signature or a hash.
 *
 * Published answers first, then properties, then agreement with the reference where nothing is published.
 * Source: protocol section 3.
 */
import { bytesOf, concatBytes, sameBytes, toHex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { nobleCrypto } from '../../core/crypto-noble.ts';
import { chanceFrom } from './chance.ts';
import { BASE_X, HASHES, ONE, ORDER, ORDER_LESS_1, PUBLIC_KEYS, SIGNATURES } from './crypto-answers.ts';
import { demand, type Law, throws } from './law.ts';
import { signatureMutations } from './signature-mutations.ts';

/** Enough for each kind of mutation to come ten times, in about half a second of the reference. */
const MUTATIONS = 270;
const SEED = 20_181_114;

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const hexOf = (bytes: Uint8Array | undefined): string => (bytes === undefined ? 'undefined' : toHex(bytes));

const demandHex = (actual: Uint8Array | undefined, expected: string, what: string): void =>
  demand(hexOf(actual) === expected, `${what} should be ${expected} but is ${hexOf(actual)}`);

const law = (name: string, keeps: (crypto: Crypto) => void): Law<Crypto> => ({
  name,
  check: async (make) => keeps(await make()),
});

interface Example {
  readonly hash: Uint8Array;
  readonly privateKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** A signed hash, made by the reference. */
const example = (seed: number): Example => {
  const chance = chanceFrom(seed);
  const hash = chance.bytes(32);
  const privateKey = chance.bytes(32).with(0, 1);
  return { hash, privateKey, signature: nobleCrypto.sign(hash, privateKey) };
};

const published: readonly Law<Crypto>[] = [
  law('the hashes give the answers of the standards', (crypto) => {
    for (const { text, sha256, sha3 } of HASHES) {
      demandHex(crypto.sha256(ascii(text)), sha256, `the SHA-256 of '${text}'`);
      demandHex(crypto.sha3(ascii(text)), sha3, `the SHA3-256 of '${text}'`);
    }
  }),
  law('a private key has the published public key', (crypto) => {
    for (const { privateKey, publicKey } of PUBLIC_KEYS) {
      demandHex(crypto.publicKey(bytesOf(privateKey)), publicKey, `the public key of ${privateKey}`);
    }
  }),
  law('signatures are the published ones of RFC 6979, with low s', (crypto) => {
    for (const { privateKey, message, rs } of SIGNATURES) {
      const signature = crypto.sign(crypto.sha256(ascii(message)), bytesOf(privateKey));
      demand(signature.length === 65, `a signature has 65 bytes, not ${signature.length}`);
      demandHex(signature.subarray(0, 64), rs, `r and s of '${message}'`);
    }
  }),
];

/** Each 64-byte block of `pairs` hashed alone by `sha256` of the reference. */
const parentsOf = (pairs: Uint8Array): Uint8Array =>
  concatBytes(
    ...Array.from({ length: pairs.length >> 6 }, (_, index) =>
      nobleCrypto.sha256(pairs.subarray(64 * index, 64 * index + 64)),
    ),
  );

const hashing: readonly Law<Crypto>[] = [
  law('the hashes agree with the reference at every length up to 300 bytes', (crypto) => {
    const data = chanceFrom(SEED).bytes(300);
    for (let length = 0; length <= data.length; length += 1) {
      const start = data.subarray(0, length);
      demandHex(crypto.sha256(start), hexOf(nobleCrypto.sha256(start)), `the SHA-256 of ${length} bytes`);
      demandHex(crypto.sha3(start), hexOf(nobleCrypto.sha3(start)), `the SHA3-256 of ${length} bytes`);
    }
  }),
  law('a hash that may be written to a place is written there, or returned, and nothing else is touched', (crypto) => {
    const data = chanceFrom(SEED).bytes(100);
    for (const hash of ['sha256', 'sha3'] as const) {
      const out = new Uint8Array(50).fill(1);
      const got = crypto[hash](data, out, 7);
      const isWritten = got === out;
      demandHex(isWritten ? out.slice(7, 39) : got, hexOf(nobleCrypto[hash](data)), `the ${hash} into a place`);
      const around = isWritten ? concatBytes(out.slice(0, 7), out.slice(39)) : out;
      demand(
        around.every((byte) => byte === 1),
        `${hash} writes beside its place`,
      );
    }
  }),
  law('a key that may be written to a place is written there, or returned, and nothing else is touched', (crypto) => {
    const chance = chanceFrom(SEED);
    const [hash, privateKey] = [chance.bytes(32), chance.bytes(32).with(0, 1)];
    const signature = nobleCrypto.sign(hash, privateKey);
    const out = new Uint8Array(50).fill(1);
    const got = crypto.recover(hash, signature, out, 7);
    const isWritten = got === out;
    demandHex(isWritten ? out.slice(7, 40) : got, hexOf(nobleCrypto.publicKey(privateKey)), 'the signer into a place');
    const around = isWritten ? concatBytes(out.slice(0, 7), out.slice(40)) : out;
    const before = out.slice();
    demandHex(crypto.recover(hash, signature.with(64, 2), out, 7), 'undefined', 'nobody, into a place');
    demand(
      around.every((byte) => byte === 1) && sameBytes(out, before),
      'recover writes beside its place, or without a key',
    );
  }),
  law('hashPairs is SHA-256 of each block of 64 bytes, wherever the blocks lie, and writes nowhere else', (crypto) => {
    const chance = chanceFrom(SEED);
    for (const count of [0, 1, 2, 3, 7, 16, 65]) {
      // Odd offsets: neither the blocks nor their hashes are aligned to words.
      const pairs = chance.bytes(64 * count + 3).subarray(3);
      const around = chance.bytes(32 * count + 10);
      const expected = concatBytes(around.slice(0, 5), parentsOf(pairs), around.slice(-5));
      crypto.hashPairs(pairs, around.subarray(5, around.length - 5));
      demand(sameBytes(around, expected), `hashPairs of ${count} blocks is not the SHA-256 of each block in its place`);
    }
  }),
];

const signing: readonly Law<Crypto>[] = [
  law('recover finds the public key of the private key that signed', (crypto) => {
    const chance = chanceFrom(SEED);
    for (let round = 0; round < 32; round += 1) {
      const hash = chance.bytes(32);
      const privateKey = chance.bytes(32).with(0, 1);
      const signer = crypto.recover(hash, crypto.sign(hash, privateKey));
      demandHex(signer, hexOf(crypto.publicKey(privateKey)), `the signer of ${hexOf(hash)}`);
    }
  }),
  law('signatures are byte for byte those of the reference, also of hashes at and above n', (crypto) => {
    const chance = chanceFrom(SEED);
    const hashes = ['00'.repeat(32), ONE, ORDER_LESS_1, ORDER, `${ORDER.slice(0, -1)}2`, 'ff'.repeat(32)].map(bytesOf);
    for (const hash of [...hashes, ...Array.from({ length: 16 }, () => chance.bytes(32))]) {
      const privateKey = chance.bytes(32).with(0, 1);
      const expected = hexOf(nobleCrypto.sign(hash, privateKey));
      demandHex(crypto.sign(hash, privateKey), expected, `the signature of ${hexOf(hash)}`);
    }
  }),
  law('a bad private key, or a hash that is not 32 bytes, throws when it is to sign', (crypto) => {
    const good = new Uint8Array(32).fill(1);
    const bad = [new Uint8Array(32), bytesOf(ORDER), new Uint8Array(32).fill(255), new Uint8Array(31).fill(1)];
    for (const key of [...bad, new Uint8Array(33).fill(1), new Uint8Array(0)]) {
      demand(
        throws(() => crypto.sign(good, key)),
        `sign accepts a private key that is none (${key.length} bytes)`,
      );
      demand(
        throws(() => crypto.publicKey(key)),
        `publicKey accepts a private key that is none (${key.length} bytes)`,
      );
    }
    for (const length of [0, 31, 33, 64]) {
      demand(
        throws(() => crypto.sign(new Uint8Array(length), good)),
        `sign accepts a hash of ${length} bytes`,
      );
    }
  }),
];

const recovering: readonly Law<Crypto>[] = [
  law('recover refuses every malformed form, and the high twin', (crypto) => {
    const { hash, signature } = example(SEED);
    const [r, s] = [hexOf(signature.subarray(0, 32)), hexOf(signature.subarray(32, 64))];
    const id = hexOf(signature.subarray(64));
    const high = (BigInt(`0x${ORDER}`) - BigInt(`0x${s}`)).toString(16).padStart(64, '0');
    const zero = '00'.repeat(32);
    // x = 5 is the least x of no point; with r = Gx, id 0 and s = e the key is s R - e G, infinity.
    const forms: readonly (readonly [string, string])[] = [
      ['64 bytes', `${r}${s}`],
      ['66 bytes', `${r}${s}${id}00`],
      ['no bytes', ''],
      ['the id first', `${id}${r}${s}`],
      ['id 2', `${r}${s}02`],
      ['id 27', `${r}${s}1b`],
      ['id 255', `${r}${s}ff`],
      ['r = 0', `${zero}${s}${id}`],
      ['r = n', `${ORDER}${s}${id}`],
      ['s = 0', `${r}${zero}${id}`],
      ['s = n', `${r}${ORDER}${id}`],
      ['s = n - 1', `${r}${ORDER_LESS_1}${id}`],
      ['the high twin', `${r}${high}${id === '00' ? '01' : '00'}`],
      ['r = 5, no x-coordinate', `${'05'.padStart(64, '0')}${s}${id}`],
    ];
    for (const [form, hex] of forms)
      demandHex(crypto.recover(hash, bytesOf(hex)), 'undefined', `the signer of ${form}`);
    demandHex(crypto.recover(bytesOf(ONE), bytesOf(`${BASE_X}${ONE}00`)), 'undefined', 'the signer at infinity');
    for (const length of [0, 31, 33]) {
      const other = concatBytes(hash, hash).slice(0, length);
      demandHex(crypto.recover(other, signature), 'undefined', `the signer of a hash of ${length} bytes`);
    }
  }),
  law('recover answers rubbish of any length with undefined', (crypto) => {
    const chance = chanceFrom(SEED);
    for (let length = 0; length <= 200; length += 1) {
      if (length === 65) continue;
      const [hash, signature] = [chance.bytes(chance.below(64)), chance.bytes(length)];
      demand(!throws(() => crypto.recover(hash, signature)), `recover throws on ${length} bytes of rubbish`);
      demandHex(crypto.recover(hash, signature), 'undefined', `the signer of ${length} bytes of rubbish`);
    }
  }),
  law('recover agrees with the reference on mutated signatures', (crypto) => {
    for (const { kind, hash, signature } of signatureMutations(SEED, MUTATIONS)) {
      const what = `the signer (${kind}) of hash ${hexOf(hash)} and signature ${hexOf(signature)}`;
      demandHex(crypto.recover(hash, signature), hexOf(nobleCrypto.recover(hash, signature)), what);
    }
  }),
];

/** Every operation once on these inputs; the answers in a fixed order. */
const answersOf = (crypto: Crypto, { hash, privateKey, signature }: Example): Uint8Array[] => {
  const parents = new Uint8Array(32);
  crypto.hashPairs(signature.subarray(0, 64), parents);
  const signer = crypto.recover(hash, signature) ?? new Uint8Array(0);
  return [
    crypto.sha256(hash),
    crypto.sha3(hash),
    signer,
    crypto.sign(hash, privateKey),
    crypto.publicKey(privateKey),
    parents,
  ];
};

const copyTo = <B extends ArrayBufferLike>(bytes: Uint8Array, buffer: B): Uint8Array => {
  const view = new Uint8Array(buffer, 7, bytes.length);
  view.set(bytes);
  return view;
};

const memory: readonly Law<Crypto>[] = [
  law('no input is modified', (crypto) => {
    const given = example(SEED);
    answersOf(crypto, given);
    for (const [name, bytes] of Object.entries(example(SEED))) {
      demandHex(given[name as keyof Example], hexOf(bytes), `the given ${name}, after the calls,`);
    }
  }),
  law('every answer is a plain Uint8Array with memory of its own, and later calls leave it alone', (crypto) => {
    const answers = answersOf(crypto, example(SEED));
    const before = answers.map(hexOf);
    const buffers = new Set(answers.map((answer) => answer.buffer));
    for (const answer of answers) {
      demand(Object.getPrototypeOf(answer) === Uint8Array.prototype, 'an answer is a subclass of Uint8Array');
      demand(answer.buffer.byteLength === answer.length, 'an answer is a view into a larger buffer');
    }
    demand(buffers.size === answers.length, 'two answers share one buffer');
    answersOf(crypto, example(SEED + 1));
    const again = answersOf(crypto, example(SEED));
    for (const answer of again) answer.fill(0);
    answers.forEach((answer, index) => {
      demandHex(answer, before[index] as string, 'an answer, after later calls,');
    });
  }),
  law('inputs may be views at any offset, also of shared memory', (crypto) => {
    const given = example(SEED);
    const expected = answersOf(crypto, given).map(hexOf);
    const makers = [(length: number) => new ArrayBuffer(length)];
    const shared = typeof SharedArrayBuffer === 'undefined' ? [] : [(length: number) => new SharedArrayBuffer(length)];
    for (const makeBuffer of [...makers, ...shared]) {
      const view = (bytes: Uint8Array): Uint8Array => copyTo(bytes, makeBuffer(bytes.length + 20));
      const viewed = { hash: view(given.hash), privateKey: view(given.privateKey), signature: view(given.signature) };
      answersOf(crypto, viewed).forEach((answer, index) => {
        demandHex(answer, expected[index] as string, 'an answer on views into a larger buffer');
      });
    }
  }),
];

/** All laws of the crypto role. Each makes one backend and needs less than a second of the reference. */
export const cryptoLaws: readonly Law<Crypto>[] = [...published, ...hashing, ...signing, ...recovering, ...memory];
