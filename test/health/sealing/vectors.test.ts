import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { type Address, fromHex, nobleCrypto, toHex } from '../../../src/core/index.ts';
import {
  archiveOf,
  backupKey,
  openCapsule,
  openSelfCapsule,
  openWhole,
  readArchive,
  sealCapsule,
  sealObject,
  sealSelfCapsule,
} from '../../../src/health/sealing/index.ts';
import { aeads, collect } from './doors.ts';

interface Vectors {
  readonly archive: string;
  readonly objects: readonly {
    readonly padding: 'padme' | 'none';
    readonly dek: string;
    readonly salt: string;
    readonly bytes: string;
    readonly objectId: string;
  }[];
  readonly capsule: {
    readonly senderPrivateKey: string;
    readonly recipientPrivateKey: string;
    readonly scope: 'full';
    readonly note: string;
    readonly expiresSeconds: number;
    readonly chainId: number;
    readonly bytes: string;
  };
  readonly selfCapsule: {
    readonly ownerSecret: string;
    readonly version: number;
    readonly chainId: number;
    readonly bytes: string;
  };
}

const file = new URL('../../vectors/health/sealing.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);
const [aead] = aeads as [(typeof aeads)[0]];
const [first] = vectors.objects as [Vectors['objects'][0]];
const own = { dek: bytes(first.dek), objectId: bytes(first.objectId) };

/** Chance that counts: the vectors' own. */
const countingFrom = (start: number) => {
  let next = start;
  const take = (): number => {
    next += 1;
    return (next - 1) & 255;
  };
  return (length: number): Uint8Array => Uint8Array.from({ length }, take);
};

it('the archive of the vectors is read, and written to the same bytes', () => {
  const read = readArchive(bytes(vectors.archive));
  if (read._tag === 'Left') throw new Error(read.left.message);
  expect([...read.right.keys()]).toEqual(['document', 'document-seed']);
  expect(toHex(concatBytes(...archiveOf(Object.fromEntries(read.right))))).toBe(vectors.archive);
});

it.each(vectors.objects)('the object of the vectors with padding $padding is made and opened', async (vector) => {
  const object = sealObject([bytes(vectors.archive)], { aead, random: countingFrom(0), padding: vector.padding });
  expect(toHex(await collect(object.bytes))).toBe(vector.bytes);
  expect([toHex(object.dek), toHex(object.objectId())]).toEqual([vector.dek, vector.objectId]);
  expect(vector.bytes.slice(16, 80)).toBe(vector.salt);
  const options = { aead, dek: bytes(vector.dek), objectId: bytes(vector.objectId) };
  const opened = await openWhole([bytes(vector.bytes)], options);
  expect(opened._tag === 'Right' && toHex(opened.right)).toBe(vectors.archive);
});

it('the capsule of the vectors is made and opened', async () => {
  const { senderPrivateKey, recipientPrivateKey, scope, note, expiresSeconds, chainId } = vectors.capsule;
  const address = toHex(nobleCrypto.publicKey(bytes(senderPrivateKey))) as Address;
  const sender = { address, sign: (hash: Uint8Array) => nobleCrypto.sign(hash, bytes(senderPrivateKey)) };
  const recipientKey = nobleCrypto.publicKey(bytes(recipientPrivateKey));
  const terms = { dek: own.dek, scope, note, expiresSeconds, sender };
  const target = { recipientKey, objectId: own.objectId, chainId };
  const made = await sealCapsule(terms, target, { crypto: nobleCrypto, random: countingFrom(100) });
  expect(made._tag === 'Right' && toHex(made.right)).toBe(vectors.capsule.bytes);
  const reader = { crypto: nobleCrypto, privateKey: bytes(recipientPrivateKey), chainId, nowSeconds: 1 };
  expect(await openCapsule(bytes(vectors.capsule.bytes), reader)).toEqual({
    _tag: 'Right',
    right: { ...own, scope, note, expiresSeconds, sender: address },
  });
});

it('the self capsule of the vectors is made and opened', async () => {
  const { ownerSecret, version, chainId } = vectors.selfCapsule;
  const key = backupKey(bytes(ownerSecret), version);
  const made = await sealSelfCapsule({ ...own, chainId }, key, { aead, random: countingFrom(200) });
  expect(toHex(made)).toBe(vectors.selfCapsule.bytes);
  expect(await openSelfCapsule(made, key, aead)).toEqual({ _tag: 'Right', right: { ...own, chainId } });
});
