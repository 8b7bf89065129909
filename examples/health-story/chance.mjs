/**
 * Chance: bytes from a seed, so that the story is always the same. A wallet takes `systemRandom` of `medstate/adapters/aead`.
 */
import { toHex } from 'medstate';

/** A source of chance, and accounts by it. */
export const chanceOf = (crypto, seed) => {
  let drawn = 0;
  const draw = () => {
    drawn += 1;
    return crypto.sha256(Buffer.from(`${seed} ${drawn}`));
  };
  const chance = (byteLength) =>
    Uint8Array.from(Buffer.concat(Array.from({ length: Math.ceil(byteLength / 32) }, draw)).subarray(0, byteLength));
  const newAccount = () => {
    const privateKey = chance(32);
    return { privateKey, address: toHex(crypto.publicKey(privateKey)) };
  };
  return { chance, newAccount };
};
