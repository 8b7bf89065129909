/**
 * Level live: a database as bad as the interface allows: it keeps no snapshots, answers late, and fails when it is told to.
 *
 * A read is done in steps, and each step shows what was written meanwhile, as in IndexedDB.
 */
import {
  type AbstractBatchOperation,
  AbstractIterator,
  type AbstractIteratorOptions,
  AbstractLevel,
} from 'abstract-level';
import { MemoryLevel } from 'memory-level';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';

type Bytes = MemoryLevel<Uint8Array, Uint8Array>;
type Operations = AbstractBatchOperation<Bytes, Uint8Array, Uint8Array>[];
type Options = AbstractIteratorOptions<Uint8Array, Uint8Array>;
type Entry = [Uint8Array, Uint8Array];

const MAX_TURNS = 40;
const SEED = 20_181_114;
const chance = chanceFrom(SEED);

const later = async (): Promise<void> => {
  for (let turns = chance.below(MAX_TURNS); turns > 0; turns -= 1) await Promise.resolve();
};

/** What is left of a range behind an entry. */
const behind = ({ gt, gte, lt, lte, ...rest }: Options, last: Uint8Array): Options => {
  const lower = gte === undefined ? gt && { gt } : { gte };
  const upper = lte === undefined ? lt && { lt } : { lte };
  return rest.reverse === true ? { ...rest, ...lower, lt: last } : { ...rest, ...upper, gt: last };
};

class LiveIterator extends AbstractIterator<LiveLevel, Uint8Array, Uint8Array> {
  readonly #inner: Bytes;
  #rest: Options;
  #step = 1;

  constructor(database: LiveLevel, inner: Bytes, options: Options) {
    super(database, options);
    this.#inner = inner;
    this.#rest = options;
  }

  async _nextv(size: number): Promise<Entry[]> {
    await later();
    const entries = await this.#inner.iterator({ ...this.#rest, limit: Math.min(this.#step, size) }).all();
    const last = entries.at(-1)?.[0];
    this.#step *= 2;
    if (last !== undefined) this.#rest = behind(this.#rest, last);
    return entries;
  }
}

/** What becomes of writes. */
export interface Failure {
  readonly error: Error;
  readonly isStored: boolean;
}

export class LiveLevel extends AbstractLevel<Uint8Array> {
  readonly #inner: Bytes = new MemoryLevel({ storeEncoding: 'view', keyEncoding: 'view', valueEncoding: 'view' });
  /** Writes fail like this from now on. */
  failure: Failure | undefined;
  /** The options of every write so far. */
  readonly writes: object[] = [];

  constructor() {
    super({ encodings: { view: true }, implicitSnapshots: false });
  }

  async _open(): Promise<void> {
    await this.#inner.open();
  }

  async _get(key: Uint8Array): Promise<Uint8Array | undefined> {
    await later();
    return this.#inner.get(key);
  }

  async _getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const values: (Uint8Array | undefined)[] = [];
    for (let at = 0, step = 1; at < keys.length; at += step, step *= 2) {
      await later();
      values.push(...(await this.#inner.getMany(keys.slice(at, at + step))));
    }
    return values;
  }

  async _batch(operations: Operations, options: object): Promise<void> {
    this.writes.push(options);
    await later();
    if (this.failure?.isStored !== false) await this.#inner.batch(operations);
    if (this.failure !== undefined) throw this.failure.error;
  }

  _iterator(options: Options): LiveIterator {
    return new LiveIterator(this, this.#inner, options);
  }
}
