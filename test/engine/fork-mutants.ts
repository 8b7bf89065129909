/**
 * Fork mutants: fork choice, the live chain and the node with one guard taken away, as an edit of the source, which a law must catch.
 */
import { type Mutant, mutantsOf } from './mutants.ts';

const choice = mutantsOf('fork-choice.ts');
const tree = mutantsOf('fork/block-tree.ts');
const aside = mutantsOf('fork/aside.ts');
const watch = mutantsOf('fork/watch.ts');
const locator = mutantsOf('fork/locator.ts');
const live = mutantsOf('live-chain.ts');
const group = mutantsOf('group-commit.ts');
const readAhead = mutantsOf('verdicts/read-ahead.ts');
const finalising = mutantsOf('finalising.ts');
const owed = mutantsOf('owed.ts');
const producing = mutantsOf('producing.ts');
const engine = mutantsOf('chain-engine.ts');
const stored = mutantsOf('stored.ts');
const node = mutantsOf('node/node.ts');
const inbox = mutantsOf('node/inbox.ts');
const producer = mutantsOf('node/producer.ts');

export const forkMutants: readonly Mutant[] = [
  choice('what is prevoted comes first', 'b.maxHeightPrevoted - a.maxHeightPrevoted || '),
  choice('then the greater height', 'b.height - a.height || '),
  choice('then the smaller slot', 'a.slot - b.slot || '),
  choice('then the smaller id', 'compareText(a.id, b.id)', '-1'),
  tree(
    'only a better chain is moved to',
    'const isChosen = tip === undefined || this.#compare(fork, tip.fork) < 0;',
    'const isChosen = true;',
  ),
  tree('the branch is done from where it leaves the chain', 'done.reverse();'),
  tree('what is undone is what the branch does not hold', 'undone: this.#chosen.slice(common)', 'undone: []'),
  tree(
    'what is final never falls',
    'Math.max(0, Math.min(common, finalHeight - this.#root.height))',
    'Math.min(common, finalHeight - this.#root.height)',
  ),
  tree(
    'only the final ones become final',
    'transition.tip.height <= finalHeight',
    'transition.tip.height <= finalHeight + 1',
  ),
  tree('blocks of the branch may become final with it', '(firstOpen === common ? done.filter(isFinal) : [])', '[]'),
  tree('what stands beside a final block goes', 'if (sibling !== block) this.#removeBranch(sibling);', 'void sibling;'),
  tree('final blocks leave the memory', 'for (const block of final) this.#forget(block);'),
  tree('what stands on the last final block is first', '      this.#first.add(child);'),
  tree('so many blocks', 'this.#nodes.size >= maxBlocks || '),
  tree('so many bytes', ' || this.#bytes + heldBy(block) > maxBytes'),
  tree(
    'a worse block displaces none',
    'if (worst === undefined || this.#compare(fork, worst.fork) >= 0) return false;',
    'if (worst === undefined) return false;',
  ),
  tree('the chosen chain is not displaced', ' || this.#isChosen(leaf)'),
  tree('what the new block stands on is not displaced', 'leaf.id === parentId || '),
  tree('the worst goes first', 'this.#compare(leaf.fork, worst.fork) > 0', 'this.#compare(leaf.fork, worst.fork) < 0'),
  tree(
    'what a block stood on may go next',
    'if (node.parent !== undefined && node.parent.children.size === 0) this.#leaves.add(node.parent);',
  ),
  tree('bytes of what went are given back', 'this.#bytes -= node.bytesHeld;'),
  aside('a producer has so many aside', 'if (own !== undefined && own.size >= maxPerProducer) this.#drop(first(own));'),
  aside('so many are aside', 'this.#blocks.size >= maxBlocks || '),
  aside('so many bytes are aside', ' || this.#bytes + block.bytes.length > maxBytes'),
  aside('strangers displace nobody', 'if (this.#strange.size === 0 && !block.isElected) return false;'),
  aside(
    'strangers go first',
    'first(this.#strange.size > 0 ? this.#strange : this.#blocks.keys())',
    'first(this.#blocks.keys())',
  ),
  aside('who has gone is no stranger any more', '    this.#strange.delete(id);\n'),
  aside(
    'what waited for a parent is taken out',
    '.map((id) => this.#drop(id));',
    '.map((id) => this.#blocks.get(id) as AsideBlock);',
  ),
  aside('what is aside itself is not wanted', '.filter((parentId) => !this.#blocks.has(parentId))'),
  watch(
    'only the times of slots are statements',
    'if (slot < 1 || slotStart(this.#chain, slot) !== header.time) return undefined;',
  ),
  watch('a conflict must have been seen', 'if (!this.#sawConflict) return false;'),
  watch(
    'so many convicted as a conflict takes',
    'conviction.convicted.length >= conviction.demanded',
    'conviction.convicted.length > 0',
  ),
  watch('evidence comes back from the store', 'if (E.isRight(verified)) this.#log.convict(verified.right);'),
  locator(
    'a block is common if its id is',
    'height <= top && (await idAt(chain, storage, height)) === id',
    'height <= top',
  ),
  locator('so many ids are looked at', 'locator.slice(0, MAX_LOCATOR_IDS)', 'locator'),
  locator('so many bytes are given', '(bytes > maxBytes && found.length > 0)', 'false'),
  locator('one block is given, however long', ' && found.length > 0'),
  live('what waited for a block follows it', 'await this.#followAll(this.aside.takeOn(followed.right.id));'),
  live('what waited for one that waited follows too', 'waiting.push(...this.aside.takeOn(followed.right.id));'),
  live(
    'what is due is followed before what comes',
    '    await this.followDue();\n    const followed',
    '    const followed',
  ),
  live('a known block is refused', "if (this.tree.has(id)) return E.left(refuse('block_known'));"),
  live('only who may have a slot is watched', 'isSigned && this.tip.schedule.includes(header.producer)', 'isSigned'),
  live(
    'only what is signed is held against its producer',
    'if (isSigned && this.tip.schedule',
    'if (this.tip.schedule',
  ),
  live(
    'headers that are not followed are watched',
    'if (isSigned && this.tip.schedule.includes(header.producer)) await this.#see(header, checked.id);',
  ),
  live('no block in conflict with a final one', 'if (past !== undefined) return E.left(past);'),
  live('one slot of grace', 'this.#clock.now() + this.chain.params.slotSeconds', 'this.#clock.now()'),
  live(
    'one slot of grace, no more',
    'this.#clock.now() + this.chain.params.slotSeconds',
    'this.#clock.now() + 2 * this.chain.params.slotSeconds',
  ),
  live(
    'blocks of the future are aside',
    "      if (isSigned) this.#keepAside(checked, bytes);\n      return E.left(refuse('block_from_future'",
    "      return E.left(refuse('block_from_future'",
  ),
  live(
    'blocks without a parent are aside',
    "      if (isSigned) this.#keepAside(checked, bytes);\n      return E.left(refusal('parent_unknown'",
    "      return E.left(refusal('parent_unknown'",
  ),
  live(
    'only what is signed is aside',
    "      if (isSigned) this.#keepAside(checked, bytes);\n      return E.left(refusal('parent_unknown'",
    "      this.#keepAside(checked, bytes);\n      return E.left(refusal('parent_unknown'",
  ),
  live('only the transactions of the header are aside', 'if (transactionsRoot !== header.transactionsRoot) return;'),
  live('final blocks are known', "if (own === id) return refuse('block_known');"),
  live(
    'a conflict is noted',
    'if (isSigned && own !== undefined && this.#isElected(producer)) this.watch.noteConflict();',
  ),
  live('a conflict that nobody signed is none', 'if (isSigned && own !== undefined &&', 'if (own !== undefined &&'),
  live('a conflict of a stranger is none', ' && this.#isElected(producer)) this.watch', ') this.watch'),
  live('evidence is durable', 'await this.commits.commit({ facts: { [facts.evidence]: this.watch.encode() } });'),
  live(
    'evidence is durable before it is told',
    'await this.commits.commit({ facts: { [facts.evidence]: this.watch.encode() } });',
    'void this.commits.commit({ facts: { [facts.evidence]: this.watch.encode() } });',
  ),
  live('own blocks are watched too', '    await this.#see(header, block.id);\n'),
  live('memory is bounded', 'this.tree.makeRoomFor(kept, fork, parentId)', 'true'),
  live('what makes blocks final is taken', 'final.length > 0 || '),
  live('who is elected is no stranger', 'isElected: this.#isElected(producer)', 'isElected: false'),
  live('who is not elected is a stranger', 'isElected: this.#isElected(producer)', 'isElected: true'),
  live('a move is durable', 'move.isChosen ? await this.#store(move) : undefined', 'undefined'),
  live(
    'a move is durable before it is told',
    'const told = move.isChosen ? await this.#store(move) : undefined;',
    'if (move.isChosen) void this.#store(move);\n    const told = undefined;',
  ),
  live(
    'a branch is not stored',
    'const told = move.isChosen ? await this.#store(move) : undefined;',
    'const told = await this.#store({ ...move, done: [block] });',
  ),
  live('blocks that were undone leave the store', '...(undone.length > 0 ? { dropBlocksAbove: kept } : {}),'),
  live('what is final is stored with its height', 'facts: { [facts.stateHeight]: encodeHeight(stateHeight) },', ''),
  live('rows of final blocks are stored', '  rows,\n'),
  live('history of final blocks is stored', '  history,\n'),
  live('the pool hears of a move', '      this.offers.settle(move);\n'),
  live('the pool hears what was undone', 'this.offers.settle(move);', 'this.offers.settle({ ...move, undone: [] });'),
  live(
    'the pool hears of all that was done',
    'this.offers.settle(move);',
    'this.offers.settle({ ...move, done: done.slice(-1) });',
  ),
  live('the final state is followed', '    this.finalising.settle(final, told);\n'),
  live('what was owed is owed no more', '    this.finalising.settle([], told);\n'),
  live('blocks that are final at the opening are owed', 'this.finalising.owe(move.final);'),
  engine(
    'what is owed is given before the store is closed',
    'await this.#live.storeOwed();\n      } finally',
    '} finally',
  ),
  engine('no call gets a turn after the closing', 'this.#stopped ??= closed;'),
  engine(
    'a store that takes nothing when it is closed is no fault',
    'await last.catch(() => undefined);',
    'await last;',
  ),
  finalising(
    'what is owed is bounded in bytes',
    'rowBytesOwed(final) >= Math.min(MAX_ROW_BYTES, maxStateBytes / OWED_PART)',
    'false',
  ),
  finalising('less memory owes less', 'Math.min(MAX_ROW_BYTES, maxStateBytes / OWED_PART)', 'MAX_ROW_BYTES'),
  finalising('rows wait for each other', 'isUndoing || this.#isMuch(final)', 'true'),
  finalising('where blocks are undone nothing is owed', 'isUndoing || this.#isMuch(final)', 'this.#isMuch(final)'),
  live('that blocks are undone is told', 'undone.length > 0);', 'false);'),
  live('what was refused is remembered', 'this.#refused.keep(id, reduced.left);'),
  live('strangers push no refused block out', 'if (wrong === undefined) this.#refused.keep', 'this.#refused.keep'),
  live('what was refused is refused again', '    if (before !== undefined) return E.left(before);\n'),
  live('a final block that waits is known', '    await this.commits.flush(); // it may be one of those that wait\n'),
  live('a refused block ends its row', '        if (endsRow(followed)) break;\n'),
  group(
    'blocks in a row wait for each other',
    'if (this.#isOpen && isBlocksAlone(batch)) {',
    'if (batch === undefined) {',
  ),
  group('a block alone waits for none', 'this.#isOpen && isBlocksAlone(batch)', 'isBlocksAlone(batch)'),
  group('all but blocks ends the wait', 'this.#isOpen && isBlocksAlone(batch)', 'this.#isOpen'),
  group(
    'what waits goes first',
    '    await this.flush();\n    await this.#write(batch);',
    '    await this.#write(batch);',
  ),
  group('what waits is not shown', 'return this.#before ?? this.#standing();', 'return this.#standing();'),
  group('the first that waits counts', 'this.#before ??= this.#standing();', 'this.#before = this.#standing();'),
  group('what waits is not told', 'if (this.#before === undefined) this', 'if (this.#blocks !== undefined) this'),
  group('what has waited is told', 'for (const event of events) this.#told.event(event);'),
  group('what has waited waits no more', '    this.#blocks = [];\n'),
  group('what was told is not told again', '    this.#events = [];\n'),
  group(
    'the wait ends with the row',
    '      this.#isOpen = false;\n      await this.flush();',
    '      this.#isOpen = false;',
  ),
  group('after a row blocks are alone again', '      this.#isOpen = false;\n'),
  group(
    'what was taken is stored, whatever comes after it',
    '    try {\n      return await work();\n    } finally {\n      this.#isOpen = false;\n      await this.flush();\n    }',
    '    const done = await work();\n    this.#isOpen = false;\n    await this.flush();\n    return done;',
  ),
  group('what waits is bounded', 'this.#blocks.length >= MAX_BLOCKS || ', ''),
  group('a store that has failed is told nothing more', ' || this.#hasFailed'),
  readAhead(
    'what stands on others is not looked at with them',
    'while (blocks[end]?.isNext === true) end += 1;',
    'while (end < blocks.length) end += 1;',
  ),
  readAhead('only what producers in office sign is read', 'checked.signer === producer && '),
  readAhead('only the transactions of the header are read', ' && checked.transactionsRoot === transactionsRoot'),
  group('a store that fails stops the engine', 'this.#told.storeFailed(error);'),
  finalising(
    'what was owed before goes with it',
    'const final = [...this.#owed, ...fresh.map(owedOf)];',
    'const final = fresh.map(owedOf);',
  ),
  finalising('what is told is owed no more', '    this.#owed.length = 0;\n'),
  finalising(
    'what is not told stays owed',
    'if (told === undefined || last === undefined) return;',
    'if (last === undefined) return;',
  ),
  finalising('states that are owed are told', 'if (owed !== undefined) return owed.state;'),
  owed(
    'of each leaf the last row counts',
    'if (at + 1 < count && leaves[order[at + 1] as number] === leaf) continue;',
    'if (at > 0 && leaves[order[at - 1] as number] === leaf) continue;',
  ),
  producing(
    'nobody makes blocks once the bound is broken',
    "if (live.isBroken) return refuse('fault_bound_broken', { producers: String(live.watch.evidence.length) });",
  ),
  producing(
    'no block is made of a slot to come',
    "if (time > live.latestTime) return refuse('block_from_future', { time: String(time) });",
  ),
  producing(
    'no block is made of a slot that is past',
    "if (slot <= tip.slot) return refusal('slot_not_after_parent', { slot: String(slot), parent: String(tip.slot) });",
  ),
  producing(
    'only whose turn it is makes a block',
    "return turn === key.address ? undefined : refusal('producer_wrong', { producer: key.address, expected: turn });",
    'return undefined;',
  ),
  producing('a block is durable before it is signed', 'await live.keepFact(signingFact(key.address), unsigned);'),
  producing('the last block is finished before the next', 'await resumeFirst(workshop, key)', 'undefined'),
  producing('what the lock forbids takes no place', '  if (fault !== undefined) return E.left(refuse(fault));\n'),
  producing('no lock is moved for what finds no room', '  if (full !== undefined) return E.left(full);\n'),
  producing(
    'nothing is signed that cannot be taken yet',
    '  if (refused !== undefined) return E.left(refused);\n  const sign',
    '  const sign',
  ),
  producing(
    'a signer may fail at one block for good',
    "if (error instanceof KeyError && error.code === 'key_failed') return undefined;",
  ),
  producing('what is asked for again is given', 'resumed.right.transition.tip.slot === slot', 'false'),
  producing('what is known is not signed again', ' || live.isKnown(signedId)'),
  producing('only the block that the lock is for is signed again', 'isIt && '),
  producing('what was overtaken is not signed again', ' && header.height > live.finalHeight'),
  producing('the signature is put in', '{ ...header, sign: sign.right }', 'header'),
  producing('what is due is followed before a block is made', 'await live.followDue();'),
  engine(
    'what waits for a missing block is still asked for',
    'this.#live.isKnown(this.#live.aside.beneath(id))',
    'this.#live.aside.beneath(id) !== id || this.#live.isKnown(id)',
  ),
  engine(
    "a turn in a slot that has passed is nobody's",
    'slot > this.tip.slot ? await turnOf(this.chain, this.#storage, this.tip, slot) : undefined,',
    'await turnOf(this.chain, this.#storage, this.tip, slot),',
  ),
  stored(
    'evidence in the store is read',
    'if (stored !== undefined && !watch.load(stored)) throw',
    'if (stored === new Uint8Array(0)) throw',
  ),
  stored(
    'headers of the store are watched',
    'for (const { header, kept } of above) watch.see(header, kept.id);',
  ),
  node('eight answers a slot', 'if (answers >= ANSWERS_A_SLOT) return;'),
  node(
    'a node finishes what its last process was signing',
    'this.#producer.resume(this.#slotNow())',
    'Promise.resolve()',
  ),
  producer(
    'and tells it',
    "      tell(made.right.bytes);\n      return { kind: 'resumed'",
    "      return { kind: 'resumed'",
  ),
  node('an answer is as long as a message may be', 'if (bytes > most || blocks.length >= MAX_ANSWER_BLOCKS) break;'),
  node('only who was asked answers', 'if (asked === undefined) return;'),
  node('an answer may take longer than a slot', 'asked.slot + PATIENCE_SLOTS <= slot', 'asked.slot <= slot'),
  node('an answer may not take for ever', 'asked.slot + PATIENCE_SLOTS <= slot', 'asked.slot < 0'),
  producer('what was refused or has failed is tried again', '    await this.resume(slot);\n'),
  producer('a key whose signer failed has something to finish', 'else this.#tryLater(key, slot);'),
  producer('an own block fits into a message', 'maxMessageBytes - BLOCK_OVERHEAD_BYTES', '1e9'),
  node('a network carries a block', 'if (maxMessageBytes < LEAST_MESSAGE_BYTES)', 'if (maxMessageBytes < 1)'),
  node('an answer counts once', 'this.#asked.delete(from);'),
  node('a refused block ends an answer', "if (E.isLeft(followed) && followed.left.code !== 'block_known') break;"),
  node('who asks on names what it has reached', 'const first = reached ?? this.#branch;', 'const first = undefined;'),
  node('a branch is heard on in the next slot', 'const first = reached ?? this.#branch;', 'const first = reached;'),
  node('whoever asks on has come further', '(taken > 0 || reached.height > asked.height)', 'true'),
  node('a peer is asked once at a time', 'if ((this.#asked.get(peer)?.slot ?? -1) >= slot) return;'),
  node(
    'who lacks the parent asks',
    "if (E.isLeft(followed) && followed.left.code === 'parent_unknown') await this.#ask(from);",
  ),
  node('nobody asks for what is worth less', 'isBehind || isShorter || '),
  node('blocks are told', "this.#tellAll({ kind: 'block', bytes })", 'undefined'),
  node('where a node stands is told', 'this.#tellSome(slot);'),
  node(
    'a transaction is told on',
    "if (E.isRight(answer)) this.#tellAll({ kind: 'transaction', bytes: answer.right.bytes });",
  ),
  node(
    'a node that stops waits no more',
    '    this.#leave();\n    this.#stopping.abort();\n    await this.#living;',
    '    this.#leave();\n    this.#stopping.abort();',
  ),
  inbox('so many peers', 'if (!this.#places.has(from) && this.#places.size >= maxPeers) return;'),
  inbox('no message longer than all may be', 'if (message.length > maxBytesPerPeer) return;'),
  inbox('so many messages of a peer', 'place.messages.length > maxMessagesPerPeer || '),
  inbox('so many bytes of a peer', ' || place.bytes > maxBytesPerPeer'),
  inbox(
    'one peer after the other',
    '      this.#places.delete(from);\n      if (place.messages.length > 0) this.#places.set(from, place);',
    '      if (place.messages.length === 0) this.#places.delete(from);',
  ),
];
