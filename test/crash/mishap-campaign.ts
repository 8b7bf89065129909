/**
 * Mishap campaign: a chain followed in process on a hostile store, by seed.
 *
 * After every mishap the store must hold what an uninterrupted run holds, the blocks of the height that was acknowledged, or of the next
 * if the batch may be in, and the rows of one that is final by then, to the byte. What was torn or has rotted may be refused as damaged instead. And nothing that an engine says
 * may be wrong, ever.
 */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { type Chance, chanceFrom } from '../../src/adapters/laws/chance.ts';
import { type HostileStorage, hostileStorage } from '../../src/adapters/storage/hostile.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Batch, Storage } from '../../src/adapters/storage/storage.ts';
import type { Founding } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/index.ts';
import { keptOpen } from '../engine/small-chain.ts';
import {
  digestAt,
  type Expected,
  type FollowOptions,
  followNext,
  followRow,
  isRightPast,
  openFollower,
  POLICIES,
  type PolicyName,
  pastAt,
} from './follower.ts';
import type { HeavyChain } from './heavy-chain.ts';
import { LIVES, planOf, type Toll, TRIALS, type Trial } from './mishap-trials.ts';
import { digestOf } from './store-digest.ts';

export interface World {
  readonly founding: Founding;
  readonly chain: HeavyChain;
  readonly expected: Readonly<Record<PolicyName, Expected>>;
}

/** An eighth of it may be owed to the store. */
const RESIDENT_BYTES = [0, 3000, 60_000, 1_000_000_000];
/** A read that fails is asked again this often. */
const MAX_TRIES = 100;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

/** A store under an engine that another one can take the place of. */
class Exchangeable implements Storage {
  readonly name = 'exchangeable';
  inner: Storage;
  /** How far the last batch moves the chain, or makes it: one of evidence leaves it where it is. */
  moving = 0;
  constructor(inner: Storage) {
    this.inner = inner;
  }
  fact = (name: string) => this.inner.fact(name);
  block = (height: number) => this.inner.block(height);
  blocks = (fromHeight: number, limit: number) => this.inner.blocks(fromHeight, limit);
  topHeight = () => this.inner.topHeight();
  rows = (leaves: readonly number[]) => this.inner.rows(leaves);
  scan = (fromLeaf: number, limit: number) => this.inner.scan(fromLeaf, limit);
  history = (fromHeight: number, limit: number) => this.inner.history(fromHeight, limit);
  commit = (batch: Batch) => {
    this.moving = batch.facts?.['evidence'] === undefined ? (batch.blocks?.length ?? 1) : 0;
    return this.inner.commit(batch);
  };
  close = () => this.inner.close();
}

/** How a life ended: the chain is at its end, the store failed, or it is refused as damaged. */
type Ending = 'end' | 'failed' | 'damaged';

class Seed {
  readonly #world: World;
  readonly #toll: Toll;
  readonly #seed: number;
  readonly #trial: Trial;
  readonly #chance: Chance;
  readonly #follow: FollowOptions;
  readonly #expected: Expected;
  /** What a commit has put there stays. */
  readonly #disk = keptOpen(memoryStorage());
  /** The height that is acknowledged; -1 before the founding. */
  #height = -1;
  #isTorn = false;
  /** How many blocks the torn batch had. */
  #torn = 0;
  /** Of this life. */
  #storage = new Exchangeable(this.#disk);

