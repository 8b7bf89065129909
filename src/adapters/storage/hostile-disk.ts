/**
 * Hostile disk: what a broken disk makes of a batch and of values, by chance and yet the same for the same seed.
 */
import { type Chance, chanceFrom } from '../laws/chance.ts';
import type { Batch, Storage, StoredBlock } from './storage.ts';

const PER_THOUSAND = 1000;

/** A number of the text, for the same text always the same. FNV-1a: scatters names that differ in one digit. */
const numberOfText = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
};

/** Which values rot: those that the seed chooses, so many in a thousand. */
export interface Rot {
  readonly seed: number;
  readonly thousandths: number;
}

/**
 * A copy of the value with one bit flipped, or `undefined` if the value of that name has not rotted. Which values have, and
 * which bit, depends on the seed and the name alone. A value of no bytes cannot rot.
 */
const rotten = ({ seed, thousandths }: Rot, what: string, bytes: Uint8Array): Uint8Array | undefined => {
  if (thousandths === 0 || bytes.length === 0) return undefined;
  const chance = chanceFrom(seed ^ numberOfText(what));
  if (chance.below(PER_THOUSAND) >= thousandths) return undefined;
  const spoilt = new Uint8Array(bytes);
  const at = chance.below(spoilt.length);
  spoilt[at] = (spoilt[at] as number) ^ (1 << chance.below(8));
  return spoilt;
};

/**
 * The reads of `inner`, of which some values come back rotten. `isTold` hears of each, as 'row 17', 'block 3' or
 * 'history 4', and says whether it is given so.
 */
export const rottingReads = (
  inner: Storage,
  rot: Rot,
  isTold: (what: string) => boolean,
): Pick<Storage, 'block' | 'blocks' | 'rows' | 'scan' | 'history'> => {
  const aged = <T extends Uint8Array | undefined>(what: string, bytes: T): T => {
    const spoilt = bytes && rotten(rot, what, bytes);
    return spoilt !== undefined && isTold(what) ? (spoilt as T) : bytes;
  };
  const agedBlock = (block: StoredBlock): StoredBlock => ({
    ...block,
    bytes: aged(`block ${block.height}`, block.bytes),
  });
  return {
    block: async (height) => {
      const block = await inner.block(height);
      return block && agedBlock(block);
    },
    blocks: async (fromHeight, limit) => (await inner.blocks(fromHeight, limit)).map(agedBlock),
    rows: async (leaves) => {
      const rows = await inner.rows(leaves);
      return rows.map((bytes, index) => aged(`row ${leaves[index]}`, bytes));
    },
    scan: async (fromLeaf, limit) => {
      const rows = await inner.scan(fromLeaf, limit);
      return rows.map(({ leaf, bytes }) => ({ leaf, bytes: aged(`row ${leaf}`, bytes) }));
    },
    history: async (fromHeight, limit) => {
      const history = await inner.history(fromHeight, limit);
      return history.map(({ height, bytes }) => ({ height, bytes: aged(`history ${height}`, bytes) }));
    },
  };
};

/** A value of which only the beginning was written. */
const shortened = (chance: Chance, bytes: Uint8Array): Uint8Array =>
  bytes.slice(0, bytes.length === 0 ? 0 : chance.below(bytes.length));

/** One word of a batch, as a batch of its own; with a chance, its value cut short. */
type Part = (chance?: Chance) => Batch;

const partsOf = ({ dropBlocksAbove, blocks = [], rows = [], history = [], facts = {} }: Batch): Part[] => {
  const cut = <T extends Uint8Array | undefined>(bytes: T, chance?: Chance): T =>
    (chance && bytes ? shortened(chance, bytes) : bytes) as T;
  return [
    ...(dropBlocksAbove === undefined ? [] : [(): Batch => ({ dropBlocksAbove })]),
    ...blocks.map(
      (each): Part =>
        (chance) => ({ blocks: [{ ...each, bytes: cut(each.bytes, chance) }] }),
    ),
    ...rows.map(
      (each): Part =>
        (chance) => ({ rows: [{ ...each, bytes: cut(each.bytes, chance) }] }),
    ),
    ...history.map(
      (each): Part =>
        (chance) => ({ history: [{ ...each, bytes: cut(each.bytes, chance) }] }),
    ),
    ...Object.entries(facts).map(
      ([name, value]): Part =>
        (chance) => ({ facts: { [name]: cut(value, chance) } }),
    ),
  ];
};

/**
 * Part of a batch, never all of it: the first of its words in the order in which a store writes them, of which the last
 * may be cut short. Of a batch of one word the value is cut short, or nothing is left.
 */
export const tearBy = (chance: Chance, batch: Batch): Batch => {
  const parts = partsOf(batch);
  if (parts.length === 0) return {};
  const kept = chance.below(parts.length);
  const isCut = chance.below(2) === 0;
  const torn = parts.slice(0, kept).map((part) => part());
  const next = isCut ? parts[kept]?.(chance) : undefined;
  const all = next === undefined || next.dropBlocksAbove !== undefined ? torn : [...torn, next];
  const drop = all.find((each) => each.dropBlocksAbove !== undefined);
  return {
    ...drop,
    blocks: all.flatMap(({ blocks = [] }) => blocks),
    rows: all.flatMap(({ rows = [] }) => rows),
    history: all.flatMap(({ history = [] }) => history),
    facts: Object.assign({}, ...all.map(({ facts = {} }) => facts)),
  };
};
