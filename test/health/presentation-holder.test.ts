import { describe, expect, it } from 'vitest';
import { type Address, toHex } from '../../src/core/index.ts';
import {
  bindHolder,
  HOLDER_CLOCK_SECONDS,
  type HolderBinding,
  type HolderClaim,
  type HolderDemand,
  holderHash,
  type Presentation,
  type VerifyOptions,
  verifyPresentation,
} from '../../src/health/index.ts';
import { BUNDLE, codeOf, crypto, presented, treeOf, valuesAt } from './records.ts';

const keyOf = (number: number) => {
  const secret = new Uint8Array(32).fill(number);
  return { secret, key: toHex(crypto.publicKey(secret)) as Address };
};
const holder = keyOf(1);
const thief = keyOf(2);
const tree = treeOf(BUNDLE, { mode: 'B' });
const { root } = tree;
const plain = presented(tree, valuesAt(tree, '/entry/0/resource/active', '/entry'));
const NOW = 1_800_000_000;
const CLAIM: HolderClaim = { audience: 'clinic.example', nonce: 'n-1', issuedSeconds: NOW, key: holder.key };
const ASKED = { audience: 'clinic.example', nonce: 'n-1', key: 'anyone' } as const;

const bind = (claim: HolderClaim, secret = holder.secret, presentation = plain): Promise<Presentation> =>
  bindHolder(crypto, presentation, claim, (hash) => crypto.sign(hash, secret));
const bound = await bind(CLAIM);
const binding = bound.holder as HolderBinding;

const answer = (presentation: Presentation, demand: VerifyOptions['holder']): string =>
  codeOf(verifyPresentation(crypto, presentation, { root, holder: demand }));
const claimed = (change: Partial<HolderBinding>): Presentation => ({ ...bound, holder: { ...binding, ...change } });
const aged = (now: number, maxAgeSeconds: number): HolderDemand => ({ ...ASKED, now, maxAgeSeconds });

