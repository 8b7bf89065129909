/**
 * Verdicts: the judge of an engine or a replay: it remembers, and has workers look ahead if there are any.
 *
 * Workers change when a verdict is found, never which. What they find goes into the cache, and the judge finds it there when the reducer
 * comes to the transaction; whatever is not there it finds itself. So nothing depends on their answers being there, or in time.
 * Source: docs/decisions/0022-verdicts.md.
 */
import type { Checker, Checking } from '../../adapters/workers/checker.ts';
import type { Rules } from '../../core/chain.ts';
import { HASH_BYTES } from '../../core/units.ts';
import {
  type Judge,
  readVerdict,
  type Signed,
  sealOf,
  sealVerdict,
  VERDICT_BYTES,
  type Verdict,
  verdictsOn,
} from '../../core/verdict.ts';
import { contentHashes } from '../../core/wire/transaction.ts';
import { VerdictCache } from './verdict-cache.ts';

/** Fewer recoveries than these are not worth waking others. */
const FEWEST_AHEAD = 8;
/** What comes in smaller pieces is gathered until it is as much. */
const GATHERED = 32;

/** Work that is done ahead. */
export interface Ahead {
  /** Resolves when the judge knows all that will be known; never rejects. Who waits may be the reason that it is begun. */
  done(): Promise<void>;
  /** Nobody needs it any more. */
  drop(): void;
}

/** What workers may look at before it is needed. */
export interface Foreseen {
  readonly transactions: readonly Uint8Array[];
  /** The SHA-256 of each transaction, one after the other, if it is at hand. */
  readonly contents?: Uint8Array | undefined;
  /** The seal of the block that they stand in, if its signature is to be looked at too. */
  readonly seal?: Uint8Array | undefined;
}

const nothingAhead: Ahead = { done: () => Promise.resolve(), drop: () => undefined };

/** Bytes that are handed over together. */
interface Group {
  readonly items: Uint8Array[];
  readonly hashes: Uint8Array[];
  /** How many wait for it. */
  waiting: number;
  checking: Checking | undefined;
  done: Promise<void> | undefined;
}

export class Verdicts {
  readonly #rules: Pick<Rules, 'crypto' | 'params'>;
  readonly #cache: VerdictCache;
  readonly #checker: Checker | undefined;
  #open: Group | undefined;
  /** Single ones that came together, and when they are looked at. */
  #offered: Uint8Array[] = [];
  #offering: Promise<void> | undefined;
  /** What is known, or found now and remembered. */
  readonly judge: Judge;

  constructor(rules: Pick<Rules, 'crypto' | 'params'>, cache: VerdictCache = new VerdictCache(), checker?: Checker) {
    const { crypto } = rules;
    this.#rules = rules;
    this.#cache = cache;
    this.#checker = checker;
    this.judge = {
      transactions: (signed, contents) => this.#transactions(signed, contents),
      producer: (id, sign) => {
        const seal = sealOf(id, sign);
        if (seal === undefined) return undefined;
        const verdict = this.#known(crypto.sha256(seal), () => sealVerdict(crypto, seal));
        return verdict.code === undefined ? verdict.sender : undefined;
      },
    };
  }

  #transactions(signed: readonly Signed[], given: Uint8Array | undefined): readonly Verdict[] {
    const { crypto } = this.#rules;
    const contents =
      given ??
      contentHashes(
        crypto,
        signed.map(({ bytes }) => bytes),
      );
    const known = signed.map((_, index) => this.#cache.get(contents, index * HASH_BYTES));
    const open = signed.filter((_, index) => known[index] === undefined);
    if (open.length === 0) return known as readonly Verdict[];
    const found = verdictsOn(crypto, open);
    let next = 0;
    return known.map((verdict, index) => {
      if (verdict !== undefined) return verdict;
      const fresh = found[next] as Verdict;
      next += 1;
      if (fresh.code === undefined) this.#cache.set(contents, fresh, index * HASH_BYTES);
      return fresh;
    });
  }

  #known(content: Uint8Array, find: () => Verdict): Verdict {
    const known = this.#cache.get(content);
    if (known !== undefined) return known;
    const verdict = find();
    if (verdict.code === undefined) this.#cache.set(content, verdict);
    return verdict;
  }

  /** Whether looking ahead is of any use. */
  get hasWorkers(): boolean {
    return this.#checker !== undefined && this.#checker.workers > 0;
  }

  /** Whether workers would begin at once, or soon. */
  get hasRoom(): boolean {
    return this.hasWorkers && this.#checker?.hasRoom === true;
  }

  /** Has workers look at what is not known. Little is gathered until more comes, or somebody waits for it. */
  ahead({ transactions, contents, seal }: Foreseen): Ahead {
    if (!this.hasWorkers) return nothingAhead;
    const { crypto, params } = this.#rules;
    const group = this.#open ?? { items: [], hashes: [], waiting: 0, checking: undefined, done: undefined };
    const before = group.items.length;
    const add = (bytes: Uint8Array, hashes: Uint8Array, at = 0): void => {
      if (this.#cache.has(hashes, at)) return;
      group.items.push(bytes);
      group.hashes.push(hashes.subarray(at, at + HASH_BYTES));
    };
    if (seal !== undefined) add(seal, crypto.sha256(seal));
    for (const [index, bytes] of transactions.entries()) {
      // It is refused without a look at its signatures.
      if (bytes.length > params.maxTransactionBytes) continue;
      if (contents === undefined) add(bytes, crypto.sha256(bytes));
      else add(bytes, contents, index * HASH_BYTES);
    }
    if (group.items.length === before) return nothingAhead;
    this.#open = group;
    if (group.items.length >= GATHERED) this.#begin(group);
    group.waiting += 1;
    return this.#aheadOf(group);
  }

  #aheadOf(group: Group): Ahead {
    let isDropped = false;
    return {
      done: () => {
        if (group.done === undefined) this.#begin(group);
        return group.done ?? Promise.resolve();
      },
      drop: () => {
        if (!isDropped) group.waiting -= 1;
        isDropped = true;
        if (group.waiting > 0) return;
        if (this.#open === group) this.#open = undefined;
        group.checking?.drop();
      },
    };
  }

  #begin(group: Group): void {
    if (this.#open === group) this.#open = undefined;
    if (group.items.length < FEWEST_AHEAD) group.done = Promise.resolve();
    else {
      group.checking = this.#checker?.check(group.items);
      group.done = group.checking?.verdicts.then((found) => this.#remember(group.hashes, found));
    }
  }

  /** The same of a single transaction, together with all that come in the same moment; `undefined` if there is nothing to wait for. */
  soon(bytes: Uint8Array): Promise<void> | undefined {
    if (!this.hasWorkers) return undefined;
    this.#offered.push(bytes);
    this.#offering ??= Promise.resolve().then(() => {
      const transactions = this.#offered;
      this.#offered = [];
      this.#offering = undefined;
      return this.ahead({ transactions }).done();
    });
    return this.#offering;
  }

  #remember(hashes: readonly Uint8Array[], found: Uint8Array | undefined): void {
    if (found === undefined) return;
    for (const [index, hash] of hashes.entries()) {
      const verdict = readVerdict(found, index * VERDICT_BYTES);
      if (verdict !== undefined && verdict.code === undefined) this.#cache.set(hash, verdict);
    }
  }
}
