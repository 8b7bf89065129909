/**
 * Refused blocks: blocks with a right header that the law refused for what is in them, so that nobody can have them looked at again.
 *
 * A block names its parent and its transactions, so what is said of it stays true. A right header is signed by whose turn it was; all
 * others cost nothing to refuse, and are not kept.
 */
import type { Refusal } from '../../core/refusal.ts';
import type { Hash } from '../../core/units.ts';

/** The oldest goes first: to push it out takes as many blocks of producers in their turns. */
const MAX_REFUSED = 1_024;

export class RefusedBlocks {
  readonly #refusals = new Map<Hash, Refusal>();

  get(id: Hash): Refusal | undefined {
    return this.#refusals.get(id);
  }

  keep(id: Hash, refusal: Refusal): void {
    const [oldest] = this.#refusals.keys();
    if (oldest !== undefined && this.#refusals.size >= MAX_REFUSED) this.#refusals.delete(oldest);
    this.#refusals.set(id, refusal);
  }
}
