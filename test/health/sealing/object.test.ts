import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeSha256 } from '../../../src/adapters/aead/index.ts';
import { toHex } from '../../../src/core/index.ts';
import {
  chunkCountOf,
  chunkRangeOf,
  HEADER_BYTES,
  type ObjectKey,
  openHeader,
  openObject,
  openWhole,
  sealObject,
} from '../../../src/health/sealing/index.ts';
import { objectIdByTwin, sealedByTwin } from '../../twins/sealed-object.ts';
import { aeads, bytesOfSeed, collect, inPieces, isRight, isSame, randomOf, sealed } from './doors.ts';

const SIZES = [0, 1, 65_535, 65_536, 65_537, 131_072, 3 * 65_536, 3 * 65_536 + 1];
const cases = aeads.flatMap((aead) => SIZES.flatMap((size) => [{ aead, size, name: aead.name }]));
const [aead] = aeads as [(typeof aeads)[0]];

describe.each(cases)('an object of $size bytes by $name', ({ aead: own, size }) => {
  const content = bytesOfSeed(size, size);

  it.each(['none', 'padme'] as const)(
    'is what the twin makes of it, and opens by either cipher (padding %s)',
    async (padding) => {
      const { object, bytes } = await sealed(content, { seed: size, padding, aead: own });
      const random = randomOf(size);
      const [dek, salt] = [random(32), random(32)];
      expect(object.dek).toEqual(dek);
      expect(isSame(bytes, sealedByTwin(content, dek, salt, padding === 'padme'))).toBe(true);
      expect(toHex(object.objectId())).toBe(objectIdByTwin(bytes).toString('hex'));
      for (const other of aeads) {
        const options = { aead: other, dek: object.dek, objectId: object.objectId() };
        expect(isSame(await collect(openObject([bytes], options)), content)).toBe(true);
        expect(isRight(await openWhole([bytes], options), content)).toBe(true);
      }
    },
  );
});

it('pieces of any sizes, in and out, make the same object and the same content', async () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60_000, max: 140_000 })), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(fc.nat(200_000), sizes, sizes, async (length, cutsIn, cutsOut) => {
      const spread = (cuts: readonly number[]) => (Math.max(...cuts) < 1000 ? [...cuts, 9_000] : cuts);
      const content = bytesOfSeed(length, length);
      const object = sealObject(inPieces(content, spread(cutsIn)), {
        aead,
        random: randomOf(7),
        newHash: nativeSha256,
      });
      const bytes = await collect(object.bytes);
      const { bytes: whole } = await sealed(content, { seed: 7, padding: 'padme' });
      expect(isSame(bytes, whole)).toBe(true);
      const options = { aead, dek: object.dek, objectId: object.objectId(), newHash: nativeSha256 };
      expect(isSame(await collect(openObject(inPieces(bytes, spread(cutsOut)), options)), content)).toBe(true);
    }),
    { numRuns: 40, seed: 3 },
  );
});

it('byte by byte is fine as well, and so are empty pieces', async () => {
  const content = bytesOfSeed(1, 300);
  const single = [...content].flatMap((byte) => [new Uint8Array(0), Uint8Array.of(byte)]);
  const object = sealObject(single, { aead, random: randomOf(1), padding: 'none' });
  const bytes = await collect(object.bytes);
  const pieces = [...bytes].flatMap((byte) => [Uint8Array.of(byte), new Uint8Array(0)]);
  expect(await collect(openObject(pieces, { aead, dek: object.dek }))).toEqual(content);
});

describe('sealing', () => {
  it('draws a key and a salt of its own for each object', async () => {
    const random = randomOf(1);
    const objects = [1, 2].map(() => sealObject([Uint8Array.of(1)], { aead, random }));
    const [first, second] = await Promise.all(objects.map(({ bytes }) => collect(bytes)));
    expect(objects[0]?.dek).not.toEqual(objects[1]?.dek);
    expect(first?.slice(8, 40)).not.toEqual(second?.slice(8, 40));
  });

  it.each<readonly [string, (length: number) => Uint8Array]>([
    ['gives nothing but zeros', (length) => new Uint8Array(length)],
    ['says the same each time', (length) => bytesOfSeed(1, length)],
    ['gives too few bytes', (length) => bytesOfSeed(1, length - 1)],
  ])('does not begin with a source of chance that %s', (_what, random) => {
    expect(() => sealObject([], { aead, random })).toThrow(/source of chance/);
  });

  it('gives its bytes once: a second taker would get the same key for other bytes', async () => {
    const { object } = await sealed(Uint8Array.of(1, 2));
    expect(() => object.bytes[Symbol.asyncIterator]()).toThrow(/taken once/);
  });

  it('tells no id before the last bytes were taken, nor one that is computed elsewhere', async () => {
    const object = sealObject([Uint8Array.of(1)], { aead, random: randomOf(1) });
    expect(() => object.objectId()).toThrow(/last bytes/);
    for await (const piece of object.bytes)
      if (piece.length === HEADER_BYTES) expect(() => object.objectId()).toThrow();
    expect(object.objectId()).toHaveLength(32);
    const other = sealObject([Uint8Array.of(1)], { aead, random: randomOf(1), newHash: 'elsewhere' });
    expect(objectIdByTwin(await collect(other.bytes))).toEqual(Buffer.from(object.objectId()));
    expect(() => other.objectId()).toThrow(/elsewhere/);
  });

  it('is no use to who holds the key of another: changing the given key changes nothing', async () => {
    const { object, bytes } = await sealed(bytesOfSeed(1, 10));
    const kept = Uint8Array.from(object.dek);
    object.dek.fill(0);
    expect(await openWhole([bytes], { aead, dek: kept })).toMatchObject({ _tag: 'Right' });
  });

  it('passes on what its source throws, and closes a source that is left early', async () => {
    const failing = async function* () {
      yield bytesOfSeed(1, 70_000);
      await Promise.resolve();
      throw new RangeError('the disk is gone');
    };
    await expect(collect(sealObject(failing(), { aead, random: randomOf(1) }).bytes)).rejects.toThrow(
      'the disk is gone',
    );
    let isClosed = false;
    const endless = function* () {
      try {
        for (;;) yield new Uint8Array(65_536);
      } finally {
        isClosed = true;
      }
    };
    for await (const piece of sealObject(endless(), { aead, random: randomOf(1) }).bytes) if (piece.length > 100) break;
    expect(isClosed).toBe(true);
  });
});

