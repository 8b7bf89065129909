/**
 * Live chain: the branches that a node knows and the chain that it stands on, moved on by one block after the other.
 *
 * Each call is made when the one before has ended; the engine sees to that. A block that moves the chain is durable before anyone learns of
 * it; what is final by it follows from the blocks that are stored. Source: docs/design.md; protocol section 12, finality rules 16 to 18.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import type { Batch, Storage } from '../adapters/storage/storage.ts';
import { type CheckedBlock, checkBlock, readBlock } from '../core/block.ts';
import type { Chain, Tip } from '../core/chain.ts';
import { officesInWindow } from '../core/finality.ts';
import type { ForkTip } from '../core/fork-choice.ts';
import { type Refusal, refusal } from '../core/refusal.ts';
import type { Address, Hash, Height, Seconds } from '../core/units.ts';
import { blockId, type Header, type HeaderClaim } from '../core/wire/header.ts';
import type { Answer, EngineOptions, Followed } from './engine.ts';
import { encodeHeight, facts } from './facts.ts';
import { type FinalChanges, Finalising } from './finalising.ts';
import { type AsideBlock, BlocksAside, defaultAsideLimits } from './fork/aside.ts';
import { BlockTree, defaultForkLimits, type Move } from './fork/block-tree.ts';
import { type Accepted, forkTipOf, type Kept } from './fork/kept.ts';
import { idAt } from './fork/locator.ts';
import { RefusedBlocks } from './fork/refused.ts';
import type { Watch } from './fork/watch.ts';
import { GroupCommit, type Told } from './group-commit.ts';
import { Offers } from './offers.ts';
import { endsRow, refuse } from './outcome.ts';
import { defaultPoolLimits } from './pool/limits.ts';
import { DEFAULT_STATE_BYTES, headerRejectionWithRows, reduceWithRows } from './rows.ts';
import type { Opened } from './stored.ts';
import { type AheadBlock, checkedTogether, type Ground, readAhead } from './verdicts/read-ahead.ts';
import type { Verdicts } from './verdicts/verdicts.ts';

/** What the store is told of final blocks, as a part of a batch. */
const partsOf = ({ stateHeight, rows, history }: FinalChanges): Batch => ({
  rows,
  history,
  facts: { [facts.stateHeight]: encodeHeight(stateHeight) },
});

export class LiveChain {
  readonly chain: Chain;
  readonly commits: GroupCommit;
  readonly offers: Offers;
  readonly finalising: Finalising;
  readonly tree: BlockTree;
  readonly watch: Watch;
  readonly aside: BlocksAside;
  readonly #refused = new RefusedBlocks();
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #verdicts: Verdicts;
  #isBroken = false;
  #isStalled = false;

  constructor({ founding, storage, clock, ...options }: EngineOptions, opened: Opened, told: Told) {
    const { history = { keep: 'none' }, maxStateBytes = DEFAULT_STATE_BYTES } = options;
    const { chain } = founding;
    this.chain = chain;
    this.#storage = storage;
    this.#clock = clock;
    this.commits = new GroupCommit(storage, told, () => {
      const { tip, finalHeight, isStalled } = this;
      return { tip, finalHeight, isStalled };
    });
    this.#verdicts = opened.verdicts;
    const { judge } = opened.verdicts;
    this.offers = new Offers(chain, storage, clock, options.poolLimits ?? defaultPoolLimits, judge);
    this.finalising = new Finalising(founding, storage, { history, maxStateBytes }, opened.storedTip);
    this.aside = new BlocksAside(options.asideLimits ?? defaultAsideLimits);
    this.watch = opened.watch;
    this.#isBroken = opened.isBroken;
    const limits = options.forkLimits ?? defaultForkLimits;
    this.tree = new BlockTree(chain.agreement.compareForks, opened.storedTip, limits);
    for (const { kept, header } of opened.above) {
      const fork = forkTipOf(kept, header.maxHeightPrevoted);
      const move = this.tree.moveKept(kept, fork, header.parentId);
      this.tree.apply(move, fork, header.parentId);
      this.finalising.owe(move.final);
    }
    this.#isStalled = this.#slotsSinceFinal > chain.params.finalityWindow;
  }

  get tip(): Tip {
    return this.tree.tip;
  }

  get finalHeight(): Height {
    return this.tree.root.height;
  }

  /** Whether the bound on faults was seen to be broken. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Whether the tip is more than a finality window of slots after the final block. */
  get isStalled(): boolean {
    return this.#isStalled;
  }

