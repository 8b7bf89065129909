/**
 * The standard globals of sealing beyond the language: WebCrypto, the same in Node, browsers and workers.
 *
 * Only what is used here is declared. `CryptoKey` and its like are what @hpke speaks of; to us they are opaque.
 */
interface CryptoKey {
  readonly type: string;
}
interface CryptoKeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}
interface JsonWebKey {
  readonly kty?: string;
}
interface GcmParams {
  readonly name: 'AES-GCM';
  readonly iv: Uint8Array;
  readonly additionalData: Uint8Array;
}
interface CtrParams {
  readonly name: 'AES-CTR';
  readonly counter: Uint8Array;
  readonly length: 128;
}
declare const crypto: {
  readonly subtle: {
    importKey(
      format: 'raw',
      key: Uint8Array,
      algorithm: 'AES-GCM' | 'AES-CTR',
      extractable: false,
      usages: readonly ('encrypt' | 'decrypt')[],
    ): Promise<CryptoKey>;
    encrypt(params: GcmParams | CtrParams, key: CryptoKey, bytes: Uint8Array): Promise<ArrayBuffer>;
    decrypt(params: GcmParams | CtrParams, key: CryptoKey, bytes: Uint8Array): Promise<ArrayBuffer>;
  };
};
