/**
 * Commands: every command of `medstate`, in the order of the help. A new one is a file in `commands/` and a line here.
 */
import type { Command } from './command.ts';

export const commands: readonly Command[] = [];
