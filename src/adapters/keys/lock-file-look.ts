/**
 * Lock file look: what stands under a path, found out from its first bytes, without SQLite and without changing one.
 *
 * Source: sqlite.org/fileformat2.html section 1.3 (the header).
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { damaged, LOCK_VERSION, notOurs, versionNewer } from './lock-file-errors.ts';

/** "MEDL" in the header: the file is a lock of ours. */
export const LOCK_APPLICATION_ID = 0x4d45444c;

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
const HEADER_BYTES = 100;
const PAGE_SIZE_AT = 16;
const PAGE_COUNT_AT = 28;
const VERSION_AT = 60;
const APPLICATION_AT = 68;

const headerOf = (file: string): Buffer => {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
};

/** Whether a write may have been cut short. SQLite then takes it back before anything is read. */
const hasJournal = (file: string): boolean => (statSync(`${file}-journal`, { throwIfNoEntry: false })?.size ?? 0) > 0;

/**
 * Whether there is a lock; a file of 0 bytes is none. Throws `KeyError` if something else is there, which stays as it is.
 * It opens and closes the file, and on POSIX that ends every lock this process has on it: never look at one that it has open.
 */
export const isLockFile = (file: string): boolean => {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (!stat.isFile()) throw notOurs(file, stat.isDirectory() ? 'a folder' : 'no regular file');
  if (stat.size === 0) return false;
  const header = headerOf(file);
  const start = header.subarray(0, MAGIC.length);
  if (!start.equals(MAGIC.subarray(0, start.length))) throw notOurs(file, 'some other file');
  if (header.length < HEADER_BYTES) throw damaged(file, `was cut off after ${header.length} bytes`);
  if (header.readUInt32BE(APPLICATION_AT) !== LOCK_APPLICATION_ID) throw notOurs(file, 'a database of something else');
  const version = header.readUInt32BE(VERSION_AT);
  if (version > LOCK_VERSION) throw versionNewer(file, version);
  const isShort = stat.size < header.readUInt16BE(PAGE_SIZE_AT) * header.readUInt32BE(PAGE_COUNT_AT);
  if (isShort && !hasJournal(file)) throw damaged(file, `was cut off after ${stat.size} bytes`);
  return true;
};
