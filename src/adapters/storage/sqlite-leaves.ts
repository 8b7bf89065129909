/**
 * SQLite leaves: ascending leaf numbers in few bytes, as the varints of their distances.
 */

/** The greatest leaf number. */
export const LAST_LEAF = 2 ** 32 - 1;

const MAX_VARINT_BYTES = 5;

/** The bytes of the leaves, which ascend. */
export const packedLeaves = (rows: readonly { readonly leaf: number }[]): Uint8Array => {
  const bytes = new Uint8Array(rows.length * MAX_VARINT_BYTES);
  let [at, before] = [0, 0];
  for (const { leaf } of rows) {
    let distance = leaf - before;
    for (; distance >= 0x80; distance = Math.floor(distance / 0x80)) {
      bytes[at] = (distance & 0x7f) | 0x80;
      at += 1;
    }
    bytes[at] = distance;
    at += 1;
    before = leaf;
  }
  return bytes.subarray(0, at);
};

/** The leaves of these bytes; `undefined` if they are none. */
export const unpackLeaves = (bytes: Uint8Array): Uint32Array | undefined => {
  const leaves = new Uint32Array(bytes.length);
  let [count, leaf, scale] = [0, 0, 1];
  for (const byte of bytes) {
    leaf += (byte & 0x7f) * scale;
    if (leaf > LAST_LEAF) return undefined;
    if (byte >= 0x80) {
      scale *= 0x80;
      continue;
    }
    if (count > 0 && leaf <= (leaves[count - 1] as number)) return undefined;
    leaves[count] = leaf;
    count += 1;
    scale = 1;
  }
  return scale === 1 ? leaves.subarray(0, count) : undefined;
};
