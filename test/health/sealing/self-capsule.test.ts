import { createDecipheriv, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  backupKey,
  backupVersionOf,
  openCapsule,
  openSelfCapsule,
  openWhole,
  rewrapSelfCapsule,
  SELF_CAPSULE_BYTES,
  sealSelfCapsule,
} from '../../../src/health/sealing/index.ts';
import { crypto } from '../records.ts';
import { aeads, bytesOfSeed, isRight, randomOf, sealed } from './doors.ts';

const [aead] = aeads as [(typeof aeads)[0]];
const secret = bytesOfSeed(1, 32);
const own = { dek: bytesOfSeed(2, 32), objectId: bytesOfSeed(3, 32), chainId: 7 };
const [first, second] = [backupKey(secret, 1), backupKey(secret, 2)] as const;
const capsule = await sealSelfCapsule(own, first, { aead, random: randomOf(1) });
const codeOf = async (bytes: Uint8Array, key = first): Promise<string> => {
  const opened = await openSelfCapsule(bytes, key, aead);
  return opened._tag === 'Left' ? opened.left.code : 'opened';
};

describe('a self capsule', () => {
  it.each(aeads)('opens with the owner’s secret alone, by $name', async (other) => {
    expect(await openSelfCapsule(capsule, backupKey(secret, 1), other)).toEqual({ _tag: 'Right', right: own });
    expect(await sealSelfCapsule(own, first, { aead: other, random: randomOf(1) })).toEqual(capsule);
    expect(capsule).toHaveLength(SELF_CAPSULE_BYTES);
    expect(backupVersionOf(capsule)).toEqual({ _tag: 'Right', right: 1 });
  });

  it('lies as the decision says', () => {
    const bytes = Buffer.from(capsule);
    expect(bytes.subarray(0, 10).toString('hex')).toBe('4d424b31010200000007');
    expect(bytes.subarray(10, 42)).toEqual(Buffer.from(own.objectId));
    expect(bytes.readUInt32BE(42)).toBe(1);
    const kek = Buffer.from(hkdfSync('sha256', secret, '', 'medstate/backup/1 v1', 32));
    const cipher = createDecipheriv('aes-256-gcm', kek, bytes.subarray(46, 58));
    cipher.setAAD(bytes.subarray(0, 46));
    cipher.setAuthTag(bytes.subarray(90));
    expect(Buffer.concat([cipher.update(bytes.subarray(58, 90)), cipher.final()])).toEqual(Buffer.from(own.dek));
  });

  it('moves to the next version, and the object with it, without being touched', async () => {
    const content = bytesOfSeed(5, 500);
    const { object, bytes } = await sealed(content);
    const doors = { aead, random: randomOf(2) };
    const old = await sealSelfCapsule({ dek: object.dek, objectId: object.objectId(), chainId: 7 }, first, doors);
    const moved = await rewrapSelfCapsule(old, { from: first, to: second }, doors);
    if (moved._tag === 'Left') throw new Error(moved.left.message);
    expect(await codeOf(moved.right, first)).toBe('capsule_not_for_us');
    const opened = await openSelfCapsule(moved.right, second, aead);
    if (opened._tag === 'Left') throw new Error(opened.left.message);
    expect(isRight(await openWhole([bytes], { aead, dek: opened.right.dek }), content)).toBe(true);
    expect(await rewrapSelfCapsule(old, { from: second, to: first }, doors)).toMatchObject({ _tag: 'Left' });
  });

  it('opens with no byte changed, cut or added', async () => {
    const codes = new Set<string>();
    for (let at = 0; at < capsule.length; at += 1)
      codes.add(await codeOf(capsule.with(at, (capsule[at] as number) ^ 1)));
    expect([...codes].sort()).toEqual(['capsule_malformed', 'capsule_not_for_us', 'capsule_suite_unknown']);
    for (let length = 0; length < capsule.length; length += 1) {
      expect(await codeOf(capsule.slice(0, length))).toBe('capsule_malformed');
    }
    expect(await codeOf(Uint8Array.from([...capsule, 0]))).toBe('capsule_malformed');
  });

  it('opens neither with another secret nor with another version, whatever it says of itself', async () => {
    expect(await codeOf(capsule, backupKey(bytesOfSeed(9, 32), 1))).toBe('capsule_not_for_us');
    expect(await codeOf(capsule, second)).toBe('capsule_not_for_us');
    expect(await codeOf(capsule.with(45, 2), second)).toBe('capsule_not_for_us');
  });

  it('is no capsule for a recipient', async () => {
    const options = { crypto: crypto, privateKey: bytesOfSeed(4, 32), chainId: 7, nowSeconds: 1 };
    expect(await openCapsule(capsule, options)).toMatchObject({ left: { code: 'capsule_malformed' } });
  });

  it('wants a secret of 32 bytes and a version from 1 on', () => {
    expect(() => backupKey(new Uint8Array(31), 1)).toThrow(/32 bytes/);
    for (const version of [0, -1, 1.5, 2 ** 32]) expect(() => backupKey(secret, version)).toThrow(/uint32/);
  });
});
