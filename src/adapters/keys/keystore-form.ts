/**
 * Keystore form: a key behind a password as JSON, as the wallets of the first network wrote it.
 *
 * It is the V3 form of Ethereum but for two things: the mac is SHA3-256, not Keccak, and the address is the public key. What a
 * file may ask of the machine that opens it is limited, because the file may be a stranger's.
 * Source: first network, medjs 1.0.1 (cryptography/keystore); RFC 7914 (scrypt), RFC 8018 (PBKDF2).
 */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { closed, type Fault, HexText, isAddress, readJson, textual } from '../../core/json.ts';
import { type Address, HASH_BYTES } from '../../core/units.ts';

export interface ScryptParams {
  readonly dklen: number;
  /** Lower-case hex. */
  readonly salt: string;
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

export interface Pbkdf2Params {
  readonly dklen: number;
  /** Lower-case hex. */
  readonly salt: string;
  readonly c: number;
  readonly prf: 'hmac-sha256';
}

interface Locked {
  /** Lower-case hex: the 32 bytes of the key, or, in old files, its 64 hex digits as text. */
  readonly ciphertext: string;
  readonly cipherparams: { readonly iv: string };
  readonly cipher: 'aes-128-ctr';
  readonly mac: string;
}

export interface Keystore {
  readonly version: 3;
  readonly id: string;
  readonly address: Address;
  readonly crypto: Locked &
    (
      | { readonly kdf: 'scrypt'; readonly kdfparams: ScryptParams }
      | { readonly kdf: 'pbkdf2'; readonly kdfparams: Pbkdf2Params }
    );
}

/** What a file may ask for at most: twice the 256 MiB of Ethereum's wallets, which is the most that is common. */
export const keystoreLimits = {
  /** scrypt takes 128 n r bytes. */
  memoryBytes: 512 * 1024 * 1024,
  /** And mixes n r p blocks of 128 bytes, twice. */
  blocks: 2 ** 22,
  r: 64,
  p: 64,
  iterations: 10_000_000,
  /** The mac needs 32 bytes of derived key; nothing uses more, but 48 and 64 were written. */
  dklen: [32, 64],
  saltBytes: 64,
} as const;

const whole = (
  least: number,
  most: number,
  isOne: (value: number) => boolean = () => true,
  kind = 'a whole number',
) => {
  const wanted = `${kind} from ${least} to ${most}`;
  const is = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most && isOne(value);
  return new t.Type<number, number, unknown>(
    wanted,
    is,
    (value, context) => (is(value) ? t.success(value) : t.failure(value, context, wanted)),
    (value) => value,
  );
};

const isPowerOfTwo = (value: number): boolean => (value & (value - 1)) === 0; // below 2^31

const limits = keystoreLimits;
const Dklen = whole(...limits.dklen);
const Salt = textual<string>(
  `1 to ${limits.saltBytes} bytes as lower-case hex`,
  (text) => (/^(?:[0-9a-f]{2})+$/.test(text) && text.length <= 2 * limits.saltBytes ? text : undefined),
  (text) => text,
);
const Ciphertext = textual<string>(
  '32 or 64 bytes as lower-case hex',
  (text) => (/^(?:[0-9a-f]{64}){1,2}$/.test(text) ? text : undefined),
  (text) => text,
);
const Uuid = textual<string>(
  'a UUID in lower case',
  (text) => (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined),
  (text) => text,
);
const AddressText = textual<Address>(
  'an address: 66 lower-case hex digits that begin with 02 or 03',
  (text) => (isAddress(text) ? text : undefined),
  (address) => address,
);

const kdfs = {
  scrypt: closed({
    dklen: Dklen,
    salt: Salt,
    n: whole(2, limits.memoryBytes / 128, isPowerOfTwo, 'a power of two'),
    r: whole(1, limits.r),
    p: whole(1, limits.p),
  }),
  pbkdf2: closed({ dklen: Dklen, salt: Salt, c: whole(1, limits.iterations), prf: t.literal('hmac-sha256') }),
} as const;

const formOf = (kdf: keyof typeof kdfs) =>
  closed({
    version: t.literal(3),
    id: Uuid,
    address: AddressText,
    crypto: closed({
      ciphertext: Ciphertext,
      cipherparams: closed({ iv: HexText(16) }),
      cipher: t.literal('aes-128-ctr'),
      kdf: t.literal(kdf),
      kdfparams: kdfs[kdf],
      mac: HexText(HASH_BYTES),
    }),
  });

const forms = { scrypt: formOf('scrypt'), pbkdf2: formOf('pbkdf2') } as const;

const kdfOf = (value: unknown): unknown => {
  const inner = typeof value === 'object' && value !== null && 'crypto' in value ? value.crypto : undefined;
  return typeof inner === 'object' && inner !== null && 'kdf' in inner ? inner.kdf : undefined;
};

/** The keystore that a JSON value is, or every fault in it with its path. */
export const readKeystore = (value: unknown): E.Either<readonly Fault[], Keystore> => {
  const read = readJson(kdfOf(value) === 'pbkdf2' ? forms.pbkdf2 : forms.scrypt, value);
  return E.isLeft(read) ? read : E.right(read.right as unknown as Keystore); // the form was chosen by its kdf
};

/** What the keystore asks of the machine beyond the limits; `undefined` if it may be opened. */
export const costFault = ({ crypto }: Keystore): Fault | undefined => {
  if (crypto.kdf !== 'scrypt') return undefined;
  const { n, r, p } = crypto.kdfparams;
  const found = `n ${n}, r ${r}, p ${p}`;
  const wanted = `128 n r of at most ${limits.memoryBytes} and n r p of at most ${limits.blocks}`;
  const isCheap = 128 * n * r <= limits.memoryBytes && n * r * p <= limits.blocks;
  return isCheap ? undefined : { path: 'crypto.kdfparams', found, wanted };
};
