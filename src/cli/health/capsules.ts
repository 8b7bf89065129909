/**
 * Capsules: those that a command makes, with what its options say, and those that it was given and opens.
 */
import { systemRandom } from '../../adapters/aead/index.ts';
import { systemClock } from '../../adapters/clock/system.ts';
import type { Signer } from '../../adapters/keys/keys.ts';
import { bytesOf } from '../../core/bytes.ts';
import { type Address, toHex } from '../../core/index.ts';
import type { CapsuleScope, OpenedCapsule } from '../../health/sealing/index.ts';
import { UsageError, wholeNumber } from '../command.ts';
import { type Call, demandRight, seen } from './call.ts';
import type { Sealing } from './record-archive.ts';
import { firstBytes } from './record-file.ts';
import { chainIdWord, type HealthAction, type HealthWords, keyWord } from './words.ts';

/** The recipients of `--to`: each once, each a key. */
export const recipientsOf = (action: HealthAction, { to = [] }: HealthWords, sealing: Sealing): readonly Address[] => {
  if (to.length === 0) throw new UsageError(`${action} wants --to <key>`);
  return to.map((text, index) => {
    const key = keyWord('to', text);
    demandRight(`--to ${key}`, sealing.uncompressKey(bytesOf(key)));
    if (to.indexOf(text) !== index) throw new UsageError(`--to: found ${key} twice; name each recipient once`);
    return key;
  });
};

/** The time of `--expires`, if it is given; it lies ahead. */
export const expiresWord = ({ expires }: HealthWords): number | undefined => {
  if (expires === undefined) return undefined;
  const seconds = wholeNumber('expires', expires, [1, Number.MAX_SAFE_INTEGER]);
  const now = systemClock().now();
  if (seconds > now) return seconds;
  throw new UsageError(`--expires: found ${seconds}, wanted a time after now, ${now}`);
};

/** What all capsules of a call have in common. */
export interface CapsuleForm {
  readonly dek: Uint8Array;
  readonly objectId: Uint8Array;
  readonly chainId: number;
  readonly scope: CapsuleScope;
  readonly expiresSeconds: number | undefined;
  readonly sender: Signer;
}

/** A capsule for one recipient, with the note of `--note`. */
export const capsuleFor = async (
  { crypto, words }: Call,
  { sealCapsule }: Sealing,
  recipient: Address,
  form: CapsuleForm,
): Promise<Uint8Array> => {
  const { objectId, chainId, expiresSeconds, dek, scope, sender } = form;
  const terms = {
    ...{ dek, scope, sender },
    ...(words.note === undefined ? {} : { note: words.note }),
    ...(expiresSeconds === undefined ? {} : { expiresSeconds }),
  };
  const target = { recipientKey: bytesOf(recipient), objectId, chainId };
  const sealed = await sealCapsule(terms, target, { crypto, random: systemRandom });
  return demandRight('--note', sealed); // the key was looked at before
};

/** What the capsule of `--capsule` says, opened with this private key. */
export const openNamedCapsule = async (
  call: Call,
  { MAX_CAPSULE_BYTES, openCapsule }: Sealing,
  {
    action,
    capsule,
    privateKey,
  }: { readonly action: HealthAction; readonly capsule: string; readonly privateKey: Uint8Array },
): Promise<OpenedCapsule> => {
  const { crypto, words } = call;
  const bytes = await firstBytes(capsule, MAX_CAPSULE_BYTES + 1);
  const options = { crypto, privateKey, chainId: chainIdWord(action, words), nowSeconds: systemClock().now() };
  return demandRight(capsule, await openCapsule(bytes, options));
};

/** What an opened capsule says, for people. */
export const capsuleFacts = (opened: OpenedCapsule): readonly (readonly [string, string])[] => {
  const { objectId, sender, scope, note, expiresSeconds } = opened;
  return [
    ['object', toHex(objectId)],
    ['sender', `${sender}; see that you know this key`],
    ['scope', scope],
    ...(note === '' ? [] : [['note', seen(note)] as const]),
    ...(expiresSeconds === undefined ? [] : [['expires', String(expiresSeconds)] as const]),
  ];
};
