/**
 * Crash process: the child program compiled, started, killed, and what it said until then.
 */
import { spawn } from 'node:child_process';
import type { Order } from './crash-child.ts';
import type { Whole } from './follower.ts';

/** What a store holds, by its child. */
export interface Told extends Whole {
  readonly height: number;
}

/** What a child did before it ended. */
export interface Life {
  /** What it found when it had opened the store, if it came so far. */
  readonly opened: Told | undefined;
  /** The height of the last batch that went to the store, if there was any. */
  readonly storing: number | undefined;
  /** The height of the last batch that was durable, if there was any. */
  readonly stored: number | undefined;
  /** How long its commits took, in microseconds. */
  readonly commitUs: readonly number[];
  /** What the store held when the chain was at its end, and the roots of the past. */
  readonly done: (Told & { readonly past: readonly string[] }) | undefined;
  readonly wasKilled: boolean;
  /** From the beginning of the opening to its end, in milliseconds, as seen from here. */
  readonly openingMs: number | undefined;
}

const toldBy = ([height, root = '', blocks = '', stateHeight, state = '', history = '']: readonly string[]): Told => ({
  height: Number(height),
  root,
  digest: { blocks, stateHeight: Number(stateHeight), state, history },
});

const lifeOf = (output: string): Omit<Life, 'wasKilled' | 'openingMs'> => {
  const lines = output
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '));
  const wordsOf = (name: string) => lines.findLast(([first]) => first === name)?.slice(1);
  const [opened, storing, stored, done] = ['opened', 'storing', 'stored', 'done'].map(wordsOf);
  return {
    opened: opened && toldBy(opened),
    storing: storing && Number(storing[0]),
    stored: stored && Number(stored[0]),
    commitUs: lines.filter(([first]) => first === 'stored').map(([, , us]) => Number(us)),
    done: done && { ...toldBy(done), past: done.slice(6) },
  };
};

/**
 * Runs the child program to its end, which may be a SIGKILL of its own, or one from here `killAfterMs` after it began to open
 * the store. Rejects if it ended in any other way.
 */
export const liveOnce = (program: string, order: Order, killAfterMs?: number): Promise<Life> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    let timer: NodeJS.Timeout | undefined;
    let [openingAt, openedAt] = [0, 0];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      openingAt ||= performance.now();
      if (output.includes('opened ')) openedAt ||= performance.now();
      if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const openingMs = openedAt === 0 ? undefined : openedAt - openingAt;
      if (signal === 'SIGKILL' || code === 0)
        resolve({ ...lifeOf(output), wasKilled: signal === 'SIGKILL', openingMs });
      else reject(new Error(`the child ended by ${code ?? signal}: ${output.slice(-500)}\n${errors}`));
    });
  });
