/**
 * medstate/adapters/network: the door to other nodes, networks in memory, hostile ones, and the time they run on.
 */
export type {
  Bursts,
  Corruption,
  Delay,
  Duplication,
  Loss,
  NetworkFault,
  NetworkFaults,
  Partition,
  Reordering,
  Silence,
  Slowness,
} from './faults.ts';
export { type HostileHub, type HostileHubOptions, hostileHub, type NetworkEvent } from './hostile.ts';
export type { DropReason, Hub, InboxCounts } from './hub.ts';
export type { InboxLimits } from './inbox.ts';
export { type MemoryHubOptions, memoryHub } from './memory.ts';
export { type MessageListener, type Network, type PeerId, peerIdOf } from './network.ts';
export { type ClockFaults, clockOf } from './virtual-clock.ts';
export { type VirtualTime, type VirtualTimeOptions, virtualTime } from './virtual-time.ts';
