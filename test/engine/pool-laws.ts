/**
 * Pool laws: what the pool promises, each as a value that can be held against the pool as it is, and against copies of it with a guard
 * taken away: those a law must catch.
 */
import assert from 'node:assert/strict';
import { WAITING_BYTES } from '../../src/engine/pool/limits.ts';
import type { Person } from '../twins/fake-crypto.ts';
import { bytesOf, type PoolParts, type PoolSetting, PoolWorld, stranger, type TxFields } from './pool-world.ts';

export interface PoolLaw {
  /** A sentence about the chain. */
  readonly name: string;
  /** Throws if the pool breaks it. */
  readonly check: (parts: PoolParts) => void;
}

const same: (actual: unknown, expected: unknown) => void = assert.deepEqual;

/** The bytes that a pool reckons for so many small transfers with a payer. */
const roomFor = (count: number): number => {
  const [from, payer] = [stranger(1), stranger(2)];
  return count * (bytesOf({ from, payer }, 1, { to: from.address }).length + WAITING_BYTES);
};

const law = (name: string, setting: PoolSetting, check: (world: PoolWorld) => void): PoolLaw => ({
  name,
  check: (parts) => check(new PoolWorld(parts, setting)),
});

/** Offers of these nonces, and what became of each. */
const offers = (
  world: PoolWorld,
  from: number | Person,
  nonces: readonly number[],
  fields: TxFields = {},
): readonly string[] => nonces.map((nonce) => world.offer(from, nonce, fields));

const taken = (count: number): readonly string[] => new Array<string>(count).fill('taken');

const upTo = (last: number, first = 1): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** What comes in, and what does not. */
const admissions: readonly PoolLaw[] = [
  law('the same bytes come in once', { quotas: [10, 10] }, (world) => {
    const bytes = world.bytes(1, 1);
    same(world.pool.has(bytes), false);
    same(world.offerBytes(bytes), 'taken');
    same(world.pool.has(bytes), true);
    same(world.offerBytes(bytes), 'transaction_known');
    same(world.pool.count, 1);
  }),
  law('a nonce that stands in a block does not come back', { quotas: [10, 10] }, (world) => {
    same(offers(world, 1, [1, 2]), taken(2));
    world.block();
    same(offers(world, 1, [1, 2]), ['nonce_too_low', 'nonce_too_low']);
    same(world.pool.count, 0);
  }),
  law('what no block can hold is refused for good', { quotas: [10, 10], params: { maxBlockUnits: '2' } }, (world) => {
    same(world.offer(1, 2, { message: 'x'.repeat(3_000) }), 'transaction_never_fits');
  }),
  law('a nonce further ahead than the pool keeps of a sender is refused', { quotas: [99, 99] }, (world) => {
    same(offers(world, 1, [64, 65]), ['taken', 'nonce_too_far']);
  }),
  law('a key without bandwidth gets nothing in, of whatever nonce', { quotas: [10] }, (world) => {
    for (const nonce of [1, 2, 9]) same(world.offer(stranger(1), nonce), 'bandwidth_exceeded');
    same(world.offer(stranger(1), 2, { payer: stranger(2) }), 'bandwidth_exceeded');
    same(world.pool.count, 0);
  }),
  law('nobody has more waiting than its bandwidth pays for', { quotas: [9, 3] }, (world) => {
    same(offers(world, 1, [2, 3, 1, 4]), ['taken', 'taken', 'taken', 'bandwidth_promised']);
    const big = world.refusal(world.bytes(1, 4, { message: 'x'.repeat(2_000) }));
    same(big?.details, { units: '3', quota: '3', used: '0', promised: '3' });
    world.block();
    same(world.pool.count, 0);
    // All of it is used until the window has moved on.
    same(world.offer(1, 9), 'bandwidth_exceeded');
  }),
  law('who pays for many senders has no more waiting than its bandwidth pays for', { quotas: [9, 3] }, (world) => {
    same(
      [1, 2, 3, 4].map((index) => world.offer(stranger(index), 1, { payer: 1 })),
      ['taken', 'taken', 'taken', 'bandwidth_promised'],
    );
  }),
  law('a stake that waits covers what comes after it, as far as there are coins', { quotas: [9, 0, 0] }, (world) => {
    same(world.offer(1, 1, { kind: 'stake', value: 3_000n }), 'taken');
    same(offers(world, 1, [2, 3, 4]), ['taken', 'taken', 'bandwidth_promised']);
    same(world.told(world.block()), ['1 1', '1 2', '1 3']);
    same(world.offer(2, 2, { kind: 'stake', value: 90_000n }), 'taken');
    same(offers(world, 2, [3, 4, 5, 6, 7]), [...taken(4), 'bandwidth_promised']);
  }),
  law('the way out comes in whatever was used and promised, and stays', { quotas: [9, 2] }, (world) => {
    same(offers(world, 1, [1, 3]), taken(2));
    world.block();
    const out = { kind: 'unstake', value: 2_000n };
    same(world.offer(1, 2, out), 'taken');
    world.blockOf([world.bytes(0, 1, { to: 1 })]);
    world.pool.refresh(world.place());
    same([world.has(1, 2, out), world.has(1, 3)], [true, true]);
    same(world.told(world.block()), ['1 2']);
    world.pool.refresh(world.place());
    // Nothing of the stake is left, so nothing of what waited is covered.
    same(world.pool.count, 0);
  }),
];

