/**
 * Network trials: groups of networks in memory, kind and hostile, as the laws of networks want them.
 */
import type { NetworksOnTrial } from '../../src/adapters/laws/network-trial.ts';
import type { NetworkFaults } from '../../src/adapters/network/faults.ts';
import { hostileHub } from '../../src/adapters/network/hostile.ts';
import type { Hub } from '../../src/adapters/network/hub.ts';
import { memoryHub } from '../../src/adapters/network/memory.ts';
import type { Network } from '../../src/adapters/network/network.ts';
import { virtualTime } from '../../src/adapters/network/virtual-time.ts';

/** Three of a hub, each changed by `spoil`; a fourth and so on may join. */
export const groupOf = (
  hub: Hub,
  pass: () => Promise<void>,
  spoil: (network: Network) => Network = (network) => network,
): NetworksOnTrial => {
  let joined = 0;
  const join = (): Network => {
    joined += 1;
    return spoil(hub.join(`node-${joined}`));
  };
  return { networks: [join(), join(), join()], join, pass };
};

/** Some turns of the event loop. */
export const turns = async (count = 5): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
};

/** Memory on a virtual time. */
export const timedGroup = (spoil?: (network: Network) => Network): NetworksOnTrial => {
  const time = virtualTime();
  return groupOf(memoryHub({ time, delayMs: 7 }), () => time.run(time.nowMs() + 20), spoil);
};

/** A hostile network, for which `passMs` pass at a time: longer than any message is on its way. */
export const hostileGroup = (seed: number, faults: NetworkFaults, passMs = 3_000): NetworksOnTrial => {
  const time = virtualTime();
  return groupOf(hostileHub({ time, seed, faults, maxMessageBytes: 100_000 }), () => time.run(time.nowMs() + passMs));
};

/** All that the laws of networks allow, for ever. */
export const LAWFUL: NetworkFaults = (
  [
    { kind: 'delay', minMs: 5, maxMs: 400, shape: 'tail' },
    { kind: 'delay', minMs: 0, maxMs: 20, from: ['node-2'] },
    { kind: 'loss', thousandths: 250 },
    { kind: 'duplication', thousandths: 300, copies: 3 },
    { kind: 'reordering', thousandths: 300, holdMs: 300 },
    { kind: 'slowness', peers: ['node-3'], perMessageMs: 3 },
    { kind: 'bursts', everyMs: 250, to: ['node-1'] },
  ] as const
).map((fault) => ({ fromMs: 0, untilMs: 1e12, ...fault }));
