/**
 * Bare: the limit that signed work is held against: recoveries by the native library, and nothing else.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

const { ecdsaRecover, ecdsaSign } = createRequire(import.meta.url)('secp256k1/bindings');

/** The library's own call, as the benches name its arguments. It is given one place for all keys, as the engine gives it. */
const found = new Uint8Array(33);
export const nativeRecover = (hash, compact, id) => ecdsaRecover(compact, id, hash, true, found);

/** `count` recoveries of different signatures, to be called again and again. */
export const bareRecoveries = (count) => {
  const samples = Array.from({ length: count }, (_, index) => {
    const hash = createHash('sha256').update(`bare ${index}`).digest();
    const { signature, recid } = ecdsaSign(hash, new Uint8Array(32).fill(0x4d));
    return { hash, compact: signature, id: recid };
  });
  return () => {
    for (const { hash, compact, id } of samples)
      if (nativeRecover(hash, compact, id)[0] === 0) throw new Error('no key was recovered');
  };
};
