import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chance, chanceFrom } from '../../src/adapters/laws/chance.ts';
import { networkLaws } from '../../src/adapters/laws/network.ts';
import type { NetworkFault, NetworkFaults } from '../../src/adapters/network/faults.ts';
import {
  type HostileHub,
  type HostileHubOptions,
  hostileHub,
  type NetworkEvent,
} from '../../src/adapters/network/hostile.ts';
import type { Network } from '../../src/adapters/network/network.ts';
import { type VirtualTime, virtualTime } from '../../src/adapters/network/virtual-time.ts';
import { toHex } from '../../src/core/bytes.ts';
import { hostileGroup } from './network-trials.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 40);
const NAMES = ['a', 'b', 'c', 'd'] as const;
const END_MS = 5_000;
const SETTLED_MS = 80;

interface Run {
  readonly time: VirtualTime;
  readonly hub: HostileHub;
  readonly networks: readonly Network[];
  readonly trace: readonly NetworkEvent[];
}

const open = (seed: number, faults: NetworkFaults, options: Partial<HostileHubOptions> = {}): Run => {
  const time = virtualTime({ turns: 'when_held' });
  const trace: NetworkEvent[] = [];
  const hub = hostileHub({
    time,
    seed,
    faults,
    settledDelayMs: SETTLED_MS,
    trace: (event) => trace.push(event),
    ...options,
  });
  return { time, hub, networks: NAMES.map((name) => hub.join(name)), trace };
};

/** Sends messages by chance until a time, about one in each three milliseconds. */
const chatter = async ({ time, networks }: Run, chance: Chance, untilMs: number): Promise<void> => {
  while (time.nowMs() < untilMs) {
    const from = chance.oneOf(networks);
    from.send(chance.oneOf(networks.filter((to) => to !== from)).self, chance.bytes(8 + chance.below(40)));
    await time.run(time.nowMs() + chance.below(7));
  }
};

/** A run of five seconds of faults and one without. */
const lived = async (seed: number, faults: NetworkFaults): Promise<Run> => {
  const run = open(seed, faults);
  await chatter(run, chanceFrom(99), END_MS + 1_000);
  await run.time.run(2 * END_MS);
  return run;
};

const always = { fromMs: 0, untilMs: END_MS } as const;

const of = (trace: readonly NetworkEvent[], what: NetworkEvent['what']): readonly NetworkEvent[] =>
  trace.filter((event) => event.what === what);

/** How often each message that was sent has been delivered, and after how long. */
const waysOf = (trace: readonly NetworkEvent[]) => {
  const ways = new Map(of(trace, 'send').map((sent) => [sent.number, { sent, delivered: [] as NetworkEvent[] }]));
  for (const event of of(trace, 'deliver')) ways.get(event.number)?.delivered.push(event);
  return [...ways.values()];
};

const instants = fc.tuple(fc.nat(END_MS), fc.nat(END_MS)).map(([one, other]) => ({
  fromMs: Math.min(one, other),
  untilMs: Math.max(one, other),
}));
const thousandths = fc.nat(1_000);
const someNames = fc.subarray([...NAMES]);
const links = fc.record({ from: someNames, to: someNames }, { requiredKeys: [] });
const spanned = <T extends object>(...parts: readonly fc.Arbitrary<object>[]): fc.Arbitrary<T> =>
  fc.tuple(instants, ...parts).map((all) => Object.assign({}, ...all) as T);

/** Any fault there is. */
const anyFault: fc.Arbitrary<NetworkFault> = fc.oneof(
  spanned<NetworkFault>(
    links,
    fc
      .tuple(fc.nat(3_000), fc.nat(3_000), fc.constantFrom('even', 'tail'))
      .map(([minMs, more, shape]) => ({ kind: 'delay', minMs, maxMs: minMs + more, shape })),
  ),
  spanned<NetworkFault>(links, fc.record({ kind: fc.constant('loss'), thousandths })),
  spanned<NetworkFault>(
    links,
    fc.record({ kind: fc.constant('duplication'), thousandths, copies: fc.integer({ min: 1, max: 5 }) }),
  ),
  spanned<NetworkFault>(links, fc.record({ kind: fc.constant('reordering'), thousandths, holdMs: fc.nat(3_000) })),
  spanned<NetworkFault>(
    links,
    fc.record({ kind: fc.constant('corruption'), thousandths, how: fc.constantFrom('flip', 'cut', 'garbage') }),
  ),
  spanned<NetworkFault>(fc.record({ kind: fc.constant('partition'), sides: fc.array(someNames, { maxLength: 3 }) })),
  spanned<NetworkFault>(links, fc.record({ kind: fc.constant('silence') })),
  spanned<NetworkFault>(fc.record({ kind: fc.constant('slowness'), peers: someNames, perMessageMs: fc.nat(200) })),
  spanned<NetworkFault>(links, fc.record({ kind: fc.constant('bursts'), everyMs: fc.integer({ min: 1, max: 2_000 }) })),
);
const anyFaults: fc.Arbitrary<NetworkFaults> = fc.array(anyFault, { maxLength: 8 });

