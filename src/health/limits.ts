/**
 * Limits: the most that a stranger's document or proof may ask of us, each by its name.
 *
 * All are far above real records: the largest hospital bundles seen have some 64 MB, depth 14, and names of 40 bytes.
 */

/** The most bytes of one document, unless the caller allows less: 64 MiB. */
export const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;
/** The most objects and arrays that stand in one another. */
export const MAX_NESTING = 64;
/** The most values of one document, so that a tree has at most 2^22 leaves. */
export const MAX_VALUES = 2 ** 22;
/** The most UTF-8 bytes of a member's name. */
export const MAX_NAME_BYTES = 255;
/** The most bytes of a path as it is hashed, so that a deep document does not cost more than its size. */
export const MAX_PATH_BYTES = 1024;
/** Strings of more UTF-8 bytes than this are committed to by a tree of chunks. */
export const LONG_STRING_BYTES = 1024;
/** The bytes of a chunk of a long value; the last one may have fewer. */
export const CHUNK_BYTES = 4096;
/** The fewest levels of a tree: 16 leaves. */
export const MIN_DEPTH = 4;
/** The most levels of a tree. */
export const MAX_DEPTH = 26;
/** The most levels that may be asked for as the least. */
export const MAX_MIN_DEPTH = 22;
/** The most leaves that one presentation shows. */
export const MAX_SHOWN_LEAVES = 65_536;
/** The most steps of all paths that one presentation shows, so that its places fit in memory. */
export const MAX_SHOWN_STEPS = 2 ** 19;
/** The most bytes of an audience or of a nonce to which a holder binds a presentation. */
export const MAX_HOLDER_TEXT_BYTES = 512;
/** The most trees that stand in one another: an entry, what it contains, and room for more. */
export const MAX_TREE_NESTING = 8;
/** The most bytes of an envelope or a certificate. */
export const MAX_RECORD_DOCUMENT_BYTES = 128 * 1024;
/** The most files that one envelope names. */
export const MAX_ATTACHMENTS = 256;
/** The most records that are anchored by one root: 2^20. */
export const MAX_BATCH_DEPTH = 20;
/** The most leaves to which a small record is filled up by whoever opens it whole; a larger one may have 16 for each value. */
export const MAX_FILLED_LEAVES = 2 ** 16;
/** The most levels that a record is given to hide how small it is: whoever checks it whole builds them all. */
export const MAX_HIDING_DEPTH = 12;
