/**
 * Hostile storage: another store that fails on purpose, the same way for the same seed and the same calls.
 *
 * A commit fails before anything was stored or after all of it was, and the caller cannot tell which; or no room is left.
 * Answers come late by a few turns of the event loop, so that calls interleave. All this is within the laws of storage.
 * Two mishaps are not: a torn commit, of which part is stored, and rot, values that come back with one bit flipped. They
 * are what a broken disk does: whoever stands on it cannot go on, but must notice. For tests.
 */
import { chanceFrom } from '../laws/chance.ts';
import { rottingReads, tearBy } from './hostile-disk.ts';
import { type Batch, checkBatch, type Storage, StorageError } from './storage.ts';

/** What can become of a commit. */
export type CommitMishap =
  | 'before_commit' // rejects with `storage_failed`, nothing of it is stored
  | 'after_commit' // rejects with `storage_failed`, all of it is stored
  | 'torn_commit' // rejects with `storage_failed`, part of it is stored, perhaps with a value cut short
  | 'full'; // rejects with `storage_full`, nothing of it is stored

export type Mishap = CommitMishap | 'read' | 'rot';

/** What goes wrong, each in thousandths of the calls; nothing that is left out goes wrong. */
export interface HostilePlan {
  readonly seed: number;
  readonly beforeCommit?: number;
  readonly afterCommit?: number;
  readonly tornCommit?: number;
  readonly full?: number;
  /** A read rejects with `storage_failed`. */
  readonly read?: number;
  /**
   * In thousandths of the values: a row, block or history comes back with one bit flipped. Which, and which bit, the seed
   * says once and for all: it is so at every read, as of a page that has rotted.
   */
  readonly rot?: number;
  /** This commit, 1 being the first, has this mishap, whatever else is planned: so a test can go through all of them. */
  readonly strikeAt?: { readonly commit: number; readonly mishap: CommitMishap };
  /** The first commit that rejects with `storage_failed` is the end: every later call but `close` rejects, as if the process had died there. */
  readonly isMortal?: boolean;
}

export interface HostileStorage extends Storage {
  /** What has gone wrong so far, in order. A test that relies on mishaps should see some here. */
  readonly mishaps: readonly Mishap[];
  /** What has come back rotten so far: 'row 17', 'block 3', 'history 4'. */
  readonly rotten: ReadonlySet<string>;
  /** How many commits were called so far. */
  readonly commits: number;
  /** Nothing goes wrong from now on; what died stays dead, and what was torn stays torn. */
  calm(): void;
}

const MAX_TURNS = 3;

const failed = (what: string): StorageError =>
  new StorageError('storage_failed', `a failure that was planned: ${what}; open the store again to see what it holds`);

const lateBy = async (turns: number): Promise<void> => {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
};

/** `inner` with failures. To go on after a mortal one has died, put a new one around the same `inner`. */
export const hostileStorage = (inner: Storage, plan: HostilePlan): HostileStorage => {
  const chance = chanceFrom(plan.seed);
  const mishaps: Mishap[] = [];
  const rotten = new Set<string>();
  let isCalm = false;
  let isDead = false;
  let commits = 0;
  let pending: Promise<unknown> = Promise.resolve();

  // Drawn when the call comes in: the plan follows the order of the calls, not that of their answers.
  const strikes = (thousandths = 0): boolean => chance.below(1000) < thousandths && !isCalm;

  const read = async <T>(answer: () => Promise<T>): Promise<T> => {
    const isStruck = strikes(plan.read);
    await lateBy(chance.below(MAX_TURNS + 1));
    if (isDead) throw failed('the store died earlier');
    if (!isStruck) return answer();
    mishaps.push('read');
    throw failed('a read');
  };

  const disk = rottingReads(inner, { seed: plan.seed, thousandths: plan.rot ?? 0 }, (what) => {
    if (isCalm) return false;
    mishaps.push('rot');
    rotten.add(what);
    return true;
  });

  const fail = (mishap: Mishap): StorageError => {
    mishaps.push(mishap);
    if (mishap === 'full') return new StorageError('storage_full', 'no room is left, as was planned; make room');
    if (plan.isMortal === true) isDead = true;
    return failed('a commit, which may be stored or not');
  };

  /** The mishap of the commit that comes in now. Each is drawn, whichever strikes, so that one does not move the others. */
  const nextMishap = (): CommitMishap | undefined => {
    const drawn = [
      strikes(plan.beforeCommit) ? 'before_commit' : undefined,
      strikes(plan.afterCommit) ? 'after_commit' : undefined,
      strikes(plan.tornCommit) ? 'torn_commit' : undefined,
      strikes(plan.full) ? 'full' : undefined,
    ] as const;
    if (plan.strikeAt?.commit === commits && !isCalm) return plan.strikeAt.mishap;
    return drawn.find((mishap) => mishap !== undefined);
  };

  const commitOne = async (batch: Batch, number: number, mishap: CommitMishap | undefined): Promise<void> => {
    if (isDead) throw failed('the store died earlier');
    if (mishap === 'before_commit' || mishap === 'full') throw fail(mishap);
    if (mishap === 'torn_commit') checkBatch(batch);
    await inner.commit(mishap === 'torn_commit' ? tearBy(chanceFrom(plan.seed + number), batch) : batch);
    if (mishap !== undefined) throw fail(mishap);
  };

  return {
    name: `hostile ${inner.name}`,
    mishaps,
    rotten,
    get commits() {
      return commits;
    },
    calm: () => {
      isCalm = true;
    },
    fact: (name) => read(() => inner.fact(name)),
    block: (height) => read(() => disk.block(height)),
    blocks: (fromHeight, limit) => read(() => disk.blocks(fromHeight, limit)),
    topHeight: () => read(() => inner.topHeight()),
    rows: (leaves) => read(() => disk.rows(leaves)),
    scan: (fromLeaf, limit) => read(() => disk.scan(fromLeaf, limit)),
    history: (fromHeight, limit) => read(() => disk.history(fromHeight, limit)),
    commit: (batch) => {
      commits += 1;
      const [number, mishap, turns] = [commits, nextMishap(), chance.below(MAX_TURNS + 1)];
      // One after the other: a late batch must not be overtaken by the next.
      const done = pending.then(() => lateBy(turns)).then(() => commitOne(batch, number, mishap));
      pending = done.catch(() => undefined);
      return done;
    },
    close: async () => {
      await pending;
      await inner.close();
    },
  };
};
