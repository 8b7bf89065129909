/**
 * Locator: how two nodes find the highest block that both have on their chosen chains, by a few ids.
 *
 * One names blocks of its chain, near its tip each and farther down ever fewer; the other looks from the top for the first that it has
 * too. Source: docs/design.md.
 *
 * PERF: a read of the store for each id named; about 20 of a chain of a million blocks.
 */
import type { Storage } from '../../adapters/storage/storage.ts';
import type { Chain } from '../../core/chain.ts';
import type { Hash, Height } from '../../core/units.ts';
import { isHeight } from '../facts.ts';

/** A block of a chain by its place. */
export interface BlockName {
  readonly height: Height;
  readonly id: Hash;
}

/** Ids that a locator may name; more are not looked at. */
const MAX_LOCATOR_IDS = 64;

/** Heights below the tip that are named one by one, before the steps double. */
const NEAR = 8;

const PAGE_BLOCKS = 64;

/** The id of the stored chain's block at a height; `undefined` if it is not stored, or the number is no height. */
export async function idAt({ genesisId }: Chain, storage: Storage, height: number): Promise<Hash | undefined> {
  if (!isHeight(height)) return undefined;
  return height === 0 ? genesisId : ((await storage.block(height))?.id as Hash | undefined);
}

/** The heights that a locator names, from the top down to genesis. */
const heightsOf = (top: number): readonly number[] => {
  const heights: number[] = [];
  for (let height = top, step = 1; height > 0; height -= step) {
    heights.push(height);
    if (heights.length >= NEAR) step *= 2;
  }
  return [...heights, 0];
};

/** Blocks of the chain up to `top`, from there downwards. */
export async function locatorOf(chain: Chain, storage: Storage, top: number): Promise<readonly BlockName[]> {
  const names: BlockName[] = [];
  for (const height of heightsOf(top)) {
    const id = await idAt(chain, storage, height);
    if (id !== undefined) names.push({ height: height as Height, id });
  }
  return names;
}

/** What is asked of a stored chain that ends at `top`. */
export interface Request {
  readonly top: number;
  readonly locator: readonly BlockName[];
  readonly maxBytes: number;
}

/** The greatest height whose block is named; 0 if none is. */
async function commonHeight(chain: Chain, storage: Storage, { top, locator }: Request): Promise<number> {
  for (const { height, id } of locator.slice(0, MAX_LOCATOR_IDS))
    if (height <= top && (await idAt(chain, storage, height)) === id) return height;
  return 0;
}

/** Blocks of the chain in order above what is common, at least one if there is one, until they are `maxBytes`. */
export async function blocksAfter(chain: Chain, storage: Storage, request: Request): Promise<readonly Uint8Array[]> {
  const { top, maxBytes } = request;
  const found: Uint8Array[] = [];
  let bytes = 0;
  for (let from = (await commonHeight(chain, storage, request)) + 1; from <= top; from += PAGE_BLOCKS) {
    const page = await storage.blocks(from, Math.min(PAGE_BLOCKS, top - from + 1));
    for (const [index, block] of page.entries()) {
      bytes += block.bytes.length;
      // A gap, as after the import of a snapshot: what lies beyond it follows on nothing that was sent.
      if (block.height !== from + index || (bytes > maxBytes && found.length > 0)) return found;
      found.push(block.bytes);
    }
    if (page.length < PAGE_BLOCKS) break;
  }
  return found;
}
