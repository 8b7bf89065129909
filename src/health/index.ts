/**
 * Health data: records as salted Merkle trees, shown field by field, anchored by one root, shared under seal.
 *
 * Pure and without a host, for Node and browsers alike. Sealing, and choosing by FHIRPath, are subpaths of their own.
 */

export { absenceOf, completenessOf } from './disclosure/choose.ts';
export {
  bindHolder,
  HOLDER_CLOCK_SECONDS,
  type HolderClaim,
  type HolderDemand,
  type HolderFault,
  type HolderSigner,
  holderHash,
} from './disclosure/holder.ts';
export type { InnerTree, LeafValue } from './disclosure/leaf-value.ts';
export {
  isComplete,
  type PartialArray,
  type PartialDocument,
  type PartialNode,
  type PartialObject,
  type PartialReference,
  type PartialScalar,
  type PartialTree,
  partialText,
  type ShownAt,
  shownAt,
} from './disclosure/partial.ts';
export { type PresentFault, present } from './disclosure/present.ts';
export type { HolderBinding, Presentation, PresentationPart, Shown } from './disclosure/presentation.ts';
export type { PresentationReadFault, PresentationTextCode } from './disclosure/presentation-fault.ts';
export { readPresentation } from './disclosure/presentation-read.ts';
export { presentationText } from './disclosure/presentation-text.ts';
export { isReferenced } from './disclosure/reference.ts';
export {
  type ProvenPlace,
  provenAt,
  type ShownLeaf,
  type TreeProof,
  type TreeProofFault,
  verifyTreeProof,
} from './disclosure/tree-proof.ts';
export {
  type PresentationFault,
  type PresentationFaultCode,
  type VerifyOptions,
  verifyPresentation,
} from './disclosure/verify.ts';
export { openWhole, type WholeFault, type WholeRecord, wholeOf } from './disclosure/whole.ts';
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
export { buildTree, buildTreeAt, type TreeOptions } from './tree/build.ts';
export { ChunkHasher, chunkRootOf } from './tree/chunks.ts';
export { treeOver } from './tree/inner.ts';
export { pointerOf, valueAtPointer } from './tree/path.ts';
export { PROFILE } from './tree/profile.ts';
export { RecordTree, type TreeMode } from './tree/record-tree.ts';
export { documentSeed, envelopeSeed } from './tree/seeds.ts';
export type { TreeFault, TreeFaultCode } from './tree/tree-fault.ts';
