import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { signatureFault } from '../../src/core/signature.ts';
import { stubCrypto } from '../../src/sim/network/stub-crypto.ts';

const stub = stubCrypto(await bestCrypto());
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('a signature of the stub', () => {
  it('tells who made it over what, passes the checks of form, and is a stranger’s on anything else', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(32), fc.nat(255), (key, hash, other, flip) => {
        const sign = stub.sign(hash, key);
        const address = Buffer.from(stub.publicKey(key));
        expect(Buffer.from(stub.recover(hash, sign) ?? [])).toEqual(address);
        if (key.some((byte) => byte !== 0)) expect(signatureFault(sign)).toBeUndefined();
        // The last two bytes of a hash are no part of the mark.
        const differs = other.slice(0, 30).some((byte, at) => byte !== hash[at]);
        if (differs) expect(Buffer.from(stub.recover(other, sign) ?? [])).not.toEqual(address);
        const spoiled = sign.slice();
        spoiled[34 + (flip % 30)] = (spoiled[34 + (flip % 30)] as number) ^ (1 + (flip % 255));
        expect(Buffer.from(stub.recover(hash, spoiled) ?? [])).not.toEqual(address);
        for (let bit = 0; bit < 8 * sign.length; bit += 1) {
          const flipped = sign.slice();
          flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
          expect(Buffer.from(stub.recover(hash, flipped) ?? [])).not.toEqual(address);
        }
      }),
    );
  });
});
