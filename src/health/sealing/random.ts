/**
 * Random: the door through which chance comes into sealing, so that nothing here draws on its own and tests repeat.
 */
import { sameBytes } from '../../core/bytes.ts';
import { invariant } from '../../core/refusal.ts';

/**
 * That many bytes that nobody can guess, in memory of their own. `systemRandom` of `medstate/adapters/aead` is one; in a browser
 * `(length) => crypto.getRandomValues(new Uint8Array(length))`.
 */
export type Random = (byteLength: number) => Uint8Array;

/** Bytes from the door, as many as were asked for, and not all the same: that would be memory that nobody has filled. */
export const draw = (random: Random, byteLength: number): Uint8Array => {
  const bytes = random(byteLength);
  invariant(bytes.length === byteLength, `the source of chance gave ${bytes.length} bytes instead of ${byteLength}`);
  invariant(
    bytes.some((byte) => byte !== bytes[0]),
    'the source of chance gives the same byte again and again',
  );
  return Uint8Array.from(bytes);
};

/** Two draws of 32 bytes. A source that repeats itself is found out here, before a key is used twice. */
export const drawTwo = (random: Random): readonly [Uint8Array, Uint8Array] => {
  const [first, second] = [draw(random, 32), draw(random, 32)];
  invariant(!sameBytes(first, second), 'the source of chance repeats itself');
  return [first, second];
};