/** The way out, and stakes that others pay for. */
const stakes: readonly PoolLaw[] = [
  law('the way out comes in when more was used than the quota is now', { quotas: [9, 3] }, (world) => {
    same(offers(world, 1, [1, 2]), taken(2));
    same(world.offer(1, 3, { kind: 'unstake', value: 2_000n }), 'taken');
    world.block();
    same(world.offer(1, 4), 'bandwidth_exceeded');
    same(world.offer(1, 4, { kind: 'unstake', value: 1_000n }), 'taken');
    same(world.told(world.block()), ['1 4']);
  }),
  law('a way out that is not next any more must be paid for like others', { quotas: [9, 1] }, (world) => {
    same(world.offer(1, 1), 'taken');
    world.block();
    const out = { kind: 'unstake', value: 1_000n };
    same(world.offer(1, 2, out), 'taken');
    world.undo();
    world.pool.refresh(world.place());
    same([world.has(1, 1), world.has(1, 2, out)], [true, false]);
  }),
  law('who pays for the stake of another has no more bandwidth by it', { quotas: [9, 1, 0] }, (world) => {
    same(world.offer(2, 1, { kind: 'stake', value: 3_000n, payer: 1 }), 'taken');
    same(world.offer(1, 1), 'bandwidth_promised');
  }),
];

/** Twins and replacements. */
const twins: readonly PoolLaw[] = [
  law('a stripped twin does not take the place of the one whose payer signed', { quotas: [9, 9, 9] }, (world) => {
    same(world.offer(1, 1, { payer: 2 }), 'taken');
    same(world.offer(1, 1), 'nonce_held');
    world.block();
    same([world.account(1).used, world.account(2).used], [0, 1]);
  }),
  law('the one whose payer signed takes the place of its stripped twin', { quotas: [9, 9, 9] }, (world) => {
    same(world.offer(1, 1), 'taken');
    same(world.offer(1, 1, { payer: 2 }), 'taken');
    same(world.pool.count, 1);
    same(world.offer(1, 1), 'transaction_known');
    world.block();
    same([world.account(1).used, world.account(2).used], [0, 1]);
  }),
  law('another payer does not take the place of the first', { quotas: [9, 9, 9, 9] }, (world) => {
    same(world.offer(1, 1, { payer: 2 }), 'taken');
    same(world.offer(1, 1, { payer: 3 }), 'nonce_held');
  }),
  law(
    'another transaction does not take the place of the first, however often it comes',
    { quotas: [9, 9] },
    (world) => {
      same(world.offer(1, 1), 'taken');
      for (const message of ['a', 'b', 'c']) same(world.offer(1, 1, { message }), 'nonce_held');
      same(world.offer(1, 1, { message: 'd', payer: 0 }), 'nonce_held');
      same(world.has(1, 1), true);
    },
  ),
  law('who cannot pay displaces nobody', { quotas: [9, 9] }, (world) => {
    same(world.offer(1, 2), 'taken');
    same(world.offer(1, 2, { payer: stranger(1) }), 'bandwidth_exceeded');
    same(world.has(1, 2), true);
    same(world.pool.bytes, world.bytes(1, 2).length + WAITING_BYTES);
  }),
  law('a payer that breaks its promise gives the place back to the stripped twin', { quotas: [9, 9, 1] }, (world) => {
    same(world.offer(1, 1), 'taken');
    same(world.offer(1, 1, { payer: 2 }), 'taken');
    world.blockOf([world.bytes(2, 1)]);
    same(world.told(world.block()), ['1 1']);
    same([world.account(1).used, world.account(2).used], [1, 1]);
  }),
  law(
    'what cannot be paid any more makes way for what can',
    { quotas: [9, 1, 0], params: { inflationPerYear: '150/100', yearSlots: '3' } },
    (world) => {
      same(world.offer(1, 1, { message: 'first' }), 'taken');
      // Supply grows, and with it what a unit of quota takes: nobody touched the account.
      world.blockOf([]);
      same(world.offer(1, 1, { message: 'second', payer: 0 }), 'taken');
      same([world.has(1, 1, { message: 'first' }), world.pool.count], [false, 1]);
    },
  ),
];

