import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { networkLaws } from '../../src/adapters/laws/network.ts';
import { memoryHub } from '../../src/adapters/network/memory.ts';
import { type Network, type PeerId, peerIdOf } from '../../src/adapters/network/network.ts';
import { virtualTime } from '../../src/adapters/network/virtual-time.ts';
import { groupOf, hostileGroup, LAWFUL, timedGroup, turns } from './network-trials.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** The first byte of all that a network hears from now on. */
const firstBytes = (network: Network): number[] => {
  const heard: number[] = [];
  network.onMessage((_from, message) => heard.push(message[0] ?? -1));
  return heard;
};

describe('networks in memory keep the laws of networks, by turns of the event loop', () => {
  for (const law of networkLaws) it(law.name, () => law.check(() => groupOf(memoryHub(), turns)));
});

describe('networks in memory keep the laws of networks, on a virtual time', () => {
  for (const law of networkLaws) it(law.name, () => law.check(() => timedGroup()));
});

describe('hostile networks keep the laws of networks while they lose, delay, repeat and reorder', () => {
  for (const law of networkLaws) {
    it(law.name, async () => {
      for (let seed = 1; seed <= 5; seed += 1) await law.check(() => hostileGroup(seed, LAWFUL));
    });
  }
});

describe('hostile networks keep the laws of networks when a partition has ended', () => {
  for (const law of networkLaws) {
    it(law.name, () =>
      law.check(() =>
        hostileGroup(
          1,
          [
            { kind: 'partition', fromMs: 0, untilMs: 9_000, sides: [['node-1']] },
            { kind: 'silence', fromMs: 9_000, untilMs: 15_000, from: ['node-2'] },
          ],
          1_000,
        ),
      ),
    );
  }
});

