/**
 * medstate/adapters/aead: Node's own cipher, hash and chance behind the doors of `medstate/health/sealing`.
 */
export type { Aead, AeadKey, Sealed } from './aead.ts';
export { type NativeAead, type NativeAeadKey, nativeAead, nativeSha256 } from './native.ts';
export { systemRandom } from './random.ts';
