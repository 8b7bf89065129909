import { describe, expect, it } from 'vitest';
import { networkLaws } from '../../src/adapters/laws/network.ts';
import type { MessageListener, Network, PeerId } from '../../src/adapters/network/network.ts';
import { timedGroup } from './network-trials.ts';

/** What is spoilt, the beginning of the law that finds it, and what is other than in a good network. */
type Breach = readonly [breach: string, law: string, spoil: (inner: Network) => Partial<Network>];

/** Each listener is another one. */
const onListeners =
  (spoil: (listener: MessageListener, inner: Network) => MessageListener) =>
  (inner: Network): Partial<Network> => ({ onMessage: (listener) => inner.onMessage(spoil(listener, inner)) });

/** A network that keeps its listeners itself and tells them as `tell` does. */
const tellingBy =
  (tell: (listeners: Set<MessageListener>, from: PeerId, message: Uint8Array) => void) =>
  (inner: Network): Partial<Network> => {
    const listeners = new Set<MessageListener>();
    inner.onMessage((from, message) => tell(listeners, from, message));
    return {
      onMessage: (listener) => {
        const own: MessageListener = (from, message) => listener(from, message);
        listeners.add(own);
        return () => {
          listeners.delete(own);
        };
      },
    };
  };

/** Networks that hand each other what they send without any network between. */
const shortCut =
  (hand: (deliver: () => void) => void) =>
  (everyone: Map<PeerId, Set<MessageListener>>) =>
  (inner: Network): Partial<Network> => {
    const own = new Set<MessageListener>();
    everyone.set(inner.self, own);
    return {
      onMessage: (listener) => {
        own.add(listener);
        return () => {
          own.delete(listener);
        };
      },
      send: (to, message) => {
        if (message.length > inner.maxMessageBytes) inner.send(to, message);
        const copy = message.slice();
        hand(() => {
          for (const listener of everyone.get(to) ?? []) listener(inner.self, copy.slice());
        });
      },
    };
  };

const flipped = (message: Uint8Array): Uint8Array => message.map((byte, index) => (index === 0 ? byte ^ 1 : byte));

/** All listeners to peers, of one breach. */
const whoListens: (() => void)[] = [];

