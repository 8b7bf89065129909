/**
 * Laws of the aead role: every cipher behind the door seals to the same bytes, and opens nothing that was touched.
 *
 * Source: NIST SP 800-38D; McGrew and Viega, The Galois/Counter Mode of Operation, 2005, test cases 13, 14 and 16.
 */
import { bytesOf, concatBytes, sameBytes, toHex } from '../../core/bytes.ts';
import type { Aead, AeadKey } from '../aead/aead.ts';
import { chanceFrom } from './chance.ts';
import { demand, type Law } from './law.ts';

const SEED = 20;
const TAG_BYTES = 16;
/** Around the block of the cipher, and the chunk of an object. */
const LENGTHS: readonly number[] = [0, 1, 15, 16, 17, 255, 65_535, 65_536, 65_537];

interface Published {
  readonly key: string;
  readonly nonce: string;
  readonly aad: string;
  readonly plaintext: string;
  readonly sealed: string;
}

const ZERO_KEY = '00'.repeat(32);
const ZERO_NONCE = '00'.repeat(12);
const published: readonly Published[] = [
  { key: ZERO_KEY, nonce: ZERO_NONCE, aad: '', plaintext: '', sealed: '530f8afbc74536b9a963b4f1c4cb738b' },
  {
    key: ZERO_KEY,
    nonce: ZERO_NONCE,
    aad: '',
    plaintext: '00'.repeat(16),
    sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  },
  {
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext:
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    sealed:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
      '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  },
];

const rejects = async (action: () => unknown): Promise<boolean> => {
  try {
    await action();
    return false;
  } catch {
    return true;
  }
};

interface Example {
  readonly key: AeadKey;
  readonly keyBytes: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly plaintext: Uint8Array;
}

const exampleOf = async (aead: Aead, length: number, seed = SEED): Promise<Example> => {
  const chance = chanceFrom(seed);
  const keyBytes = chance.bytes(32);
  const key = await aead.withKey(keyBytes);
  return { key, keyBytes, nonce: chance.bytes(12), aad: chance.bytes(72), plaintext: chance.bytes(length) };
};

const sealBy = async (key: AeadKey, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array> => {
  const { ciphertext, tag } = await key.seal(nonce, aad, plaintext);
  demand(ciphertext.length === plaintext.length && tag.length === TAG_BYTES, 'ciphertext or tag has a wrong length');
  return concatBytes(ciphertext, tag);
};

const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));

const law = (name: string, keeps: (aead: Aead) => Promise<void>): Law<Aead> => ({
  name,
  check: async (make) => keeps(await make()),
});

