/**
 * Naming: signatures that name who signed instead of proving it, so that a bench can measure all the work beside their recovery.
 *
 * r is the signer's number and s is one: a signature in good form, for which the crypto of `namingCrypto` answers with the signer of that
 * number. Everything else, the producers' signatures for one, is recovered as ever.
 */
import { toHex } from '../dist/core/bytes.js';
import { encodeTransaction } from '../dist/core/index.js';
import { transactionId } from '../dist/core/wire/transaction.js';

const EMPTY = new Uint8Array(0);
const [R_END, S_END, KEY_BYTES] = [32, 63, 33];

const namingSignature = (number) => {
  const signature = new Uint8Array(65);
  new DataView(signature.buffer).setUint32(R_END - 4, number + 1);
  signature[S_END] = 1;
  return signature;
};

const numberIn = (signature) =>
  ((signature[28] << 24) | (signature[29] << 16) | (signature[30] << 8) | signature[31]) - 1;

const isNaming = (signature) => signature[0] === 0 && signature[1] === 0 && signature[S_END - 1] === 0;

/** The crypto, but for signatures that name one of `count` signers: `addressBytes(number)` gives the 33 bytes, and is asked once for each. */
export const namingCrypto = (crypto, addressBytes, count) => {
  const keys = new Uint8Array(count * KEY_BYTES);
  for (let number = 0; number < count; number += 1) keys.set(addressBytes(number), number * KEY_BYTES);
  const recover = (hash, signature, out = new Uint8Array(KEY_BYTES), at = 0) => {
    if (!isNaming(signature)) return crypto.recover(hash, signature, out, at);
    const start = numberIn(signature) * KEY_BYTES;
    for (let index = 0; index < KEY_BYTES; index += 1) out[at + index] = keys[start + index];
    return out;
  };
  return { ...crypto, recover };
};

/** The bytes of a transaction of these fields by the account of that number, and paid by another if there is one. */
export const namedTransaction = (crypto, fields, { number, address }, payerNumber) => {
  const whole = { payload: EMPTY, value: 0n, ...fields };
  const hash = toHex(transactionId(crypto, whole, address));
  const sign = namingSignature(number);
  const payerSign = payerNumber === undefined ? EMPTY : namingSignature(payerNumber);
  return encodeTransaction({ ...whole, hash, sign, payerSign });
};