  get #slotsSinceFinal(): number {
    return this.tip.slot - this.tree.root.slot;
  }

  /** The time of the latest block that may be followed: one slot of grace. */
  get latestTime(): Seconds {
    return (this.#clock.now() + this.chain.params.slotSeconds) as Seconds;
  }

  /** Whether the block is final or in the tree, and others may stand on it. */
  isKnown(id: Hash): boolean {
    return this.tree.tipOf(id) !== undefined;
  }

  /** Follows a block, and those that waited for it; `ahead` is what was read of it already. */
  async follow(bytes: Uint8Array, ahead?: AheadBlock): Promise<Answer<Followed>> {
    await this.followDue();
    const followed = await this.#followOne(bytes, ahead);
    if (E.isRight(followed)) await this.#followAll(this.aside.takeOn(followed.right.id));
    return followed;
  }

  /** Follows blocks in their order until one is refused that is not known already; all that were taken are durable when it resolves. */
  followGroup(blocks: readonly AheadBlock[]): Promise<readonly Answer<Followed>[]> {
    return this.commits.together(async () => {
      const answers: Answer<Followed>[] = [];
      for (const block of checkedTogether(this.#ground, blocks)) {
        const followed = await this.follow(block.bytes, block);
        answers.push(followed);
        if (endsRow(followed)) break;
      }
      return answers;
    });
  }

  get #ground(): Ground {
    const isSettled = (id: Hash) => this.tree.has(id) || this.#refused.get(id) !== undefined;
    return { chain: this.chain, tree: this.tree, isSettled, judge: this.#verdicts.judge };
  }

  /** Blocks that came in a row, read as far as their transactions may be looked at before they are followed. */
  readAhead(blocks: readonly Uint8Array[]): Iterable<AheadBlock> {
    return readAhead(this.#ground, blocks);
  }

  /** Follows what was kept aside until its time; how many blocks were taken. PERF: a look at each that is kept; mostly there is none. */
  followDue(): Promise<number> {
    return this.#followAll(this.aside.takeDue(this.latestTime, (parentId) => this.isKnown(parentId)));
  }

  async #followAll(blocks: readonly AsideBlock[]): Promise<number> {
    let taken = 0;
    const waiting = [...blocks];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const followed = await this.#followOne(next.bytes);
      if (E.isLeft(followed)) continue;
      taken += 1;
      waiting.push(...this.aside.takeOn(followed.right.id));
    }
    return taken;
  }

  async #followOne(bytes: Uint8Array, ahead?: AheadBlock): Promise<Answer<Followed>> {
    const { chain } = this;
    const block = ahead?.block === undefined ? readBlock(bytes) : E.right(ahead.block);
    if (E.isLeft(block)) return block;
    const { header } = block.right;
    // What it has already costs no recovery, and what it has refused none again.
    const id = ahead?.checked?.id ?? blockId(chain.crypto, header);
    if (this.tree.has(id)) return E.left(refuse('block_known'));
    const before = this.#refused.get(id);
    if (before !== undefined) return E.left(before);
    const checked = ahead?.checked ?? checkBlock(chain, block.right, this.#verdicts.judge);
    const isSigned = checked.signer === header.producer && header.chainId === chain.params.chainId;
    // Of producers that may have a slot: others could fill the memory of the watch.
    if (isSigned && this.tip.schedule.includes(header.producer)) await this.#see(header, checked.id);
    const past = await this.#refusalOfPast(checked.id, header, isSigned);
    if (past !== undefined) return E.left(past);
    if (header.time > this.latestTime) {
      if (isSigned) this.#keepAside(checked, bytes);
      return E.left(refuse('block_from_future', { time: String(header.time) }));
    }
    const parent = this.tree.tipOf(header.parentId);
    if (parent === undefined) {
      if (isSigned) this.#keepAside(checked, bytes);
      return E.left(refusal('parent_unknown', { parent: header.parentId }));
    }
    const { transactions } = block.right;
    const look = this.#verdicts.hasWorkers
      ? () => this.#verdicts.ahead({ transactions, contents: checked.contents })
      : undefined;
    const reduced = await reduceWithRows(this.#storage, chain, parent, checked, look);
    if (E.isLeft(reduced)) {
      // Strangers, whose headers are wrong and cost nothing to refuse, would push out what does cost something.
      const wrong = await headerRejectionWithRows(this.#storage, chain, parent, checked);
      if (wrong === undefined) this.#refused.keep(id, reduced.left);
      return reduced;
    }
    return this.take({ id: checked.id, transition: reduced.right, bytes }, header);
  }

  /** Whether it may have a slot, as far as this node's chain knows: others can make any number of keys. */
  #isElected(producer: Address): boolean {
    const { schedule, votes } = this.tip;
    return (
      schedule.includes(producer) ||
      officesInWindow(votes).some(({ office }) => office.old.includes(producer) || office.new.includes(producer))
    );
  }

  /** Why a block at or below the final height is not followed. */
  async #refusalOfPast(id: Hash, { height, producer }: Header, isSigned: boolean): Promise<Refusal | undefined> {
    if (height > this.finalHeight) return undefined;
    await this.commits.flush(); // it may be one of those that wait
    const own = await idAt(this.chain, this.#storage, height);
    if (own === id) return refuse('block_known');
    // Below a snapshot that was imported no block is stored, and nothing can be said of one.
    if (isSigned && own !== undefined && this.#isElected(producer)) this.watch.noteConflict();
    await this.#lookAtBound();
    return refuse('block_conflicts_final', { final: String(this.finalHeight) });
  }

  /** What is signed by who it says made it may wait; whether it is a block can be told only later. */
  #keepAside({ id, header, transactionsRoot }: CheckedBlock, bytes: Uint8Array): void {
    const { parentId, producer, time } = header;
    // With other transactions under a true header it would keep the block itself out.
    if (transactionsRoot !== header.transactionsRoot) return;
    this.aside.keep({ id, parentId, producer, time, isElected: this.#isElected(producer), bytes });
  }

  /** Evidence is durable before it is told. */
  async #see(header: Header, id: Hash): Promise<void> {
    const evidence = this.watch.see(header, id);
    if (evidence === undefined) return;
    await this.commits.commit({ facts: { [facts.evidence]: this.watch.encode() } });
    this.commits.tell({ kind: 'evidence', evidence });
    await this.#lookAtBound();
  }

  /** Durable before it is told: a node that starts again makes no more blocks either. */
  async #lookAtBound(): Promise<void> {
    if (this.#isBroken || !this.watch.isBoundBroken(this.tip)) return;
    this.#isBroken = true;
    await this.commits.commit({ facts: { [facts.boundBroken]: encodeHeight(this.finalHeight) } });
    this.commits.tell({ kind: 'bound_broken', evidence: this.watch.evidence });
  }

  /** Why there is no place for a valid block; what is worth less than it has gone then. */
  refusalOfRoom(block: Accepted, { parentId, maxHeightPrevoted }: HeaderClaim): Refusal | undefined {
    const fork = forkTipOf(block, maxHeightPrevoted);
    return this.#refusalOfMove(this.tree.moveBy(block, fork, parentId), fork, parentId);
  }

  #refusalOfMove({ kept, final }: Move, fork: ForkTip, parentId: Hash): Refusal | undefined {
    // What makes blocks final makes room.
    if (final.length > 0 || this.tree.makeRoomFor(kept, fork, parentId)) return undefined;
    return refuse('unfinal_full', { blocks: String(this.tree.count), bytes: String(this.tree.bytes) });
  }

  /** Takes a valid block: into memory, or, if the node moves to it, into the store. */
  async take(block: Accepted, header: Header): Promise<Answer<Followed>> {
    const { parentId, maxHeightPrevoted } = header;
    await this.#see(header, block.id);
    const fork = forkTipOf(block, maxHeightPrevoted);
    const move = this.tree.moveBy(block, fork, parentId);
    const full = this.#refusalOfMove(move, fork, parentId);
    if (full !== undefined) return E.left(full);
    const told = move.isChosen ? await this.#store(move) : undefined;
    this.tree.apply(move, fork, parentId);
    const { undone, done, final } = move;
    if (move.isChosen) {
      this.finalising.settle(final, told);
      this.offers.settle(move);
    }
    if (final.length > 0) this.watch.prune(this.tree.root);
    this.commits.tell(move.isChosen ? { kind: 'moved', block, undone, done, final } : { kind: 'fork', block });
    this.#lookAtStall();
    return E.right({ ...block, isChosen: move.isChosen });
  }

  /** By the chain's own slots, no clock: so all who stand on it say it at the same block. */
  #lookAtStall(): void {
    const slots = this.#slotsSinceFinal;
    const isStalled = slots > this.chain.params.finalityWindow;
    if (isStalled === this.#isStalled) return;
    this.#isStalled = isStalled;
    const { finalHeight } = this;
    this.commits.tell(
      isStalled ? { kind: 'finality_stalled', finalHeight, slots } : { kind: 'finality_resumed', finalHeight },
    );
  }

  /** Stores the blocks of a move; what else the store was told. */
  async #store({ undone, done, final }: Move): Promise<FinalChanges | undefined> {
    const told = await this.finalising.changesBy(final, undone.length > 0);
    const kept = (done[0] as Kept).transition.tip.height - 1;
    await this.commits.commit({
      ...(undone.length > 0 ? { dropBlocksAbove: kept } : {}),
      blocks: done.map(({ id, transition, bytes }) => ({ height: transition.tip.height, id, bytes })),
      ...(told === undefined ? {} : partsOf(told)),
    });
    return told;
  }

  /** The store is told all that it is owed: who opens it next has nothing final to reduce again. */
  async storeOwed(): Promise<void> {
    const told = await this.finalising.changesOwed();
    if (told === undefined) return;
    await this.commits.commit(partsOf(told));
    this.finalising.settle([], told);
  }

  /** Keeps a fact beside the chain, durably. */
  async keepFact(name: string, value: Uint8Array): Promise<void> {
    await this.commits.commit({ facts: { [name]: value } });
  }
}
