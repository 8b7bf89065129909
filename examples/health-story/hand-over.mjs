/**
 * Hand over: what the patient gives to somebody who asked with a nonce: one value, who signed it, and what the chain says.
 *
 * The envelope goes without its owner, the certificate without a name.
 */
import { keys } from 'medstate';
import { bindHolder, present, presentationText, valueAtPointer } from 'medstate/health';
import { rightOf } from './chain.mjs';

const CREATOR = ['/creator/account', '/creator/certificate/hash', '/creator/certificate/certifier'];
const OF_ENVELOPE = ['/profile', '/content/root', ...CREATOR];
const OF_CERTIFICATE = ['/profile', '/profession/system', '/profession/code', '/region'];

const textOf = (presentation) => Buffer.from(presentationText(presentation));
const shownOf = (tree, pointers) =>
  textOf(
    rightOf(
      present(
        tree,
        pointers.map((pointer) => valueAtPointer(tree.document, pointer)),
      ),
    ),
  );

/** All of it, bound to an audience and its nonce by the key that anchored the record. */
export const handOver = async (chain, { tree, values, record, certificate, certifier, sender, answer }) => {
  const { crypto } = chain;
  const sign = (hash) => crypto.sign(hash, sender.privateKey);
  const bound = await bindHolder(crypto, rightOf(present(tree, values)), { ...answer, key: sender.address }, sign);
  const { header, proofs } = await chain.proveFinal(
    keys.anchorKey(record.anchored, sender.address),
    keys.certificationKey(certifier.address, certificate.anchored),
  );
  const [anchorProof, certification] = proofs;
  return {
    content: textOf(bound),
    envelope: shownOf(record.tree, OF_ENVELOPE),
    certificate: shownOf(certificate.tree, OF_CERTIFICATE),
    signature: record.signature,
    acceptance: certificate.signature,
    anchor: { sender: sender.address, proof: anchorProof },
    certification,
    header,
  };
};

/** The bytes of all that was handed over. */
export const sizeOf = ({ content, envelope, certificate, signature, acceptance, anchor, certification, header }) =>
  [content, envelope, certificate, signature, acceptance, anchor.proof, certification, header].reduce(
    (sum, { length }) => sum + length,
    0,
  );
