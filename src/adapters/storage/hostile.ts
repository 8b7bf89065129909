/**
 * Hostile storage: another store that fails on purpose, the same way for the same seed and the same calls.
 *
 * A commit fails before anything was stored or after all of it was, and the caller cannot tell which; never is half a
 * batch stored, for that would break the law of the store beneath and not try the engine above. Answers come late by a
 * few turns of the event loop, so that calls interleave. For tests.
 */
import { chanceFrom } from '../laws/chance.ts';
import { type Batch, type Storage, StorageError } from './storage.ts';

/** What goes wrong, each in thousandths of the calls; nothing that is left out goes wrong. */
export interface HostilePlan {
  readonly seed: number;
  /** A commit rejects and nothing of it is stored. */
  readonly beforeCommit?: number;
  /** A commit rejects and all of it is stored. */
  readonly afterCommit?: number;
  /** A read rejects. */
  readonly read?: number;
  /** The first failing commit is the end: every later call but `close` rejects, as if the process had died there. */
  readonly isMortal?: boolean;
}

export type Mishap = 'before_commit' | 'after_commit' | 'read';

export interface HostileStorage extends Storage {
  /** What has gone wrong so far, in order. A test that relies on mishaps should see some here. */
  readonly mishaps: readonly Mishap[];
  /** Nothing goes wrong from now on; what died stays dead. */
  calm(): void;
}

const MAX_TURNS = 3;

const failed = (what: string): StorageError =>
  new StorageError('storage_failed', `a failure that was planned: ${what}; open the store again to see what it holds`);

/** `inner` with failures. To go on after a mortal one has died, put a new one around the same `inner`. */
export const hostileStorage = (inner: Storage, plan: HostilePlan): HostileStorage => {
  const chance = chanceFrom(plan.seed);
  const mishaps: Mishap[] = [];
  let isCalm = false;
  let isDead = false;
  let commits: Promise<unknown> = Promise.resolve();

  // Drawn when the call comes in: the plan follows the order of the calls, not that of their answers.
  const strikes = (thousandths = 0): boolean => chance.below(1000) < thousandths && !isCalm;
  const lateBy = async (turns: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  };

  const read = async <T>(answer: () => Promise<T>): Promise<T> => {
    const isStruck = strikes(plan.read);
    await lateBy(chance.below(MAX_TURNS + 1));
    if (isDead) throw failed('the store died earlier');
    if (!isStruck) return answer();
    mishaps.push('read');
    throw failed('a read');
  };

  const fail = (mishap: Mishap): StorageError => {
    mishaps.push(mishap);
    if (plan.isMortal === true) isDead = true;
    return failed('a commit, which may be stored or not');
  };

  const commitOne = async (batch: Batch, turns: number, mishap: Mishap | undefined): Promise<void> => {
    await lateBy(turns);
    if (isDead) throw failed('the store died earlier');
    if (mishap === 'before_commit') throw fail(mishap);
    await inner.commit(batch);
    if (mishap === 'after_commit') throw fail(mishap);
  };

  return {
    name: `hostile ${inner.name}`,
    mishaps,
    calm: () => {
      isCalm = true;
    },
    fact: (name) => read(() => inner.fact(name)),
    block: (height) => read(() => inner.block(height)),
    blocks: (fromHeight, limit) => read(() => inner.blocks(fromHeight, limit)),
    topHeight: () => read(() => inner.topHeight()),
    entriesOf: (keys) => read(() => inner.entriesOf(keys)),
    range: (from, to, limit) => read(() => inner.range(from, to, limit)),
    commit: (batch) => {
      const [isBefore, isAfter] = [strikes(plan.beforeCommit), strikes(plan.afterCommit)];
      const mishap = isBefore ? 'before_commit' : isAfter ? 'after_commit' : undefined;
      const turns = chance.below(MAX_TURNS + 1);
      // One after the other: a late batch must not be overtaken by the next.
      const done = commits.then(() => commitOne(batch, turns, mishap));
      commits = done.catch(() => undefined);
      return done;
    },
    close: async () => {
      await commits;
      await inner.close();
    },
  };
};
