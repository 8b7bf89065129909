/**
 * Doors: what the tests of sealing have in common: both ciphers, chance from a seed, and streams in any pieces.
 */
import { nativeAead, nativeSha256 } from '../../../src/adapters/aead/index.ts';
import { chanceFrom } from '../../../src/adapters/laws/index.ts';
import { type Address, toHex } from '../../../src/core/index.ts';
import {
  type Aead,
  type ByteSource,
  type CapsuleSender,
  type Random,
  type SealedObject,
  SealingError,
  sealObject,
  webAead,
} from '../../../src/health/sealing/index.ts';
import { crypto } from '../records.ts';

export const aeads: readonly Aead[] = [nativeAead, webAead];

/** Chance that is the same in every run. */
export const randomOf = (seed: number): Random => {
  const chance = chanceFrom(seed);
  return (length) => chance.bytes(length);
};

export const bytesOfSeed = (seed: number, length: number): Uint8Array => chanceFrom(seed).bytes(length);

/** All of a stream in one array. */
export const collect = async (source: ByteSource): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(Uint8Array.from(piece));
  return Uint8Array.from(Buffer.concat(pieces));
};

/** The bytes in pieces of these sizes, again and again. */
export function* inPieces(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let [at, turn] = [0, 0];
  while (at < bytes.length) {
    const size = sizes[turn % sizes.length] as number;
    yield bytes.slice(at, at + size);
    at += size;
    turn += 1;
  }
}

/** How much a stream released before it ended, and the code it ended with. */
export const released = async (
  source: AsyncIterable<Uint8Array>,
  take: (piece: Uint8Array) => void = () => undefined,
): Promise<{ readonly bytes: number; readonly code: string }> => {
  let bytes = 0;
  try {
    for await (const piece of source) {
      take(piece);
      bytes += piece.length;
    }
    return { bytes, code: 'opened' };
  } catch (error) {
    if (error instanceof SealingError) return { bytes, code: error.code };
    throw error;
  }
};

/** A sealed object, all of it in memory. */
export const sealed = async (
  content: Uint8Array,
  { seed = 1, padding = 'none', aead = nativeAead }: { seed?: number; padding?: 'none' | 'padme'; aead?: Aead } = {},
): Promise<{ readonly object: SealedObject; readonly bytes: Uint8Array }> => {
  const object = sealObject([content], { aead, random: randomOf(seed), padding, newHash: nativeSha256 });
  return { object, bytes: await collect(object.bytes) };
};

export interface Person extends CapsuleSender {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Somebody with an account. */
export const personOf = (seed: number): Person => {
  const privateKey = bytesOfSeed(seed, 32).with(0, 1);
  const publicKey = crypto.publicKey(privateKey);
  const address = toHex(publicKey) as Address;
  return { privateKey, publicKey, address, sign: (hash) => crypto.sign(hash, privateKey) };
};

/** Whether two long arrays are the same, told at once; the runner's own comparison goes element by element and shows all of them. */
export const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Whether an answer is right and is these bytes. */
export const isRight = (answer: { readonly _tag: string; readonly right?: Uint8Array }, bytes: Uint8Array): boolean =>
  answer._tag === 'Right' && answer.right !== undefined && isSame(answer.right, bytes);
