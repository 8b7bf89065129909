/**
 * Folder: the door to where a snapshot lies: a few files by name, read and written whole.
 *
 * A directory is one; so is a bucket in a store of objects. Nothing read from it is trusted.
 */

export interface Folder {
  /** What people call it: its path. */
  readonly name: string;
  /** The names of all that is in it. A name that is no plain file ends in a slash. */
  list(): Promise<readonly string[]>;
  /** The first bytes of a file, at most `limit` of them, in memory of their own; `undefined` if there is no such file. */
  read(file: string, limit: number): Promise<Uint8Array | undefined>;
  /**
   * Puts a file of these bytes there, or in the place of one of that name: the whole of it or nothing, and durable. One that was cut off may
   * leave some bytes under `partOf(file)`.
   */
  write(file: string, bytes: Uint8Array): Promise<void>;
  /** Lets a file go; none of that name is fine. */
  remove(file: string): Promise<void>;
}

/** The name for what a write of `file` may leave that was cut off. */
export const partOf = (file: string): string => `${file}.part`;
