/**
 * Fuzz: what strangers send, mutated and random: every answer is one of the known faults, nothing else throws, and nothing opens that is
 * not the original. MEDSTATE_FUZZ gives the number of inputs for each door; some thousands unless said.
 */
import { expect, it } from 'vitest';
import { type Chance, chanceFrom } from '../../../src/adapters/laws/index.ts';
import { concatBytes } from '../../../src/core/bytes.ts';
import { nobleCrypto } from '../../../src/core/index.ts';
import {
  archiveOf,
  backupKey,
  legacy,
  openCapsule,
  openObject,
  openSelfCapsule,
  openWhole,
  readArchive,
  readPrivateKey,
  readPublicKey,
  type SealingCode,
  SealingError,
  sealCapsule,
  sealSelfCapsule,
  uncompressKey,
} from '../../../src/health/sealing/index.ts';
import { aeads, bytesOfSeed, inPieces, isSame, personOf, randomOf, sealed } from './doors.ts';

const ROUNDS = Number(process.env['MEDSTATE_FUZZ'] ?? 3_000);
const [aead] = aeads as [(typeof aeads)[0]];
const CODE = /^(?:object|archive|key|capsule|legacy)_[a-z_]+$/;

/** The bytes with something done to them: flipped, cut, doubled, joined, filled, or made new altogether. */
const mutated = (chance: Chance, bytes: Uint8Array): Uint8Array => {
  const at = chance.below(bytes.length + 1);
  const to = at + chance.below(bytes.length - at + 1);
  const ways: readonly (() => Uint8Array)[] = [
    () => bytes.map((byte, index) => (index === at ? byte ^ (1 << chance.below(8)) : byte)),
    () => bytes.map((byte, index) => (index >= at && index < at + 4 ? chance.below(256) : byte)),
    () => bytes.slice(0, at),
    () => bytes.slice(at),
    () => concatBytes(bytes.slice(0, at), bytes.slice(to)),
    () => concatBytes(bytes.slice(0, to), bytes.slice(at)),
    () => concatBytes(bytes, chance.bytes(1 + chance.below(40))),
    () => Uint8Array.from(bytes).fill(chance.oneOf([0, 255]), at, to),
    () => chance.bytes(chance.below(400)),
    () => concatBytes(bytes.slice(0, chance.below(12)), chance.bytes(chance.below(400))),
  ];
  return chance.oneOf(ways)();
};

interface Tally {
  readonly codes: Map<string, number>;
  readonly count: (answer: {
    readonly _tag: string;
    readonly left?: { readonly code: SealingCode; readonly message: string };
  }) => void;
}

const tallyOf = (): Tally => {
  const codes = new Map<string, number>();
  return {
    codes,
    count: ({ left }) => {
      const code = left?.code ?? 'opened';
      if (left !== undefined && (!CODE.test(code) || left.message === '')) throw new Error(`'${code}' is no code`);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    },
  };
};

it('objects', async () => {
  const chance = chanceFrom(1);
  const tally = tallyOf();
  const contents = [bytesOfSeed(1, 300), bytesOfSeed(2, 65_536), bytesOfSeed(3, 70_000)];
  const originals = await Promise.all(
    contents.map((content, at) => sealed(content, { seed: at + 1, padding: at === 1 ? 'none' : 'padme' })),
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    const pick = chance.below(10) < 8 ? 0 : 1 + chance.below(2);
    const original = originals[pick] as (typeof originals)[0];
    const bytes = mutated(chance, original.bytes);
    const { dek } = original.object;
    if (chance.below(2) === 0) {
      const answer = await openWhole(inPieces(bytes, [1 + chance.below(90_000)]), { aead, dek });
      tally.count(answer);
      if (answer._tag === 'Right') expect(isSame(answer.right, contents[pick] as Uint8Array)).toBe(true);
      continue;
    }
    let at = 0;
    try {
      for await (const piece of openObject([bytes], { aead, dek })) {
        // Whatever is released is the original, as far as it goes.
        expect(isSame(piece, (contents[pick] as Uint8Array).subarray(at, at + piece.length))).toBe(true);
        at += piece.length;
      }
      tally.count({ _tag: 'Right' });
      expect(at).toBe(contents[pick]?.length);
    } catch (error) {
      if (!(error instanceof SealingError)) throw error;
      tally.count({ _tag: 'Left', left: error });
    }
  }
  expect(tally.codes.size).toBeGreaterThan(5);
});

