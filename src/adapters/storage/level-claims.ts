/**
 * Level claims: which databases of this process have a store on them, so that two never write to the same keys.
 *
 * A database and its sublevels share one log on the disk. After a write that failed the end of that log is unknown, and
 * what is written behind it may be lost: so the failure of one store stops all stores of that database until it is closed.
 * Source: LevelDB, db/log_reader.cc (the rest of a block behind a torn record is dropped).
 */
import type { AbstractLevel } from 'abstract-level';
import { busy, failedEarlier } from './level-errors.ts';

/** What the stores on one database have in common. */
interface Shared {
  /** The claims by prefix; that of the whole database is the empty one. */
  readonly claims: Map<string, object>;
  failure: unknown;
}

/** That one store may use these keys. */
export interface Claim {
  /** Throws `storage_failed` after a write to this database failed, until the database has been closed. */
  checkSound(): void;
  /** A write has failed, and nobody knows what of it is in the log. */
  fail(failure: unknown): void;
  /** Lets others claim the keys; once more is fine. */
  release(): void;
}

const known = new WeakMap<object, Shared>();

type Level = Pick<AbstractLevel<unknown>, 'once'>;

const hasParent = (database: object): database is { readonly parent: object } =>
  'parent' in database && typeof database.parent === 'object' && database.parent !== null;

/** The database that a sublevel, or a sublevel of a sublevel, stands in. */
const rootOf = (database: object): object => (hasParent(database) ? rootOf(database.parent) : database);

const isLevel = (database: object): database is Level => 'once' in database;

/** Claims a database or sublevel, whose prefix this is. Throws `storage_busy` if a store has it. */
export const claim = (database: object, prefix: string, place: string): Claim => {
  const root = rootOf(database);
  const shared = known.get(root) ?? { claims: new Map(), failure: undefined };
  known.set(root, shared);
  if (shared.claims.has(prefix)) throw busy(place);
  const mine = {};
  shared.claims.set(prefix, mine);
  return {
    checkSound: () => {
      if (shared.failure !== undefined) throw failedEarlier(place, shared.failure);
    },
    fail: (failure) => {
      shared.failure = failure;
      if (!isLevel(root)) return;
      root.once('closed', () => {
        shared.failure = undefined;
      });
    },
    release: () => {
      if (shared.claims.get(prefix) === mine) shared.claims.delete(prefix);
    },
  };
};
