import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { keys, MED, type Refusal } from '../../src/core/index.ts';
import { type Answer, defaultPoolLimits, type PoolLimits } from '../../src/engine/index.ts';
import { WAITING_BYTES } from '../../src/engine/pool/limits.ts';
import { codeOf, type Driven, drive, person, rightOf, signed, smallChain, transfer } from './small-chain.ts';

const onMemory = (params = {}, limits: Partial<PoolLimits> = {}): Promise<Driven> =>
  drive(smallChain(params), memoryStorage(), { poolLimits: { ...defaultPoolLimits, ...limits } });

const refusalOf = (answer: Answer<unknown>): Refusal => {
  if (E.isRight(answer)) throw new Error('it was taken');
  return answer.left;
};

const noncesOf = ({ engine }: Driven, label: string): bigint | undefined =>
  engine.tip.state.get(keys.accountKey(person(label).address))?.nonce;

describe('the pool', () => {
  it('refuses what it has already, but takes it apart from its twin with a payer', async () => {
    const { engine } = await onMemory();
    expect(codeOf(await engine.offer(transfer('p0', 5)))).toBe('taken');
    expect(codeOf(await engine.offer(transfer('p0', 5)))).toBe('transaction_known');
    // The same id, but other bytes: who signed to pay comes before its own stripped twin.
    expect(codeOf(await engine.offer(transfer('p0', 5, '', 'p1')))).toBe('taken');
    expect(refusalOf(await engine.offer(transfer('p0', 5, '', 'p2')))).toMatchObject({
      code: 'nonce_held',
      details: { nonce: '5' },
    });
    expect(codeOf(await engine.offer(transfer('p0', 5, 'another')))).toBe('nonce_held');
    expect(engine.poolCount).toBe(1);
  });

  it('looks at no signature of what it has already', async () => {
    const { chain, ...founding } = smallChain();
    let recoveries = 0;
    const recover: typeof chain.crypto.recover = (...signed) => {
      recoveries += 1;
      return chain.crypto.recover(...signed);
    };
    const counting = { ...founding, chain: { ...chain, crypto: { ...chain.crypto, recover } } };
    const { engine } = await drive(counting, memoryStorage());
    expect(codeOf(await engine.offer(transfer('p0', 5, '', 'p1')))).toBe('taken');
    expect(recoveries).toBe(2);
    for (let time = 0; time < 3; time += 1) {
      expect(codeOf(await engine.offer(transfer('p0', 5, '', 'p1')))).toBe('transaction_known');
    }
    expect(recoveries).toBe(2);
  });

  it('holds so many of one sender, and so many bytes of all', async () => {
    const size = transfer('p0', 5).length + WAITING_BYTES;
    const { engine } = await onMemory({}, { maxPerSender: 2, maxBytes: 3 * size });
    expect(codeOf(await engine.offer(transfer('p0', 5)))).toBe('taken');
    expect(codeOf(await engine.offer(transfer('p0', 6)))).toBe('taken');
    expect(refusalOf(await engine.offer(transfer('p0', 7)))).toMatchObject({
      code: 'sender_full',
      details: { waiting: '2' },
    });
    expect(codeOf(await engine.offer(transfer('p1', 5)))).toBe('taken');
    // Whoever has most makes way, until everyone has one.
    expect(codeOf(await engine.offer(transfer('p2', 5)))).toBe('taken');
    expect(codeOf(await engine.offer(transfer('p0', 6)))).toBe('pool_full');
    expect(refusalOf(await engine.offer(transfer('p3', 5)))).toMatchObject({
      code: 'pool_full',
      details: { bytes: String(3 * size) },
    });
    expect(engine.poolCount).toBe(3);
  });

  it('gives room again when a block took what it held', async () => {
    const size = transfer('p0', 5).length + WAITING_BYTES;
    const { engine, make } = await onMemory({}, { maxPerSender: 1, maxBytes: size });
    for (const nonce of [5, 6, 7]) {
      expect(codeOf(await engine.offer(transfer('p0', nonce)))).toBe('taken');
      expect(codeOf(await engine.offer(transfer('p1', 5)))).toBe('pool_full');
      await make();
    }
    expect(engine.poolCount).toBe(0);
  });

  it('holds nonces to come, and lets them in one after the other once none is missing', async () => {
    const driven = await onMemory();
    const { engine, make } = driven;
    for (const nonce of [9, 7, 6]) expect(codeOf(await engine.offer(transfer('p0', nonce)))).toBe('taken');
    expect((await make()).transition.included).toHaveLength(0);
    expect(engine.poolCount).toBe(3);
    expect(codeOf(await engine.offer(transfer('p0', 5)))).toBe('taken');
    const { included } = (await make()).transition;
    expect(included.map(({ transaction }) => transaction.nonce)).toEqual([5n, 6n, 7n]);
    expect(noncesOf(driven, 'p0')).toBe(7n);
    expect(engine.poolCount).toBe(1);
    expect(codeOf(await engine.offer(transfer('p0', 7)))).toBe('nonce_too_low');
  });

  it('takes the senders by turns', async () => {
    const { engine, make } = await onMemory();
    for (const [label, nonce] of [
      ['p0', 5],
      ['p0', 6],
      ['p0', 7],
      ['p1', 5],
      ['p2', 5],
      ['p1', 6],
    ] as const) {
      rightOf(await engine.offer(transfer(label, nonce)));
    }
    const { included } = (await make()).transition;
    const label = (address: string) => ['p0', 'p1', 'p2'].find((name) => person(name).address === address);
    const order = included.map(({ sender, transaction }) => `${label(sender)} ${transaction.nonce}`);
    expect(order).toEqual(['p0 5', 'p1 5', 'p2 5', 'p0 6', 'p1 6', 'p0 7']);
  });

  it('lets go of what stands in blocks made elsewhere, and of what they overtook', async () => {
    const [here, there] = [await onMemory(), await onMemory()];
    rightOf(await here.engine.offer(transfer('p0', 5, 'mine')));
    rightOf(await here.engine.offer(transfer('p0', 6)));
    rightOf(await here.engine.offer(transfer('p1', 5)));
    for (const nonce of [5, 6]) rightOf(await there.engine.offer(transfer('p0', nonce)));
    const { bytes } = await there.make();
    here.clock.advance(3);
    rightOf(await here.engine.follow(bytes));
    expect(here.engine.poolCount).toBe(1);
    expect((await here.make()).transition.included.map(({ sender }) => sender)).toEqual([person('p1').address]);
  });
});

