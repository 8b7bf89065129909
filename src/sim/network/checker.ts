/**
 * Checker: what must hold of a network whatever goes wrong in it, looked at while it runs. The ends are looked at by `endings`.
 *
 * It sees all nodes at once, which nobody in the network does. Source: protocol section 12.
 */
import * as E from 'fp-ts/lib/Either.js';
import { readBlock } from '../../core/block.ts';
import type { Chain } from '../../core/chain.ts';
import { contradictionOf } from '../../core/evidence.ts';
import { type SignedStatement, statementOf } from '../../core/evidence-message.ts';
import type { Address, Hash } from '../../core/units.ts';
import type { Accepted, ChainMoved, EngineEvent } from '../../engine/index.ts';
import type { HonestNode } from './honest.ts';

/** What went wrong. The words never change their meaning. */
export type ViolationCode =
  | 'final_conflict' // two nodes hold different blocks of one height for final
  | 'final_undone' // a node undid a block that was final for it
  | 'final_not_next' // a node's final blocks do not follow one on the other
  | 'books_broken' // the amounts of a state do not add up
  | 'replay_differs' // a stored chain, reduced again from its genesis, comes to something else
  | 'headers_differ' // the last headers alone say something else of finality than the live count
  | 'stores_differ' // two stores with the state of one height hold different things
  | 'evidence_missed' // a node took two contradictory blocks and has no evidence
  | 'honest_convicted' // there is evidence against an honest producer
  | 'bound_cried' // a node says that the bound on faults is broken, and it is not
  | 'node_stopped' // a node stopped, and not because its store was made to fail
  | 'no_agreement' // when all was calm the nodes did not come together
  | 'not_final_again'; // when all was calm nothing new became final

export interface Violation {
  readonly code: ViolationCode;
  readonly what: string;
}

const MOST_VIOLATIONS = 16;

export class Checker {
  readonly violations: Violation[] = [];
  readonly #chain: Chain;
  readonly #byzantine: ReadonlySet<Address>;
  /** By height, from 1: the block that is final, and for whom first. */
  readonly #finals: { readonly id: Hash; readonly by: string }[] = [];
  readonly #finalHeights = new Map<HonestNode, number>();
  /** What the running process of a node has taken of the Byzantine. */
  readonly #taken = new Map<HonestNode, SignedStatement[]>();
  readonly #officesSince = new Set<number>();
  reorganisations = 0;
  undoneBlocks = 0;
  /** Blocks that nodes have taken, each counted once a node. */
  nodeBlocks = 0;

  constructor(chain: Chain, byzantine: ReadonlySet<Address>) {
    this.#chain = chain;
    this.#byzantine = byzantine;
  }

  get officeChanges(): number {
    return this.#officesSince.size;
  }

  find(code: ViolationCode, what: string): void {
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push({ code, what });
  }

  /** The greatest height that is final for anybody. */
  get finalHeight(): number {
    return this.#finals.length;
  }

  /** A node has started: what its last process had in memory is gone, and its store may hold more than that process could tell of. */
  async begins(node: HonestNode): Promise<void> {
    this.#taken.set(node, []);
    const told = this.#finalHeights.get(node) ?? 0;
    const finalHeight = node.engine?.finalHeight ?? 0;
    if (finalHeight < told) this.find('final_undone', `${node.name} begins with ${finalHeight}, final was ${told}`);
    const stored = finalHeight > told ? await node.storage.blocks(told + 1, finalHeight - told) : [];
    for (const { height, id } of stored) this.#finalises(node, height, id as Hash);
  }

  sees(node: HonestNode, event: EngineEvent): void {
    switch (event.kind) {
      case 'moved':
        this.#moves(node, event);
        return;
      case 'fork':
        this.#takes(node, event.block);
        return;
      case 'evidence':
        if (!this.#byzantine.has(event.evidence.producer))
          this.find('honest_convicted', `${node.name}: ${event.evidence.contradiction}`);
        return;
      case 'bound_broken':
        this.find('bound_cried', `${node.name} with evidence against ${event.evidence.length}`);
        return;
      case 'finality_stalled':
      case 'finality_resumed':
        return;
    }
  }

  #moves(node: HonestNode, { block, undone, final }: ChainMoved): void {
    const height = this.#finalHeights.get(node) ?? 0;
    const first = undone[0]?.transition.tip.height;
    if (first !== undefined) {
      this.reorganisations += 1;
      this.undoneBlocks += undone.length;
      if (first <= height) this.find('final_undone', `${node.name}: block ${first}, final were those up to ${height}`);
    }
    this.#takes(node, block);
    for (const { id, transition } of final) this.#finalises(node, transition.tip.height, id);
  }

  #finalises(node: HonestNode, height: number, id: Hash): void {
    const before = this.#finalHeights.get(node) ?? 0;
    if (height !== before + 1) this.find('final_not_next', `${node.name}: block ${height} after ${before}`);
    this.#finalHeights.set(node, height);
    const known = this.#finals[height - 1];
    if (known === undefined) this.#finals[height - 1] = { id, by: node.name };
    else if (known.id !== id)
      this.find('final_conflict', `block ${height}: ${known.id} for ${known.by}, ${id} for ${node.name}`);
  }

  #takes(node: HonestNode, { bytes, transition }: Accepted): void {
    this.nodeBlocks += 1;
    const counted = transition.tip.votes.blocks.at(-1);
    const since = counted?.seats.office.since ?? 0;
    if (since > 0) this.#officesSince.add(since);
    const producer = counted?.producer;
    if (producer === undefined || !this.#byzantine.has(producer)) return;
    const block = readBlock(bytes);
    if (E.isLeft(block)) return;
    const { crypto, genesisTime, params } = this.#chain;
    const statement = statementOf({ crypto, genesisTime, slotSeconds: params.slotSeconds }, block.right.header);
    if (statement !== undefined) this.#taken.get(node)?.push(statement);
  }

  /** Whether a node has evidence for all that the process it runs has taken: each pair is looked at. */
  checkEvidence(node: HonestNode): void {
    const convicted = new Set(node.engine?.evidence.map(({ producer }) => producer));
    const taken = this.#taken.get(node) ?? [];
    for (const [index, one] of taken.entries()) {
      if (convicted.has(one.producer)) continue;
      for (const other of taken.slice(0, index)) {
        const contradiction = contradictionOf(one, other);
        if (contradiction === undefined) continue;
        this.find('evidence_missed', `${node.name}: ${contradiction} of blocks ${one.height} and ${other.height}`);
        return;
      }
    }
  }
}