const MIXED: NetworkFaults = [
  { kind: 'delay', minMs: 1, maxMs: 400, shape: 'tail', ...always },
  { kind: 'loss', thousandths: 100, ...always },
  { kind: 'duplication', thousandths: 100, ...always },
  { kind: 'reordering', thousandths: 200, holdMs: 300, ...always },
  { kind: 'corruption', thousandths: 50, how: 'flip', ...always },
  { kind: 'partition', sides: [['a', 'b']], fromMs: 1_000, untilMs: 2_000 },
];

describe('the hostile network is the same for the same seed', () => {
  it('gives the same trace, word for word, and another one for another seed', async () => {
    const [first, again, other] = [await lived(1, MIXED), await lived(1, MIXED), await lived(2, MIXED)];
    expect(first.trace.length).toBeGreaterThan(2_000);
    expect(JSON.stringify(again.trace)).toBe(JSON.stringify(first.trace));
    expect(JSON.stringify(other.trace)).not.toBe(JSON.stringify(first.trace));
    // What was sent is the same: it is the network that differs.
    expect(of(other.trace, 'send')).toEqual(of(first.trace, 'send'));
  });

  it('gives the same trace for a plan that was written to a file and read again', async () => {
    await fc.assert(
      fc.asyncProperty(anyFaults, fc.integer(), async (faults, seed) => {
        const [before, after] = [open(seed, faults), open(seed, JSON.parse(JSON.stringify(faults)) as NetworkFaults)];
        for (const run of [before, after]) {
          await chatter(run, chanceFrom(seed), 600);
          await run.time.run(END_MS + SETTLED_MS);
        }
        expect(after.trace).toEqual(before.trace);
      }),
      { numRuns: Math.min(RUNS, 50) },
    );
  });

  it('a fault that is taken out of a plan moves nothing that the others do', async () => {
    const [loss, duplication]: NetworkFault[] = [
      { kind: 'loss', thousandths: 300, ...always },
      { kind: 'duplication', thousandths: 300, ...always },
    ];
    if (loss === undefined || duplication === undefined) throw new Error('there are two faults');
    const [both, alone] = [await lived(3, [duplication, loss]), await lived(3, [loss])];
    const lost = ({ trace }: Run): readonly number[] => of(trace, 'drop').map(({ number }) => number);
    expect(lost(both)).toEqual(lost(alone));
    expect(lost(alone).length).toBeGreaterThan(100);
  });
});

describe('chance in a hostile network', () => {
  it('is another for each link: what is lost on one says nothing of another', async () => {
    const run = open(8, [{ kind: 'loss', thousandths: 500, ...always }]);
    const [a, b, c] = run.networks;
    for (let count = 0; count < 64; count += 1) {
      for (const to of [b, c]) if (to !== undefined) a?.send(to.self, Uint8Array.of(count));
    }
    await run.time.run(END_MS);
    const lost = (name: string): string =>
      of(run.trace, 'send')
        .filter(({ to }) => to === name)
        .map(({ number }) => of(run.trace, 'drop').some((drop) => drop.number === number))
        .join();
    expect(lost('b')).not.toBe(lost('c'));
  });

  it('is another for each seed, also of how long messages take when nothing goes wrong', async () => {
    const arrivals = async (seed: number) => of((await lived(seed, [])).trace, 'deliver').map(({ atMs }) => atMs);
    const first = await arrivals(1);
    expect(await arrivals(1)).toEqual(first);
    expect(await arrivals(2)).not.toEqual(first);
  });
});