/** Who gives way. */
const rooms: readonly PoolLaw[] = [
  law(
    'a sender has so many waiting, those of its least nonces',
    { quotas: [9, 9], limits: { maxPerSender: 3 } },
    (world) => {
      same(offers(world, 1, [1, 2, 3, 4]), ['taken', 'taken', 'taken', 'sender_full']);
    },
  ),
  law(
    'a payer has so many waiting, the senders with fewest first',
    { quotas: [99, 99], limits: { maxPerPayer: 4 } },
    (world) => {
      same(offers(world, stranger(1), [1, 2, 3, 4, 5], { payer: 1 }), [...taken(4), 'payer_full']);
      same(world.offer(stranger(2), 1, { payer: 1 }), 'taken');
      same(world.has(stranger(1), 4, { payer: 1 }), false);
      same(world.offer(stranger(2), 2, { payer: 1 }), 'taken');
      same(world.offer(stranger(2), 3, { payer: 1 }), 'payer_full');
      same(world.pool.count, 4);
    },
  ),
  law('within what one account pays for, a hostile sender makes way for others', { quotas: [9, 4] }, (world) => {
    same(offers(world, stranger(1), [1, 2, 3, 4], { payer: 1 }), taken(4));
    same(world.offer(stranger(2), 1, { payer: 1 }), 'taken');
    same([world.has(stranger(1), 4, { payer: 1 }), world.has(stranger(1), 3, { payer: 1 })], [false, true]);
  }),
  law(
    'when the pool is full, the tail of whoever has most makes way for a single one',
    { quotas: [99, 99, 99, 99], limits: { maxBytes: roomFor(8) } },
    (world) => {
      same(offers(world, 1, upTo(5), { payer: 0 }), taken(5));
      same(offers(world, 2, upTo(3), { payer: 3 }), taken(3));
      same(world.offer(3, 1, { payer: 1 }), 'taken');
      same(
        [world.has(1, 5, { payer: 0 }), world.has(1, 4, { payer: 0 }), world.has(2, 3, { payer: 3 })],
        [false, true, true],
      );
      assert.ok(world.pool.bytes <= world.limits.maxBytes);
    },
  ),
  law(
    'when the pool is full, one payer of many senders makes way for a single one',
    { quotas: [99, 99, 99, 99], limits: { maxBytes: roomFor(8) } },
    (world) => {
      for (const index of upTo(6)) same(world.offer(stranger(index), 1, { payer: 1 }), 'taken');
      same(offers(world, 2, [1, 2], { payer: 0 }), taken(2));
      same(world.offer(3, 1, { payer: 2 }), 'taken');
      same(world.pool.count, 8);
      same([world.has(2, 1, { payer: 0 }), world.has(2, 2, { payer: 0 })], [true, true]);
      // The first of equals gives way.
      same(world.has(stranger(1), 1, { payer: 1 }), false);
    },
  ),
  law(
    'when the pool is full, one sender with many payers makes way for a single one',
    { quotas: [99, 9, 9, 9, 9, 9, 9], limits: { maxBytes: roomFor(4) } },
    (world) => {
      for (const payer of upTo(4)) same(world.offer(stranger(1), payer, { payer }), 'taken');
      same(world.offer(5, 1, { payer: 6 }), 'taken');
      same(world.has(stranger(1), 4, { payer: 4 }), false);
    },
  ),
  law(
    'who has most itself does not make others go',
    { quotas: [99, 99, 99, 99], limits: { maxBytes: roomFor(4) } },
    (world) => {
      same(offers(world, 1, [1, 2], { payer: 0 }), taken(2));
      same(offers(world, 2, [1, 2], { payer: 3 }), taken(2));
      same(world.offer(1, 3, { payer: 0 }), 'pool_full');
      same([world.has(1, 2, { payer: 0 }), world.has(2, 2, { payer: 3 }), world.pool.count], [true, true, 4]);
    },
  ),
  law(
    'who is refused after others made way finds the pool as it was',
    { quotas: [99, 9, 9, 9, 9], limits: { maxBytes: roomFor(4) } },
    (world) => {
      same(offers(world, 1, [1, 2], { payer: 2 }), taken(2));
      same([world.offer(2, 1, { payer: 3 }), world.offer(3, 1, { payer: 4 })], taken(2));
      const { bytes } = world.pool;
      same(world.offer(4, 1, { payer: 1, message: 'x'.repeat(2_900) }), 'pool_full');
      same([world.pool.count, world.pool.bytes, world.has(1, 2, { payer: 2 })], [4, bytes, true]);
    },
  ),
  law('a spare takes room like any other', { quotas: [9, 9, 9], limits: { maxBytes: roomFor(1) } }, (world) => {
    same(world.offer(1, 1), 'taken');
    same(world.offer(1, 1, { payer: 2 }), 'pool_full');
    same([world.has(1, 1), world.pool.count], [true, 1]);
  }),
];