it('capsules', async () => {
  const chance = chanceFrom(2);
  const tally = tallyOf();
  const [sender, recipient] = [personOf(1), personOf(2)];
  const capsule = await sealCapsule(
    { dek: bytesOfSeed(1, 32), scope: 'full', note: 'x', sender },
    { recipientKey: recipient.publicKey, objectId: bytesOfSeed(2, 32), chainId: 1 },
    { crypto: nobleCrypto, random: randomOf(1) },
  );
  if (capsule._tag === 'Left') throw new Error(capsule.left.message);
  const options = { crypto: nobleCrypto, privateKey: recipient.privateKey, chainId: 1, nowSeconds: 1 };
  const right = await openCapsule(capsule.right, options);
  // Some milliseconds each where the curve is reached, so a tenth as many.
  for (let round = 0; round < ROUNDS / 10; round += 1) {
    const answer = await openCapsule(mutated(chance, capsule.right), options);
    tally.count(answer);
    if (answer._tag === 'Right') expect(answer).toEqual(right);
  }
  expect(tally.codes.size).toBeGreaterThan(2);
});

it('self capsules', async () => {
  const chance = chanceFrom(3);
  const tally = tallyOf();
  const own = { dek: bytesOfSeed(1, 32), objectId: bytesOfSeed(2, 32), chainId: 1 };
  const key = backupKey(bytesOfSeed(3, 32), 1);
  const capsule = await sealSelfCapsule(own, key, { aead, random: randomOf(1) });
  for (let round = 0; round < ROUNDS; round += 1) {
    const answer = await openSelfCapsule(mutated(chance, capsule), key, aead);
    tally.count(answer);
    if (answer._tag === 'Right') expect(answer.right).toEqual(own);
  }
  expect(tally.codes.size).toBeGreaterThan(2);
});

it('archives', () => {
  const chance = chanceFrom(4);
  const tally = tallyOf();
  const archive = concatBytes(...archiveOf({ a: bytesOfSeed(1, 20), 'b-2': new Uint8Array(0), c: bytesOfSeed(2, 5) }));
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = mutated(chance, archive);
    const answer = readArchive(bytes);
    tally.count(answer);
    if (answer._tag === 'Right') expect(concatBytes(...archiveOf(Object.fromEntries(answer.right)))).toEqual(bytes);
  }
  expect(tally.codes.get('opened')).toBeGreaterThan(0);
  expect(tally.codes.get('archive_malformed')).toBeGreaterThan(ROUNDS / 3);
});

it('keys and data of the first network', async () => {
  const chance = chanceFrom(5);
  const tally = tallyOf();
  const { privateKey, publicKey } = personOf(1);
  const uncompressed = uncompressKey(publicKey);
  if (uncompressed._tag === 'Left') throw new Error(uncompressed.left.message);
  for (let round = 0; round < ROUNDS / 3; round += 1) {
    tally.count(readPublicKey(mutated(chance, uncompressed.right)));
    tally.count(uncompressKey(mutated(chance, publicKey)));
    tally.count(readPrivateKey(mutated(chance, privateKey)));
    const text = `${'00'.repeat(16)}:${'ab'.repeat(chance.below(50))}`;
    const spoiled = String.fromCharCode(...mutated(chance, new TextEncoder().encode(text)));
    tally.count(await legacy.decryptData(nobleCrypto, 'key', spoiled));
  }
  expect(tally.codes.size).toBeGreaterThan(4);
});

it('very long data of the first network is answered, however it ends', async () => {
  const long = `${'00'.repeat(16)}:${'ab'.repeat(8_000_000)}`;
  expect(await legacy.decryptData(nobleCrypto, 'key', `${long}g`)).toMatchObject({
    left: { code: 'legacy_malformed' },
  });
  expect(await legacy.decryptData(nobleCrypto, 'key', long)).toMatchObject({ _tag: 'Left' });
});