describe('the network in memory', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('gives every message once, in the order of the sends, after the delay it was given', async () => {
    const time = virtualTime({ startMs: 500 });
    const hub = memoryHub({ time, delayMs: 30 });
    const [a, b] = [hub.join('a'), hub.join('b')];
    const heard = firstBytes(b);
    for (let number = 0; number < 100; number += 1) a.send(b.self, bytes(number));
    await time.run(529);
    expect(heard).toEqual([]);
    await time.run(530);
    expect(heard).toEqual(Array.from({ length: 100 }, (_, number) => number));
  });

  it('gives messages also where the host has no setImmediate', async () => {
    vi.stubGlobal('setImmediate', undefined);
    const hub = memoryHub({ maxInboxMessages: 2 });
    const [a, b] = [hub.join('a'), hub.join('b')];
    const heard = firstBytes(b);
    for (const number of [1, 2, 3]) a.send(b.self, bytes(number));
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
    expect(heard).toEqual([2, 3]);
  });

  it.each([
    ['messages', { maxInboxMessages: 10 }, 10],
    ['bytes', { maxInboxBytes: 64, maxMessageBytes: 64 }, 16],
  ])('holds no more %s than an inbox may have under a flood: the oldest make room', async (_what, limits, most) => {
    for (const time of [virtualTime(), undefined]) {
      const hub = memoryHub({ ...limits, ...(time !== undefined && { time }) });
      const [a, b] = [hub.join('a'), hub.join('b')];
      const heard = firstBytes(b);
      for (let number = 0; number < 20_000; number += 1) {
        a.send(b.self, bytes(number % 251, 0, 0, 0));
        const counts = hub.countsOf(b.self);
        if ((counts?.messages ?? 0) > most || (counts?.bytes ?? 0) > 4 * most) throw new Error('the inbox is too full');
        // What made room does not happen any more, so it is not kept for its time either.
        if (time !== undefined && time.pending > most + 2) throw new Error('too much is to happen');
      }
      expect(hub.countsOf(b.self)).toEqual({
        messages: most,
        bytes: 4 * most,
        overflows: 20_000 - most,
        listenerFaults: 0,
      });
      await (time === undefined ? turns() : time.run(10));
      expect(heard).toEqual(Array.from({ length: most }, (_, index) => (20_000 - most + index) % 251));
      expect(hub.countsOf(b.self)).toMatchObject({ messages: 0, bytes: 0 });
    }
  });

  it('a flood to one peer takes no room of another', async () => {
    const time = virtualTime();
    const hub = memoryHub({ time, maxInboxMessages: 5 });
    const [a, b, c] = [hub.join('a'), hub.join('b'), hub.join('c')];
    const heard = firstBytes(c);
    a.send(c.self, bytes(7));
    for (let number = 0; number < 100; number += 1) a.send(b.self, bytes(1));
    await time.run(10);
    expect(heard).toEqual([7]);
  });

  it('one that comes back under its name is seen again, and gets nothing of what was sent before', async () => {
    const time = virtualTime();
    const hub = memoryHub({ time });
    const [a, b] = [hub.join('a'), hub.join('b')];
    const before = firstBytes(b);
    a.send(b.self, bytes(1));
    await b.close();
    a.send(b.self, bytes(2));
    expect(a.peers()).toEqual([]);
    const back = hub.join('b');
    const after = firstBytes(back);
    expect(a.peers()).toEqual(['b']);
    expect(hub.peers()).toEqual(['a', 'b']);
    a.send(back.self, bytes(3));
    // The one that left is not the one that came back.
    b.send(a.self, bytes(4));
    const atA = firstBytes(a);
    await b.close();
    await time.run(10);
    expect([before, after, atA]).toEqual([[], [3], []]);
    expect(hub.countsOf(back.self)).toMatchObject({ overflows: 0 });
    await back.close();
    expect(hub.countsOf(back.self)).toBeUndefined();
  });

  it('nothing is on its way any more to one that has left', async () => {
    const time = virtualTime();
    const hub = memoryHub({ time });
    const [a, b] = [hub.join('a'), hub.join('b')];
    await time.run(5);
    for (let number = 0; number < 100; number += 1) a.send(b.self, bytes(number));
    expect(time.pending).toBe(100);
    await b.close();
    // That b has left is still to be told.
    expect(time.pending).toBe(1);
  });

  it('of those who listen none hears what comes after one of them closed', async () => {
    const time = virtualTime();
    const hub = memoryHub({ time });
    const [a, b] = [hub.join('a'), hub.join('b')];
    const closing: Promise<void>[] = [];
    b.onMessage(() => closing.push(b.close()));
    const heard = firstBytes(b);
    a.send(b.self, bytes(1));
    a.send(b.self, bytes(2));
    await time.run(10);
    await Promise.all(closing);
    expect([closing.length, heard]).toEqual([1, []]);
  });

  it('what a peer sent before it left still arrives', async () => {
    const time = virtualTime();
    const hub = memoryHub({ time });
    const [a, b] = [hub.join('a'), hub.join('b')];
    const heard = firstBytes(b);
    a.send(b.self, bytes(9));
    await a.close();
    await time.run(10);
    expect(heard).toEqual([9]);
  });

  it('loses what it is told to lose, and nothing else', async () => {
    const time = virtualTime();
    const hub = memoryHub({ time, deliver: (from, to, message) => !(from === 'a' && to === 'b' && message[0] === 2) });
    const [a, b] = [hub.join('a'), hub.join('b')];
    const [atA, atB] = [firstBytes(a), firstBytes(b)];
    for (const number of [1, 2, 3]) {
      a.send(b.self, bytes(number));
      b.send(a.self, bytes(number));
    }
    await time.run(10);
    expect([atA, atB]).toEqual([
      [1, 2, 3],
      [1, 3],
    ]);
  });

  it('counts the listeners that throw', async () => {
    const time = virtualTime();
    const hub = memoryHub({ time });
    const [a, b] = [hub.join('a'), hub.join('b')];
    b.onMessage(() => {
      throw new Error('on purpose');
    });
    b.onPeers(() => {
      throw new Error('on purpose');
    });
    a.send(b.self, bytes(1));
    await time.run(10);
    hub.join('c');
    await time.run(20);
    expect(hub.countsOf(b.self)?.listenerFaults).toBe(2);
  });

  it('is told once of all who come and go in one turn', async () => {
    const time = virtualTime();
    const hub = memoryHub({ time });
    const a = hub.join('a');
    let told = 0;
    a.onPeers(() => {
      told += 1;
      expect(a.peers()).toEqual(['c']);
    });
    const b = hub.join('b');
    hub.join('c');
    await b.close();
    expect(told).toBe(0);
    await time.run(1);
    expect(told).toBe(1);
  });

  it('lets nobody in under a name that is none or is there, and has limits that make sense', () => {
    const hub = memoryHub();
    hub.join('a');
    expect(() => hub.join('a')).toThrow('is there already');
    for (const name of ['', 'a b', 'ä', 'x'.repeat(129), 'a\n']) {
      expect(() => hub.join(name)).toThrow(expect.objectContaining({ code: 'invariant_violated' }));
    }
    expect(hub.join(`A.z_0:-${'x'.repeat(121)}`).self).toHaveLength(128);
    for (const limits of [
      { maxMessageBytes: 0 },
      { maxMessageBytes: 1.5 },
      { maxInboxMessages: 0 },
      { maxMessageBytes: 65, maxInboxBytes: 64 },
    ]) {
      expect(() => memoryHub(limits)).toThrow('a hub takes messages');
    }
  });

  it('a name of a peer is one exactly if it is 1 to 128 of its letters', () => {
    const letters = 'abcxyzABCXYZ0189_.:-';
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...letters, ' ', '/', 'é', '\n'), maxLength: 140 }), (name) => {
        const isName = name.length >= 1 && name.length <= 128 && [...name].every((letter) => letters.includes(letter));
        let peer: PeerId | undefined;
        try {
          peer = peerIdOf(name);
        } catch {
          expect(isName).toBe(false);
          return;
        }
        expect([peer, isName]).toEqual([name, true]);
      }),
    );
  });
});
