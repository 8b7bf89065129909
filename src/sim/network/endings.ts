/**
 * Endings: what must hold of the nodes of a network when a run is over: their books, their stores, and what their chains say again.
 *
 * Source: protocol sections 11 and 12.
 */
import * as E from 'fp-ts/lib/Either.js';
import { checkBlock, readBlock } from '../../core/block.ts';
import type { Tip } from '../../core/chain.ts';
import { officesInWindow, restoreVotes, type VoteHeader } from '../../core/finality.ts';
import { beginTip } from '../../core/founding.ts';
import { brokenInvariants } from '../../core/invariants.ts';
import type { Office } from '../../core/office.ts';
import { reduce } from '../../core/reduce.ts';
import type { Hash, Height } from '../../core/units.ts';
import type { Engine } from '../../engine/index.ts';
import type { Checker } from './checker.ts';
import type { HonestNode } from './honest.ts';
import type { World } from './world.ts';

/** A node that still runs. */
interface Running {
  readonly node: HonestNode;
  readonly engine: Engine;
}

const EVERYTHING = 1_000_000;

/** The ids of a store's blocks, by height from 1. */
const idsOf = async ({ storage }: HonestNode): Promise<readonly Hash[]> =>
  (await storage.blocks(1, EVERYTHING)).map(({ id }) => id as Hash);

/** What a store holds of the state and of the final blocks, as one text. */
const finalPartOf = async ({ storage }: HonestNode, finalHeight: number): Promise<string> => {
  const blocks = (await storage.blocks(1, EVERYTHING)).filter(({ height }) => height <= finalHeight);
  const rows = await storage.scan(0, EVERYTHING);
  return [
    ...blocks.map(({ id, bytes }) => `${id} ${bytes.join()}`),
    ...rows.map(({ leaf, bytes }) => `${leaf} ${bytes.join()}`),
  ].join('\n');
};

/** The chain of a store again, from its genesis. */
const replayed = async ({ founding }: World, { storage }: HonestNode): Promise<Tip | undefined> => {
  let tip = beginTip(founding);
  for (const { bytes } of await storage.blocks(1, EVERYTHING)) {
    const block = readBlock(bytes);
    if (E.isLeft(block)) return undefined;
    const reduced = reduce(founding.chain, tip, checkBlock(founding.chain, block.right));
    if (E.isLeft(reduced)) return undefined;
    tip = reduced.right.tip;
  }
  return tip;
};

/** V and F by the last headers alone, with the offices in which they stand. */
const fromHeaders = async ({ founding }: World, { storage }: HonestNode, { votes }: Tip) => {
  const window = founding.chain.params.finalityWindow;
  const offices = officesInWindow(votes);
  const officeAt = (height: number): Office => offices.findLast(({ from }) => from <= height)?.office as Office;
  const headers: { header: VoteHeader; office: Office }[] = [];
  for (const { bytes } of await storage.blocks(Math.max(1, votes.height - window + 1), window)) {
    const block = readBlock(bytes);
    if (E.isLeft(block)) return undefined;
    const { height, producer, maxHeightGenerated, maxHeightPrevoted } = block.right.header;
    const header = { height, slot: 0 as VoteHeader['slot'], producer, maxHeightGenerated, maxHeightPrevoted };
    headers.push({ header, office: officeAt(height) });
  }
  const { maxHeightPrevoted, finalHeight } = votes;
  return restoreVotes({ window, headers, maxHeightPrevoted, finalHeight }, founding.chain.agreement.countVotes);
};

const sameCount = (a: Tip['votes'] | undefined, b: Tip['votes']): boolean =>
  a !== undefined && a.maxHeightPrevoted === b.maxHeightPrevoted && a.finalHeight === b.finalHeight;

/** A chain again, in full and by its headers: final on replay is final live is final by headers. */
const checkAgain = async (world: World, checker: Checker, { node, engine }: Running): Promise<void> => {
  const { tip } = engine;
  const again = await replayed(world, node);
  if (again?.id !== tip.id || again.state.root !== tip.state.root || !sameCount(again.votes, tip.votes))
    checker.find('replay_differs', `${node.name} at block ${tip.height}`);
  if (!sameCount(await fromHeaders(world, node, tip), tip.votes))
    checker.find('headers_differ', `${node.name} at block ${tip.height}`);
};

/** Two stores with the same final height are the same up to there, byte for byte. */
const checkStores = async (checker: Checker, running: readonly Running[]): Promise<void> => {
  const first = new Map<Height, { readonly name: string; readonly held: string }>();
  for (const { node, engine } of running) {
    // A store that was to die at its next write dies here, and has nothing more to say.
    const isGiven = await engine.flush().then(
      () => true,
      () => false,
    );
    if (!isGiven) continue;
    const held = await finalPartOf(node, engine.finalHeight);
    const other = first.get(engine.finalHeight);
    if (other === undefined) first.set(engine.finalHeight, { name: node.name, held });
    else if (other.held !== held)
      checker.find('stores_differ', `${node.name} and ${other.name} with final block ${engine.finalHeight}`);
  }
};

/** Blocks at the end of a chain that may still be on their way to others. */
const UNDER_WAY = 3;

const checkAgreement = async (checker: Checker, running: readonly Running[]): Promise<void> => {
  const chains = await Promise.all(running.map(({ node }) => idsOf(node)));
  const shortest = Math.min(...chains.map(({ length }) => length));
  const longest = Math.max(...chains.map(({ length }) => length));
  const heads = new Set(chains.map((ids) => ids[shortest - UNDER_WAY]));
  if (longest - shortest > UNDER_WAY || heads.size > 1)
    checker.find('no_agreement', `chains of ${shortest} to ${longest} blocks, ${heads.size} branches`);
};

/** Looks at the running nodes at the end of a run. */
export const checkEndings = async (world: World, checker: Checker, nodes: readonly HonestNode[]): Promise<void> => {
  const running = nodes.flatMap((node) => (node.engine === undefined ? [] : [{ node, engine: node.engine }]));
  for (const { node, engine } of running) {
    const broken = brokenInvariants(engine.tip.state, world.founding.chain.params);
    if (broken.length > 0) checker.find('books_broken', `${node.name}: ${JSON.stringify(broken[0])}`);
    checker.checkEvidence(node);
  }
  const [one] = running;
  if (one !== undefined) await checkAgain(world, checker, one);
  await checkStores(checker, running);
  await checkAgreement(checker, running);
};
