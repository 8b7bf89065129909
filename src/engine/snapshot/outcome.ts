/**
 * Outcome: what can be wrong with a snapshot, as values that name the file; and what keeps one from being made or taken, as
 * errors.
 *
 * A snapshot comes from strangers, so its faults are answers. A `SnapshotError` is about this node: its store, its folder.
 */

/** The words never change their meaning. */
export type SnapshotFaultCode =
  | 'file_missing' // the manifest names it, and it is not there
  | 'file_unexpected' // it is there, and the manifest does not name it
  | 'export_unfinished' // the export was not finished
  | 'length_wrong' // longer or shorter than the manifest says
  | 'digest_wrong' // its bytes are others than the manifest says
  | 'malformed' // its bytes are not of the form of such a file
  | 'version_unknown' // of a later version of this library
  | 'layout_wrong' // not cut into files as a snapshot is
  | 'node_wrong' // its rows are not those the state is made of
  | 'root_wrong' // the files together are not the state that the block states
  | 'keys_wrong' // the keys of the rows are no ring
  | 'block_wrong' // a block is not what its producer signed, or does not follow
  | 'chain_wrong' // of another chain
  | 'not_trusted'; // not the block or the root that the caller trusts

export interface SnapshotFault {
  /** The file it is about. */
  readonly file: string;
  readonly code: SnapshotFaultCode;
  /** What is wrong, and what should be there. */
  readonly what: string;
  /** The leaf it is about, or the first one of the file, where that is known. */
  readonly leaf?: number;
  /** Where in the file, in bytes from its beginning, where that is known. */
  readonly offset?: number;
}

/** The fault as one line for people. */
export const snapshotFaultText = ({ file, what, leaf, offset }: SnapshotFault): string => {
  const places = [
    file,
    ...(offset === undefined ? [] : [`at byte ${offset}`]),
    ...(leaf === undefined ? [] : [`leaf ${leaf}`]),
  ];
  return `${places.join(', ')}: ${what}`;
};

export type SnapshotErrorCode =
  | 'snapshot_store_empty' // the store holds no chain, or no final block yet
  | 'snapshot_store_other_chain' // the store holds another chain
  | 'snapshot_store_damaged' // what the store holds does not fit together
  | 'snapshot_store_moved' // the stored state changed while it was read
  | 'snapshot_store_taken' // the store to import into holds something else
  | 'snapshot_folder_taken'; // the folder to export to holds something else

/** What keeps a snapshot from being made or taken here. The message says what to do. */
export class SnapshotError extends Error {
  readonly code: SnapshotErrorCode;
  constructor(code: SnapshotErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SnapshotError';
    this.code = code;
  }
}
