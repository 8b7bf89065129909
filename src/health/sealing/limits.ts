/**
 * Limits of sealing: the most that a stranger's object, archive or capsule may ask of us, each by its name.
 */

/** The bytes of plaintext of each chunk but the last, which may have fewer. */
export const OBJECT_CHUNK_BYTES = 65_536;
/** The most bytes of an object's plaintext, padding included: 1 TiB, far below where one AES-GCM key wears out. */
export const MAX_OBJECT_BYTES = 2 ** 40;
/** The most bytes that are opened into memory at once, unless the caller allows more or less: 128 MiB. */
export const MAX_WHOLE_BYTES = 128 * 1024 * 1024;
/** The most named parts of an archive. */
export const MAX_ARCHIVE_PARTS = 64;
/** The most bytes of the name of a part. */
export const MAX_PART_NAME_BYTES = 64;
/** The most UTF-8 bytes of the note of a capsule. */
export const MAX_NOTE_BYTES = 512;
/** The most characters of data of the first network: 256 MiB of hex. */
export const MAX_LEGACY_CHARACTERS = 2 ** 28;
