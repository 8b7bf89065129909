/**
 * Profile: the constants of the construction: its name, the first byte of whatever is hashed, and the kinds of leaves.
 *
 * No two uses of the hash function begin alike, so nothing that was hashed for one purpose can stand in for another.
 * Source: docs/decisions/0019-own-tree-for-records.md.
 */

/** The name of the construction, hashed into every root. Another construction has another name, so that roots never collide. */
export const PROFILE = 'medstate/fhir-merkle/1';

/** The hash function of this profile: 1 is SHA-256. */
export const SUITE = 1;

export const LEAF_TAG = 0x00;
export const NODE_TAG = 0x01;
export const ROOT_TAG = 0x02;
export const CHUNK_TAG = 0x04;
export const CHUNK_PADDING_TAG = 0x05;
export const CHUNK_ROOT_TAG = 0x06;

/** What is derived from the secret of a document, by the first byte of the message. */
export const SALT_LABEL = 0x01;
export const PADDING_LABEL = 0x02;
export const SUB_TREE_LABEL = 0x03;

export const MEMBER_STEP = 0x01;
export const INDEX_STEP = 0x02;

export const OBJECT_LEAF = 0x10;
export const ARRAY_LEAF = 0x11;
export const STRING_LEAF = 0x20;
export const LONG_LEAF = 0x21;
export const NUMBER_LEAF = 0x30;
export const BOOLEAN_LEAF = 0x40;
export const NULL_LEAF = 0x50;
export const TREE_LEAF = 0x60;