describe('a fault that is made less', () => {
  const lost = async (fault: NetworkFault): Promise<ReadonlyMap<number, number>> => {
    const { trace } = await lived(3, [fault]);
    return new Map(of(trace, 'drop').map(({ number, atMs }) => [number, atMs]));
  };
  const loss = { kind: 'loss', thousandths: 500, ...always } as const;

  it('strikes no message that it did not strike before', async () => {
    const before = await lost(loss);
    const less = await lost({ ...loss, thousandths: 200 });
    expect([...less.keys()].filter((number) => !before.has(number))).toEqual([]);
    expect(less.size).toBeGreaterThan(100);
    expect(less.size).toBeLessThan(before.size / 2);
  });

  it('strikes the same while it holds when it is made shorter', async () => {
    const [before, shorter] = [await lost(loss), await lost({ ...loss, fromMs: 1_000, untilMs: 2_000 })];
    expect([...shorter]).toEqual([...before].filter(([, atMs]) => atMs >= 1_000 && atMs < 2_000));
    expect(shorter.size).toBeGreaterThan(50);
  });
});

describe('a settled network', () => {
  it('with the faults ended every later message arrives once, as it was sent, within its time, whatever they were', async () => {
    await fc.assert(
      fc.asyncProperty(anyFaults, fc.integer(), async (faults, seed) => {
        const run = open(seed, faults);
        await chatter(run, chanceFrom(seed), 1_000);
        const endMs = run.hub.settledFromMs();
        expect(endMs).toBe(Math.max(0, ...faults.map(({ untilMs }) => untilMs)));
        await run.time.run(Math.max(endMs, run.time.nowMs()));
        await chatter(run, chanceFrom(seed + 1), run.time.nowMs() + 300);
        await run.time.run(run.time.nowMs() + SETTLED_MS);
        expect(run.time.pending).toBe(0);
        for (const { sent, delivered } of waysOf(run.trace)) {
          const latestMs = Math.max(sent.atMs, endMs) + SETTLED_MS;
          for (const { atMs } of delivered) expect(atMs).toBeLessThanOrEqual(latestMs);
          if (sent.atMs < endMs) continue;
          expect(delivered).toEqual([{ ...sent, what: 'deliver', atMs: expect.any(Number) }]);
          expect(delivered[0]?.atMs).toBeGreaterThan(sent.atMs);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('is settled at once when it is healed, and what is on its way arrives soon', async () => {
    await fc.assert(
      fc.asyncProperty(anyFaults, fc.integer(), async (faults, seed) => {
        const run = open(seed, [...faults, { kind: 'delay', minMs: 1_000, maxMs: 90_000, fromMs: 0, untilMs: 1e9 }]);
        await chatter(run, chanceFrom(seed), 300);
        run.hub.heal();
        const healedMs = run.time.nowMs();
        expect(run.hub.settledFromMs()).toBe(healedMs);
        await chatter(run, chanceFrom(seed + 1), healedMs + 300);
        run.hub.heal();
        expect(run.hub.settledFromMs()).toBe(healedMs);
        await run.time.run(run.time.nowMs() + SETTLED_MS);
        expect(run.time.pending).toBe(0);
        for (const { sent, delivered } of waysOf(run.trace)) {
          for (const { atMs } of delivered)
            expect(atMs).toBeLessThanOrEqual(Math.max(sent.atMs, healedMs) + SETTLED_MS);
          if (sent.atMs >= healedMs) expect(delivered).toMatchObject([{ sum: sent.sum, sizeBytes: sent.sizeBytes }]);
        }
      }),
      { numRuns: Math.min(RUNS, 50) },
    );
  });

  it('every message sent has an end: it is delivered, or dropped for a reason', async () => {
    const { trace } = await lived(4, MIXED);
    const ended = new Set(trace.filter(({ what }) => what !== 'send').map(({ number }) => number));
    expect(of(trace, 'send').filter(({ number }) => !ended.has(number))).toEqual([]);
  });
});

/** The ways of the messages that were sent while the faults held. */
const waysUnder = async (...faults: readonly NetworkFault[]) =>
  waysOf((await lived(5, faults)).trace).filter(({ sent }) => sent.atMs < END_MS);

describe('each fault does what it says', () => {
  it('a partition parts: nothing passes between sides while it holds, also what was sent before', async () => {
    const [fromMs, untilMs] = [1_000, 3_000];
    const partition: NetworkFault = { kind: 'partition', sides: [['a'], ['b', 'c']], fromMs, untilMs };
    const { trace } = await lived(6, [{ kind: 'delay', minMs: 1, maxMs: 900, ...always }, partition]);
    // d, which is on no side, is a side of its own.
    const sides: Readonly<Record<string, number>> = { a: 1, b: 2, c: 2, d: 3 };
    const crosses = ({ from, to }: NetworkEvent): boolean => sides[from] !== sides[to];
    const within = ({ atMs }: NetworkEvent): boolean => atMs >= fromMs && atMs < untilMs;
    const delivered = of(trace, 'deliver');
    expect(delivered.filter((event) => within(event) && crosses(event))).toEqual([]);
    expect(delivered.filter((event) => within(event) && !crosses(event)).length).toBeGreaterThan(50);
    for (const isAsked of [(ms: number) => ms < fromMs, (ms: number) => ms >= untilMs]) {
      expect(delivered.filter((event) => isAsked(event.atMs) && crosses(event)).length).toBeGreaterThan(50);
    }
    expect(new Set(of(trace, 'drop').map(({ why }) => why))).toEqual(new Set(['cut']));
    const sentBefore = new Set(of(trace, 'send').flatMap(({ number, atMs }) => (atMs < fromMs ? [number] : [])));
    expect(of(trace, 'drop').some(({ number }) => sentBefore.has(number))).toBe(true);
  });

  it('a fault holds from its first millisecond, and no more at its last', async () => {
    const run = open(1, [
      { kind: 'silence', fromMs: 100, untilMs: 200 },
      { kind: 'delay', minMs: 1, maxMs: 1, ...always },
    ]);
    const [a, b] = run.networks;
    for (const atMs of [98, 99, 100, 198, 199, 200]) {
      await run.time.run(atMs);
      if (b !== undefined) a?.send(b.self, Uint8Array.of(1));
    }
    await run.time.run(300);
    // What is sent at 99 arrives at 100, when nothing does.
    expect(of(run.trace, 'deliver').map(({ atMs }) => atMs)).toEqual([99, 201]);
  });

  it('those that are named on no side of a partition are one side', async () => {
    const { trace } = await lived(6, [{ kind: 'partition', sides: [['a']], ...always }]);
    const heard = of(trace, 'deliver').filter(({ atMs }) => atMs < END_MS);
    expect(new Set(heard.map(({ from, to }) => `${from}${to}`))).toEqual(new Set(['bc', 'bd', 'cb', 'cd', 'db', 'dc']));
  });

  it('a silence goes one way: a hears b, and b hears nothing of a', async () => {
    const ways = await waysUnder({ kind: 'silence', from: ['a'], to: ['b'], ...always });
    for (const { sent, delivered } of ways) expect(delivered.length).toBe(sent.from === 'a' && sent.to === 'b' ? 0 : 1);
    expect(ways.some(({ sent }) => sent.from === 'b' && sent.to === 'a')).toBe(true);
  });

  it('a loss takes about so many thousandths, on its links alone', async () => {
    const ways = await waysUnder({ kind: 'loss', thousandths: 300, from: ['a', 'b'], ...always });
    for (const from of NAMES) {
      const sent = ways.filter((way) => way.sent.from === from);
      const lost = sent.filter(({ delivered }) => delivered.length === 0).length;
      const thousandths = (1_000 * lost) / sent.length;
      if (from === 'c' || from === 'd') expect(lost).toBe(0);
      else expect(Math.abs(thousandths - 300)).toBeLessThan(100);
    }
  });

  it('a duplication brings some more than once, and each copy is its own', async () => {
    const ways = await waysUnder({ kind: 'duplication', thousandths: 400, copies: 3, ...always });
    const counts = new Set(ways.map(({ delivered }) => delivered.length));
    expect(counts).toEqual(new Set([1, 2, 3, 4]));
    const run = open(1, [{ kind: 'duplication', thousandths: 1_000, ...always }]);
    const heard: string[] = [];
    run.networks[1]?.onMessage((_from, message) => {
      heard.push(toHex(message));
      message.fill(0);
    });
    run.networks[0]?.send(run.networks[1]?.self ?? run.networks[0].self, Uint8Array.of(1, 2, 3));
    await run.time.run(END_MS);
    expect(heard).toEqual(['010203', '010203']);
  });

  it('a delay takes from its least to its most, on a link, and the last in the plan holds', async () => {
    for (const shape of ['even', 'tail'] as const) {
      const ways = await waysUnder(
        { kind: 'delay', minMs: 100, maxMs: 900, shape, ...always },
        { kind: 'delay', minMs: 50, maxMs: 50, from: ['a'], to: ['b', 'c', 'd'], ...always },
      );
      const delays = (isAsked: (from: string) => boolean): number[] =>
        ways
          .filter(({ sent }) => isAsked(sent.from) && sent.atMs < END_MS - 1_000)
          .map(({ sent, delivered }) => (delivered[0]?.atMs ?? Number.NaN) - sent.atMs)
          .sort((one, other) => one - other);
      expect(new Set(delays((from) => from === 'a'))).toEqual(new Set([50]));
      const others = delays((from) => from !== 'a');
      expect(others[0]).toBeGreaterThanOrEqual(100);
      expect(others.at(-1)).toBeLessThanOrEqual(900);
      expect(others.at(-1)).toBeGreaterThan(700);
      const middle = others[others.length >> 1] ?? 0;
      expect(middle).toBeGreaterThan(shape === 'tail' ? 100 : 400);
      expect(middle).toBeLessThan(shape === 'tail' ? 250 : 600);
    }
  });

  it('a reordering has later messages overtake earlier ones', async () => {
    const inversions = async (...faults: NetworkFault[]): Promise<number> => {
      const ways = await waysUnder({ kind: 'delay', minMs: 10, maxMs: 10, ...always }, ...faults);
      const arrived = ways.map(({ delivered }) => delivered[0]?.atMs ?? 0);
      return arrived.filter((atMs, index) => atMs < (arrived[index - 1] ?? 0)).length;
    };
    expect(await inversions()).toBe(0);
    expect(await inversions({ kind: 'reordering', thousandths: 300, holdMs: 500, ...always })).toBeGreaterThan(100);
  });

  it('a slow peer takes messages one after the other, and others are not slower', async () => {
    const ways = await waysUnder(
      { kind: 'delay', minMs: 5, maxMs: 5, ...always },
      { kind: 'slowness', peers: ['d'], perMessageMs: 40, fromMs: 0, untilMs: END_MS },
    );
    const atD = ways.filter(({ sent }) => sent.to === 'd').map(({ delivered }) => delivered[0]?.atMs ?? 0);
    const held = atD.filter((atMs) => atMs < END_MS);
    expect(held.length).toBeGreaterThan(50);
    held.forEach((atMs, index) => {
      if (index > 0) expect(atMs - (held[index - 1] ?? 0)).toBeGreaterThanOrEqual(40);
    });
    for (const { sent, delivered } of ways) if (sent.to !== 'd') expect(delivered[0]?.atMs).toBe(sent.atMs + 5);
  });

  it('bursts arrive together', async () => {
    const ways = await waysUnder({ kind: 'bursts', everyMs: 500, to: ['a'], ...always });
    const arrivals = (isAtA: boolean): ReadonlySet<number> =>
      new Set(ways.filter(({ sent }) => (sent.to === 'a') === isAtA).map(({ delivered }) => delivered[0]?.atMs ?? 0));
    // The last burst of all comes no later than the settled network lets it.
    const multiples = Array.from({ length: 10 }, (_, index) => 500 * (index + 1));
    expect(arrivals(true)).toEqual(new Set([...multiples, END_MS + SETTLED_MS]));
    expect(arrivals(false).size).toBeGreaterThan(500);
  });

  it.each(['flip', 'cut', 'garbage'] as const)('a corruption by %s changes bytes, in its own way', async (how) => {
    const run = open(7, [{ kind: 'corruption', thousandths: 500, how, ...always }]);
    const sent = Uint8Array.from({ length: 50 }, (_, index) => index);
    const heard: Uint8Array[] = [];
    run.networks[1]?.onMessage((_from, message) => heard.push(message));
    for (let count = 0; count < 200; count += 1) {
      run.networks[0]?.send(run.networks[1]?.self ?? run.networks[0].self, sent);
    }
    await run.time.run(END_MS);
    const spoilt = heard.filter((message) => toHex(message) !== toHex(sent));
    expect([heard.length, spoilt.length > 50, spoilt.length < 150]).toEqual([200, true, true]);
    for (const message of spoilt) {
      const bits = [...message].map((byte, index) => byte ^ (sent[index] ?? 0)).filter((bit) => bit !== 0);
      if (how === 'cut') expect([message.length < 50, bits]).toEqual([true, []]);
      else expect(message.length).toBe(50);
      if (how === 'flip') expect([bits.length, Math.log2(bits[0] ?? 0) % 1]).toEqual([1, 0]);
      if (how === 'garbage') expect(bits.length).toBeGreaterThan(30);
    }
  });

  it.each(['flip', 'cut', 'garbage'] as const)(
    'a corruption by %s breaks the law that it must, and no other',
    async (how) => {
      const broken: string[] = [];
      for (const law of networkLaws) {
        const make = () => hostileGroup(1, [{ kind: 'corruption', thousandths: 200, how, fromMs: 0, untilMs: 1e12 }]);
        await law.check(make).catch(() => broken.push(law.name));
      }
      expect(broken).toEqual([expect.stringContaining('what arrives was sent')]);
    },
  );
});

describe('a plan of faults', () => {
  it.each([
    [{ kind: 'loss', thousandths: 1_001, ...always }],
    [{ kind: 'loss', thousandths: 0.5, ...always }],
    [{ kind: 'loss', thousandths: 5, fromMs: 5, untilMs: 4 }],
    [{ kind: 'loss', thousandths: 5, fromMs: -1, untilMs: 4 }],
    [{ kind: 'loss', thousandths: 5 }],
    [{ kind: 'delay', minMs: 5, maxMs: 4, ...always }],
    [{ kind: 'delay', minMs: 5, maxMs: 2 ** 31 + 1, ...always }],
    [{ kind: 'duplication', thousandths: 5, copies: 101, ...always }],
    [{ kind: 'duplication', thousandths: -1, ...always }],
    [{ kind: 'reordering', thousandths: 5, ...always }],
    [{ kind: 'corruption', thousandths: 5, how: 'melt', ...always }],
    [{ kind: 'partition', sides: 'a', ...always }],
    [{ kind: 'partition', sides: ['a'], ...always }],
    [{ kind: 'silence', from: 'a', ...always }],
    [{ kind: 'loss', thousandths: 5, to: [1], ...always }],
    [{ kind: 'delay', minMs: 5, maxMs: 6, shape: 'round', ...always }],
    [{ kind: 'partition', sides: [[1]], ...always }],
    [{ kind: 'slowness', peers: 'a', perMessageMs: 4, ...always }],
    [{ kind: 'slowness', perMessageMs: 4, ...always }],
    [{ kind: 'bursts', everyMs: 0, ...always }],
    [{ kind: 'mischief', ...always }],
  ])('is refused that makes no sense: %j', (fault) => {
    const faults = [{ kind: 'silence', ...always }, fault] as unknown as NetworkFaults;
    expect(() => open(1, faults)).toThrow(`makes no sense: ${JSON.stringify(fault)}`);
  });

  it('has a whole seed and settles in a time', () => {
    expect(() => open(0.5, [])).toThrow('a whole seed');
    for (const settledDelayMs of [0, 1.5, Number.NaN]) expect(() => open(1, [], { settledDelayMs })).toThrow('settles');
  });
});

describe('the memory of a hostile network', () => {
  it('is bounded under a flood, whatever is held back', async () => {
    const run = open(
      1,
      [
        { kind: 'delay', minMs: 4_000, maxMs: 4_500, ...always },
        { kind: 'duplication', thousandths: 900, copies: 9, ...always },
      ],
      {
        maxInboxMessages: 50,
        trace: () => undefined,
      },
    );
    const [a, b] = run.networks;
    for (let count = 0; count < 5_000; count += 1) {
      a?.send(b?.self ?? a.self, Uint8Array.of(1));
      expect(run.time.pending).toBeLessThanOrEqual(50 + NAMES.length);
    }
    await run.time.run(END_MS);
    expect(run.time.pending).toBe(0);
  });
});
