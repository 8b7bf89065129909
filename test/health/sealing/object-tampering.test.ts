import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { openObject, openWhole } from '../../../src/health/sealing/index.ts';
import { headerOf, objectKeyOf } from '../../../src/health/sealing/object-form.ts';
import { aeads, bytesOfSeed, isRight, released, sealed } from './doors.ts';

const CHUNK = 65_536;
const SEALED = CHUNK + 16;
const content = bytesOfSeed(1, 3 * CHUNK + 1000);
const { object, bytes } = await sealed(content);
const { object: other, bytes: otherBytes } = await sealed(content, { seed: 2 });
const { bytes: even } = await sealed(content.slice(0, 2 * CHUNK), { seed: 1 });

const header = bytes.slice(0, 72);
const chunks = [0, 1, 2, 3].map((at) => bytes.slice(72 + at * SEALED, 72 + (at + 1) * SEALED));
const [a, b, c, last] = chunks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const [otherA] = [otherBytes.slice(72, 72 + SEALED)];
const open = (tampered: Uint8Array, dek = object.dek, aead = aeads[0]) =>
  released(openObject([tampered], { aead: aead as (typeof aeads)[0], dek }));

/** What was done, to which bytes, the answer, and how many whole chunks were released before it. */
const cases: readonly (readonly [string, Uint8Array, string, number])[] = [
  ['nothing', bytes, 'opened', 3 + 1000 / CHUNK],
  ['no bytes', new Uint8Array(0), 'object_truncated', 0],
  ['half a header', header.slice(0, 36), 'object_truncated', 0],
  ['a header alone', header, 'object_truncated', 0],
  ['cut at the first border', bytes.slice(0, 72 + SEALED), 'object_truncated', 0],
  ['cut at the second border', bytes.slice(0, 72 + 2 * SEALED), 'object_truncated', 1],
  ['without the last chunk', bytes.slice(0, 72 + 3 * SEALED), 'object_truncated', 2],
  ['cut one byte behind a border', bytes.slice(0, 72 + SEALED + 1), 'object_truncated', 1],
  ['cut a tag behind a border', bytes.slice(0, 72 + SEALED + 16), 'object_chunk_wrong', 1],
  ['cut inside a chunk', bytes.slice(0, 72 + SEALED + 5000), 'object_chunk_wrong', 1],
  ['cut inside the first chunk', bytes.slice(0, 100), 'object_chunk_wrong', 0],
  ['cut inside the first tag', bytes.slice(0, 80), 'object_truncated', 0],
  ['without its last byte', bytes.slice(0, -1), 'object_chunk_wrong', 3],
  ['two chunks changed about', concatBytes(header, b, a, c, last), 'object_chunk_wrong', 0],
  ['two later chunks changed about', concatBytes(header, a, c, b, last), 'object_chunk_wrong', 1],
  ['a chunk twice', concatBytes(header, a, a, b, c, last), 'object_chunk_wrong', 1],
  ['a chunk left out', concatBytes(header, a, c, last), 'object_chunk_wrong', 1],
  ['the first left out', concatBytes(header, b, c, last), 'object_chunk_wrong', 0],
  ['the last one twice', concatBytes(header, a, b, c, last, last), 'object_chunk_wrong', 3],
  ['a byte more', concatBytes(bytes, Uint8Array.of(0)), 'object_chunk_wrong', 3],
  ['a chunk more behind a full last one', concatBytes(even, a), 'object_extended', 1],
  ['a byte more behind a full last one', concatBytes(even, Uint8Array.of(0)), 'object_extended', 1],
  ['the object twice', concatBytes(bytes, bytes), 'object_chunk_wrong', 3],
  ['a chunk of another object', concatBytes(header, otherA, b, c, last), 'object_chunk_wrong', 0],
  ['the header of another object', concatBytes(otherBytes.slice(0, 72), a, b, c, last), 'object_key_wrong', 0],
  ['another file', bytesOfSeed(8, 1000), 'object_not_ours', 0],
];

describe.each(aeads)('an object opened by $name', (aead) => {
  it.each(cases)('%s: nothing is released beyond what was checked', async (_what, tampered, code, whole) => {
    const dek = object.dek;
    expect(await open(tampered, dek, aead)).toEqual({ code, bytes: whole * CHUNK });
    const answer = await openWhole([tampered], { aead, dek });
    if (code === 'opened') expect(isRight(answer, content)).toBe(true);
    else expect(answer).toMatchObject({ _tag: 'Left', left: { code, message: expect.stringMatching(/: /) } });
  });
});

