/**
 * Group laws: blocks that come in a row are taken as one by one would be, and nobody learns of one before the store has it.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { manualClock } from '../../src/adapters/clock/manual.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { type Storage, StorageError } from '../../src/adapters/storage/storage.ts';
import { transactionsRoot } from '../../src/core/block.ts';
import { type Founding, type Hash, type Height, MED, readBlock, signBlock } from '../../src/core/index.ts';
import { encodeBlock, type HeaderClaim } from '../../src/core/wire/header.ts';
import type { Engine, EngineEvent, EngineOptions } from '../../src/engine/engine.ts';
import { VerdictCache } from '../../src/engine/verdicts/verdict-cache.ts';
import type { ForkLaw, ForkParts } from './fork-laws.ts';
import { planted, type Step } from './fork-plans.ts';
import {
  codeOf,
  contentsOf,
  countingRecoveries,
  crypto,
  drive,
  keptOpen,
  person,
  producers,
  rightOf,
  signed,
  smallChain,
  transfer,
} from './small-chain.ts';

const founding = smallChain();
/** Enough that a block is read before it is followed. */
const TRANSFERS = 9;
const FIRST_NONCE = 5;

/** Blocks that are full enough to be checked together, an empty one among them; each is of another sender, and needs other rows. */
export const fullBlocks = await (async () => {
  const { engine, make } = await drive(founding, memoryStorage());
  const made: Uint8Array[] = [];
  const nonces = new Map<string, number>();
  for (let height = 1; height <= 20; height += 1) {
    const sender = `p${height % 4}`;
    const to = person(`receiver ${height}`).address;
    for (let each = 0; each < TRANSFERS && height !== 5; each += 1) {
      const nonce = nonces.get(sender) ?? FIRST_NONCE;
      nonces.set(sender, nonce + 1);
      rightOf(await engine.offer(signed(sender, nonce, { to, value: MED })));
    }
    made.push((await make()).bytes);
  }
  return made;
})();

const full = fullBlocks;

/** The block with other transactions, signed by its producer as if they were its own; `change` may make its header wrong. */
const filledAnew = (
  bytes: Uint8Array,
  transactions: readonly Uint8Array[],
  change: Partial<HeaderClaim> = {},
  by?: string,
): Uint8Array => {
  const { header } = rightOf(readBlock(bytes));
  const owner = producers.find(({ address }) => address === header.producer) ?? person('p0');
  const producer = by === undefined ? owner : person(by);
  const claim = { ...header, ...change, transactionsRoot: transactionsRoot(founding.chain, transactions) };
  return signBlock(crypto, claim, transactions, producer.privateKey);
};

/** Instead of the seventh: its last transaction is the first once more. */
const spoilt = (() => {
  const bytes = full[6] as Uint8Array;
  const { transactions } = rightOf(readBlock(bytes));
  return filledAnew(bytes, [...transactions.slice(0, -1), transactions[0] as Uint8Array]);
})();

/** Signatures that take a recovery each to be refused. */
const badTransactions = Array.from({ length: TRANSFERS }, (_, index) => {
  const bytes = transfer('alice', index + 1);
  const inS = bytes.length - 2;
  bytes[inS] = (bytes[inS] ?? 0) ^ 1;
  return bytes;
});
/** So many blocks are followed before, so that a round has begun. */
const BEGUN = 6;
/** Instead of the next one. */
const unsigned = filledAnew(full[BEGUN] as Uint8Array, badTransactions);
/** On the same parent, signed by a producer in office, with a header that no block there may have. */
const junk = filledAnew(full[BEGUN] as Uint8Array, badTransactions, { height: 99 as Height });

const steps = (length: number, first: Partial<Step> = {}): readonly Step[] =>
  Array.from({ length }, (_, index) => ({ back: 0, skip: 0, boast: false, ...(index === 0 ? first : {}) }));

