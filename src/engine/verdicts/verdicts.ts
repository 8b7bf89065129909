/**
 * Verdicts: the judge of an engine or a replay: it remembers, and has workers look ahead if there are any.
 *
 * Workers change when a verdict is found, never which. What they find goes into the cache, and the judge finds it there when the reducer
 * comes to the transaction; whatever is not there it finds itself. So nothing depends on their answers being there, or in time.
 * Source: docs/decisions/0022-verdicts.md.
 */
import type { Checker } from '../../adapters/workers/checker.ts';
import type { Rules } from '../../core/chain.ts';
import { HASH_BYTES } from '../../core/units.ts';
import { type Judge, readVerdict, VERDICT_BYTES, verdictOn } from '../../core/verdict.ts';
import { VerdictCache } from './verdict-cache.ts';

/** Fewer recoveries than these are not worth waking others. */
const FEWEST_AHEAD = 8;

/** Work that is done ahead. */
export interface Ahead {
  /** Resolves when the judge knows all that will be known; never rejects. */
  readonly done: Promise<void>;
  /** Nobody needs it any more. */
  drop(): void;
}

/** Nothing to wait for. */
const nothingAhead: Ahead = { done: Promise.resolve(), drop: () => undefined };

export class Verdicts {
  readonly #rules: Pick<Rules, 'crypto' | 'params'>;
  readonly #cache: VerdictCache;
  readonly #checker: Checker | undefined;
  /** Single ones that came together, and when they are looked at. */
  #gathered: Uint8Array[] = [];
  #gathering: Promise<void> | undefined;
  /** What is known, or found now and remembered. */
  readonly judge: Judge;

  constructor(rules: Pick<Rules, 'crypto' | 'params'>, cache: VerdictCache = new VerdictCache(), checker?: Checker) {
    const { crypto } = rules;
    this.#rules = rules;
    this.#cache = cache;
    this.#checker = checker;
    this.judge = (bytes, transaction, content = crypto.sha256(bytes)) => {
      const known = cache.get(content);
      if (known !== undefined) return known;
      const verdict = verdictOn(crypto, bytes, transaction);
      if (verdict.code === undefined) cache.set(content, verdict);
      return verdict;
    };
  }

  /** Whether looking ahead is of any use. */
  get hasWorkers(): boolean {
    return this.#checker !== undefined && this.#checker.workers > 0;
  }

  /** Whether workers would begin at once, or soon. */
  get hasRoom(): boolean {
    return this.hasWorkers && this.#checker?.hasRoom === true;
  }

  /** Has workers look at those of the transactions that are not known. `contents`: the SHA-256 of each, one after the other. */
  ahead(transactions: readonly Uint8Array[], contents?: Uint8Array): Ahead {
    const checker = this.#checker;
    if (checker === undefined || checker.workers === 0) return nothingAhead;
    const { crypto, params } = this.#rules;
    const unknown: Uint8Array[] = [];
    const hashes: Uint8Array[] = [];
    for (const [index, bytes] of transactions.entries()) {
      // It is refused without a look at its signatures.
      if (bytes.length > params.maxTransactionBytes) continue;
      const start = index * HASH_BYTES;
      const hash = contents?.subarray(start, start + HASH_BYTES) ?? crypto.sha256(bytes);
      if (this.#cache.has(hash)) continue;
      unknown.push(bytes);
      hashes.push(hash);
    }
    if (unknown.length < FEWEST_AHEAD) return nothingAhead;
    const { verdicts, drop } = checker.check(unknown);
    return { done: verdicts.then((found) => this.#remember(hashes, found)), drop };
  }

  /** The same of a single one, together with all that come in the same moment; `undefined` if there is nothing to wait for. */
  soon(bytes: Uint8Array): Promise<void> | undefined {
    if (!this.hasWorkers) return undefined;
    this.#gathered.push(bytes);
    this.#gathering ??= Promise.resolve().then(() => {
      const gathered = this.#gathered;
      this.#gathered = [];
      this.#gathering = undefined;
      return this.ahead(gathered).done;
    });
    return this.#gathering;
  }

  #remember(hashes: readonly Uint8Array[], found: Uint8Array | undefined): void {
    if (found === undefined) return;
    for (const [index, hash] of hashes.entries()) {
      const verdict = readVerdict(found, index * VERDICT_BYTES);
      if (verdict !== undefined && verdict.code === undefined) this.#cache.set(hash, verdict);
    }
  }
}