const breaches: readonly Breach[] = [
  ['carries nothing', 'a message that is sent again', () => ({ send: () => undefined })],
  [
    'cuts long messages',
    'a message that is sent again',
    (inner) => ({ send: (to, message) => inner.send(to, message.length > 99_999 ? message.slice(1) : message) }),
  ],
  [
    'carries no empty message',
    'a message that is sent again',
    (inner) => ({ send: (to, message) => (message.length === 0 ? undefined : inner.send(to, message)) }),
  ],
  [
    'gives no plain arrays',
    'a message that is sent again',
    onListeners((listener) => (from, message) => listener(from, Buffer.from(message))),
  ],
  [
    'holds what it is given until it sends',
    'what is sent is copied',
    (inner) => ({
      send: (to, message) => {
        Promise.resolve()
          .then(() => inner.send(to, message))
          .catch(() => undefined);
      },
    }),
  ],
  [
    'makes messages up',
    'what arrives was sent',
    (inner) => ({
      onMessage: (listener) => {
        inner.onPeers(() => listener(inner.peers()[0] ?? inner.self, Uint8Array.of(1, 2, 3, 4, 5)));
        return inner.onMessage(listener);
      },
    }),
  ],
  [
    'sends a bit of some messages flipped',
    'what arrives was sent',
    (inner) => {
      let count = 0;
      return {
        send: (to, message) => {
          count += 1;
          inner.send(to, count % 5 === 0 ? flipped(message) : message);
        },
      };
    },
  ],
  [
    'tells all who listen',
    'what arrives was sent',
    (inner) => ({
      send: (_to, message) => {
        for (const peer of inner.peers()) inner.send(peer, message);
      },
    }),
  ],
  [
    'names the wrong sender',
    'what arrives was sent',
    onListeners(
      (listener, inner) => (from, message) => listener(inner.peers().find((peer) => peer !== from) ?? from, message),
    ),
  ],
  ['hands over at once', 'a message arrives in a later turn', shortCut((deliver) => deliver())(new Map())],
  [
    'hands over in the same turn',
    'a message arrives in a later turn',
    shortCut((deliver) => queueMicrotask(deliver))(new Map()),
  ],
  [
    'sends the beginning of what is too long',
    'a message that is too long',
    (inner) => ({ send: (to, message) => inner.send(to, message.subarray(0, inner.maxMessageBytes)) }),
  ],
  [
    'throws another error',
    'a message that is too long',
    (inner) => ({
      send: (to, message) => {
        if (message.length > inner.maxMessageBytes) throw new RangeError('too long');
        inner.send(to, message);
      },
    }),
  ],
  [
    'sends what is too long and then throws',
    'a message that is too long',
    (inner) => ({
      send: (to, message) => {
        inner.send(to, message.subarray(0, inner.maxMessageBytes));
        inner.send(to, message);
      },
    }),
  ],
  ['has the name of all others', 'every network has a name', () => ({ self: 'node' as PeerId })],
  ['has a name with a blank', 'every network has a name', (inner) => ({ self: `${inner.self} x` as PeerId })],
  ['has no bound', 'every network has a name', () => ({ maxMessageBytes: Number.POSITIVE_INFINITY })],
  ['is its own peer', 'peers are the others', (inner) => ({ peers: () => [...inner.peers(), inner.self] })],
  [
    'names a peer twice',
    'peers are the others',
    (inner) => ({ peers: () => [...inner.peers(), ...inner.peers().slice(0, 1)] }),
  ],
  [
    'gives the list it holds',
    'peers are the others',
    (inner) => {
      let held: readonly PeerId[] | undefined;
      return {
        peers: () => {
          held ??= inner.peers();
          return held;
        },
      };
    },
  ],
  [
    'sees only those who were there first',
    'one that joins or leaves',
    (inner) => ({ peers: () => inner.peers().filter((peer) => peer < 'node-4') }),
  ],
  ['tells of no change', 'one that joins or leaves', () => ({ onPeers: () => () => undefined })],
  [
    'tells of those who come alone',
    'one that joins or leaves',
    (inner) => {
      let known = 0;
      return {
        onPeers: (listener) =>
          inner.onPeers(() => {
            const count = inner.peers().length;
            if (count >= known) listener();
            known = count;
          }),
      };
    },
  ],
  [
    'tells of a change while it is made',
    'one that joins or leaves',
    (inner) => ({
      onPeers: (listener) => {
        whoListens.push(listener);
        return inner.onPeers(listener);
      },
      close: () => {
        for (const listener of whoListens.splice(0)) listener();
        return inner.close();
      },
    }),
  ],
  [
    'remembers those who have left',
    'one that joins or leaves',
    (inner) => {
      const known = new Set<PeerId>();
      return {
        peers: () => {
          for (const peer of inner.peers()) known.add(peer);
          return [...known];
        },
      };
    },
  ],
  ['stays when it is closed', 'nothing arrives after close', () => ({ close: () => Promise.resolve() })],
  [
    'closes once',
    'nothing arrives after close',
    (inner) => {
      let isClosed = false;
      return {
        close: () => {
          if (isClosed) return Promise.reject(new Error('closed'));
          isClosed = true;
          return inner.close();
        },
      };
    },
  ],
  [
    'has peers after it was closed',
    'nothing arrives after close',
    (inner) => ({ peers: () => (inner.peers().length > 0 ? inner.peers() : ['node-1' as PeerId]) }),
  ],
  [
    'cannot bear that a peer is gone',
    'sending after close',
    (inner) => ({
      send: (to, message) => {
        if (!inner.peers().includes(to)) throw new Error('no such peer');
        inner.send(to, message);
      },
    }),
  ],
  [
    'hears itself',
    'sending after close',
    (inner) => {
      const own = new Set<MessageListener>();
      return {
        onMessage: (listener) => {
          own.add(listener);
          return inner.onMessage(listener);
        },
        send: (to, message) => {
          if (to !== inner.self) inner.send(to, message);
          else for (const listener of own) listener(to, message);
        },
      };
    },
  ],
  [
    'sends to another when a peer is gone',
    'sending after close',
    (inner) => ({
      send: (to, message) => inner.send(inner.peers().includes(to) ? to : (inner.peers()[0] ?? to), message),
    }),
  ],
  [
    'never lets a listener go',
    'a listener that was removed',
    (inner) => ({
      onMessage: (listener) => {
        inner.onMessage(listener);
        return () => undefined;
      },
    }),
  ],
  [
    'lets all listeners go with one',
    'a listener that was removed',
    (inner) => {
      const ends: (() => void)[] = [];
      return {
        onMessage: (listener) => {
          ends.push(inner.onMessage(listener));
          return () => {
            for (const end of ends) end();
          };
        },
      };
    },
  ],
  [
    'calls all who listened when the message came',
    'a listener that another one removes',
    tellingBy((listeners, from, message) => {
      for (const listener of [...listeners]) {
        listener(from, message.slice());
      }
    }),
  ],
  [
    'takes one listener twice for one',
    'a listener that is given twice',
    (inner) => {
      const known = new Set<MessageListener>();
      return {
        onMessage: (listener) => {
          if (known.has(listener)) return () => undefined;
          known.add(listener);
          return inner.onMessage(listener);
        },
      };
    },
  ],
  [
    'keeps messages for those who come later',
    'what comes while nobody listens',
    (inner) => {
      const kept: Parameters<MessageListener>[] = [];
      inner.onMessage((from, message) => kept.push([from, message]));
      return {
        onMessage: (listener) => {
          for (const [from, message] of kept.splice(0)) listener(from, message);
          return inner.onMessage(listener);
        },
      };
    },
  ],
  [
    'never lets a listener to peers go',
    'one that was removed is not told',
    (inner) => ({
      onPeers: (listener) => {
        inner.onPeers(listener);
        return () => undefined;
      },
    }),
  ],
  [
    'stops at a listener that throws',
    'a listener that throws harms neither',
    tellingBy((listeners, from, message) => {
      for (const listener of listeners) listener(from, message.slice());
    }),
  ],
  [
    'lets a listener go that throws',
    'a listener that throws harms neither',
    tellingBy((listeners, from, message) => {
      for (const listener of listeners) {
        try {
          listener(from, message.slice());
        } catch {
          listeners.delete(listener);
        }
      }
    }),
  ],
  [
    'stops telling of peers at a listener that throws',
    'a listener to peers that throws',
    (inner) => {
      const listeners = new Set<() => void>();
      inner.onPeers(() => {
        for (const listener of listeners) listener();
      });
      return {
        onPeers: (listener) => {
          listeners.add(listener);
          return () => {
            listeners.delete(listener);
          };
        },
      };
    },
  ],
  [
    'gives all listeners the same bytes',
    'each listener owns',
    tellingBy((listeners, from, message) => {
      for (const listener of listeners) listener(from, message);
    }),
  ],
];

describe('networks that break a law are found out', () => {
  for (const [breach, name, spoil] of breaches) {
    it(`a network that ${breach} breaks the law '${name} ...'`, async () => {
      const law = networkLaws.find((each) => each.name.startsWith(name));
      const make = () => timedGroup((inner) => ({ ...inner, ...spoil(inner) }));
      await expect(law?.check(make)).rejects.toMatchObject({ code: 'law_broken' });
    });
  }

  it('every law finds a network that breaks it', () => {
    const found = networkLaws.filter(({ name }) => breaches.some(([, law]) => name.startsWith(law)));
    expect(found.map(({ name }) => name)).toEqual(networkLaws.map(({ name }) => name));
  });
});