describe('an offer', () => {
  it('is refused by the rules of the protocol before it reaches the pool', async () => {
    const { engine } = await onMemory();
    const spoiled = transfer('p0', 5).slice();
    spoiled.set([(spoiled.at(-1) ?? 0) ^ 0x80], spoiled.length - 1);
    expect(codeOf(await engine.offer(spoiled))).toBe('signature_invalid');
    expect(codeOf(await engine.offer(new Uint8Array(0)))).toBe('transaction_malformed');
    expect(codeOf(await engine.offer(new Uint8Array(9_000)))).toBe('transaction_too_large');
    expect(codeOf(await engine.offer(signed('p0', 5, { chainId: 8 })))).toBe('chain_id_wrong');
    expect(codeOf(await engine.offer(signed('p0', 5, { kind: 'gift' })))).toBe('kind_unknown');
    expect(codeOf(await engine.offer(signed('p0', 5, { kind: 'genesis' })))).toBe('kind_only_in_genesis');
    expect(refusalOf(await engine.offer(transfer('p0', 4)))).toMatchObject({
      code: 'nonce_too_low',
      details: { nonce: '4', expected: '5' },
    });
    expect(engine.poolCount).toBe(0);
  });

  it('of who never can pay is refused without a time', async () => {
    const { engine } = await onMemory();
    const { code, details } = refusalOf(await engine.offer(transfer('bob', 1)));
    expect(code).toBe('bandwidth_exceeded');
    expect(details).toEqual({ units: '1', quota: '0', used: '0', earliest: null });
    expect(codeOf(await engine.offer(transfer('bob', 1, '', 'p0')))).toBe('taken');
  });

  it('of who has used the quota is refused until `earliest`, taken then, and stands in that block', async () => {
    // 60 units a minute, and 100 million of 1 090 001 000 MED staked: five units for each producer.
    const { engine, clock, make, founding } = await onMemory({ windowSeconds: '60', unitsPerSecond: '1' });
    for (let nonce = 5; nonce < 10; nonce += 1) rightOf(await engine.offer(transfer('p0', nonce)));
    const { transition } = await make();
    expect(transition.included).toHaveLength(5);
    const { code, details } = refusalOf(await engine.offer(transfer('p0', 10)));
    expect(code).toBe('bandwidth_exceeded');
    expect(details).toEqual({ units: '1', quota: '5', used: '5', earliest: String(transition.tip.time + 60) });
    clock.set(Number(details['earliest']) - 4);
    expect(codeOf(await engine.offer(transfer('p0', 10)))).toBe('bandwidth_exceeded');
    clock.set(Number(details['earliest']));
    expect(codeOf(await engine.offer(transfer('p0', 10)))).toBe('taken');
    const back = await make((clock.now() - founding.chain.genesisTime) / 3);
    expect(back.transition.tip.time).toBe(Number(details['earliest']));
    expect(back.transition.included).toHaveLength(1);
  });

  it('is weighed at the next block, so the way out needs no bandwidth and a stake pays for itself', async () => {
    const { engine, make } = await onMemory({ windowSeconds: '60', unitsPerSecond: '1' });
    expect(codeOf(await engine.offer(signed('alice', 1, { kind: 'stake', value: 50_000_000n * MED })))).toBe('taken');
    await make();
    expect(codeOf(await engine.offer(transfer('alice', 2)))).toBe('taken');
    await make();
    expect(codeOf(await engine.offer(transfer('alice', 3)))).toBe('bandwidth_exceeded');
    expect(codeOf(await engine.offer(signed('alice', 3, { kind: 'unstake', value: 50_000_000n * MED })))).toBe('taken');
    expect((await make()).transition.receipts).toMatchObject([{ executed: true }]);
  });

  it('that no block can ever hold is refused for good', async () => {
    const { engine } = await onMemory({ maxBlockUnits: '2' });
    expect(codeOf(await engine.offer(transfer('p0', 5, 'x'.repeat(1_500))))).toBe('taken');
    const { code, details } = refusalOf(await engine.offer(transfer('p1', 5, 'x'.repeat(2_500))));
    expect([code, details]).toEqual(['transaction_never_fits', { units: '3' }]);
    const whole = await onMemory({ windowSeconds: '3', unstakeSeconds: '3', unitsPerSecond: '1' });
    expect(codeOf(await whole.engine.offer(transfer('p0', 5, 'x'.repeat(4_000))))).toBe('transaction_never_fits');
  });
});