describe('memory', () => {
  /** A source that counts how many of its pieces were asked for. */
  const counted = (pieces: number) => {
    const count = { given: 0 };
    const source = function* () {
      for (let at = 0; at < pieces; at += 1) {
        count.given += 1;
        yield new Uint8Array(65_536).fill(at);
      }
    };
    return { count, source };
  };

  it('stays at a few chunks for 64 MiB: sealing and opening never run ahead of their taker', async () => {
    const { count, source } = counted(1024);
    const object = sealObject(source(), { aead, random: randomOf(1), newHash: 'elsewhere' });
    let most = 0;
    let taken = 0;
    const watched = async function* () {
      for await (const piece of object.bytes) yield piece;
    };
    for await (const piece of openObject(watched(), { aead, dek: object.dek })) {
      taken += piece.length;
      most = Math.max(most, count.given - taken / 65_536);
    }
    expect(taken).toBe(1024 * 65_536);
    expect(count.given).toBe(1024);
    expect(most).toBeLessThanOrEqual(5);
  });
});

describe('reading a part', () => {
  const content = bytesOfSeed(9, 3 * 65_536 + 100);
  const openPart = (bytes: Uint8Array, key: ObjectKey, index: number) => {
    const { from, to, isLast } = chunkRangeOf(bytes.length, index);
    return key.open(index, isLast, bytes.subarray(from, to));
  };

  it('gives each chunk alone, in any order', async () => {
    const { object, bytes } = await sealed(content);
    const header = await openHeader(bytes.subarray(0, HEADER_BYTES), object.dek, aead);
    if (header._tag === 'Left') throw new Error(header.left.message);
    expect(chunkCountOf(bytes.length)).toBe(4);
    for (const index of [3, 0, 2, 1]) {
      const part = content.slice(index * 65_536, (index + 1) * 65_536);
      expect(isRight(await openPart(bytes, header.right, index), part)).toBe(true);
    }
  });

  it('finds out a store that gives another chunk, or a shorter object', async () => {
    const { object, bytes } = await sealed(content);
    const header = await openHeader(bytes.subarray(0, HEADER_BYTES), object.dek, aead);
    if (header._tag === 'Left') throw new Error(header.left.message);
    const { from, to } = chunkRangeOf(bytes.length, 1);
    const chunk = bytes.subarray(from, to);
    const codeOf = async (index: number, isLast: boolean, part = chunk) => {
      const opened = await header.right.open(index, isLast, part);
      return opened._tag === 'Left' ? opened.left.code : 'opened';
    };
    expect(await codeOf(1, false)).toBe('opened');
    expect(await codeOf(0, false)).toBe('object_chunk_wrong');
    expect(await codeOf(2, false)).toBe('object_chunk_wrong');
    expect(await codeOf(1, true)).toBe('object_truncated');
    expect(await codeOf(3, false, bytes.subarray(chunkRangeOf(bytes.length, 3).from))).toBe('object_truncated');
    expect(await codeOf(1, false, chunk.subarray(1))).toBe('object_truncated');
    expect(await codeOf(1, false, bytes.subarray(from, to + 1))).toBe('object_chunk_wrong');
    expect(await codeOf(1, true, chunk.subarray(0, 15))).toBe('object_truncated');
  });

  it.each([
    [0, undefined],
    [72, undefined],
    [87, undefined],
    [88, 1],
    [72 + 65_552, 1],
    [72 + 65_552 + 16, undefined],
    [72 + 65_552 + 17, 2],
    [72 + 2 * 65_552, 2],
  ])('an object of %i bytes has %s chunks', (bytes, count) => {
    expect(chunkCountOf(bytes)).toBe(count);
  });

  it('knows no chunk beyond the last', () => {
    expect(() => chunkRangeOf(88, 1)).toThrow(/no chunk 1/);
    expect(() => chunkRangeOf(88, -1)).toThrow(/no chunk/);
    expect(() => chunkRangeOf(87, 0)).toThrow(/no chunk/);
  });
});
