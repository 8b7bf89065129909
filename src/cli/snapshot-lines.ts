/**
 * Snapshot lines: what a snapshot is of, what is wrong with one, and how far a command is with it, for people.
 */
import { type Manifest, type SnapshotFault, snapshotFaultText, type Trusted } from '../engine/snapshot/index.ts';
import type { Io } from './command.ts';
import { printable } from './complaint.ts';
import { grouped, type Progress, showProgress } from './progress.ts';

const bytesIn = ({ chunks, blocks }: Manifest): number =>
  [...chunks, ...blocks].reduce((sum, { bytes }) => sum + bytes, 0);

/** What a manifest says, a line each. */
export const manifestLines = (manifest: Manifest): readonly string[] => {
  const { genesisId, height, blockId, stateRoot, count, chunks, blocks } = manifest;
  const first = blocks[0]?.first ?? height;
  return [
    `genesis id   ${genesisId}`,
    `height       ${height}`,
    `block        ${blockId}`,
    `state root   ${stateRoot}`,
    `state        ${grouped(count)} entries in ${grouped(chunks.length)} files`,
    `blocks       ${first} to ${height} in ${grouped(blocks.length)} files`,
    `bytes        ${grouped(bytesIn(manifest))}`,
  ];
};

/** What the caller knows of the block from elsewhere, and so what the answer is worth. */
export const trustLine = ({ blockId, root }: Trusted): string => {
  if (blockId !== undefined) return 'trusted      the block: every byte is settled';
  if (root !== undefined) return 'trusted      the state root: every byte of the state is settled, the blocks are not';
  return 'trusted      nothing: it fits together; give --block to know that it is of your chain';
};

/** A fault of a snapshot in a folder, as one line. */
export const faultLine = (folder: string, fault: SnapshotFault): string =>
  printable(`${folder}: ${snapshotFaultText(fault)}`);

/** Progress over leaves, whose number is known with the first report. */
export const leafProgress = (io: Io, label: string, quiet: boolean) => {
  let progress: Progress | undefined;
  return {
    onProgress: (leaves: number, total: number): void => {
      progress ??= showProgress(io, { label, unit: 'leaves', total, quiet });
      progress.advance(leaves);
    },
    finish: (): void => progress?.finish(),
  };
};
