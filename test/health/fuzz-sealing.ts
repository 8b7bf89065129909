/**
 * Fuzz of what leads to objects and what is in them: capsules, self capsules, archives, keys, and data of the first network.
 *
 * Nothing opens but what was sealed, to the last byte, and nothing with another key; what is read has the bytes it was read from.
 */
import { isDeepStrictEqual } from 'node:util';
import { nativeAead } from '../../src/adapters/aead/index.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { encodeContent, readContent } from '../../src/health/sealing/capsule-form.ts';
import {
  archiveOf,
  archivePart,
  backupKey,
  backupVersionOf,
  type CapsuleTarget,
  type CapsuleTerms,
  legacy,
  openCapsule,
  openSelfCapsule,
  readArchive,
  readPrivateKey,
  readPublicKey,
  sealCapsule,
  sealSelfCapsule,
  uncompressKey,
} from '../../src/health/sealing/index.ts';
import type { FuzzTarget } from './fuzz-run.ts';
import { crypto, rightOf } from './records.ts';
import { bytesOfSeed, isSame, personOf, randomOf } from './sealing/doors.ts';

const archive: FuzzTarget = {
  name: 'archive',
  seeds: [
    {},
    { [archivePart.document]: bytesOfSeed(1, 200), [archivePart.documentSeed]: bytesOfSeed(2, 32) },
    { a: new Uint8Array(0), 'a-2': bytesOfSeed(3, 1), b: new Uint8Array(300), ['z'.repeat(64)]: bytesOfSeed(4, 5) },
    Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`part-${100 + at}`, bytesOfSeed(at, at % 3)])),
  ].map((parts) => concatBytes(...archiveOf(parts))),
  dictionary: [
    ...['MBA1', 'MBA1\0\0', '\0\x01', '\0\x40', '\0\x41', '\x01a', '\x00', '\x41', '\x05É', '\x01A'],
    ...['\0\0\0\0\0\0', '\0\0\0\0\0\x01', '\x01\0\0\0\0\0', '\x01\0\0\0\0\x01', '\xff\xff\xff\xff\xff\xff'],
  ],
  answers: ['read', 'archive_malformed', 'archive_too_large'],
  run: (bytes) => {
    const read = readArchive(bytes);
    if (read._tag === 'Left') return read.left.code;
    const again = concatBytes(...archiveOf(Object.fromEntries(read.right)));
    if (!isSame(again, bytes)) throw new Error('read from bytes that are not its own');
    return 'read';
  },
};

const sender = personOf(1);
const [recipient, stranger] = [personOf(2), personOf(3)];
const objectId = bytesOfSeed(4, 32);
const reading = { crypto, privateKey: recipient.privateKey, chainId: 1, nowSeconds: 1_000, objectId };

const capsuleOf = async (
  terms: Omit<CapsuleTerms, 'dek' | 'scope' | 'sender'>,
  target: Partial<CapsuleTarget> = {},
): Promise<Uint8Array> =>
  rightOf(
    await sealCapsule(
      { dek: bytesOfSeed(5, 32), scope: 'full', sender, ...terms },
      { recipientKey: recipient.publicKey, objectId, chainId: 1, ...target },
      { crypto, random: randomOf(6) },
    ),
  );

const good = await Promise.all([
  capsuleOf({}),
  capsuleOf({ note: 'für Dr. Kim', expiresSeconds: 1_001 }),
  capsuleOf({ note: 'x'.repeat(512) }),
]);
const goodContents = await Promise.all(good.map(async (bytes) => rightOf(await openCapsule(bytes, reading))));

const capsule: FuzzTarget = {
  name: 'capsule',
  seeds: [
    ...good,
    await capsuleOf({ expiresSeconds: 1_000 }),
    await capsuleOf({}, { recipientKey: stranger.publicKey }),
    await capsuleOf({}, { chainId: 2 }),
    await capsuleOf({}, { objectId: bytesOfSeed(7, 32) }),
  ],
  dictionary: ['MBK1', 'MBK1\x01\x01', '\x01\x02', '\0\0\0\x01', '\x04', '\x04'.repeat(65)],
  answers: [
    ...['opened', 'capsule_malformed', 'capsule_suite_unknown', 'capsule_other_chain', 'capsule_other_object'],
    ...['capsule_not_for_us', 'capsule_expired'],
  ],
  // Those that are refused before the curve are soon done; some milliseconds the others.
  share: 0.2,
  run: async (bytes) => {
    const opened = await openCapsule(bytes, reading);
    if (opened._tag === 'Left') return opened.left.code;
    const at = good.findIndex((each) => isSame(each, bytes));
    if (at < 0 || !isDeepStrictEqual(opened.right, goodContents[at])) throw new Error('opened what was not sealed');
    return 'opened';
  },
};

/** What a sealer who wishes ill may put into a capsule: its contents, as they come out of the seal. */
const contents: FuzzTarget = {
  name: 'contents of a capsule',
  seeds: ['', 'für Dr. Kim', 'x'.repeat(64), 'x'.repeat(65), 'ä'.repeat(256)].map((note, at) =>
    encodeContent({
      dek: bytesOfSeed(8, 32),
      scope: at % 2 === 0 ? 'full' : 'leaves',
      ...(at === 0 ? {} : { expiresSeconds: 2 ** (12 * at) }),
      sender: sender.address,
      signature: bytesOfSeed(9, 65),
      note,
    }),
  ),
  dictionary: [
    '\0'.repeat(64),
    '\0\x40',
    '\0\x41',
    '\x02\0',
    '\x02\x01',
    '\xff',
    '\xed\xa0\x80',
    '\xc3\xa4',
    '\xef\xbb\xbf',
  ],
  answers: ['read', 'capsule_malformed'],
  run: (bytes) => {
    const read = readContent(bytes);
    if (read._tag === 'Left') return read.left.code;
    if (!isSame(encodeContent(read.right), bytes)) throw new Error('read from bytes that are not its own');
    return 'read';
  },
};