/** A branch that is left for another one, and that for a third, with blocks that are known or come too early in between. */
const crossing = (() => {
  const blocks = planted(founding, [
    ...steps(4),
    ...steps(6, { back: 3, skip: 1 }),
    ...steps(3, { back: 8, skip: 2, boast: true }),
    ...steps(12, { back: 3, skip: 3 }),
  ]).map(({ bytes }) => bytes);
  const at = (index: number) => blocks[index] as Uint8Array;
  return [...blocks.slice(0, 6), at(2), at(8), ...blocks.slice(6, 12), at(0), ...blocks.slice(12)];
})();

/** Seven blocks that vote nothing, and six good ones, which are preferred. */
const shortened = (() => {
  const blocks = planted(founding, [...steps(6, { skip: 1 }), ...steps(7, { back: 6, boast: true })]);
  return [...blocks.slice(6), ...blocks.slice(0, 6)].map(({ bytes }) => bytes);
})();

const rows: readonly (readonly Uint8Array[])[] = [
  full,
  [...full.slice(0, 6), spoilt, ...full.slice(6)],
  [...full.slice(0, 15), full[0] as Uint8Array, ...full.slice(15)],
  crossing,
  shortened,
];

const open = async (
  { openEngine }: ForkParts,
  storage: Storage,
  { as = founding, ...options }: Partial<EngineOptions> & { readonly as?: Founding } = {},
): Promise<Engine> => {
  const clock = manualClock(founding.chain.genesisTime);
  clock.set(founding.chain.genesisTime + 10_000);
  return await openEngine({ founding: as, storage, clock, history: { keep: 'all' }, ...options });
};

const told = (event: EngineEvent): unknown => {
  if (event.kind === 'moved') {
    const idsOf = (blocks: readonly { readonly id: Hash }[]) => blocks.map(({ id }) => id);
    return ['moved', idsOf(event.undone), idsOf(event.done), idsOf(event.final)];
  }
  return event.kind === 'fork' ? ['fork', event.block.id] : event.kind;
};

/** Follows all in a row, and goes on behind each that is refused. */
const inRows = async (engine: Engine, blocks: readonly Uint8Array[]): Promise<readonly string[]> => {
  const codes: string[] = [];
  while (codes.length < blocks.length)
    for await (const followed of engine.followAll(blocks.slice(codes.length))) codes.push(codeOf(followed));
  return codes;
};

const oneByOne = async (engine: Engine, blocks: readonly Uint8Array[]): Promise<readonly string[]> => {
  const codes: string[] = [];
  for (const bytes of blocks) codes.push(codeOf(await engine.follow(bytes)));
  return codes;
};

const outcomeOf = async (
  parts: ForkParts,
  blocks: readonly Uint8Array[],
  follow: (engine: Engine, blocks: readonly Uint8Array[]) => Promise<readonly string[]>,
  maxStateBytes: number,
) => {
  const storage = keptOpen(memoryStorage());
  const engine = await open(parts, storage, { maxStateBytes });
  const events: unknown[] = [];
  engine.onEvent((event) => events.push(told(event)));
  const codes = await follow(engine, blocks);
  const { tip, finalHeight, evidence } = engine;
  const atEnd = await contentsOf(storage);
  await engine.close();
  return { codes, events, tip: tip.id, finalHeight, evidence, atEnd, closed: await contentsOf(storage) };
};

/** A store on which everything takes a turn of the event loop, and what the last batch has made durable. */
const slow = () => {
  const inner = memoryStorage();
  const durable = new Map<number, string>();
  let commits = 0;
  let readsLeft = Number.POSITIVE_INFINITY;
  let failsLeft = 0;
  let longest = 0;
  const later = () => new Promise((resolve) => setImmediate(resolve));
  const storage: Storage = {
    ...inner,
    commit: async (batch) => {
      await later();
      if (failsLeft > 0) {
        failsLeft -= 1;
        throw new StorageError('storage_full', 'no room');
      }
      await inner.commit(batch);
      commits += 1;
      longest = Math.max(longest, batch.blocks?.length ?? 0);
      for (const height of durable.keys()) if (height > (batch.dropBlocksAbove ?? height)) durable.delete(height);
      for (const { height, id } of batch.blocks ?? []) durable.set(height, id);
    },
    rows: async (leaves) => {
      await later();
      readsLeft -= 1;
      if (readsLeft === 0) throw new StorageError('storage_failed', 'a read failed');
      return await inner.rows(leaves);
    },
    close: () => Promise.resolve(),
  };
  return {
    storage,
    durable,
    commits: () => commits,
    /** This one of the reads from now on fails. */
    failAt: (read: number) => {
      readsLeft = read;
    },
    /** The most blocks in one batch so far. */
    longest: () => longest,
    /** So many of the next commits fail. */
    fail: (times: number) => {
      failsLeft = times;
    },
  };
};

