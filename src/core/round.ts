/**
 * Round: who is elected, and in which order the producers of a round take its slots.
 *
 * The order is drawn from the genesis id and the number of the round alone, so nobody can grind it; the set is moved only by votes.
 * Source: whitepaper v0.2.1, Block Producers; protocol sections 8 and 9.
 */
import { bytesOf, compareText } from './bytes.ts';
import type { Hasher } from './crypto.ts';
import { rankingRange } from './state/keys.ts';
import type { StateReader } from './state/view.ts';
import { ADDRESS_BYTES, type Address, floorDiv, HASH_BYTES, type Hash } from './units.ts';

/** The addresses of the first `count` of the ranking, first place first. */
export const electedOf = (state: StateReader, count: number): readonly Address[] =>
  // The address is the last part of a rank's key.
  state.keys(rankingRange, count).map((key) => key.slice(-2 * ADDRESS_BYTES) as Address);

const WORD_RANGE = 0x1_0000_0000;
const WORD_BYTES = 4;

/** The random words of a round: eight of each SHA-256(genesis id | round, 8 bytes | c, 4 bytes), c = 0, 1, ... */
const wordsOf = (hasher: Hasher, genesisId: Hash, round: number): (() => number) => {
  const seed = new Uint8Array(HASH_BYTES + 8 + WORD_BYTES);
  const view = new DataView(seed.buffer);
  seed.set(bytesOf(genesisId));
  view.setBigUint64(HASH_BYTES, BigInt(round));
  let words: DataView = view;
  let offset = HASH_BYTES;
  let counter = 0;
  return () => {
    if (offset === HASH_BYTES) {
      view.setUint32(HASH_BYTES + 8, counter);
      counter += 1;
      const hash = hasher.sha256(seed);
      words = new DataView(hash.buffer, hash.byteOffset, HASH_BYTES);
      offset = 0;
    }
    const word = words.getUint32(offset);
    offset += WORD_BYTES;
    return word;
  };
};

/** The producers of a round in the order of its slots: sorted by address, then shuffled without bias. */
export const scheduleOf = (
  hasher: Hasher,
  genesisId: Hash,
  round: number,
  producers: readonly Address[],
): readonly Address[] => {
  const order = [...producers].sort(compareText);
  const nextWord = wordsOf(hasher, genesisId, round);
  for (let index = order.length - 1; index >= 1; index -= 1) {
    const choices = index + 1;
    const limit = floorDiv(WORD_RANGE, choices) * choices;
    let word = nextWord();
    while (word >= limit) word = nextWord();
    const other = word % choices;
    const moved = order[index] as Address;
    order[index] = order[other] as Address;
    order[other] = moved;
  }
  return order;
};
