/**
 * Follower: an engine that follows a prepared chain, and what an uninterrupted one says at each height.
 */
import * as E from 'fp-ts/lib/Either.js';
import { manualClock } from '../../src/adapters/clock/manual.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { type Crypto, type Founding, foundChain, type Height, type Seconds } from '../../src/core/index.ts';
import { type Engine, type HistoryPolicy, openEngine } from '../../src/engine/index.ts';
import type { HeavyChain } from './heavy-chain.ts';
import { digestOf, type StoreDigest } from './store-digest.ts';

/** What to keep of old states; it can be written into JSON. */
export const POLICIES = ['none', 'all', 'rounds', 'marks'] as const;
export type PolicyName = (typeof POLICIES)[number];

const policies: Readonly<Record<PolicyName, HistoryPolicy>> = {
  none: { keep: 'none' },
  all: { keep: 'all' },
  rounds: { keep: 'rounds', rounds: 2 },
  marks: { keep: 'marks', isMarked: (height) => height % 5 === 0 },
};

export interface FollowOptions {
  readonly policy: PolicyName;
  readonly maxStateBytes: number;
  /** Whether blocks are followed some in a row, which become durable together. */
  readonly isInRows: boolean;
}

/** What an engine says where it stands, and what its store holds then. */
export interface Whole {
  readonly root: string;
  readonly digest: StoreDigest;
}

/** What an uninterrupted run that gives its store the rows of each final block at once says. */
export interface Expected {
  /** By height, from 0 on. */
  readonly wholes: readonly Whole[];
  /** The root that is read at each height when the last block is in; where none is kept, the code of the refusal. */
  readonly past: readonly string[];
}

/**
 * What a store must hold under an engine at a height, if it says that its state is that of `stateHeight`: the blocks of the one, rows,
 * facts and history of the other, which was final by then.
 */
export const digestAt = ({ wholes }: Expected, height: number, stateHeight: number): StoreDigest | undefined => {
  const blocks = wholes[height]?.digest.blocks;
  const state = wholes.slice(0, height + 1).find(({ digest }) => digest.stateHeight === stateHeight);
  return blocks === undefined || state === undefined ? undefined : { ...state.digest, blocks };
};

/** Whether this may be read at a height: what is not kept may be told as long as its rows have not come to the store, and then rightly. */
export const isRightPast = ({ wholes, past }: Expected, height: number, told: string | undefined): boolean =>
  told === past[height] || (past[height] === 'state_not_kept' && told === wholes[height]?.root);

/** Long after every block of a prepared chain. */
const LATE = 2_000_000 as Seconds;

/** The founding of a prepared chain. */
export const foundingOf = (crypto: Crypto, { document }: Pick<HeavyChain, 'document'>): Founding => {
  const founding = foundChain(crypto, document);
  if (E.isLeft(founding)) throw new Error(`the prepared chain has no genesis: ${JSON.stringify(founding.left)}`);
  return founding.right;
};

export const openFollower = (
  founding: Founding,
  storage: Storage,
  { policy, maxStateBytes }: Omit<FollowOptions, 'isInRows'>,
): Promise<Engine> =>
  openEngine({ founding, storage, clock: manualClock(LATE), history: policies[policy], maxStateBytes });

/** Follows the next block, and offers it again, and its late sibling: the chain stays where it is. */
export async function followNext(
  engine: Engine,
  { blocks, siblings }: HeavyChain,
  onTaken?: () => void,
): Promise<void> {
  const height = engine.tip.height + 1;
  const taken = await engine.follow(blocks[height - 1] as Uint8Array);
  if (E.isLeft(taken)) throw new Error(`block ${height} is refused: ${JSON.stringify(taken.left)}`);
  onTaken?.();
  const sibling = siblings.get(height);
  if (sibling === undefined) return;
  for (const late of [sibling, blocks[height - 1] as Uint8Array]) {
    const answer = await engine.follow(late);
    const isTaken = E.isRight(answer) && (answer.right.isChosen || late !== sibling);
    if (isTaken) throw new Error(`a late block of height ${height} is taken`);
  }
}

/** Follows the next blocks in a row: one, or up to seven. */
export async function followRow(engine: Engine, { blocks }: HeavyChain): Promise<void> {
  const { height } = engine.tip;
  for await (const taken of engine.followAll(blocks.slice(height, height + 1 + (height % 7))))
    if (E.isLeft(taken)) throw new Error(`a block of a row is refused: ${JSON.stringify(taken.left)}`);
}

/** The root that is read at a height, or the code of the refusal. */
export async function pastAt(engine: Engine, height: number): Promise<string> {
  const answer = await engine.readAt(height as Height, (state) => state.root);
  return E.isRight(answer) ? answer.right : answer.left.code;
}

/** The same of all heights from 0 to the tip's. */
export async function pastOf(engine: Engine): Promise<readonly string[]> {
  const past: string[] = [];
  for (let height = 0; height <= engine.tip.height; height += 1) past.push(await pastAt(engine, height));
  return past;
}

/** The uninterrupted run, in memory. */
export async function expectedOf(founding: Founding, chain: HeavyChain, policy: PolicyName): Promise<Expected> {
  const storage = memoryStorage();
  const engine = await openFollower(founding, storage, { policy, maxStateBytes: 0 });
  const whole = async (): Promise<Whole> => ({ root: engine.tip.state.root, digest: await digestOf(storage) });
  const wholes = [await whole()];
  while (engine.tip.height < chain.blocks.length) {
    await followNext(engine, chain);
    wholes.push(await whole());
  }
  return { wholes, past: await pastOf(engine) };
}
