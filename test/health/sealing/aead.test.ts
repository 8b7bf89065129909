import { describe, expect, it } from 'vitest';
import { aeadLaws, LawBroken } from '../../../src/adapters/laws/index.ts';
import type { Aead } from '../../../src/health/sealing/index.ts';
import { aeads } from './doors.ts';

describe.each(aeads)('the cipher of $name', (aead) => {
  it.each(aeadLaws)('keeps the law: $name', async ({ check }) => {
    await check(() => aead);
  });
});

/** Ciphers with a fault, and a law that each must break. */
const villains: readonly (readonly [
  string,
  (key: Awaited<ReturnType<Aead['withKey']>>) => Awaited<ReturnType<Aead['withKey']>>,
])[] = [
  [
    'opens without looking at the tag',
    (key) => ({ ...key, open: async (nonce, aad, sealed) => (await key.open(nonce, aad, sealed)) ?? sealed }),
  ],
  [
    'forgets the aad',
    (key) => ({
      seal: (nonce, _aad, plaintext) => key.seal(nonce, new Uint8Array(0), plaintext),
      open: (nonce, _aad, sealed) => key.open(nonce, new Uint8Array(0), sealed),
    }),
  ],
  [
    'looks at 8 bytes of the nonce',
    (key) => ({
      seal: (nonce, aad, plaintext) =>
        key.seal(
          nonce.map((byte, at) => (at < 8 ? byte : 0)),
          aad,
          plaintext,
        ),
      open: (nonce, aad, sealed) =>
        key.open(
          nonce.map((byte, at) => (at < 8 ? byte : 0)),
          aad,
          sealed,
        ),
    }),
  ],
  [
    'throws on a wrong tag',
    (key) => ({
      ...key,
      open: async (nonce, aad, sealed) => {
        const opened = await key.open(nonce, aad, sealed);
        if (opened === undefined) throw new LawBroken('the tag is wrong');
        return opened;
      },
    }),
  ],
];

it.each(villains)('a cipher that %s breaks a law', async (_fault, spoil) => {
  const aead = aeads[0] as Aead;
  const broken: string[] = [];
  for (const { name, check } of aeadLaws) {
    await check(() => ({ name: 'villain', withKey: async (key) => spoil(await aead.withKey(key)) })).catch(() => {
      broken.push(name);
    });
  }
  expect(broken).not.toEqual([]);
});
