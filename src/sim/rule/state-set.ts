/**
 * State set: millions of states of a search, each a few integers, without an object a state.
 *
 * A table of places over flat memory; it grows by doubling. Exact: equal hashes are told apart by the integers themselves.
 */

const FIRST_ROOM = 1 << 10;

/** A set of rows of `width` integers. */
export const stateSet = (width: number) => {
  let rows = new Int32Array(FIRST_ROOM * width);
  let places = new Int32Array(2 * FIRST_ROOM).fill(-1);
  let size = 0;

  const hashOf = (from: Int32Array, offset: number): number => {
    let hash = 0x811c9dc5;
    for (let index = 0; index < width; index += 1) {
      hash = Math.imul(hash ^ (from[offset + index] ?? 0), 0x01000193);
      hash ^= hash >>> 15;
    }
    return Math.imul(hash, 0x2c1b3c6d) >>> 0;
  };

  const isAt = (row: number, state: Int32Array): boolean => {
    for (let index = 0; index < width; index += 1) if (rows[row * width + index] !== state[index]) return false;
    return true;
  };

  const grow = (): void => {
    const wider = new Int32Array(2 * rows.length);
    wider.set(rows);
    rows = wider;
    places = new Int32Array(2 * places.length).fill(-1);
    const mask = places.length - 1;
    for (let row = 0; row < size; row += 1) {
      let place = hashOf(rows, row * width) & mask;
      while (places[place] !== -1) place = (place + 1) & mask;
      places[place] = row;
    }
  };

  return {
    /** Adds a state, and says whether it is new. */
    add: (state: Int32Array): boolean => {
      const mask = places.length - 1;
      let place = hashOf(state, 0) & mask;
      for (;;) {
        const row = places[place] ?? -1;
        if (row === -1) break;
        if (isAt(row, state)) return false;
        place = (place + 1) & mask;
      }
      places[place] = size;
      rows.set(state, size * width);
      size += 1;
      if (2 * size >= places.length) grow();
      return true;
    },
    size: (): number => size,
  };
};