/** Looks at an engine at every turn of the event loop and at every event: whether what it shows is in the store. */
const watched = async (engine: Engine, durable: ReadonlyMap<number, string>, work: () => Promise<void>) => {
  let looks = 0;
  let isOver = false;
  let fault: string | undefined;
  const look = () => {
    const { tip, finalHeight } = engine;
    looks += 1;
    if (tip.height > 0 && durable.get(tip.height) !== tip.id) fault ??= `height ${tip.height} is shown and not there`;
    if (finalHeight > tip.height) fault ??= `height ${finalHeight} is final above the tip`;
  };
  engine.onEvent((event) => {
    look();
    if (event.kind !== 'moved') return;
    for (const { id, transition } of event.done)
      if (durable.get(transition.tip.height) !== id) fault ??= `height ${transition.tip.height} is told and not there`;
  });
  const turns = (async () => {
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      look();
    }
  })();
  await work();
  isOver = true;
  await turns;
  equal(fault, undefined);
  ok(looks > 0);
};

const law = (name: string, check: ForkLaw['check']): ForkLaw => ({ name, check });

export const groupLaws: readonly ForkLaw[] = [
  law('blocks in a row are taken as one by one would be', async (parts) => {
    for (const blocks of rows)
      for (const maxStateBytes of [0, 1e9]) {
        const expected = await outcomeOf(parts, blocks, oneByOne, maxStateBytes);
        deepEqual(await outcomeOf(parts, blocks, inRows, maxStateBytes), expected);
        equal(expected.finalHeight > 8, blocks !== shortened);
        equal(expected.codes.includes('transaction_inadmissible'), blocks.includes(spoilt));
      }
  }),
  law('blocks in a row go to the store together', async (parts) => {
    const { storage, commits } = slow();
    const engine = await open(parts, storage);
    const before = commits();
    deepEqual(new Set(await inRows(engine, full.slice(0, -2))), new Set(['taken']));
    equal(commits() - before, 1);
    // One alone waits for no other.
    deepEqual(new Set(await oneByOne(engine, full.slice(-2))), new Set(['taken']));
    equal(commits() - before, 3);
  }),
  law('no block of a row is shown or told before it is in the store', async (parts) => {
    for (const blocks of rows)
      for (const maxStateBytes of [0, 48_000, 1e9]) {
        const { storage, durable } = slow();
        const engine = await open(parts, storage, { maxStateBytes });
        await watched(engine, durable, async () => {
          await inRows(engine, blocks);
        });
      }
  }),
  law('where the store fails, what had waited for it is not told, and nothing more is stored', async (parts) => {
    // Failing for good, or once: what it has is not known then, and it must not be told again.
    for (const times of [Number.POSITIVE_INFINITY, 1])
      for (const maxStateBytes of [0, 48_000, 1e9]) {
        const { storage, durable, fail } = slow();
        const engine = await open(parts, storage, { maxStateBytes });
        await inRows(engine, full.slice(0, 3));
        const events: unknown[] = [];
        engine.onEvent((event) => events.push(told(event)));
        fail(times);
        await rejects(inRows(engine, full.slice(3)), { code: 'storage_full' });
        deepEqual([engine.tip.height, durable.size, events], [3, 3, []]);
        await rejects(engine.locator(), { code: 'engine_stopped' });
        fail(0);
        equal((await open(parts, storage)).tip.height, 3);
      }
  }),
  law('blocks that were kept aside and follow in a row wait no longer than others', async (parts) => {
    const { storage, longest } = slow();
    const engine = await open(parts, storage, { asideLimits: { maxBlocks: 200, maxBytes: 1e9, maxPerProducer: 200 } });
    const many = planted(founding, steps(150)).map(({ bytes }) => bytes);
    for (const bytes of many.slice(1).reverse()) equal(codeOf(await engine.follow(bytes)), 'parent_unknown');
    deepEqual(await inRows(engine, many.slice(0, 1)), ['taken']);
    equal(engine.tip.height, many.length);
    equal(longest(), 64);
  }),
  law('where a read fails, what was taken before is in the store, and told', async (parts) => {
    const few = full.slice(0, 5); // none of them is final by then
    const failing = async (read: number) => {
      const { storage, durable, failAt } = slow();
      const engine = await open(parts, storage, { maxStateBytes: 0 });
      let heights = 0;
      engine.onEvent(({ kind }) => {
        heights += kind === 'moved' ? 1 : 0;
      });
      failAt(read);
      await inRows(engine, few).catch(({ code }) => equal(code, 'storage_failed'));
      const { height } = engine.tip;
      deepEqual([durable.size, heights], [height, height]);
      await inRows(engine, few.slice(height));
      equal(engine.tip.height, few.length);
      return height;
    };
    const taken = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(failing));
    equal(taken[0], 0);
    ok(
      taken.some((height) => height > 0 && height < few.length),
      `${taken}`,
    );
  }),
  law('a row costs the recoveries of its own new blocks alone, and those of a refused one once', async (parts) => {
    const { counted, recoveries } = countingRecoveries(founding);
    const openCounting = (options: Partial<EngineOptions> = {}) =>
      open(parts, memoryStorage(), { as: counted, ...options });
    const costOf = async (engine: Engine, row: readonly Uint8Array[]) => {
      const before = recoveries();
      const codes: string[] = [];
      for await (const followed of engine.followAll(row)) codes.push(codeOf(followed));
      return { cost: recoveries() - before, codes };
    };
    const at = (index: number) => full[BEGUN + index] as Uint8Array;
    const ONE = TRANSFERS + 1; // and its header's signature
    const engine = await openCounting();
    await costOf(engine, full.slice(0, BEGUN));
    deepEqual(await costOf(engine, [unsigned, at(1)]), { cost: ONE, codes: ['transaction_inadmissible'] });
    deepEqual(await costOf(engine, [unsigned, at(1)]), { cost: 0, codes: ['transaction_inadmissible'] });
    // Behind a fresh block, which is what others wait for.
    deepEqual(await costOf(engine, [at(0), junk, junk]), { cost: ONE + 1, codes: ['taken', 'height_wrong'] });
    const forged = [
      encodeBlock({ ...rightOf(readBlock(at(2))), transactions: badTransactions }),
      filledAnew(at(2), badTransactions, {}, 'alice'),
    ];
    for (const [index, bytes] of forged.entries()) {
      const other = await openCounting();
      await costOf(other, full.slice(0, BEGUN + 1));
      const code = index === 0 ? 'transactions_root_wrong' : 'block_signature_invalid';
      deepEqual(await costOf(other, [at(1), bytes]), { cost: ONE + 1, codes: ['taken', code] });
    }
    deepEqual(await costOf(engine, [at(1), at(1), at(1)]), {
      cost: ONE,
      codes: ['taken', 'block_known', 'block_known'],
    });
    // Where verdicts are forgotten, final blocks that come again cost their headers at most.
    const forgetful = await openCounting({ verdictCache: new VerdictCache(1) });
    await costOf(forgetful, full.slice(0, 16));
    const again = await costOf(forgetful, [...full.slice(0, 8), full[16] as Uint8Array]);
    deepEqual(again.codes, [...full.slice(0, 8).map(() => 'block_known'), 'taken']);
    ok(again.cost <= ONE + 8, `${again.cost}`);
  }),
];
