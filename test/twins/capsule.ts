/**
 * Capsule, the twin: opening one by HPKE written down once more with node:crypto alone, as RFC 9180 has it.
 */
import { createDecipheriv, createECDH, createHmac } from 'node:crypto';

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const hmac = (key: Uint8Array, message: Uint8Array): Buffer => createHmac('sha256', key).update(message).digest();

const labelsOf = (suite: Buffer) => ({
  extract: (salt: Uint8Array, label: string, ikm: Uint8Array): Buffer =>
    hmac(salt, Buffer.concat([Buffer.from('HPKE-v1'), suite, Buffer.from(label), ikm])),
  // Of at most 32 bytes: the first block of HKDF-Expand.
  expand: (key: Uint8Array, label: string, info: Uint8Array, length: number): Buffer =>
    hmac(
      key,
      Buffer.concat([u16(length), Buffer.from('HPKE-v1'), suite, Buffer.from(label), info, Buffer.from([1])]),
    ).subarray(0, length),
});

const NONE = Buffer.alloc(0);
const KEM = labelsOf(Buffer.concat([Buffer.from('KEM'), u16(0x0016)]));
const HPKE = labelsOf(Buffer.concat([Buffer.from('HPKE'), u16(0x0016), u16(0x0001), u16(0x0002)]));

/** The content of a capsule for the holder of this private key. Throws if it does not open. */
export const contentByTwin = (capsule: Uint8Array, privateKey: Uint8Array): Buffer => {
  const [header, enc, sealed] = [capsule.subarray(0, 42), capsule.subarray(42, 107), capsule.subarray(107)];
  const curve = createECDH('secp256k1');
  curve.setPrivateKey(privateKey);
  const kemContext = Buffer.concat([enc, curve.getPublicKey()]);
  const prk = KEM.extract(NONE, 'eae_prk', curve.computeSecret(enc));
  const secret = KEM.expand(prk, 'shared_secret', kemContext, 32);
  const chain = header.subarray(6, 10);
  const recipient = curve.getPublicKey(null, 'compressed');
  const info = Buffer.concat([Buffer.from('medstate/capsule/1'), chain, recipient, header.subarray(10)]);
  const idHash = HPKE.extract(NONE, 'psk_id_hash', NONE);
  const context = Buffer.concat([Buffer.from([0]), idHash, HPKE.extract(NONE, 'info_hash', info)]);
  const key = HPKE.extract(secret, 'secret', NONE);
  const cipher = createDecipheriv(
    'aes-256-gcm',
    HPKE.expand(key, 'key', context, 32),
    HPKE.expand(key, 'base_nonce', context, 12),
  );
  cipher.setAAD(header);
  cipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
};
