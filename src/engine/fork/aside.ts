/**
 * Aside: blocks that cannot be followed yet: their parent is unknown, or their slot has not begun.
 *
 * A stranger can make any number of them, so they are few: a producer may have some of them kept, all together may be some more, and
 * the oldest goes first, of those who are not elected before all others. Source: protocol section 9 (a block from the future is kept aside), finality rule 16.
 */
import type { Address, Hash, Seconds } from '../../core/units.ts';

export interface AsideLimits {
  readonly maxBlocks: number;
  readonly maxBytes: number;
  readonly maxPerProducer: number;
}

export const defaultAsideLimits: AsideLimits = { maxBlocks: 1_024, maxBytes: 32 * 1024 * 1024, maxPerProducer: 64 };

/** A block whose producer has signed it, as it is kept. */
export interface AsideBlock {
  readonly id: Hash;
  readonly parentId: Hash;
  readonly producer: Address;
  readonly time: Seconds;
  /** Whether its producer may have a slot, as far as this node knows. */
  readonly isElected: boolean;
  readonly bytes: Uint8Array;
}

export class BlocksAside {
  readonly #limits: AsideLimits;
  /** In the order they came. */
  readonly #blocks = new Map<Hash, AsideBlock>();
  /** Those of producers that are not elected, in the order they came. */
  readonly #strange = new Set<Hash>();
  readonly #byParent = new Map<Hash, Set<Hash>>();
  readonly #ofProducer = new Map<Address, Set<Hash>>();
  #bytes = 0;

  constructor(limits: AsideLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#blocks.size;
  }

  /** The block below this one and all that are kept beneath it, one on the other: what it waits for, or itself if it is not kept. */
  beneath(id: Hash): Hash {
    let at = id;
    for (let block = this.#blocks.get(at); block !== undefined; block = this.#blocks.get(at)) at = block.parentId;
    return at;
  }

  /** Keeps the block, once; others may go for it. Returns whether it is kept. */
  keep(block: AsideBlock): boolean {
    const { maxBlocks, maxBytes, maxPerProducer } = this.#limits;
    if (this.#blocks.has(block.id)) return true;
    if (block.bytes.length > maxBytes || maxBlocks < 1 || maxPerProducer < 1) return false;
    const own = this.#ofProducer.get(block.producer);
    if (own !== undefined && own.size >= maxPerProducer) this.#drop(first(own));
    while (this.#blocks.size >= maxBlocks || this.#bytes + block.bytes.length > maxBytes) {
      if (this.#strange.size === 0 && !block.isElected) return false;
      this.#drop(first(this.#strange.size > 0 ? this.#strange : this.#blocks.keys()));
    }
    if (!block.isElected) this.#strange.add(block.id);
    this.#blocks.set(block.id, block);
    this.#bytes += block.bytes.length;
    addTo(this.#byParent, block.parentId, block.id);
    addTo(this.#ofProducer, block.producer, block.id);
    return true;
  }

  /** Takes out the blocks that wait for this parent. */
  takeOn(parentId: Hash): readonly AsideBlock[] {
    return [...(this.#byParent.get(parentId) ?? [])].map((id) => this.#drop(id));
  }

  /** Takes out the blocks whose time is not after `time`, and whose parent is known. */
  takeDue(time: Seconds, isKnown: (parentId: Hash) => boolean): readonly AsideBlock[] {
    const due = [...this.#blocks.values()].filter((block) => block.time <= time && isKnown(block.parentId));
    return due.map(({ id }) => this.#drop(id));
  }

  /** The parents that are waited for and are not here themselves, oldest wait first. */
  wanted(): readonly Hash[] {
    return [...this.#byParent.keys()].filter((parentId) => !this.#blocks.has(parentId));
  }

  #drop(id: Hash): AsideBlock {
    const block = this.#blocks.get(id) as AsideBlock;
    this.#blocks.delete(id);
    this.#strange.delete(id);
    this.#bytes -= block.bytes.length;
    removeFrom(this.#byParent, block.parentId, id);
    removeFrom(this.#ofProducer, block.producer, id);
    return block;
  }
}

const first = (ids: Iterable<Hash>): Hash => {
  for (const id of ids) return id;
  throw new RangeError('nothing is kept aside');
};

const addTo = <K>(index: Map<K, Set<Hash>>, key: K, id: Hash): void => {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
};

const removeFrom = <K>(index: Map<K, Set<Hash>>, key: K, id: Hash): void => {
  const ids = index.get(key);
  if (ids?.delete(id) === true && ids.size === 0) index.delete(key);
};