/** Time, blocks, and blocks undone. */
const times: readonly PoolLaw[] = [
  law('what has waited too long goes, to the second', { quotas: [9, 9], limits: { maxWaitSeconds: 30 } }, (world) => {
    same(world.offer(1, 2), 'taken');
    world.now = 10;
    world.pool.refresh(world.place());
    same(world.pool.count, 1);
    world.now = 11;
    world.pool.refresh(world.place());
    same([world.pool.count, world.pool.bytes], [0, 0]);
  }),
  law('a time that was told does not run backwards', { quotas: [9, 9], limits: { maxWaitSeconds: 30 } }, (world) => {
    world.now = 10;
    world.pool.refresh(world.place());
    world.now = 1;
    same(world.offer(1, 2), 'taken');
    world.now = 19;
    world.pool.refresh(world.place());
    same(world.pool.count, 1);
    world.now = 20;
    world.pool.refresh(world.place());
    same(world.pool.count, 0);
  }),
  law('a spare that has waited too long goes alone', { quotas: [9, 9, 9], limits: { maxWaitSeconds: 30 } }, (world) => {
    same(world.offer(1, 2), 'taken');
    world.now = 5;
    same(world.offer(1, 2, { payer: 2 }), 'taken');
    world.now = 12;
    world.pool.refresh(world.place());
    same([world.has(1, 2), world.has(1, 2, { payer: 2 })], [false, true]);
    same(world.pool.bytes, world.bytes(1, 2, { payer: 2 }).length + WAITING_BYTES);
  }),
  law('what a block overtook goes at once', { quotas: [9, 9] }, (world) => {
    same(world.offer(1, 1, { message: 'mine' }), 'taken');
    same(world.offer(1, 2), 'taken');
    world.blockOf([world.bytes(1, 1)]);
    same([world.pool.count, world.has(1, 2)], [1, true]);
    same(world.told(world.block()), ['1 2']);
  }),
  law('a payer that used its bandwidth elsewhere loses the tails of what it promised', { quotas: [9, 3] }, (world) => {
    same(offers(world, stranger(1), [1, 2], { payer: 1 }), taken(2));
    same(world.offer(stranger(2), 1, { payer: 1 }), 'taken');
    world.blockOf([world.bytes(1, 1)]);
    world.pool.refresh(world.place());
    same(
      [
        world.has(stranger(1), 1, { payer: 1 }),
        world.has(stranger(1), 2, { payer: 1 }),
        world.has(stranger(2), 1, { payer: 1 }),
      ],
      [true, false, true],
    );
  }),
  law('coins that were to be staked and are gone cover nothing', { quotas: [9, 0] }, (world) => {
    same(world.offer(1, 2, { kind: 'stake', value: 3_000n }), 'taken');
    same(offers(world, 1, [3, 4]), taken(2));
    world.blockOf([world.bytes(1, 1, { payer: 0, value: 4_500n })]);
    world.pool.refresh(world.place());
    same(world.pool.count, 0);
  }),
  law('transactions of an undone block come back, and stand in the next one', { quotas: [9, 9, 9] }, (world) => {
    same(offers(world, 1, [1, 2]), taken(2));
    same(world.offer(2, 1, { payer: 1 }), 'taken');
    world.block();
    same(world.offer(1, 3), 'taken');
    world.block();
    world.undo();
    world.undo();
    same(world.told(world.block()).toSorted(), ['1 1', '1 2', '1 3', '2 1']);
  }),
  law(
    'after a block is undone a sender keeps its least nonces',
    { quotas: [9, 9], limits: { maxPerSender: 3 } },
    (world) => {
      world.blockOf([1, 2].map((nonce) => world.bytes(1, nonce)));
      same(offers(world, 1, [3, 4, 5]), taken(3));
      world.undo();
      world.pool.refresh(world.place());
      same(world.pool.count, 3);
      same(world.told(world.block()), ['1 1', '1 2', '1 3']);
    },
  ),
  law('transactions of an undone block pass what any offer must', { quotas: [9, 2] }, (world) => {
    same(offers(world, 1, [1, 2]), taken(2));
    world.block();
    world.undo();
    world.blockOf([world.bytes(1, 1, { message: 'other' })]);
    world.pool.refresh(world.place());
    same([world.pool.count, world.has(1, 2)], [1, true]);
    world.undo();
    world.blockOf([world.bytes(1, 1, { kind: 'unstake', value: 2_000n })]);
    world.pool.refresh(world.place());
    same(world.pool.count, 0);
  }),
  law(
    'what comes back from undone blocks is bounded like what waits',
    { quotas: [99, 99], limits: { maxBytes: roomFor(3) } },
    (world) => {
      world.blockOf(upTo(5).map((nonce) => world.bytes(1, nonce, { payer: 0 })));
      world.undo();
      const { hashes } = world;
      world.pool.refresh(world.place());
      same([world.pool.count, world.has(1, 3, { payer: 0 })], [3, true]);
      same(world.hashes - hashes, 3 + 1);
    },
  ),
  law('what follows an undone block waits for it to come back', { quotas: [9, 1, 9, 0] }, (world) => {
    world.blockOf([world.bytes(3, 1, { payer: 1 })]);
    same(world.offer(3, 2, { payer: 2 }), 'taken');
    same([...world.pool.first(9)].length, 1);
    world.undo();
    world.blockOf([world.bytes(1, 1)]);
    world.pool.refresh(world.place());
    same([[...world.pool.first(9)].length, world.pool.count], [0, 1]);
  }),
  law('what comes back does not hold on to the block that it was in', { quotas: [9, 9] }, (world) => {
    const block = new Uint8Array(4_096);
    const own = world.bytes(1, 1);
    block.set(own, 100);
    world.blockOf([block.subarray(100, 100 + own.length)]);
    const [tx] = world.undo().included;
    world.pool.refresh(world.place());
    const [back] = [...world.pool.first(1)];
    same([tx?.bytes.length, back?.bytes.length, back?.bytes.buffer.byteLength], [own.length, own.length, own.length]);
  }),
];

