/**
 * Forge: trees of any leaves, honest or not, and their proofs, written again from the text of the construction with Node's hash.
 */
import { createHash } from 'node:crypto';
import type { Hash } from '../../src/core/index.ts';
import { PROFILE, type ShownLeaf, type Step, type TreeProof } from '../../src/health/index.ts';

const sha = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const stepBytes = (step: Step): Buffer => {
  if (typeof step === 'number') return Buffer.concat([Uint8Array.of(2), word(step)]);
  const name = Buffer.from(step);
  return Buffer.concat([Uint8Array.of(1, name.length >> 8, name.length & 255), name]);
};

export type ForgedLeaf = Omit<ShownLeaf, 'position'>;

const KINDS = { object: 0x10, array: 0x11, string: 0x20, number: 0x30, boolean: 0x40, null: 0x50, tree: 0x60 } as const;

const contentOf = (value: ForgedLeaf['value']): readonly [number, Uint8Array] => {
  switch (value.kind) {
    case 'object':
      return [KINDS.object, Buffer.concat(value.names.map(stepBytes))];
    case 'array':
      return [KINDS.array, word(value.length)];
    case 'string':
    case 'number':
      return [KINDS[value.kind], Buffer.from(value.text)];
    case 'boolean':
      return [KINDS.boolean, Uint8Array.of(value.value ? 1 : 0)];
    case 'null':
      return [KINDS.null, Buffer.alloc(0)];
    case 'tree':
      return [KINDS.tree, Buffer.concat([Uint8Array.of(value.depth), Buffer.from(value.root, 'hex')])];
    default:
      throw new Error('no forgery of this kind is needed');
  }
};

const leafHash = ({ steps, salt, value }: ForgedLeaf): Buffer => {
  const path = Buffer.concat(steps.map(stepBytes));
  const [kind, content] = contentOf(value);
  return sha(Uint8Array.of(0), salt, word(path.length), path, Uint8Array.of(kind), content);
};

export interface Forgery {
  readonly root: Hash;
  /** All leaves, proven. */
  readonly proof: TreeProof;
}

/** A tree over these leaves, whatever they say, under this or another profile and suite. */
export const forge = (leaves: readonly ForgedLeaf[], profile = PROFILE, suite = 1): Forgery => {
  let depth = 4;
  while (2 ** depth < leaves.length) depth += 1;
  const padding = Array.from({ length: 2 ** depth - leaves.length }, (_, at) => sha(Buffer.from(`padding ${at}`)));
  let level = [...leaves.map(leafHash), ...padding].sort(Buffer.compare);
  const shown = leaves.map((leaf) => {
    const hash = leafHash(leaf);
    return { ...leaf, position: level.findIndex((other) => other.equals(hash)) };
  });
  shown.sort((a, b) => a.position - b.position);
  const siblings: Uint8Array[] = [];
  let known = new Set(shown.map(({ position }) => position));
  while (level.length > 1) {
    const above: Buffer[] = [];
    const knownAbove = new Set<number>();
    for (let at = 0; at < level.length; at += 2) {
      const pair = [at, at + 1] as const;
      if (pair.some((index) => known.has(index))) {
        knownAbove.add(at / 2);
        for (const index of pair) if (!known.has(index)) siblings.push(level[index] as Buffer);
      }
      above.push(sha(Uint8Array.of(1), level[at] as Buffer, level[at + 1] as Buffer));
    }
    level = above;
    known = knownAbove;
  }
  const root = sha(Buffer.from(`\x02${profile}\0`), Uint8Array.of(suite, depth), level[0] as Buffer).toString('hex');
  return { root: root as Hash, proof: { depth, leaves: shown, siblings: Uint8Array.from(Buffer.concat(siblings)) } };
};
