/**
 * Seal: the whole record under a key of its own, and a capsule with that key for one doctor; and how that doctor opens it.
 */
import { fromHex } from 'medstate';
import { nativeAead } from 'medstate/adapters/aead';
import { checkContent, readEnvelope } from 'medstate/health';
import {
  archiveOf,
  archivePart,
  openCapsule,
  openWhole,
  readArchive,
  sealCapsule,
  sealObject,
} from 'medstate/health/sealing';
import { rightOf } from './chain.mjs';

/** The object, for whatever store, and the capsule, for whatever mailbox. */
export const sealTo = async (recipient, { content, envelope }, { crypto, random, chainId, sender }) => {
  const archive = archiveOf({
    [archivePart.document]: content.bytes,
    [archivePart.documentSeed]: content.seed,
    [archivePart.envelope]: envelope.bytes,
    [archivePart.envelopeSeed]: envelope.seed,
  });
  const sealed = sealObject(archive, { aead: nativeAead, random });
  const pieces = [];
  for await (const piece of sealed.bytes) pieces.push(piece);
  const terms = {
    dek: sealed.dek,
    scope: 'full',
    note: 'before the visit on Friday',
    sender: { address: sender.address, sign: (hash) => crypto.sign(hash, sender.privateKey) },
  };
  const target = { recipientKey: fromHex(recipient.address), objectId: sealed.objectId(), chainId };
  return {
    object: Buffer.concat(pieces),
    capsule: rightOf(await sealCapsule(terms, target, { crypto, random })),
  };
};

/** The root of the record as its recipient builds it again; or the code of the first refusal. */
export const openAs = async (recipient, { object, capsule }, { crypto, chainId, now }) => {
  const key = await openCapsule(capsule, { crypto, privateKey: recipient.privateKey, chainId, nowSeconds: now });
  if (key._tag === 'Left') return key.left.code;
  const { dek, objectId } = key.right;
  const archive = await openWhole([object], { aead: nativeAead, dek, objectId });
  if (archive._tag === 'Left') return archive.left.code;
  const parts = rightOf(readArchive(archive.right));
  const content = { bytes: parts.get(archivePart.document), seed: parts.get(archivePart.documentSeed) };
  const envelope = rightOf(readEnvelope(parts.get(archivePart.envelope)));
  const tree = checkContent(crypto, content, envelope.content);
  return tree._tag === 'Left' ? tree.left.code : tree.right.root;
};