const secret = bytesOfSeed(10, 32);
const [first, second] = [backupKey(secret, 1), backupKey(secret, 2)];
const others = [backupKey(bytesOfSeed(11, 32), 1), second];
const keys = [1, 2, 3].map((seed) => ({
  dek: bytesOfSeed(seed, 32),
  objectId: bytesOfSeed(40 + seed, 32),
  chainId: seed,
}));
const doors = { aead: nativeAead, random: randomOf(12) };
const own = await Promise.all(keys.map(async (key) => ({ key, bytes: await sealSelfCapsule(key, first, doors) })));

const selfCapsule: FuzzTarget = {
  name: 'self capsule',
  seeds: [...own.map(({ bytes }) => bytes), await sealSelfCapsule(keys[0] as (typeof keys)[0], second, doors)],
  dictionary: ['MBK1', 'MBK1\x01\x02', '\x01\x01', '\0\0\0\x01', '\0\0\0\x02', '\0'.repeat(12)],
  answers: ['opened', 'capsule_malformed', 'capsule_suite_unknown', 'capsule_not_for_us'],
  run: async (bytes) => {
    const opened = await openSelfCapsule(bytes, first, nativeAead);
    const version = backupVersionOf(bytes);
    if (opened._tag === 'Left') {
      const { code } = opened.left;
      if (version._tag === 'Left' && version.left.code !== code) throw new Error('its version is refused otherwise');
      return code;
    }
    if (version._tag === 'Left' || version.right !== 1) throw new Error('opened without a version');
    const original = own.find((each) => isSame(each.bytes, bytes));
    if (original === undefined || !isDeepStrictEqual(opened.right, original.key)) {
      throw new Error('opened what was not sealed');
    }
    for (const other of others) {
      const answer = await openSelfCapsule(bytes, other, nativeAead);
      if (answer._tag === 'Right') throw new Error('opened with another key');
    }
    return 'opened';
  },
};

/** Byte 0: which kind of key the others are to be. What is taken for a key is one for the node's own library, too. */
const runKey = (bytes: Uint8Array): string => {
  const key = bytes.slice(1);
  const kind = (bytes[0] ?? 0) % 3;
  if (kind === 0) {
    const read = readPrivateKey(key);
    if (read._tag === 'Left') return read.left.code;
    return rightOf(uncompressKey(crypto.publicKey(read.right))).length === 65 ? 'private' : 'no private key';
  }
  const read = kind === 1 ? uncompressKey(key) : readPublicKey(key);
  if (read._tag === 'Left') return read.left.code;
  const point = rightOf(readPublicKey(read.right));
  const short = Uint8Array.of(2 + ((point[64] as number) & 1), ...point.subarray(1, 33));
  const isPoint = isSame(rightOf(uncompressKey(short)), point) && isSame(kind === 1 ? short : point, key);
  return isPoint ? 'public' : 'another point';
};

const people = [sender, recipient, stranger];
const key: FuzzTarget = {
  name: 'keys',
  seeds: people.flatMap(({ privateKey, publicKey }) => [
    Uint8Array.of(0, ...privateKey),
    Uint8Array.of(1, ...publicKey),
    Uint8Array.of(2, ...rightOf(uncompressKey(publicKey))),
  ]),
  dictionary: ['\x02', '\x03', '\x04', '\x06', '\0'.repeat(32), '\xff'.repeat(32), `${'\xff'.repeat(15)}\xfe`],
  answers: ['private', 'public', 'key_length_wrong', 'key_not_on_curve'],
  rare: ['key_out_of_range'],
  run: runKey,
};

const ACCESS_KEY = 'ab'.repeat(32);
const chosen = { danger: 'no authentication', hasher: crypto, random: randomOf(13) } as const;

const oldData: FuzzTarget = {
  name: 'data of the first network',
  seeds: (
    await Promise.all(['', 'text', 'ä😀', 'x'.repeat(100)].map((text) => legacy.encryptData(ACCESS_KEY, text, chosen)))
  ).map((text) => new TextEncoder().encode(text)),
  dictionary: [':', '00', 'ff', 'g', 'F', '0'],
  answers: ['read', 'legacy_malformed', 'legacy_not_text'],
  run: async (bytes) => {
    const text = Buffer.from(bytes).toString('latin1');
    const read = await legacy.decryptData(crypto, ACCESS_KEY, text);
    if (read._tag === 'Left') return read.left.code;
    const iv = Buffer.from(text.slice(0, 32), 'hex');
    if (iv.every((byte) => byte === iv[0])) return 'read'; // the door of chance takes no such bytes
    const again = await legacy.encryptData(ACCESS_KEY, read.right, { ...chosen, random: () => Uint8Array.from(iv) });
    if (again !== text.toLowerCase()) throw new Error(`read as the text of ${again}`);
    return 'read';
  },
};

/** What leads to objects, and what is in them. */
export const sealingTargets: readonly FuzzTarget[] = [archive, capsule, contents, selfCapsule, key, oldData];
