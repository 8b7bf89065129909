/**
 * Kill campaign: one child process after another on the same store, each killed, until so many kills are done.
 *
 * After each kill the next child opens the store and tells what it holds; it must be what an uninterrupted run holds, the blocks of
 * that height and the rows of one that is final by then, to the byte, and the height must be that of the last acknowledged batch, or of the one that was under way, however many blocks it has.
 */
import { deepStrictEqual, ok } from 'node:assert/strict';
import { type Chance, chanceFrom } from '../../src/adapters/laws/chance.ts';
import { type Life, liveOnce, type Told } from './crash-process.ts';
import { digestAt, type Expected, type FollowOptions, isRightPast, POLICIES, type PolicyName } from './follower.ts';
import type { KillAt } from './kill-switch.ts';
import type { Place } from './store-places.ts';

export interface CampaignOptions {
  readonly program: string;
  readonly chainFile: string;
  readonly expected: (policy: PolicyName) => Promise<Expected>;
  /** A place where no store stands. */
  readonly newPlace: () => Place;
  readonly kills: number;
  readonly seed: number;
  /** Begin with a walk along the chain that dies before, during and after every single commit. */
  readonly isWalkFirst?: boolean;
  readonly onKill?: (figures: Figures) => void;
}

export const MOMENTS = ['before', 'during', 'after', 'any'] as const;
type Moment = (typeof MOMENTS)[number];

export interface Figures {
  /** Kills by their moment: at a commit, or at any time after the opening has begun. */
  readonly kills: Record<Moment, number>;
  /** Kills that came before the store was open. */
  opening: number;
  /** Batches under way at a kill that were found whole, and those of which nothing was found. */
  found: number;
  absent: number;
  /** Stores that were followed to the end of the chain. */
  ends: number;
}

/** How a child is to die. */
interface Plan {
  readonly moment: Moment;
  readonly killAt?: KillAt;
  readonly killAfterMs?: number;
}

/** An eighth of it may be owed to the store: nothing, a block or two, some blocks, all of the chain. As many as policies would go with them in step. */
const RESIDENT_BYTES = [0, 20_000, 400_000, 4_000_000, 1_000_000_000];
/** A child goes on for at most so many commits. */
const MAX_COMMITS = 4;
const SAMPLES = 50;

/** The middle one of the last few values that were seen, or a first guess. */
class Usual {
  #values: number[];
  constructor(guess: number) {
    this.#values = [guess];
  }
  add(...values: readonly number[]): void {
    this.#values = [...this.#values, ...values].slice(-SAMPLES);
  }
  get value(): number {
    return [...this.#values].sort((a, b) => a - b)[this.#values.length >> 1] as number;
  }
}

class Campaign {
  readonly figures: Figures = {
    kills: { before: 0, during: 0, after: 0, any: 0 },
    opening: 0,
    found: 0,
    absent: 0,
    ends: 0,
  };
  readonly #options: CampaignOptions;
  readonly #chance: Chance;
  readonly #commitUs = new Usual(3000);
  readonly #openingMs = new Usual(100);
  #drawn = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#chance = chanceFrom(options.seed);
  }

