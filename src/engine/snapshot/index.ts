/**
 * medstate/snapshot: the state at a final height as a folder of files, for who does not want to replay all blocks.
 */

export { type Folder, partOf } from '../../adapters/folder/folder.ts';
export { type ExportOptions, exportSnapshot } from './export.ts';
export { type ImportOptions, importSnapshot } from './import.ts';
export { importFact, isHalfImported } from './import-fact.ts';
export type { BlockFile, Chunk, Manifest, SnapshotHead } from './manifest.ts';
export {
  SnapshotError,
  type SnapshotErrorCode,
  type SnapshotFault,
  type SnapshotFaultCode,
  snapshotFaultText,
} from './outcome.ts';
export type { ReaderOptions, Trusted } from './reader.ts';
export { type SnapshotProgress, type VerifyOptions, verifySnapshot } from './verify.ts';
