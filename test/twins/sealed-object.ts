/**
 * Sealed object, the twin: the format written down once more with node:crypto alone, whole and without streams.
 */
import { createCipheriv, createHash, hkdfSync } from 'node:crypto';

const derive = (key: Uint8Array, salt: Uint8Array, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, info, 32));

const gcm = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
};

/** Padmé as its authors give it. */
const padme = (length: number): number => {
  if (length < 2) return length;
  const exponent = Math.floor(Math.log2(length));
  const significant = Math.floor(Math.log2(exponent)) + 1;
  const mask = 2 ** (exponent - significant) - 1;
  return length + mask - ((length + mask) % (mask + 1));
};

/** The bytes of the object with this content. */
export const sealedByTwin = (content: Uint8Array, dek: Uint8Array, salt: Uint8Array, isPadded: boolean): Buffer => {
  const marked = Buffer.concat([content, Buffer.from([0x80])]);
  const plaintext = isPadded ? Buffer.concat([marked, Buffer.alloc(padme(marked.length) - marked.length)]) : content;
  const commitment = derive(dek, salt, 'medstate/object/1 commit');
  const header = Buffer.concat([Buffer.from(`4d42583101100${isPadded ? '001' : '000'}`, 'hex'), salt, commitment]);
  const key = derive(dek, salt, 'medstate/object/1 payload');
  const count = Math.max(1, Math.ceil(plaintext.length / 65_536));
  const chunks = Array.from({ length: count }, (_, index) => {
    const nonce = Buffer.alloc(12);
    nonce.writeBigUInt64BE(BigInt(index), 3);
    nonce[11] = index === count - 1 ? 1 : 0;
    return gcm(key, nonce, header, plaintext.subarray(index * 65_536, (index + 1) * 65_536));
  });
  return Buffer.concat([header, ...chunks]);
};

export const objectIdByTwin = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
