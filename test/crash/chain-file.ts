/**
 * Chain file: a prepared chain in one file, quickly read by a process that is going to be killed soon.
 *
 * First a line of JSON: the genesis document, the lengths of the blocks and of the siblings; then their bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { HeavyChain } from './heavy-chain.ts';

interface Head {
  readonly document: HeavyChain['document'];
  readonly blocks: readonly number[];
  /** Height and length. */
  readonly siblings: readonly (readonly [height: number, length: number])[];
}

const NEW_LINE = 0x0a;

export const writeChain = (file: string, { document, blocks, siblings }: HeavyChain): void => {
  const head: Head = {
    document,
    blocks: blocks.map((bytes) => bytes.length),
    siblings: [...siblings].map(([height, bytes]) => [height, bytes.length]),
  };
  writeFileSync(file, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), ...blocks, ...siblings.values()]));
};

export const readChain = (file: string): HeavyChain => {
  const bytes = new Uint8Array(readFileSync(file));
  let at = bytes.indexOf(NEW_LINE) + 1;
  const head = JSON.parse(Buffer.from(bytes.subarray(0, at)).toString('utf8')) as Head;
  const take = (length: number): Uint8Array => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const blocks = head.blocks.map(take);
  return {
    document: head.document,
    blocks,
    siblings: new Map(head.siblings.map(([height, size]) => [height, take(size)])),
  };
};
