/**
 * Producer: the own slots of a node: its blocks in their turns, and what its last process was signing when it died.
 *
 * A key that fails costs the node a slot and nothing else. What it was to sign is tried again, ever more rarely, for its lock may stand above
 * every chain until then. Source: protocol section 9; finality rules 18 and 19.
 */
import * as E from 'fp-ts/lib/Either.js';
import { KeyError } from '../../adapters/keys/key-error.ts';
import type { ProducerKey } from '../../adapters/keys/keys.ts';
import type { Refusal } from '../../core/refusal.ts';
import type { Slot } from '../../core/units.ts';
import type { Engine } from '../engine.ts';

export type ProducerReport =
  | { readonly kind: 'produced'; readonly slot: Slot }
  /** The block of this slot was being signed when the process died before; it is signed and told now. */
  | { readonly kind: 'resumed'; readonly slot: Slot }
  /** Such a block cannot be taken yet; it is tried again later. */
  | { readonly kind: 'resume_refused'; readonly slot: Slot; readonly refusal: Refusal }
  | { readonly kind: 'slot_passed'; readonly slot: Slot; readonly refusal: Refusal }
  /** A key failed; the node goes on, and lets the slot pass. */
  | { readonly kind: 'key_failed'; readonly slot: Slot; readonly error: unknown };

export interface ProducerParts {
  readonly engine: Engine;
  readonly keys: readonly ProducerKey[];
  readonly maxMessageBytes: number;
  readonly hasTime: (slot: Slot) => boolean;
  /** Tells peers a block of this node's own. */
  readonly tell: (block: Uint8Array) => void;
  readonly report: (report: ProducerReport) => void;
}

/** What a block message takes beside the bytes of its transactions, and beside each: the header, tags and lengths. */
const BLOCK_OVERHEAD_BYTES = 512;

/** A signer that answers slowly holds the node up each time. */
const MAX_GAP_SLOTS = 16;

/** When a key is to try again, and how long it waits after that. */
interface Retry {
  readonly slot: Slot;
  readonly gapSlots: number;
}

export class Producer {
  readonly #parts: ProducerParts;
  /** Keys that may have a block to finish. */
  readonly #unfinished: Map<ProducerKey, Retry>;

  constructor(parts: ProducerParts) {
    this.#parts = parts;
    this.#unfinished = new Map(parts.keys.map((key) => [key, { slot: 0 as Slot, gapSlots: 1 }]));
  }

  /** Finishes what was being signed; asked of the engine before this returns, for every key that is due. */
  async resume(now: Slot): Promise<void> {
    const due = [...this.#unfinished].filter(([, { slot }]) => slot <= now).map(([key]) => key);
    const all = await Promise.allSettled(due.map((key) => this.#resumeOne(key, now)));
    const failed = all.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  #resumeOne(key: ProducerKey, now: Slot): Promise<void> {
    const { engine, tell } = this.#parts;
    return this.#guarded(key, now, async () => {
      const made = await engine.resume(key);
      if (made !== undefined && E.isLeft(made)) {
        this.#tryLater(key, now);
        return { kind: 'resume_refused', slot: now, refusal: made.left };
      }
      this.#unfinished.delete(key);
      if (made === undefined) return undefined;
      tell(made.right.bytes);
      return { kind: 'resumed', slot: made.right.transition.tip.slot };
    });
  }

  /** Makes the block of this slot, if it is the turn of one of the keys, once what is unfinished has been tried. */
  async produce(slot: Slot): Promise<void> {
    await this.resume(slot);
    const { engine, keys, maxMessageBytes, hasTime, tell } = this.#parts;
    if (keys.length === 0 || slot <= engine.tip.slot) return;
    const turn = await engine.turnAt(slot);
    const key = keys.find(({ address }) => address === turn);
    if (key === undefined) return;
    await this.#guarded(key, slot, async () => {
      const maxBytes = maxMessageBytes - BLOCK_OVERHEAD_BYTES;
      const made = await engine.produce(key, { slot, maxBytes, hasTime: () => hasTime(slot) });
      if (E.isLeft(made)) return { kind: 'slot_passed', slot, refusal: made.left };
      tell(made.right.bytes);
      return { kind: 'produced', slot };
    });
  }

  async #guarded(key: ProducerKey, slot: Slot, work: () => Promise<ProducerReport | undefined>): Promise<void> {
    const report = await work().catch((error: unknown): ProducerReport => {
      if (!(error instanceof KeyError)) throw error;
      // These fail until the key is opened anew.
      if (error.code === 'key_closed' || error.code === 'lock_failed') this.#unfinished.delete(key);
      else this.#tryLater(key, slot);
      return { kind: 'key_failed', slot, error };
    });
    if (report !== undefined) this.#parts.report(report);
  }

  #tryLater(key: ProducerKey, now: Slot): void {
    const gapSlots = this.#unfinished.get(key)?.gapSlots ?? 1;
    const slot = (now + gapSlots) as Slot;
    this.#unfinished.set(key, { slot, gapSlots: Math.min(2 * gapSlots, MAX_GAP_SLOTS) });
  }
}
