/**
 * Presentation text: the one JSON text of a presentation, for files, links and other programs.
 *
 * Members stand in a fixed order and without space; steps are arrays of names and indexes, because in a JSON Pointer the two look
 * alike; salts, siblings and signatures are base64url, roots and keys hex.
 */
import type { Step } from '../json/document.ts';
import { SUITE } from '../tree/profile.ts';
import { toBase64url } from './base64url.ts';
import type { LeafValue } from './leaf-value.ts';
import { type HolderBinding, PRESENTATION_VERSION, type Presentation, type Shown } from './presentation.ts';
import type { ShownLeaf } from './tree-proof.ts';

const stepsText = (steps: readonly Step[]): string => JSON.stringify(steps);

const valueText = (value: LeafValue): string => {
  switch (value.kind) {
    case 'object':
      return JSON.stringify(value.names);
    case 'array':
      return String(value.length);
    case 'boolean':
      return String(value.value);
    case 'null':
      return 'null';
    case 'tree':
      return `{"depth":${value.depth},"root":"${value.root}"}`;
    case 'reference':
      return `{"bytes":${value.byteLength},"chunks":"${value.chunkRoot}"}`;
    default:
      return JSON.stringify(value.text);
  }
};

const leafText = ({ position, steps, salt, value }: ShownLeaf): string =>
  `{"i":${position},"p":${stepsText(steps)},"t":"${value.kind}","v":${valueText(value)},"s":"${toBase64url(salt)}"}`;

/** From leaves to parts, as it stands in the outermost tree and in each part. */
const shownText = ({ proof, parts }: Shown): string => {
  const inside = parts.map((part) => `{"at":${stepsText(part.at)},"depth":${part.proof.depth},${shownText(part)}}`);
  const leaves = proof.leaves.map(leafText);
  return `"leaves":[${leaves.join(',')}],"siblings":"${toBase64url(proof.siblings)}","parts":[${inside.join(',')}]`;
};

const holderText = ({ audience, nonce, issuedSeconds, key, signature }: HolderBinding): string =>
  `{"aud":${JSON.stringify(audience)},"nonce":${JSON.stringify(nonce)},"iat":${issuedSeconds},"pub":"${key}","sig":"${toBase64url(signature)}"}`;

/** The text of a presentation. Two presentations that differ have different texts. */
export const presentationText = (presentation: Presentation): string => {
  const { root, proof, holder } = presentation;
  const head = `"v":${PRESENTATION_VERSION},"suite":${SUITE},"depth":${proof.depth},"root":"${root}"`;
  const bound = holder === undefined ? '' : `,"holder":${holderText(holder)}`;
  return `{${head},${shownText(presentation)}${bound}}`;
};
