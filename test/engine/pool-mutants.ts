/**
 * Pool mutants: the pool with one guard taken away, as an edit of its source, and which law must catch it.
 */
export interface PoolMutant {
  /** What the guard is for. */
  readonly guard: string;
  /** A file of src/engine/pool. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly put: string;
}

const pool = (guard: string, find: string, put: string): PoolMutant => ({ guard, file: 'pool.ts', find, put });
const holdings = (guard: string, find: string, put: string): PoolMutant => ({ guard, file: 'holdings.ts', find, put });
const room = (guard: string, find: string, put: string): PoolMutant => ({ guard, file: 'room.ts', find, put });
const choice = (guard: string, find: string, put: string): PoolMutant => ({ guard, file: 'choice.ts', find, put });

export const poolMutants: readonly PoolMutant[] = [
  pool('known bytes are refused', "if (this.#holdings.known.has(content)) return refuse('transaction_known');", ''),
  pool(
    'a transaction is known by all its bytes, not by its id',
    'const content = this.#contentOf(tx.bytes);',
    'const content = tx.id as string;',
  ),
  pool('what never fits is refused', 'if (neverFits(place.params, tx))', 'if (false)'),
  pool(
    'what may not stand is refused',
    "if (E.isLeft(admitted) && admitted.left.code !== 'nonce_too_high') return admitted.left;",
    '',
  ),
  pool('nonces to come are held', "&& admitted.left.code !== 'nonce_too_high'", ''),
  pool('nonces too far ahead are refused', 'if (wanted <= furthest) return undefined;', 'return undefined;'),
  pool('how far is far, to the nonce', 'if (wanted <= furthest)', 'if (wanted < furthest)'),
  pool('the tail of a full sender is refused', 'if (nonces.length >= maxPerSender && ', 'if (false && '),
  pool('one transaction a nonce', 'if (held !== undefined && !this.#yields(place, held, tx))', 'if (false)'),
  pool('who signed to pay comes before its stripped twin', 'return isStrippedTwin(held.tx, tx) || ', 'return '),
  pool('a stripped twin does not come before who signed', 'held.payer === undefined && tx.payer !== undefined', 'true'),
  pool(
    'only a twin is displaced by a payer',
    'held.id === tx.id && held.payer === undefined',
    'held.payer === undefined',
  ),
  pool('what cannot be paid yields', '|| !(held.isFree || isCovered(place, held.purse))', ''),
  pool('what can be paid does not yield', '!(held.isFree || isCovered(place, held.purse))', 'true'),
  pool(
    'a displaced twin is kept as a spare',
    'held !== undefined && isStrippedTwin(held.tx, tx) ? held : undefined',
    'undefined',
  ),
  pool(
    'a spare comes back when its payer cannot pay',
    'if (least.spare !== undefined) this.#returning.push(least.spare.tx);',
    '',
  ),
  room(
    'whatever waits is covered',
    'const isCoveredNow = isFree || isCovered(place, purse);',
    'const isCoveredNow = true;',
  ),
  room('a way out needs no cover', 'const isCoveredNow = isFree || ', 'const isCoveredNow = '),
  room(
    'a sender keeps its least nonces',
    "if (lane.nonces.length > maxPerSender) return { code: 'sender_full', least: tailOf(lane) ?? coming };",
    '',
  ),
  room('so many of one payer', '|| purse.count > maxPerPayer', ''),
  room('so many bytes of all', 'if (holdings.bytes <= maxBytes) return undefined;', 'return undefined;'),
  room(
    'within a payer, the sender with most makes way',
    'least: holdings.heaviestOf(purse, lane) ?? coming }',
    'least: coming }',
  ),
  room('whoever has most makes way', 'least: holdings.heaviest(coming) ?? coming', 'least: coming'),
  room('a refused one leaves the pool as it was', 'for (const waiting of gone.reverse()) holdings.put(waiting);', ''),
  room(
    'what made way is forgotten',
    'for (const waiting of gone) if (waiting !== coming.spare) holdings.forget(waiting);',
    '',
  ),
  room('a spare stays known', 'if (waiting !== coming.spare) ', ''),
  pool('a block overtakes what waits', 'if (lane !== undefined) this.#holdings.reach(lane, transaction.nonce);', ''),
  pool(
    'a block tells whose accounts it changed',
    'if (lanes.has(address) || purses.has(address)) this.#touched.add(address);',
    '',
  ),
  pool('payers are looked at again, not senders alone', ' || purses.has(address)', ''),
  pool('senders are looked at again, not payers alone', 'lanes.has(address) || ', ''),
  pool('a touched payer loses what it cannot pay', 'while (!isCovered(place, purse)) {', 'while (false) {'),
  pool(
    'an offer meets a pool that is up to date',
    '    this.refresh(place);\n    return this.#admit',
    '    return this.#admit',
  ),
  pool('what waited too long goes', 'if (waiting.expires > this.#time) return;', 'return;'),
  pool('to the second', 'if (waiting.expires > this.#time)', 'if (waiting.expires >= this.#time)'),
  pool('time does not run backwards', 'if (time > this.#time) this.#time = time;', 'this.#time = time;'),
  pool('undone transactions come back', 'this.#returning.push(ownCopy(tx));', ''),
  pool(
    'undone transactions are checked like others',
    '      this.#admit(place, tx);\n      this.#returning.pop();',
    '      this.#returning.pop();',
  ),
  pool('what comes back is bounded', '    this.#boundReturning();', ''),
  pool('what comes back has bytes of its own', 'bytes: new Uint8Array(tx.bytes), transaction', 'transaction'),
  pool('who turns out unable to pay is looked at again', '(payer) => this.#touched.add(payer)', '() => this.#touched'),
  pool(
    'a way out stays one',
    'this.#holdings.setFree(waiting, isNext && isWayOut)',
    'this.#holdings.setFree(waiting, false)',
  ),
  pool(
    'a way out is one only while it is next',
    'this.#holdings.setFree(waiting, isNext && isWayOut)',
    'this.#holdings.setFree(waiting, waiting.isFree)',
  ),
  {
    guard: 'what is used counts beside what waits',
    file: 'promise.ts',
    find: 'purse.account.used + purse.units',
    put: 'purse.units',
  },
  {
    guard: 'what waits counts beside what is used',
    file: 'promise.ts',
    find: 'purse.account.used + purse.units',
    put: 'purse.account.used',
  },
  {
    guard: 'a waiting stake covers only coins that are there',
    file: 'promise.ts',
    find: 'staking < account.balance ? staking : account.balance',
    put: 'staking',
  },
  {
    guard: 'a waiting stake covers what comes after it',
    file: 'promise.ts',
    find: 'if (added === 0n) return',
    put: 'return',
  },
  {
    guard: 'who pays for another stakes nothing by it',
    file: 'waiting.ts',
    find: 'tx.payer === undefined && tx.kind.paysByNewStake',
    put: 'tx.kind.paysByNewStake',
  },
  {
    guard: 'the greatest nonce goes first',
    file: 'waiting.ts',
    find: 'for (let at = nonces.length - 1; at >= 0; at -= 1) {',
    put: 'for (let at = 0; at < nonces.length; at += 1) {',
  },
  {
    guard: 'only accounts are read from rows',
    file: 'touched.ts',
    find: 'if (to - from === 1 + ADDRESS_BYTES && bytes[from] === ACCOUNT_TAG) {',
    put: 'if (bytes[from] === ACCOUNT_TAG + 1) {',
  },
  holdings('a spare counts in the bytes', '(spare === undefined ? 0 : bytesOf(spare))', '0'),
  holdings('a spare that expires gives its bytes back', 'this.#bytes -= bytesOf(spare);', ''),
  holdings('what waits costs more than its bytes', 'tx.bytes.length + WAITING_BYTES', 'tx.bytes.length'),
  holdings(
    'one sender with many payers makes way',
    'if (this.#senders.top > this.#payers.top) return tailOf(this.#senders.heaviest(lane) ?? lane);',
    '',
  ),
  holdings(
    'one payer of many senders makes way',
    'return this.heaviestOf(this.#payers.heaviest(purse) ?? purse, lane);',
    'return tailOf(this.#senders.heaviest(lane) ?? lane);',
  ),
  holdings(
    'of equals, who comes makes way',
    'this.#payers.heaviest(purse) ?? purse, lane',
    'this.#payers.heaviest(undefined) ?? purse',
  ),
  holdings(
    'who had a turn goes to the end of the row of payers',
    'if (this.turns.delete(passed.purse) && passed.purse.ready.size > 0) this.turns.add(passed.purse);',
    '',
  ),
  holdings('who had a turn goes to the end of the row of senders', 'if (nonce > lane.nonce) this.#unseat(lane);', ''),
  holdings(
    'nonces that a block overtook go',
    'while (lane.nonces.length > 0 && (lane.nonces[0] as bigint) <= nonce) {',
    'while (false) {',
  ),
  holdings('a sender that comes to its turn is ready', 'purse.ready.add(lane);', ''),
  {
    guard: 'of equals, who comes makes way, not another',
    file: 'shares.ts',
    find: 'if (preferred !== undefined && this.of(preferred) === this.#top) return preferred;',
    put: '',
  },
  {
    guard: 'who holds most is found after it lost some',
    file: 'shares.ts',
    find: 'else if (before === this.#top && this.#buckets[before] === undefined) this.#top = count;',
    put: '',
  },
  choice(
    'a payer has one transaction a turn',
    '          this.#took(seat, lane, waiting);\n          return;',
    '          this.#took(seat, lane, waiting);\n          continue;',
  ),
  choice('who took many units sits out', 'this.#round + Math.min(tx.units, MAX_ROUNDS)', 'this.#round + 1'),
  choice(
    'a sender has one turn a round',
    'this.#turnsAt(seat.round).lanes.push(lane);',
    'const more = lane.byNonce.get(tx.transaction.nonce + 1n)?.purse; if (more) this.#seatOf(more).more.push(lane);',
  ),
  choice('a sender has further turns', 'this.#turnsAt(seat.round).lanes.push(lane);', ''),
  choice('the units of a block are counted', 'this.#unitsLeft -= tx.units;', ''),
  choice('what is too large is passed over', '&& waiting.tx.units <= this.#unitsLeft', ''),
  choice('a full block ends the choice', 'this.#unitsLeft === 0 || ', ''),
  choice('looks in vain are bounded', ' || this.#looksLeft === 0', ''),
  choice(
    'what is refused is not asked for again',
    'if (waiting.tx.units < seat.tooMany || isSpecial(waiting)) yield',
    'yield',
  ),
  choice('a stake in the block opens what waited for it', 'seat.more.push(...seat.refused.splice(0));', ''),
  choice('a stake may pay for itself', '|| isSpecial(waiting)', ''),
  choice('who was refused is told to the pool', 'this.#doubt(seat.purse.payer);', ''),
  {
    guard: 'an estimate asks who pays',
    file: 'estimate.ts',
    find: 'const payer = tx.payer ?? tx.sender;',
    put: 'const payer = tx.sender;',
  },
  {
    guard: 'an estimate counts what is used',
    file: 'estimate.ts',
    find: 'const left = quota - BigInt(account.used);',
    put: 'const left = quota;',
  },
  {
    guard: 'an estimate knows what never fits',
    file: 'estimate.ts',
    find: "if (neverFits(params, tx)) return { ...told, earliest: 'never' };",
    put: '',
  },
  {
    guard: 'an estimate knows nonces that are past',
    file: 'estimate.ts',
    find: "if (refused.code === 'nonce_too_low') return { ...told, earliest: 'never' };",
    put: '',
  },
  {
    guard: 'an estimate reads no more than its budget',
    file: 'estimate.ts',
    find: 'timeIn(withEarliest(place, tx, refused, budget))',
    put: 'timeIn(withEarliest(place, tx, refused))',
  },
  {
    guard: 'an estimate of a nonce to come weighs its bandwidth',
    file: 'estimate.ts',
    find: 'if (BigInt(tx.units) <= left) return',
    put: 'return',
  },
];
