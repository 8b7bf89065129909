/**
 * Share: the key of an object handed on in another capsule. The object itself stays where it is, and its data is not read.
 */
import { nativeAead } from '../../adapters/aead/index.ts';
import { signerOf } from '../../adapters/keys/signer.ts';
import { type ExitCode, UsageError } from '../command.ts';
import { withPrivateKey } from '../keystore-file.ts';
import { ANYBODY, demandFree, writeNewFiles } from '../new-files.ts';
import { type Call, demandRight, HealthError, sayFacts } from './call.ts';
import { capsuleFacts, capsuleFor, expiresWord, openNamedCapsule, recipientsOf } from './capsules.ts';
import { loadSealing } from './peers.ts';
import { firstBytes } from './record-file.ts';
import { chainIdWord, demanded } from './words.ts';

/** Nobody hands on a key for longer than it was given. */
const expiryOf = (capsule: string, given: number | undefined, asked: number | undefined): number | undefined => {
  if (asked === undefined || given === undefined || asked <= given) return asked ?? given;
  const message = `it may be used until ${given}: --expires can be no later`;
  throw new HealthError(capsule, { code: 'capsule_expires_before', message });
};

/** `medstate health share`. */
export const share = async (call: Call): Promise<ExitCode> => {
  const { crypto, file, words, io } = call;
  const out = demanded('share', words.out, '--out <file>');
  const capsule = demanded('share', words.capsule, '--capsule <file>');
  const keystore = demanded('share', words.key, '--key <keystore>');
  const chainId = chainIdWord('share', words);
  const asked = expiresWord(words);
  await demandFree(out);
  const sealing = await loadSealing();
  const [recipient, another] = recipientsOf('share', words, sealing);
  if (recipient === undefined || another !== undefined)
    throw new UsageError('share wants one --to: one --out is one capsule');
  const facts = await withPrivateKey({ crypto, file: keystore, words, io }, async (privateKey) => {
    const opened = await openNamedCapsule(call, sealing, { action: 'share', capsule, privateKey });
    const { dek, objectId, scope } = opened;
    demandRight(file, await sealing.openHeader(await firstBytes(file, sealing.HEADER_BYTES), dek, nativeAead));
    const expiresSeconds = expiryOf(capsule, opened.expiresSeconds, asked);
    const form = { dek, objectId, chainId, scope, expiresSeconds, sender: signerOf(crypto, privateKey) };
    const bytes = await capsuleFor(call, sealing, recipient, form);
    dek.fill(0);
    await writeNewFiles((files) => files.add(out, [bytes], ANYBODY));
    return capsuleFacts(opened);
  });
  sayFacts(io, [...facts, ['capsule', `${out} for ${recipient}`]]);
  return 0;
};