/** Whose turn it is. */
const choices: readonly PoolLaw[] = [
  law('who pays has one turn, however many it pays for', { quotas: [99, 99, 9, 9] }, (world) => {
    for (const index of upTo(5)) same(world.offer(stranger(index), 1, { payer: 1 }), 'taken');
    same([...offers(world, 2, [1, 2]), world.offer(3, 1)], taken(3));
    const told = world.told(world.block());
    same(told.slice(0, 5), ['stranger 1', '2 1', '3 1', 'stranger 1', '2 2']);
    same(told.length, 8);
  }),
  law('within what one pays for, each sender has one turn', { quotas: [99, 99, 0, 0] }, (world) => {
    same(offers(world, 2, upTo(4), { payer: 1 }), taken(4));
    same(offers(world, 3, upTo(2), { payer: 1 }), taken(2));
    same(world.told(world.block()), ['2 1', '3 1', '2 2', '3 2', '2 3', '2 4']);
  }),
  law('who sends with many payers has one turn of its own', { quotas: [9, 9, 9, 9, 9, 0] }, (world) => {
    for (const payer of upTo(4)) same(world.offer(5, payer, { payer }), 'taken');
    same(offers(world, 0, [1, 2]), taken(2));
    same(world.told(world.block()).slice(0, 4), ['5 1', '0 1', '0 2', '5 2']);
  }),
  law('who takes many units sits out as many rounds', { quotas: [99, 99, 99] }, (world) => {
    same(offers(world, 1, [1, 2], { message: 'x'.repeat(2_000) }), taken(2));
    same(offers(world, 2, upTo(5)), taken(5));
    same(world.told(world.block()), ['1 1', '2 1', '2 2', '2 3', '1 2', '2 4', '2 5']);
  }),
  law(
    'who had a turn in a block is behind the others in the next',
    { quotas: [99, 9, 9, 9], params: { maxBlockUnits: '2' } },
    (world) => {
      for (const from of [1, 2, 3]) same(offers(world, from, upTo(3)), taken(3));
      same(
        [1, 2, 3].map(() => world.told(world.block())),
        [
          ['1 1', '2 1'],
          ['3 1', '1 2'],
          ['2 2', '3 2'],
        ],
      );
    },
  ),
  law(
    'senders of one payer have their turns across blocks too',
    { quotas: [99, 99, 0, 0, 0], params: { maxBlockUnits: '2' } },
    (world) => {
      for (const from of [2, 3, 4]) same(offers(world, from, upTo(2), { payer: 1 }), taken(2));
      same(
        [1, 2, 3].map(() => world.told(world.block())),
        [
          ['2 1', '3 1'],
          ['4 1', '2 2'],
          ['3 2', '4 2'],
        ],
      );
    },
  ),
  law(
    'what is too large for the rest of a block leaves it to others',
    { quotas: [99, 9, 9, 9], params: { maxBlockUnits: '3' } },
    (world) => {
      same(world.offer(1, 1), 'taken');
      same(world.offer(2, 1, { message: 'x'.repeat(2_500) }), 'taken');
      same(offers(world, 3, [1, 2, 3]), taken(3));
      same(world.told(world.block()), ['1 1', '3 1', '3 2']);
      same(world.told(world.block()), ['2 1']);
    },
  ),
  law('a stake in the block lets in what its new quota pays for', { quotas: [9, 0, 0, 0] }, (world) => {
    same(world.offer(1, 2, { kind: 'stake', value: 3_000n }), 'taken');
    same([world.offer(2, 2, { payer: 1 }), world.offer(3, 2, { payer: 1 })], taken(2));
    // Those it pays for come to their turn before it does.
    for (const from of [2, 3, 1]) world.blockOf([world.bytes(from, 1, { payer: 0 })]);
    same(world.told(world.block()), ['1 2', '2 2', '3 2']);
    // The third was not even asked while the second could not be paid.
    same(world.tried, 4);
  }),
  law(
    'a choice ends with the room of the block',
    { quotas: [99, ...new Array<number>(20).fill(9)], params: { maxBlockUnits: '3' } },
    (world) => {
      for (const from of upTo(20))
        same(world.offer(from, 1, { message: from === 1 ? 'x'.repeat(1_000) : '' }), 'taken');
      same(world.offer(0, 1, { message: 'x'.repeat(2_000) }), 'taken');
      same(world.told(world.block()), ['1 1', '2 1']);
      same([world.tried, world.looks], [2, 4]);
    },
  ),
  law(
    'a choice looks in vain so many times',
    { quotas: [99, ...new Array<number>(9).fill(9)], limits: { maxVainLooks: 5 }, params: { maxBlockUnits: '3' } },
    (world) => {
      same(world.offer(1, 1, { message: 'x'.repeat(1_000) }), 'taken');
      for (const from of upTo(9, 2)) same(world.offer(from, 1, { message: 'x'.repeat(1_000) }), 'taken');
      same(world.told(world.block()), ['1 1']);
      same(world.looks, 2 + 5);
      same(world.told(world.block()), ['2 1']);
    },
  ),
  law(
    'who pays for many is behind the others after one of them had a turn',
    { quotas: [99, 9, 9], params: { maxBlockUnits: '1' } },
    (world) => {
      for (const index of upTo(3)) same(world.offer(stranger(index), 1, { payer: 1 }), 'taken');
      same(offers(world, 2, [1, 2]), taken(2));
      const told = [1, 2, 3, 4].map(() => world.told(world.block()));
      same(told.flat(), ['stranger 1', '2 1', 'stranger 1', '2 2']);
    },
  ),
  law(
    'a payer that turns out unable to pay is looked at again, and loses what it cannot pay',
    { quotas: [9, 1], params: { inflationPerYear: '150/100', yearSlots: '3' } },
    (world) => {
      same(world.offer(1, 1), 'taken');
      world.blockOf([]);
      same(world.block().included, []);
      world.pool.refresh(world.place());
      same(world.pool.count, 0);
    },
  ),
  law('a choice without a limit takes all that may stand', { quotas: [999, 99, 99, 99] }, (world) => {
    for (const from of [1, 2, 3]) same(offers(world, from, upTo(9)), taken(9));
    same(world.block().included.length, 27);
    same([world.pool.count, world.pool.bytes], [0, 0]);
  }),
];

