import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openWhole, padmeLength, sealObject } from '../../../src/health/sealing/index.ts';
import { headerOf, objectKeyOf } from '../../../src/health/sealing/object-form.ts';
import { aeads, bytesOfSeed, collect, isRight, randomOf, sealed } from './doors.ts';

const [aead] = aeads as [(typeof aeads)[0]];

describe('a padded length', () => {
  it('is at most 12 per cent more, never less, and its own padded length', () => {
    fc.assert(
      fc.property(fc.oneof(fc.nat(5000), fc.integer({ min: 0, max: 2 ** 40 })), (length) => {
        const padded = padmeLength(length);
        expect(padded).toBeGreaterThanOrEqual(length);
        expect(padded).toBeLessThanOrEqual(length * 1.12);
        expect(padmeLength(padded)).toBe(padded);
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  it('grows with the length', () => {
    for (let length = 1; length < 20_000; length += 1) {
      expect(padmeLength(length)).toBeGreaterThanOrEqual(padmeLength(length - 1));
    }
  });

  it('takes few values: those up to a gigabyte are fewer than a thousand', () => {
    const lengths = new Set<number>();
    for (let length = 0; length < 2 ** 30; length = padmeLength(length) + 1) lengths.add(padmeLength(length));
    expect(lengths.size).toBeLessThan(1000);
  });

  it.each([
    [0, 0],
    [1, 1],
    [8, 8],
    [9, 10],
    [100, 104],
    [1000, 1024],
    [65_537, 67_584],
    [1_000_000, 1_015_808],
  ])('of %i is %i', (length, padded) => {
    expect(padmeLength(length)).toBe(padded);
  });
});

/** An object whose padding is whatever the sender wrote, with the flag that says it is Padmé. */
const withPadding = async (plaintext: Uint8Array) => {
  // The flag is in the header, which every tag covers: only who has the key can write such an object, as here.
  const dek = bytesOfSeed(5, 32);
  const header = headerOf(dek, bytesOfSeed(6, 32), true);
  const key = await objectKeyOf(header, dek, { aead, isPadded: true });
  const chunks: Uint8Array[] = [header];
  for (let at = 0, index = 0; at === 0 || at < plaintext.length; at += 65_536, index += 1) {
    const part = plaintext.subarray(at, at + 65_536);
    const { ciphertext, tag } = await key.seal(index, at + 65_536 >= plaintext.length, part);
    chunks.push(ciphertext, tag);
  }
  return openWhole(chunks, { aead, dek });
};

const zeros = (length: number) => new Uint8Array(length);

describe('padding', () => {
  it('comes off contents that look like it', async () => {
    const ends = fc.array(fc.constantFrom(0, 0, 0x80, 1), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0, 1, 60, 65_500, 65_536, 131_000), ends, async (length, end) => {
        const content = new Uint8Array(length + end.length);
        content.set(end, length);
        const { object, bytes } = await sealed(content, { padding: 'padme' });
        const opened = await openWhole([bytes], { aead, dek: object.dek });
        expect(isRight(opened, content)).toBe(true);
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('comes off a mark with chunks of zeros behind it, inside the content', async () => {
    const content = Uint8Array.from([0x80, ...zeros(200_000), 7, 0x80, ...zeros(90_000)]);
    const { object, bytes } = await sealed(content, { padding: 'padme' });
    const opened = await openWhole([bytes], { aead, dek: object.dek });
    expect(isRight(opened, content)).toBe(true);
  });

  it.each<readonly [string, Uint8Array]>([
    ['none at all', zeros(0)],
    ['zeros without a mark', zeros(64)],
    ['content without a mark', bytesOfSeed(1, 100).fill(7)],
    ['zeros too many', Uint8Array.from([1, 2, 3, 0x80, ...zeros(16)])],
    ['a chunk of zeros too many', Uint8Array.from([1, 0x80, ...zeros(65_536)])],
    ['zeros too few', Uint8Array.from([...new Uint8Array(1000).fill(5), 0x80])],
  ])('is refused: %s', async (_what, plaintext) => {
    expect(await withPadding(plaintext)).toMatchObject({ left: { code: 'object_padding_wrong' } });
  });

  it('makes objects of many lengths look alike', async () => {
    const sizes = new Set<number>();
    for (let length = 30_000; length < 30_400; length += 10) {
      const object = sealObject([zeros(length)], { aead, random: randomOf(length) });
      sizes.add((await collect(object.bytes)).length);
    }
    expect(sizes.size).toBe(1);
  });
});
