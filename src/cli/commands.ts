/**
 * Commands: every command of `medstate`, in the order of the help. A new one is a file in `commands/` and a line here.
 */
import type { Command } from './command.ts';
import { check } from './commands/check.ts';
import { checkVectors } from './commands/check-vectors.ts';
import { demo } from './commands/demo.ts';
import { genesis } from './commands/genesis.ts';
import { health } from './commands/health.ts';
import { key } from './commands/key.ts';
import { replay } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { simulateNetwork } from './commands/simulate-network.ts';
import { snapshot } from './commands/snapshot.ts';

export const commands: readonly Command[] = [
  demo,
  genesis,
  run,
  snapshot,
  check,
  replay,
  key,
  health,
  simulateNetwork,
  checkVectors,
];
