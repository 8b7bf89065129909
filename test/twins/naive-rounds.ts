/**
 * Naive rounds: who has which slot, slot by slot, and the order within a round, as the protocol's section 9 tells them.
 *
 * Numbers are bigints and lists are searched; rounds and offices are those of the finality twin.
 */
import { createHash } from 'node:crypto';
import type { FinalityTwin } from './finality-twin.ts';

/** SHA-256 of genesis id, round (8 bytes) and c (4 bytes), big endian. */
export const seedHash = (genesisId: string, round: bigint, c: bigint): string =>
  createHash('sha256')
    .update(Buffer.from(genesisId + round.toString(16).padStart(16, '0') + c.toString(16).padStart(8, '0'), 'hex'))
    .digest('hex');

/** The random words of a round, as many as are asked for. */
function* words(genesisId: string, round: bigint, hash: typeof seedHash): Generator<bigint> {
  for (let c = 0n; ; c += 1n) {
    for (const digits of hash(genesisId, round, c).match(/.{8}/g) ?? []) yield BigInt(`0x${digits}`);
  }
}

/** The order of a round. */
export const naiveSchedule = (
  genesisId: string,
  round: bigint,
  producers: readonly string[],
  hash: typeof seedHash = seedHash,
): readonly string[] => {
  const list = [...producers].sort((a, b) => (a < b ? -1 : 1));
  const source = words(genesisId, round, hash);
  for (let i = BigInt(list.length) - 1n; i >= 1n; i -= 1n) {
    let word = source.next().value as bigint;
    while (word >= (2n ** 32n / (i + 1n)) * (i + 1n)) word = source.next().value as bigint;
    const [one, other] = [Number(i), Number(word % (i + 1n))];
    [list[one], list[other]] = [list[other] as string, list[one] as string];
  }
  return list;
};

/** Tells whose turn a slot is, on top of the blocks that the twin has. */
export const turnTeller = (genesisId: string, twin: FinalityTwin): ((slot: number) => string) => {
  const orders = new Map<string, readonly string[]>();
  return (slot) => {
    const { round, start, producers } = twin.roundAt(slot);
    const name = `${round} ${producers.join()}`;
    const order = orders.get(name) ?? naiveSchedule(genesisId, BigInt(round), producers);
    orders.set(name, order);
    return order[slot - start] as string;
  };
};
