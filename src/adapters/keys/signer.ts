/**
 * Signer: what signs with a private key that this process holds.
 *
 * The key is in a closure alone: no field has it, so neither an inspector nor JSON nor an error can show it.
 * Source: protocol section 3.
 */
import { toHex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Address } from '../../core/units.ts';
import type { Signer } from './keys.ts';

/** Signs with this private key (32 bytes, 1..n-1), of which it keeps a copy. Throws on a bad key. */
export const signerOf = (crypto: Crypto, privateKey: Uint8Array): Signer => {
  const kept = Uint8Array.from(privateKey);
  const address = toHex(crypto.publicKey(kept)) as Address;
  return { address, sign: (hash) => crypto.sign(hash, kept) };
};