  constructor(world: World, toll: Toll, seed: number) {
    this.#world = world;
    this.#toll = toll;
    this.#seed = seed;
    this.#trial = TRIALS[seed % TRIALS.length] as Trial;
    this.#chance = chanceFrom(seed);
    const policy = this.#chance.oneOf(POLICIES);
    const maxStateBytes = this.#chance.oneOf(RESIDENT_BYTES);
    this.#follow = { policy, maxStateBytes, isInRows: this.#chance.below(2) === 1 };
    this.#expected = world.expected[policy];
    toll.trials[this.#trial] += 1;
  }

  async run(): Promise<void> {
    for (let life = 1; ; life += 1) {
      const commits = this.#expected.wholes.length - 1 - this.#height;
      const plan = planOf(this.#trial, { seed: this.#seed, life, commits: Math.max(1, commits), chance: this.#chance });
      const hostile = hostileStorage(this.#disk, plan);
      const ending = await this.#live(hostile);
      for (const mishap of hostile.mishaps) this.#toll.mishaps[mishap] += 1;
      if (hostile.mishaps.includes('torn_commit')) {
        this.#isTorn = true;
        this.#torn = this.#storage.moving;
      } else if (ending === 'damaged' && this.#isTorn) return;
      else if (ending === 'end' && hostile.rotten.size === 0) return;
      // What has failed or rotted while it was read is whole on the disk: without mishaps a life leads to the end.
      ok(life <= LIVES[this.#trial], `the chain stays ${ending} though nothing goes wrong any more`);
    }
  }

  async #live(hostile: HostileStorage): Promise<Ending> {
    const isLate = this.#trial === 'rots later';
    const storage = new Exchangeable(isLate ? this.#disk : hostile);
    this.#storage = storage;
    const engine = await this.#open(storage, hostile);
    if (typeof engine === 'string') return engine;
    storage.inner = hostile;
    if (this.#isTorn) this.#toll.mended += 1;
    const more = engine.tip.height - this.#height;
    ok(more === 0 || (this.#isTorn && more > 0 && more <= this.#torn), 'another height');
    this.#height = engine.tip.height;
    const ending = (await this.#followAll(engine, hostile)) ?? (await this.#askPast(engine, hostile));
    await engine.close();
    // What the closing engine gives the store may be torn, too.
    if (ending === 'end' && !hostile.mishaps.includes('torn_commit')) await this.#checkDisk(this.#height);
    return ending;
  }

  /** The engine, or how the opening ended. A refusal leaves the store as it is. */
  async #open(storage: Storage, hostile: HostileStorage): Promise<Engine | Ending> {
    this.#toll.openings += 1;
    const before = await digestOf(this.#disk);
    try {
      const engine = await openFollower(this.#world.founding, storage, this.#follow);
      this.#height = Math.max(this.#height, 0);
      return engine;
    } catch (error) {
      // A commit that failed says itself what became of it.
      if (['read', 'rot'].includes(hostile.mishaps.at(-1) ?? '')) await this.#noteFounding();
      if (codeOf(error) !== 'storage_damaged') return this.#afterFailure(error, hostile);
      const isFounded = this.#height === 0 && before.state === (await EMPTY).state;
      deepStrictEqual(await digestOf(this.#disk), isFounded ? this.#expected.wholes[0]?.digest : before);
      return this.#afterDamage(error, hostile, 'opening');
    }
  }

  /** An opening that is refused in the end may have founded the chain before. */
  async #noteFounding(): Promise<void> {
    if (this.#height < 0 && (await this.#disk.fact('genesis-id')) !== undefined) this.#height = 0;
  }

  /** Follows to the end; how the life ended if it did before. */
  async #followAll(engine: Engine, hostile: HostileStorage): Promise<Ending | undefined> {
    const end = this.#world.chain.blocks.length;
    for (let tries = 0; engine.tip.height < end; tries += 1) {
      this.#checkTip(engine);
      try {
        await (this.#follow.isInRows ? followRow : followNext)(engine, this.#world.chain);
        this.#height = engine.tip.height;
      } catch (error) {
        this.#height = engine.tip.height;
        this.#checkTip(engine);
        if (codeOf(error) === 'storage_damaged') return this.#afterDamage(error, hostile, 'block', engine);
        // A read that failed has changed nothing, and the engine goes on.
        if (hostile.mishaps.at(-1) !== 'read') return this.#afterFailure(error, hostile, engine);
        deepStrictEqual(codeOf(error), 'storage_failed');
        ok(tries < MAX_TRIES, 'it never ends');
      }
    }
    this.#checkTip(engine);
    return undefined;
  }

  /** Reads every old state that is kept. */
  async #askPast(engine: Engine, hostile: HostileStorage): Promise<Ending> {
    for (const [height, right] of this.#expected.past.entries()) {
      let told = '';
      try {
        told = await pastAt(engine, height);
      } catch (error) {
        if (codeOf(error) === 'storage_damaged') return this.#afterDamage(error, hostile, 'past', engine);
        deepStrictEqual([codeOf(error), hostile.mishaps.at(-1)], ['storage_failed', 'read']);
        continue;
      }
      ok(
        isRightPast(this.#expected, height, told),
        `height ${height} tells ${told}, not ${right}, after ${[...hostile.rotten].join(', ')}`,
      );
    }
    return 'end';
  }

  /** The engine has stopped, and the disk holds what it must. */
  async #afterFailure(error: unknown, hostile: HostileStorage, engine?: Engine): Promise<Ending> {
    const mishap = hostile.mishaps.at(-1);
    deepStrictEqual(codeOf(error), mishap === 'full' ? 'storage_full' : 'storage_failed');
    await this.#checkStopped(engine);
    if (mishap === 'torn_commit') return 'failed';
    if (mishap === 'after_commit') this.#height += this.#storage.moving;
    await this.#checkDisk(this.#height);
    return 'failed';
  }

  async #afterDamage(
    error: unknown,
    hostile: HostileStorage,
    where: keyof Toll['damaged'],
    engine?: Engine,
  ): Promise<Ending> {
    deepStrictEqual(codeOf(error), 'storage_damaged');
    ok(this.#isTorn || hostile.rotten.size > 0, 'a whole store is refused as damaged');
    this.#toll.damaged[where] += 1;
    await this.#checkStopped(engine);
    return 'damaged';
  }

  async #checkStopped(engine: Engine | undefined): Promise<void> {
    const [block] = this.#world.chain.blocks;
    if (engine === undefined || block === undefined) return;
    const answer = await engine.follow(block).then(() => 'answered', codeOf);
    deepStrictEqual(answer, 'engine_stopped');
    await engine.close();
  }

  #checkTip({ tip }: Engine): void {
    deepStrictEqual([tip.height, tip.state.root], [this.#height, this.#expected.wholes[this.#height]?.root]);
  }

  async #checkDisk(height: number): Promise<void> {
    const held = await digestOf(this.#disk);
    const right = height < 0 ? await EMPTY : digestAt(this.#expected, height, held.stateHeight);
    deepStrictEqual([height, held], [height, right]);
  }
}

/** Of a store that nothing was ever put into. */
const EMPTY = digestOf(memoryStorage());

/** Tries one seed; rejects, with the seed in the message, if anything is not as it must be. PERF: some tens of milliseconds with a small chain. */
export const runSeed = async (world: World, toll: Toll, seed: number): Promise<void> => {
  try {
    await new Seed(world, toll, seed).run();
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
};