/** What an estimate tells. */
const estimates: readonly PoolLaw[] = [
  law('an estimate tells units, who pays, what is left, and when', { quotas: [9, 4] }, (world) => {
    const ask = (bytes: Uint8Array, entriesLeft = 1_000) => {
      const { payer, ...told } = world.parts.estimate(world.place(), world.check(bytes), { entriesLeft });
      return { ...told, payer: payer === world.person(1).address };
    };
    const next = () => world.place().blockTime;
    same(ask(world.bytes(1, 1)), { units: 1, available: 4n, earliest: next(), payer: true });
    same(ask(world.bytes(stranger(1), 1, { payer: 1 })), { units: 1, available: 4n, earliest: next(), payer: true });
    same(ask(world.bytes(stranger(1), 1)), { units: 1, available: 0n, earliest: 'never', payer: false });
    same(ask(world.bytes(1, 1, { message: 'x'.repeat(4_000) })).units, 5);
    same(offers(world, 1, [1, 2, 3]), taken(3));
    const { tip } = world.block();
    same(ask(world.bytes(1, 3)).earliest, 'never');
    const two = { message: 'x'.repeat(1_000) };
    same(ask(world.bytes(1, 4, two)), { units: 2, available: 1n, earliest: tip.time + 60, payer: true });
    same(ask(world.bytes(1, 9, two)).earliest, tip.time + 60);
    same(ask(world.bytes(1, 9)).earliest, next());
    same(ask(world.bytes(1, 4, two), 0).earliest, 'unknown');
    world.now = 30;
    same(ask(world.bytes(1, 4, two)), { units: 2, available: 4n, earliest: next(), payer: true });
  }),
  law('an estimate of what no block can hold is never', { quotas: [9, 9], params: { maxBlockUnits: '2' } }, (world) => {
    const bytes = world.bytes(1, 1, { message: 'x'.repeat(3_000) });
    same(world.parts.estimate(world.place(), world.check(bytes), { entriesLeft: 9 }).earliest, 'never');
  }),
];

export const poolLaws: readonly PoolLaw[] = [
  ...admissions,
  ...stakes,
  ...twins,
  ...rooms,
  ...times,
  ...choices,
  ...estimates,
];
