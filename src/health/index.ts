/**
 * Health data: records as salted Merkle trees, shown field by field, anchored by one root, shared under seal.
 *
 * Pure and without a host, for Node and browsers alike. Not yet a subpath of the package: reader, tree and proofs of fields stand; envelopes,
 * presentations and fields inside trees of trees do not, and the interface will move with them.
 */

export type { LeafValue } from './disclosure/leaf-value.ts';
export {
  proveValues,
  type ShownLeaf,
  type TreeProof,
  type TreeProofFault,
  verifyTreeProof,
} from './disclosure/tree-proof.ts';
export {
  childrenOf,
  countAt,
  itemAt,
  type JsonDocument,
  type JsonKind,
  kindAt,
  memberAt,
  nameAt,
  type Step,
  stepsTo,
  textAt,
  valueAlong,
} from './json/document.ts';
export { type JsonFault, type JsonFaultCode, type Position, positionAt, positionText } from './json/fault.ts';
export { type ReadLimits, readJson } from './json/read.ts';
export * from './limits.ts';
export * from './record/index.ts';
export { MAX_POINTER_LENGTH, pointersOf } from './selection/pointer.ts';
export * from './selection/preview.ts';
export { type RuleName, type WithholdingRule, withholdingRules } from './selection/rules.ts';
export * from './selection/select.ts';
export { buildTree, buildTreeAt, type TreeFault, type TreeOptions } from './tree/build.ts';
export { ChunkHasher, chunkRootOf } from './tree/chunks.ts';
export { pointerOf, valueAtPointer } from './tree/path.ts';
export { PROFILE } from './tree/profile.ts';
export { RecordTree, type TreeMode } from './tree/record-tree.ts';
export { documentSeed, envelopeSeed } from './tree/seeds.ts';