  get #killed(): number {
    return Object.values(this.figures.kills).reduce((sum, count) => sum + count, 0);
  }

  async run(): Promise<Figures> {
    for (let store = 0; this.#killed < this.#options.kills; store += 1) {
      const policy = POLICIES[store % POLICIES.length] as PolicyName;
      const maxStateBytes = RESIDENT_BYTES[store % RESIDENT_BYTES.length] as number;
      // Of each policy some stores are filled block by block, and some by rows of blocks.
      const isInRows = (store + (store >> 2)) % 2 === 1;
      await this.#runStore({ policy, maxStateBytes, isInRows }, store === 0 && this.#options.isWalkFirst === true);
    }
    return this.figures;
  }

  /** One store, from nothing to the end of the chain. */
  async #runStore(follow: FollowOptions, isWalk: boolean): Promise<void> {
    const expected = await this.#options.expected(follow.policy);
    const order = { chainFile: this.#options.chainFile, place: this.#options.newPlace(), follow };
    const witness = new Witness(expected, this.figures);
    for (;;) {
      const plan = this.#nextPlan(isWalk);
      const { moment, killAt, killAfterMs } = plan ?? {};
      const life = await liveOnce(this.#options.program, killAt ? { ...order, killAt } : order, killAfterMs);
      this.#commitUs.add(...life.commitUs);
      if (life.openingMs !== undefined) this.#openingMs.add(life.openingMs);
      witness.hear(life, moment);
      if (life.done !== undefined) break;
      if (moment === undefined || !life.wasKilled)
        throw new Error('a child that nobody killed did not come to its end');
      this.figures.kills[moment] += 1;
      if (life.opened === undefined) this.figures.opening += 1;
      this.#options.onKill?.(this.figures);
    }
    this.figures.ends += 1;
  }

  #nextPlan(isWalk: boolean): Plan | undefined {
    if (this.#killed >= this.#options.kills) return undefined;
    const turn = this.#drawn;
    this.#drawn += 1;
    const moment = MOMENTS[turn % (isWalk ? 3 : 4)] as Moment;
    if (moment === 'any') return { moment, killAfterMs: this.#chance.below(Math.ceil(this.#openingMs.value * 2.5)) };
    const commit = isWalk ? 1 : 1 + this.#chance.below(MAX_COMMITS);
    return { moment, killAt: { commit, moment, delayUs: this.#chance.below(Math.ceil(this.#commitUs.value * 1.3)) } };
  }
}

/** Knows what a store must hold, from what its children said, and holds it against the uninterrupted run. */
class Witness {
  readonly #expected: Expected;
  readonly #figures: Figures;
  /** The greatest height that is known to be stored. */
  #height = 0;
  /** The height of the state that the store had last. */
  #stateHeight = 0;
  /** The height of the batch that may have been under way when the last child died. */
  #under: number | undefined;

  constructor(expected: Expected, figures: Figures) {
    this.#expected = expected;
    this.#figures = figures;
  }

  hear({ opened, storing, stored, done }: Life, moment: Moment | undefined): void {
    if (opened !== undefined) {
      const { height } = opened;
      ok(
        height === this.#height || height === this.#under,
        `height ${height} after ${this.#height} was acknowledged and ${this.#under} under way`,
      );
      if (this.#under !== undefined) this.#figures[height === this.#under ? 'found' : 'absent'] += 1;
      this.#check(opened);
      this.#height = stored ?? height;
      this.#under = moment !== 'before' && storing !== stored ? storing : undefined;
    }
    if (done === undefined) return;
    this.#check(done);
    deepStrictEqual(done.height, this.#expected.wholes.length - 1);
    deepStrictEqual(done.past.length, this.#expected.past.length);
    for (const [at, told] of done.past.entries())
      ok(isRightPast(this.#expected, at, told), `height ${at} is told as ${told}`);
  }

  #check({ height, root, digest }: Told): void {
    const right = digestAt(this.#expected, height, digest.stateHeight);
    deepStrictEqual({ root, digest }, { root: this.#expected.wholes[height]?.root, digest: right });
    ok(digest.stateHeight >= this.#stateHeight, 'the state of the store went back');
    this.#stateHeight = digest.stateHeight;
  }
}

/** Rejects as soon as a store is not what it must be. */
export const runKills = (options: CampaignOptions): Promise<Figures> => new Campaign(options).run();

/** For people. */
export const toldFigures = ({ kills, opening, found, absent, ends }: Figures): string =>
  [
    `${kills.before} before a commit, ${kills.during} in one, ${kills.after} after one, ${kills.any} at any time`,
    `${opening} of them while the store was being opened`,
    `batches under way: ${found} found whole, ${absent} absent`,
    `${ends} stores followed to the end`,
  ].join('; ');
