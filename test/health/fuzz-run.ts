/**
 * Fuzz run: many broken inputs for one target, made from valid ones by chance, the same for the same seed.
 *
 * Nothing a stranger sends may throw, hang or grow without bound. So: every answer is a code that the target names, memory after a
 * collection is level, and a watchdog ends the process when one input takes minutes, which is no measure of speed.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { type Chance, chanceFrom } from '../../src/adapters/laws/chance.ts';

/** Something that takes a stranger's bytes. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs, from which the broken ones are made. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces of the format, put in by chance. */
  readonly dictionary?: readonly string[];
  /** Every answer that there is; each must come up at least once in a run of some thousands, or the fuzz does not reach far enough. */
  readonly answers: readonly string[];
  /** Answers that chance hardly reaches: they may come up, and need not. */
  readonly rare?: readonly string[];
  /** The answer: a code. It throws when something is wrong: that is what is looked for. */
  readonly run: (bytes: Uint8Array) => string | Promise<string>;
  /** The part of the inputs that are asked for which it gets, where one costs much more than elsewhere; all of them unless said. */
  readonly share?: number;
}

export interface FuzzPlan {
  readonly count: number;
  readonly seed: number;
}

/** How many inputs a target gets of those that are asked for. */
export const inputsOf = ({ share = 1 }: FuzzTarget, count: number): number => Math.ceil(count * share);

/** How often each answer came, and how much more memory was in use at the end than after a fifth of the run. */
export interface FuzzReport {
  readonly answers: ReadonlyMap<string, number>;
  readonly grownBytes: number;
}

/** Inputs do not grow beyond this. */
const MAX_INPUT_BYTES = 16_384;
const BYTES_OF_NOTE = [
  0x00, 0x01, 0x20, 0x22, 0x2c, 0x30, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xff,
] as const;
const HANG_SECONDS = 300;

const spliced = (bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array =>
  Uint8Array.from(Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]));

type Change = (bytes: Uint8Array, chance: Chance, target: FuzzTarget) => Uint8Array;

const someOf = (bytes: Uint8Array, chance: Chance): Uint8Array => {
  const at = chance.below(bytes.length + 1);
  return bytes.subarray(at, at + chance.below(Math.min(bytes.length - at, 256) + 1));
};

/** A place to put something in; beginning and end count for more than chance would give them. */
const placeIn = (bytes: Uint8Array, chance: Chance): number => {
  const how = chance.below(8);
  return how === 0 ? 0 : how === 1 ? bytes.length : chance.below(bytes.length + 1);
};

const setByte = (bytes: Uint8Array, at: number, byte: number): Uint8Array => {
  const changed = bytes.slice();
  if (at < changed.length) changed[at] = byte;
  return changed;
};

const CHANGES: readonly Change[] = [
  (bytes, chance) => {
    const at = chance.below(bytes.length + 1);
    return setByte(bytes, at, (bytes[at] ?? 0) ^ (1 << chance.below(8)));
  },
  (bytes, chance) => setByte(bytes, chance.below(bytes.length + 1), chance.oneOf(BYTES_OF_NOTE)),
  (bytes, chance) => spliced(bytes, chance.below(bytes.length + 1), 0, chance.bytes(1 + chance.below(8))),
  (bytes, chance) => bytes.slice(0, chance.below(bytes.length + 1)),
  (bytes, chance) => spliced(bytes, chance.below(bytes.length + 1), chance.below(64), new Uint8Array(0)),
  (bytes, chance) => {
    const part = someOf(bytes, chance);
    const times = 1 + chance.below(80);
    return spliced(bytes, chance.below(bytes.length + 1), 0, Buffer.concat(Array.from({ length: times }, () => part)));
  },
  (bytes, chance, { seeds }) => {
    const part = someOf(chance.oneOf(seeds), chance);
    return spliced(bytes, chance.below(bytes.length + 1), chance.below(part.length + 1), part);
  },
  (bytes, chance, { dictionary = ['\0'] }) => {
    const token = Buffer.from(chance.oneOf(dictionary), 'latin1');
    return spliced(bytes, placeIn(bytes, chance), chance.below(2) * token.length, token);
  },
];

/** One input: a valid one after one to four changes, or, one time in sixteen, nothing but chance, or, rarely, as it is. */
const inputOf = (target: FuzzTarget, chance: Chance): Uint8Array => {
  const how = chance.below(64);
  if (how < 4) return chance.bytes(chance.below(64));
  if (how === 4) return chance.oneOf(target.seeds).slice(0, MAX_INPUT_BYTES);
  let bytes = chance.oneOf(target.seeds);
  for (let left = 1 + chance.below(4); left > 0; left -= 1) bytes = chance.oneOf(CHANGES)(bytes, chance, target);
  return bytes.subarray(0, MAX_INPUT_BYTES);
};

/** Ends the process when the count of inputs stands still: a loop without end cannot be left in another way. */
const WATCHDOG = `
const { workerData: { done, name, seed, seconds } } = require('node:worker_threads');
let last = -1;
setInterval(() => {
  const now = Atomics.load(done, 0);
  if (now === last) {
    require('node:fs').writeSync(2, 'fuzz of ' + name + ', seed ' + seed + ': input ' + now + ' does not end\\n');
    process.kill(process.pid, 'SIGKILL');
  }
  last = now;
}, seconds * 1000);
`;

const collectorOf = (): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
};

const usedBytes = (collect: () => void): number => {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const hexOf = (bytes: Uint8Array): string =>
  `${bytes.length} bytes, ${Buffer.from(bytes.subarray(0, 2048)).toString('hex')}`;

/** Gives `target` so many inputs, or its share of them. Throws on the first that throws, or that is answered with what the target does not name. */
export const fuzz = async (target: FuzzTarget, { count: asked, seed }: FuzzPlan): Promise<FuzzReport> => {
  const count = inputsOf(target, asked);
  const known = new Set([...target.answers, ...(target.rare ?? [])]);
  const done = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { done, name: target.name, seed, seconds: HANG_SECONDS };
  const watchdog = new Worker(WATCHDOG, { eval: true, workerData });
  const collect = collectorOf();
  const answers = new Map<string, number>();
  const chance = chanceFrom(seed);
  let before = 0;
  try {
    for (let index = 0; index < count; index += 1) {
      if (index === Math.floor(count / 5)) before = usedBytes(collect);
      const bytes = inputOf(target, chance);
      let answer: string;
      try {
        const given = target.run(bytes);
        answer = typeof given === 'string' ? given : await given; // waiting for each would cost the quick ones
      } catch (cause) {
        throw new Error(`${target.name}, seed ${seed}, input ${index} throws: ${hexOf(bytes)}`, { cause });
      }
      if (!known.has(answer))
        throw new Error(`${target.name}, seed ${seed}, input ${index}: ${answer}: ${hexOf(bytes)}`);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      Atomics.store(done, 0, index);
    }
  } finally {
    await watchdog.terminate();
  }
  return { answers, grownBytes: usedBytes(collect) - before };
};
