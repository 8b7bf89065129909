import { createHash, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/index.ts';
import {
  type CapsuleTarget,
  type CapsuleTerms,
  MAX_CAPSULE_BYTES,
  MIN_CAPSULE_BYTES,
  type OpenCapsuleOptions,
  openCapsule,
  openWhole,
  sealCapsule,
} from '../../../src/health/sealing/index.ts';
import { contentByTwin } from '../../twins/capsule.ts';
import { crypto, IS_LONG } from '../records.ts';
import { aeads, bytesOfSeed, isRight, personOf, randomOf, sealed } from './doors.ts';

const [patient, doctor, thief] = [personOf(1), personOf(2), personOf(3)] as const;
const objectId = bytesOfSeed(10, 32);
const dek = bytesOfSeed(11, 32);
const CHAIN = 181_228;
const terms: CapsuleTerms = { dek, scope: 'full', sender: patient };
const target: CapsuleTarget = { recipientKey: doctor.publicKey, objectId, chainId: CHAIN };
const reader: OpenCapsuleOptions = {
  crypto: crypto,
  privateKey: doctor.privateKey,
  chainId: CHAIN,
  nowSeconds: 1_000,
};

const seal = async (
  changed: Partial<CapsuleTerms> = {},
  seed = 1,
  to: Partial<CapsuleTarget> = {},
): Promise<Uint8Array> => {
  const doors = { crypto: crypto, random: randomOf(seed) };
  const capsule = await sealCapsule({ ...terms, ...changed }, { ...target, ...to }, doors);
  if (capsule._tag === 'Left') throw new Error(capsule.left.message);
  return capsule.right;
};
const codeOf = async (capsule: Uint8Array, changed: Partial<OpenCapsuleOptions> = {}): Promise<string> => {
  const opened = await openCapsule(capsule, { ...reader, ...changed });
  return opened._tag === 'Left' ? opened.left.code : 'opened';
};
const flipped = (bytes: Uint8Array, at: number, mask = 1): Uint8Array => bytes.with(at, (bytes[at] as number) ^ mask);

const capsule = await seal({ note: 'Befund vom März', expiresSeconds: 2_000 });

describe('a capsule', () => {
  it('gives its recipient everything that its sender said', async () => {
    expect(await openCapsule(capsule, { ...reader, objectId })).toEqual({
      _tag: 'Right',
      right: { dek, scope: 'full', sender: patient.address, note: 'Befund vom März', expiresSeconds: 2_000, objectId },
    });
    expect(await openCapsule(await seal({ scope: 'leaves' }), reader)).toEqual({
      _tag: 'Right',
      right: { dek, scope: 'leaves', sender: patient.address, note: '', objectId },
    });
  });

  it('is HPKE as the twin has it, and its content lies as the decision says', () => {
    const content = contentByTwin(capsule, doctor.privateKey);
    const note = new TextEncoder().encode('Befund vom März');
    expect(content.subarray(0, 32)).toEqual(Buffer.from(dek));
    expect(content.subarray(32, 41).toString('hex')).toBe(`01${(2_000).toString(16).padStart(16, '0')}`);
    expect(content.subarray(41, 74).toString('hex')).toBe(patient.address);
    expect(content.subarray(139, 141).readUInt16BE()).toBe(note.length);
    expect(content.subarray(141)).toEqual(Buffer.concat([note, Buffer.alloc(64 - note.length)]));
    expect(content).toHaveLength(205);
    expect(capsule).toHaveLength(42 + 65 + 205 + 16);
  });

  it('is signed over exactly what the decision says', () => {
    const content = contentByTwin(capsule, doctor.privateKey);
    const commitment = hkdfSync('sha256', dek, objectId, 'medstate/capsule/1 dek', 32);
    const hash = createHash('sha256')
      .update('medstate/capsule/1 signature\0')
      .update(capsule.subarray(0, 42))
      .update(doctor.publicKey)
      .update(capsule.subarray(42, 107))
      .update(Buffer.from(commitment))
      .update(content.subarray(32, 74)) // scope, time, sender
      .update('Befund vom März')
      .digest();
    const signer = crypto.recover(Uint8Array.from(hash), Uint8Array.from(content.subarray(74, 139)));
    expect(signer === undefined ? signer : toHex(signer)).toBe(patient.address);
  });

  it('has few lengths, whatever the note', async () => {
    const lengths = new Set<number>();
    for (const length of [0, 1, 64, 65, 128, 511, 512]) lengths.add((await seal({ note: 'x'.repeat(length) })).length);
    expect([...lengths]).toEqual([328, 392, 776]);
    expect([MIN_CAPSULE_BYTES, MAX_CAPSULE_BYTES]).toEqual([328, 776]);
  });

  it('shows to who carries it neither sender nor recipient nor key', () => {
    const text = toHex(capsule);
    for (const secret of [patient.address, doctor.address, toHex(dek)]) expect(text).not.toContain(secret.slice(2));
  });

  it('differs each time, by chance alone', async () => {
    expect(await seal({}, 1)).toEqual(await seal({}, 1));
    const [first, second] = [await seal({}, 1), await seal({}, 2)];
    expect(first.slice(42)).not.toEqual(second.slice(42));
  });

  it('serves again for another recipient while the object stays where it is', async () => {
    const [aead] = aeads as [(typeof aeads)[0]];
    const content = bytesOfSeed(1, 1000);
    const { object, bytes } = await sealed(content, { padding: 'padme' });
    const id = object.objectId();
    for (const person of [doctor, thief]) {
      const own = await seal({ dek: object.dek }, 5, { recipientKey: person.publicKey, objectId: id });
      const opened = await openCapsule(own, { ...reader, privateKey: person.privateKey });
      if (opened._tag === 'Left') throw new Error(opened.left.message);
      const whole = await openWhole([bytes], { aead, dek: opened.right.dek, objectId: opened.right.objectId });
      expect(isRight(whole, content)).toBe(true);
    }
  });
});

describe('opening a capsule says what is wrong', () => {
  it.each<readonly [string, Partial<OpenCapsuleOptions>, string]>([
    ['another recipient', { privateKey: thief.privateKey }, 'capsule_not_for_us'],
    ['the sender, who has no key to it either', { privateKey: patient.privateKey }, 'capsule_not_for_us'],
    ['another chain', { chainId: 1 }, 'capsule_other_chain'],
    ['another object', { objectId: dek }, 'capsule_other_object'],
    ['a second before it expires', { nowSeconds: 1_999 }, 'opened'],
    ['the second in which it expires', { nowSeconds: 2_000 }, 'capsule_expired'],
    ['long after', { nowSeconds: 2 ** 40 }, 'capsule_expired'],
    ['a private key that is none', { privateKey: new Uint8Array(32) }, 'key_out_of_range'],
    ['a private key of another length', { privateKey: new Uint8Array(33) }, 'key_length_wrong'],
  ])('%s', async (_what, changed, code) => {
    expect(await codeOf(capsule, changed)).toBe(code);
  });

  it('a time that is none would let every capsule pass, and is a mistake of ours', async () => {
    await expect(codeOf(capsule, { nowSeconds: Number.NaN })).rejects.toThrow('Unix seconds');
  });

  it('no byte of it can be changed', async () => {
    const codes = new Map<string, number>();
    // Each byte of the header and of the tag; of what lies between, where each costs milliseconds, a third if the run is a short one.
    const isTried = (at: number): boolean => at < 44 || at >= capsule.length - 16 || IS_LONG || at % 3 === 0;
    for (let at = 0; at < capsule.length; at += 1) {
      if (!isTried(at)) continue;
      const code = await codeOf(flipped(capsule, at));
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(codes.get('capsule_suite_unknown')).toBe(1);
    expect(codes.get('capsule_other_chain')).toBe(4);
    expect(codes.get('opened')).toBeUndefined();
    expect(codes.get('capsule_malformed')).toBeGreaterThanOrEqual(IS_LONG ? 70 : 27); // magic, kind, and points off the curve
    expect(codes.get('capsule_not_for_us')).toBeGreaterThanOrEqual(IS_LONG ? 250 : 116); // the id, and all that is sealed
  });

  it('nor can it be cut or made longer', async () => {
    for (const length of [0, 4, 41, 42, 106, 107, 327]) {
      expect(await codeOf(capsule.slice(0, length))).toBe('capsule_malformed');
    }
    expect(await codeOf(Uint8Array.from([...capsule, 0]))).toBe('capsule_not_for_us');
    expect(await codeOf(Uint8Array.from([...capsule, ...new Uint8Array(1000)]))).toBe('capsule_malformed');
  });

  it('the ephemeral key of another capsule, or one in 33 bytes, does not fit', async () => {
    const other = await seal({}, 9);
    const mixed = Uint8Array.from([...capsule.slice(0, 42), ...other.slice(42, 107), ...capsule.slice(107)]);
    expect(await codeOf(mixed)).toBe('capsule_not_for_us');
    expect(await codeOf(Uint8Array.from([...capsule.slice(0, 42), ...doctor.publicKey, ...capsule.slice(75)]))).toBe(
      'capsule_malformed',
    );
  });

  it('a capsule for one object does not open another by a change of its header', async () => {
    const moved = Uint8Array.from([...capsule.slice(0, 10), ...bytesOfSeed(77, 32), ...capsule.slice(42)]);
    expect(await codeOf(moved, { objectId: bytesOfSeed(77, 32) })).toBe('capsule_not_for_us');
  });
});

describe('the signature inside', () => {
  /** A capsule whose content was changed by its sealer after it was signed. */
  const forged = async (change: (content: Uint8Array) => Uint8Array): Promise<Uint8Array> => {
    const { Aes256Gcm, CipherSuite, HkdfSha256 } = await import('@hpke/core');
    const { Secp256k1Kem, uncompressKey } = await import('../../../src/health/sealing/index.ts');
    const suite = new CipherSuite({ kem: new Secp256k1Kem(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
    const key = uncompressKey(doctor.publicKey);
    if (key._tag === 'Left') throw new Error(key.left.message);
    const header = capsule.slice(0, 42);
    const info = Buffer.concat([
      Buffer.from('medstate/capsule/1'),
      header.slice(6, 10),
      doctor.publicKey,
      header.slice(10),
    ]);
    const context = await suite.createSenderContext({
      recipientPublicKey: await suite.kem.deserializePublicKey(key.right),
      info,
      ekm: randomOf(1)(32), // the ephemeral key of `capsule`: so its signature still fits
    });
    expect(toHex(new Uint8Array(context.enc))).toBe(toHex(capsule.slice(42, 107)));
    const content = change(Uint8Array.from(contentByTwin(capsule, doctor.privateKey)));
    return Uint8Array.from([
      ...header,
      ...new Uint8Array(context.enc),
      ...new Uint8Array(await context.seal(content, header)),
    ]);
  };
  const twin = (content: Uint8Array): Uint8Array => {
    const order = BigInt('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
    const s = BigInt(`0x${toHex(content.slice(106, 138))}`);
    const high = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
    const copy = flipped(content, 138);
    copy.set(high, 106);
    return copy;
  };

  it.each<readonly [string, (content: Uint8Array) => Uint8Array, string]>([
    ['nothing', (content) => content, 'opened'],
    ['the key', (content) => flipped(content, 3), 'capsule_signature_wrong'],
    ['the scope', (content) => content.with(32, 2), 'capsule_signature_wrong'],
    ['the time', (content) => flipped(content, 40), 'capsule_signature_wrong'],
    ['the note', (content) => flipped(content, 141), 'capsule_signature_wrong'],
    ['a shorter note', (content) => content.with(140, 15).with(156, 0), 'capsule_signature_wrong'],
    ['r', (content) => flipped(content, 80), 'capsule_signature_wrong'],
    ['the recovery id', (content) => flipped(content, 138), 'capsule_signature_wrong'],
    ['a recovery id of 2', (content) => content.with(138, 2), 'capsule_signature_wrong'],
    ['the high twin of the signature', twin, 'capsule_signature_wrong'],
    ['zeros for a signature', (content) => content.fill(0, 74, 139), 'capsule_signature_wrong'],
    [
      'the sender',
      (content) => Uint8Array.from([...content.slice(0, 41), ...thief.publicKey, ...content.slice(74)]),
      'capsule_signature_wrong',
    ],
    ['a sender that is no key', (content) => content.fill(0, 41, 74), 'capsule_signature_wrong'],
    ['an unknown scope', (content) => content.with(32, 3), 'capsule_malformed'],
    ['scope 0', (content) => content.with(32, 0), 'capsule_malformed'],
    ['a time beyond 2^53', (content) => content.with(33, 1), 'capsule_malformed'],
    ['a note longer than its room', (content) => content.with(140, 65), 'capsule_malformed'],
    ['a note of 65 535', (content) => content.fill(255, 139, 141), 'capsule_malformed'],
    ['a note that is no UTF-8', (content) => content.with(141, 0xff), 'capsule_malformed'],
    ['something behind the note', (content) => content.with(204, 1), 'capsule_malformed'],
    [
      'more room than the note needs',
      (content) => Uint8Array.from([...content, ...new Uint8Array(64)]),
      'capsule_malformed',
    ],
    ['an odd length', (content) => Uint8Array.from([...content, 0]), 'capsule_malformed'],
  ])('covers what the sealer changed afterwards: %s', async (_what, change, code) => {
    expect(await codeOf(await forged(change))).toBe(code);
  });

  it('is of this capsule alone: one for another recipient, object, chain or time does not fit', async () => {
    for (const other of [
      await seal({ note: 'Befund vom März', expiresSeconds: 2_000 }, 8),
      await seal({ note: 'Befund vom März', expiresSeconds: 2_000 }, 1, { objectId: dek }),
      await seal({ note: 'Befund vom März', expiresSeconds: 2_000 }, 1, { chainId: 5 }),
      await seal({ note: 'Befund vom März', expiresSeconds: 2_001 }, 1),
    ]) {
      const signature = contentByTwin(other, doctor.privateKey).subarray(74, 139);
      const mixed = await forged((content) =>
        Uint8Array.from([...content.slice(0, 74), ...signature, ...content.slice(139)]),
      );
      expect(await codeOf(mixed)).toBe('capsule_signature_wrong');
    }
  });
});

describe('sealing a capsule', () => {
  const doors = { crypto: crypto, random: randomOf(1) };

  it.each<readonly [string, Partial<CapsuleTerms>, Partial<CapsuleTarget>, string]>([
    ['a note of 513 bytes', { note: `${'ä'.repeat(256)}x` }, {}, 'capsule_note_too_long'],
    ['a recipient’s key of 65 bytes', {}, { recipientKey: new Uint8Array(65) }, 'key_length_wrong'],
    [
      'a recipient’s key off the curve',
      {},
      { recipientKey: new Uint8Array(33).fill(5).with(0, 2).with(1, 0) },
      'key_not_on_curve',
    ],
    ['zeros', {}, { recipientKey: new Uint8Array(33) }, 'key_not_on_curve'],
  ])('is refused for %s', async (_what, changed, to, code) => {
    expect(await sealCapsule({ ...terms, ...changed }, { ...target, ...to }, doors)).toMatchObject({ left: { code } });
  });

  it.each<readonly [string, Partial<CapsuleTerms>, Partial<CapsuleTarget>]>([
    ['a short key', { dek: new Uint8Array(31) }, {}],
    ['a short id', {}, { objectId: new Uint8Array(31) }],
    ['a chain id of 2^32', {}, { chainId: 2 ** 32 }],
    ['a chain id of -1', {}, { chainId: -1 }],
    ['a time of 0', { expiresSeconds: 0 }, {}],
    ['a time that is no number', { expiresSeconds: Number.NaN }, {}],
    ['half a second', { expiresSeconds: 1.5 }, {}],
    ['half a surrogate pair', { note: '\ud800' }, {}],
    ['a signer of another address', { sender: { ...patient, address: doctor.address } }, {}],
    ['a signer that signs nothing', { sender: { ...patient, sign: () => new Uint8Array(65) } }, {}],
  ])('throws on our own mistake: %s', async (_what, changed, to) => {
    await expect(sealCapsule({ ...terms, ...changed }, { ...target, ...to }, doors)).rejects.toThrow();
  });

  it('any terms come back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.option(fc.integer({ min: 1_001, max: Number.MAX_SAFE_INTEGER }), { nil: undefined }),
        fc.constantFrom('full' as const, 'leaves' as const),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        async (note, expiresSeconds, scope, chainId) => {
          fc.pre(new TextEncoder().encode(note).length <= 512);
          const own = await seal(
            { note, scope, ...(expiresSeconds === undefined ? {} : { expiresSeconds }) },
            chainId,
            { chainId },
          );
          const opened = await openCapsule(own, { ...reader, chainId });
          expect(opened).toMatchObject({ _tag: 'Right', right: { note, scope, sender: patient.address } });
          expect(opened._tag === 'Right' && opened.right.expiresSeconds).toBe(expiresSeconds);
        },
      ),
      { numRuns: 15, seed: 4 },
    );
  });
});