describe('the header', () => {
  it('opens nothing with any byte changed', async () => {
    const codes = new Map<string, number>();
    for (let at = 0; at < 72; at += 1) {
      for (const mask of [1, 2, 0x80, 0xff]) {
        const answer = await open(bytes.with(at, (bytes[at] as number) ^ mask));
        expect(answer.bytes).toBe(0);
        codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
      }
    }
    expect(Object.fromEntries(codes)).toEqual({
      object_not_ours: 16,
      object_suite_unknown: 8,
      object_flags_unknown: 7,
      object_chunk_wrong: 1, // the flag of padding: the tags cover it
      object_key_wrong: 256,
    });
  });

  it('is cut short anywhere: an object that begins like one of ours is called truncated', async () => {
    for (let length = 0; length < 72; length += 1) {
      expect(await open(bytes.slice(0, length))).toEqual({ code: 'object_truncated', bytes: 0 });
    }
  });
});

describe('a wrong key', () => {
  it('is found out by the header, before anything is released or even deciphered', async () => {
    let ciphers = 0;
    const aead = {
      name: 'counting',
      withKey: () => {
        ciphers += 1;
        throw new Error('no cipher is needed');
      },
    };
    for (const dek of [other.dek, new Uint8Array(32), object.dek.with(31, (object.dek[31] as number) ^ 1)]) {
      expect(await released(openObject([bytes], { aead, dek }))).toEqual({ code: 'object_key_wrong', bytes: 0 });
    }
    expect(ciphers).toBe(0);
  });

  it('of another length is our own mistake', async () => {
    await expect(open(bytes, new Uint8Array(16))).rejects.toThrow(/32 bytes/);
  });
});

describe('an empty last chunk', () => {
  const dek = bytesOfSeed(4, 32);
  const ownHeader = headerOf(dek, bytesOfSeed(5, 32), false);
  const keyOf = () => objectKeyOf(ownHeader, dek, { aead: aeads[0] as (typeof aeads)[0], isPadded: false });

  const sealedBy = async (index: number, isLast: boolean, plaintext: Uint8Array): Promise<Uint8Array> => {
    const { ciphertext, tag } = await (await keyOf()).seal(index, isLast, plaintext);
    return concatBytes(ciphertext, tag);
  };

  it('is right if it is the only one', async () => {
    const only = concatBytes(ownHeader, await sealedBy(0, true, new Uint8Array(0)));
    expect(await open(only, dek)).toEqual({ code: 'opened', bytes: 0 });
  });

  it('is refused behind another, though its sealer had the key', async () => {
    const full = await sealedBy(0, false, content.slice(0, CHUNK));
    const two = concatBytes(ownHeader, full, await sealedBy(1, true, new Uint8Array(0)));
    expect(await open(two, dek)).toEqual({ code: 'object_last_chunk_empty', bytes: CHUNK });
  });
});

describe('what the opener asks for', () => {
  const aead = aeads[0] as (typeof aeads)[0];

  it('another id: the last chunk is not released', async () => {
    const answer = await released(openObject([bytes], { aead, dek: object.dek, objectId: other.objectId() }));
    expect(answer).toEqual({ code: 'object_id_wrong', bytes: 3 * CHUNK });
    expect(await openWhole([bytes], { aead, dek: object.dek, objectId: other.objectId() })).toMatchObject({
      left: { code: 'object_id_wrong' },
    });
  });

  it('fewer bytes: what is over the limit is not released', async () => {
    const answerOf = (maxBytes: number) => released(openObject([bytes], { aead, dek: object.dek, maxBytes }));
    expect(await answerOf(content.length)).toMatchObject({ code: 'opened' });
    expect(await answerOf(content.length - 1)).toEqual({ code: 'object_too_large', bytes: 3 * CHUNK });
    expect(await answerOf(CHUNK)).toEqual({ code: 'object_too_large', bytes: CHUNK });
    expect(await answerOf(0)).toEqual({ code: 'object_too_large', bytes: 0 });
    expect(await openWhole([bytes], { aead, dek: object.dek, maxBytes: 5 })).toMatchObject({
      left: { code: 'object_too_large' },
    });
  });

  it('nothing more, once it has refused: the source is closed and not read on', async () => {
    const count = { given: 0, closed: 0 };
    const source = function* () {
      try {
        for (;;) {
          count.given += 1;
          yield bytes.slice(0, 1000);
        }
      } finally {
        count.closed += 1;
      }
    };
    expect(await released(openObject(source(), { aead, dek: other.dek }))).toEqual({
      code: 'object_key_wrong',
      bytes: 0,
    });
    expect(await openWhole(source(), { aead, dek: object.dek })).toMatchObject({
      left: { code: 'object_chunk_wrong' },
    });
    expect(count.closed).toBe(2);
    expect(count.given).toBeLessThan(140);
  });

  it('what the source throws comes through as it is', async () => {
    const failing = function* () {
      yield bytes.slice(0, 100_000);
      throw new RangeError('the line is dead');
    };
    await expect(openWhole(failing(), { aead, dek: object.dek })).rejects.toThrow('the line is dead');
  });
});