/** All laws of the aead role. */
export const aeadLaws: readonly Law<Aead>[] = [
  law('the published examples of AES-256-GCM come out, and open', async (aead) => {
    for (const { key, nonce, aad, plaintext, sealed } of published) {
      const cipher = await aead.withKey(bytesOf(key));
      const made = await sealBy(cipher, bytesOf(nonce), bytesOf(aad), bytesOf(plaintext));
      demand(toHex(made) === sealed, `the example is ${toHex(made)} instead of ${sealed}`);
      const opened = await cipher.open(bytesOf(nonce), bytesOf(aad), bytesOf(sealed));
      demand(opened !== undefined && toHex(opened) === plaintext, 'the example does not open');
    }
  }),
  law('what was sealed opens again, at every length', async (aead) => {
    for (const length of LENGTHS) {
      const { key, nonce, aad, plaintext } = await exampleOf(aead, length);
      const sealed = await sealBy(key, nonce, aad, plaintext);
      const opened = await key.open(nonce, aad, sealed);
      demand(opened !== undefined && sameBytes(opened, plaintext), `${length} bytes do not open again`);
    }
  }),
  law('no bit of key, nonce, aad, ciphertext or tag may be another', async (aead) => {
    const { key, keyBytes, nonce, aad, plaintext } = await exampleOf(aead, 33);
    const sealed = await sealBy(key, nonce, aad, plaintext);
    const demandShut = async (what: string, opened: ReturnType<AeadKey['open']>): Promise<void> =>
      demand((await opened) === undefined, `it opens with another ${what}`);
    for (let bit = 0; bit < 8 * sealed.length; bit += 1) {
      await demandShut(`bit ${bit}`, key.open(nonce, aad, flipped(sealed, bit)));
    }
    for (let bit = 0; bit < 96; bit += 1) await demandShut('nonce', key.open(flipped(nonce, bit), aad, sealed));
    for (let bit = 0; bit < 8 * aad.length; bit += 7) {
      await demandShut('aad', key.open(nonce, flipped(aad, bit), sealed));
    }
    for (let bit = 0; bit < 256; bit += 5) {
      await demandShut('key', (await aead.withKey(flipped(keyBytes, bit))).open(nonce, aad, sealed));
    }
    await demandShut('aad', key.open(nonce, new Uint8Array(0), sealed));
  }),
  law('bytes that are too short, too long or moved do not open, and do not throw', async (aead) => {
    const { key, nonce, aad, plaintext } = await exampleOf(aead, 40);
    const sealed = await sealBy(key, nonce, aad, plaintext);
    for (let length = 0; length < sealed.length; length += 1) {
      const shorter = [sealed.slice(0, length), sealed.slice(sealed.length - length)];
      for (const part of shorter) {
        demand((await key.open(nonce, aad, part)) === undefined, `${length} of ${sealed.length} bytes open`);
      }
    }
    const longer = concatBytes(sealed, Uint8Array.of(0));
    demand((await key.open(nonce, aad, longer)) === undefined, 'it opens with a byte more');
  }),
  law('a key or a nonce of another length throws', async (aead) => {
    const { key, aad, plaintext } = await exampleOf(aead, 5);
    for (const length of [0, 16, 24, 31, 33]) {
      demand(await rejects(() => aead.withKey(new Uint8Array(length))), `a key of ${length} bytes is taken`);
    }
    for (const length of [0, 11, 13, 16]) {
      const nonce = new Uint8Array(length);
      demand(await rejects(() => key.seal(nonce, aad, plaintext)), `a nonce of ${length} bytes seals`);
      demand(await rejects(() => key.open(nonce, aad, new Uint8Array(16))), `a nonce of ${length} bytes opens`);
    }
  }),
  law('answers have memory of their own, inputs are left alone, and the key is copied', async (aead) => {
    const { key, keyBytes, nonce, aad, plaintext } = await exampleOf(aead, 100);
    const around = concatBytes(Uint8Array.of(1, 2, 3), plaintext, Uint8Array.of(4)); // a window at an odd place
    const first = await key.seal(nonce, aad, around.subarray(3, 103));
    const sealed = concatBytes(first.ciphertext, first.tag);
    keyBytes.fill(0);
    around.fill(0);
    const again = await key.seal(nonce, aad, plaintext);
    const isSame = sameBytes(sealed, concatBytes(again.ciphertext, again.tag));
    demand(isSame, 'a window, or a key that its owner wiped, changes the answer');
    demand(sameBytes(sealed, concatBytes(first.ciphertext, first.tag)), 'a later call changes an earlier answer');
    const opened = await key.open(nonce, aad, sealed);
    demand(opened !== undefined && opened.buffer !== sealed.buffer, 'memory is shared');
    for (const answer of [first.ciphertext, first.tag, opened]) {
      demand(Object.getPrototypeOf(answer) === Uint8Array.prototype, 'an answer is a subclass of Uint8Array');
    }
    const expected = await exampleOf(aead, 100);
    demand(
      sameBytes(plaintext, expected.plaintext) && sameBytes(nonce, expected.nonce) && sameBytes(aad, expected.aad),
      'an input was changed',
    );
  }),
];
