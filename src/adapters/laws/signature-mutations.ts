/**
 * Signature mutations: good signatures turned bad in every way we know, from a seed.
 *
 * Two backends that differ on one input split the chain, so these inputs sit where libraries differ: at the edges of
 * the field and the group, on points that do not exist, at infinity, at odd lengths and ids.
 * Source: protocol section 3.
 */
import { bytesOf, concatBytes, toHex } from '../../core/bytes.ts';
import { nobleCrypto } from '../../core/crypto-noble.ts';
import { type Chance, chanceFrom } from './chance.ts';

/** One input for `recover`; any lengths. `kind` says what was done, for people. */
export interface SignatureMutation {
  readonly kind: string;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

interface Signed {
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

const FIELD = (1n << 256n) - (1n << 32n) - 977n;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const BASE_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n;
const BYTES_32 = 1n << 256n;

const to32 = (value: bigint): Uint8Array =>
  bytesOf((((value % BYTES_32) + BYTES_32) % BYTES_32).toString(16).padStart(64, '0'));
const from32 = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);
const joined = (r: bigint, s: bigint, id: number): Uint8Array => concatBytes(to32(r), to32(s), Uint8Array.of(id));
const rOf = ({ signature }: Signed): bigint => from32(signature.subarray(0, 32));
const sOf = ({ signature }: Signed): bigint => from32(signature.subarray(32, 64));
const idOf = ({ signature }: Signed): number => signature[64] as number;

/** The numbers at which a comparison can be wrong by one, or by one bound. */
const EDGES: readonly bigint[] = [0n, ORDER >> 1n, FIELD - ORDER, ORDER, FIELD, BYTES_32 - 1n, BASE_X].flatMap(
  (edge) => [edge - 1n, edge, edge + 1n],
);

const flipped = (bytes: Uint8Array, chance: Chance): Uint8Array => {
  const copy = bytes.slice();
  const index = chance.below(copy.length);
  copy[index] = (copy[index] as number) ^ (1 << chance.below(8));
  return copy;
};

/** A signature by no key: with s R = e G, the recovered point is infinity. Every one of its fields is in range. */
const atInfinity = (chance: Chance): Signed => {
  const k = chance.bytes(32).with(0, 1);
  const nonce = nobleCrypto.publicKey(k);
  const s = from32(chance.bytes(32)) >> 2n;
  const hash = to32((s * from32(k)) % ORDER);
  return { hash, signature: joined(from32(nonce.subarray(1)), s, (nonce[0] as number) - 2) };
};

type Mutate = (signed: Signed, chance: Chance) => Signed;

/** Every way to spoil a signature, by what it does. The two untouched kinds keep the others honest. */
const MUTATIONS: Readonly<Record<string, Mutate>> = {
  'left as it was': (signed) => signed,
  'for another hash': ({ signature }, chance) => ({ hash: chance.bytes(32), signature }),
  'one bit of the signature flipped': ({ hash, signature }, chance) => ({
    hash,
    signature: flipped(signature, chance),
  }),
  'one bit of the hash flipped': ({ hash, signature }, chance) => ({ hash: flipped(hash, chance), signature }),
  'r at an edge': (it, chance) => ({ ...it, signature: joined(chance.oneOf(EDGES), sOf(it), chance.below(2)) }),
  's at an edge': (it, chance) => ({ ...it, signature: joined(rOf(it), chance.oneOf(EDGES), chance.below(2)) }),
  'r and s at edges': (it, chance) => ({
    ...it,
    signature: joined(chance.oneOf(EDGES), chance.oneOf(EDGES), chance.below(2)),
  }),
  'hash at an edge': ({ signature }, chance) => ({ hash: to32(chance.oneOf(EDGES)), signature }),
  'any id': ({ hash, signature }, chance) => ({ hash, signature: signature.with(64, chance.below(256)) }),
  'ids 0 to 3 with r below p - n': (it, chance) => ({
    ...it,
    signature: joined(from32(chance.bytes(32)) % (FIELD - ORDER), sOf(it), chance.below(4)),
  }),
  'r + n in place of r': (it, chance) => ({
    ...it,
    signature: joined(ORDER + (from32(chance.bytes(16)) % (FIELD - ORDER)), sOf(it), chance.below(4)),
  }),
  'r at random, half of them no x-coordinate': (it, chance) => ({
    ...it,
    signature: joined(from32(chance.bytes(32)), sOf(it), chance.below(2)),
  }),
  'the high twin': (it) => ({ ...it, signature: joined(rOf(it), ORDER - sOf(it), idOf(it) ^ 1) }),
  'high s with the id kept': (it) => ({ ...it, signature: joined(rOf(it), ORDER - sOf(it), idOf(it)) }),
  'high s with an r at random': (it, chance) => ({
    ...it,
    signature: joined(from32(chance.bytes(32)), ORDER - sOf(it), chance.below(2)),
  }),
  'nonce point is the base point': (it, chance) => ({ ...it, signature: joined(BASE_X, sOf(it), chance.below(2)) }),
  'key at infinity': (_, chance) => atInfinity(chance),
  'key at infinity, high twin': (_, chance) => {
    const it = atInfinity(chance);
    return { ...it, signature: joined(rOf(it), ORDER - sOf(it), idOf(it) ^ 1) };
  },
  'r and s swapped': (it) => ({ ...it, signature: joined(sOf(it), rOf(it), idOf(it)) }),
  'id first': (it) => ({
    ...it,
    signature: concatBytes(it.signature.subarray(64), it.signature.subarray(0, 64)),
  }),
  'hash and r swapped': (it) => ({ hash: to32(rOf(it)), signature: concatBytes(it.hash, it.signature.subarray(32)) }),
  'signature cut short': ({ hash, signature }, chance) => ({ hash, signature: signature.slice(0, chance.below(65)) }),
  'signature too long': ({ hash, signature }, chance) => ({
    hash,
    signature: concatBytes(signature, chance.bytes(1 + chance.below(64))),
  }),
  'hash cut short': ({ hash, signature }, chance) => ({ hash: hash.slice(0, chance.below(32)), signature }),
  'hash too long': ({ hash, signature }, chance) => ({
    hash: concatBytes(hash, chance.bytes(1 + chance.below(64))),
    signature,
  }),
  'one byte repeated': ({ hash }, chance) => ({ hash, signature: new Uint8Array(65).fill(chance.below(256)) }),
  'rubbish of any length': (_, chance) => ({
    hash: chance.bytes(chance.below(80)),
    signature: chance.bytes(chance.below(140)),
  }),
};

/** The names of all mutations, in the order in which they take turns. */
export const mutationKinds: readonly string[] = Object.keys(MUTATIONS);

const signedBy = (chance: Chance): Signed => {
  const hash = chance.bytes(32);
  return { hash, signature: nobleCrypto.sign(hash, chance.bytes(32).with(0, 1)) };
};

/**
 * `count` mutations from `seed`, each kind in turn, made as they are asked for. Cost: 64 signatures by the reference
 * at first, then microseconds each, but for the two kinds at infinity (a public key each).
 */
export function* signatureMutations(seed: number, count: number): Generator<SignatureMutation, void, void> {
  const chance = chanceFrom(seed);
  const kinds = Object.entries(MUTATIONS);
  const originals = Array.from({ length: Math.min(count, 64) }, () => signedBy(chance));
  for (let index = 0; index < count; index += 1) {
    const [kind, mutate] = kinds[index % kinds.length] as (typeof kinds)[number];
    const { hash, signature } = mutate(chance.oneOf(originals), chance);
    yield { kind, hash, signature };
  }
}