describe('a holder binds a presentation', () => {
  it.each<readonly [string, string, Presentation, VerifyOptions['holder']]>([
    ['as it was asked for', 'right', bound, ASKED],
    ['with the key that was asked for', 'right', bound, { ...ASKED, key: holder.key }],
    ['and nothing was asked', 'right', bound, 'not asked'],
    ['or does not, and nothing was asked', 'right', plain, 'not asked'],
    ['or does not, though it was asked for', 'holder_missing', plain, ASKED],
    ['for another verifier', 'holder_audience_differs', bound, { ...ASKED, audience: 'clinic' }],
    ['in answer to another question', 'holder_nonce_differs', bound, { ...ASKED, nonce: 'n-2' }],
    ['with another key', 'holder_key_differs', bound, { ...ASKED, key: thief.key }],
    ['just in time', 'right', bound, aged(NOW + 300, 300)],
    ['a second too late', 'holder_too_old', bound, aged(NOW + 301, 300)],
    ['with a clock that is as far ahead as may be', 'right', bound, aged(NOW - HOLDER_CLOCK_SECONDS, 300)],
    ['with a clock that is too far ahead', 'holder_too_early', bound, aged(NOW - HOLDER_CLOCK_SECONDS - 1, 300)],
    ['and the name of the key is changed', 'holder_signature_wrong', claimed({ key: thief.key }), ASKED],
    ['and the time is changed', 'holder_signature_wrong', claimed({ issuedSeconds: NOW + 1 }), ASKED],
    ['and the audience is changed', 'holder_signature_wrong', claimed({ audience: 'x' }), { ...ASKED, audience: 'x' }],
    ['and the nonce is changed', 'holder_signature_wrong', claimed({ nonce: 'n-2' }), { ...ASKED, nonce: 'n-2' }],
    [
      'and the border of audience and nonce is moved',
      'holder_signature_wrong',
      claimed({ audience: 'clinic.examplen', nonce: '-1' }),
      { audience: 'clinic.examplen', nonce: '-1', key: 'anyone' },
    ],
    ['and a part is left out', 'holder_signature_wrong', { ...bound, parts: [] }, ASKED],
    [
      "and the signature is another presentation's",
      'holder_signature_wrong',
      { ...presented(tree, [0]), holder: binding },
      ASKED,
    ],
    ['with a signature that is cut', 'holder_malformed', claimed({ signature: binding.signature.slice(1) }), ASKED],
    ['with a key that is none', 'holder_malformed', claimed({ key: 'x' as Address }), ASKED],
    ['at no time', 'holder_malformed', claimed({ issuedSeconds: Number.NaN }), ASKED],
    ['for nobody', 'holder_malformed', claimed({ audience: '' }), ASKED],
    ['with a nonce that is too long', 'holder_malformed', claimed({ nonce: 'n'.repeat(513) }), ASKED],
    [
      'and proves nothing',
      'proof_incomplete',
      { ...bound, proof: { ...bound.proof, siblings: new Uint8Array(0) } },
      ASKED,
    ],
  ])('%s: %s', (_name, code, presentation, demand) => {
    expect(answer(presentation, demand)).toBe(code);
  });

  it('and no bit of the signature can be changed', () => {
    const changes = Array.from({ length: 8 * 65 }, (_, bit) =>
      binding.signature.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
    );
    // Every eighth: a recovery takes milliseconds.
    for (const [index, signature] of changes.entries()) {
      if (index % 8 === 0) expect(answer(claimed({ signature }), ASKED)).toBe('holder_signature_wrong');
    }
  });

  it('by a signer that answers later, too', async () => {
    const later = await bindHolder(crypto, plain, CLAIM, (hash) => Promise.resolve(crypto.sign(hash, holder.secret)));
    expect(later).toEqual(bound);
  });

  it('anew, over what the first holder has bound: the old signature is not part of what is signed', async () => {
    const again = await bind({ ...CLAIM, key: thief.key }, thief.secret, bound);
    expect(answer(again, { ...ASKED, key: thief.key })).toBe('right');
    expect(answer(again, ASKED)).toBe('right');
    expect(answer(again, { ...ASKED, key: holder.key })).toBe('holder_key_differs');
    expect(holderHash(crypto, bound, CLAIM)).toEqual(holderHash(crypto, plain, CLAIM));
  });

  it('and a signer of another key, or a claim without form, is a mistake of ours', async () => {
    await expect(bind(CLAIM, thief.secret)).rejects.toThrow('key of the claim');
    await expect(bind({ ...CLAIM, audience: '' })).rejects.toThrow('audience');
    await expect(bind({ ...CLAIM, issuedSeconds: 0.5 })).rejects.toThrow('whole seconds');
  });
});

describe('what is asked of the holder is never left out in silence', () => {
  it('by a caller that is compiled', () => {
    const verify = (options: VerifyOptions) => verifyPresentation(crypto, bound, options);
    // @ts-expect-error: the holder is not mentioned
    expect(() => verify({ root })).toThrow("'not asked'");
    // @ts-expect-error: the nonce is not mentioned
    expect(() => verify({ root, holder: { audience: 'clinic.example' } })).toThrow('what it answers');
    // @ts-expect-error: the audience is not mentioned
    expect(() => verify({ root, holder: { nonce: 'n-1' } })).toThrow('what it answers');
    // @ts-expect-error: the key is not mentioned, so that a thief's signature would do as well
    expect(() => verify({ root, holder: { audience: 'clinic.example', nonce: 'n-1' } })).toThrow('whose signature');
    expect(() => verify({ root, holder: { ...ASKED, key: 'x' as Address } })).toThrow('whose signature');
    // @ts-expect-error: an age without the time
    expect(() => verify({ root, holder: { ...ASKED, maxAgeSeconds: 300 } })).toThrow('an age needs');
    // @ts-expect-error: the time without an age
    expect(() => verify({ root, holder: { ...ASKED, now: NOW } })).toThrow('an age needs');
    // @ts-expect-error: not these words
    expect(() => verify({ root, holder: 'none' })).toThrow('what it answers');
    expect(() => verify({ root, holder: { ...ASKED, nonce: '' } })).toThrow('what it answers');
    expect(() => verify({ root, holder: aged(Number.NaN, 300) })).toThrow('now is in Unix seconds');
    expect(() => verify({ root, holder: aged(NOW, Number.NaN) })).toThrow('not negative');
  });
});
