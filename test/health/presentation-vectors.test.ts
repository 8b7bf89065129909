import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Address, type Hash, toHex } from '../../src/core/index.ts';
import {
  bindHolder,
  completenessOf,
  type HolderBinding,
  holderHash,
  type Presentation,
  presentationText,
  readPresentation,
} from '../../src/health/index.ts';
import { BUNDLE, crypto, presented, rightOf, treeOf, valuesAt, verdict } from './records.ts';

const FOLDER = new URL('../vectors/health/', import.meta.url);
const FILE = new URL('presentations.json', FOLDER);

interface Vector {
  readonly name: string;
  readonly root: string;
  readonly text: string;
  readonly holderHash?: string;
}

const vectorOf = (name: string, presentation: Presentation): Vector => {
  const { holder, root } = presentation;
  const text = presentationText(presentation);
  return holder === undefined
    ? { name, root, text }
    : { name, root, text, holderHash: toHex(holderHash(crypto, presentation, holder)) };
};

const computed = async (): Promise<readonly Vector[]> => {
  const plain = treeOf(BUNDLE);
  const split = treeOf(BUNDLE, { mode: 'B', minDepth: 5 });
  const names = treeOf('{"ü":"\\u0001\\"\\\\/😀\\u2028","a/b":[true,null,-0,1.0E+2],"__proto__":{}}');
  const secret = new Uint8Array(32).fill(1);
  const claim = { audience: 'Klinik Süd', nonce: '"n"', issuedSeconds: 1_800_000_000 };
  const few = presented(
    split,
    valuesAt(split, '/entry/1/resource/contained/0/note', '/entry/0/resource/active', '/entry'),
  );
  const bound = await bindHolder(crypto, few, { ...claim, key: toHex(crypto.publicKey(secret)) as Address }, (hash) =>
    crypto.sign(hash, secret),
  );
  return [
    vectorOf('one value', presented(plain, valuesAt(plain, '/entry/1/resource/value'))),
    vectorOf('all values of a tree', presented(names, completenessOf(names, 0))),
    vectorOf('all values of trees in trees', presented(split, completenessOf(split, 0))),
    vectorOf('digests', presented(split, [], valuesAt(split, '/entry/1/resource/data', '/entry/0/resource'))),
    vectorOf('bound by its holder', bound),
  ];
};

it('the presentations of known documents are these for ever: a change here needs another version', async () => {
  const vectors = await computed();
  if (process.env['MEDSTATE_WRITE'] !== undefined) writeFileSync(FILE, `${JSON.stringify(vectors, undefined, 2)}\n`);
  expect(vectors).toEqual(JSON.parse(readFileSync(FILE, 'utf8')));
  for (const { text, root } of vectors) {
    const read = rightOf(readPresentation(new TextEncoder().encode(text)));
    expect(verdict(root as Hash, read)).toBe('right');
    if (read.holder !== undefined) {
      const { key, signature }: HolderBinding = read.holder;
      expect(toHex(crypto.recover(holderHash(crypto, read, read.holder), signature) ?? signature)).toBe(key);
    }
  }
});

it('a second implementation, in Python with hashlib alone, verifies them', () => {
  const run = spawnSync('python3', [fileURLToPath(new URL('check-presentations.py', FOLDER))], { encoding: 'utf8' });
  expect(run.error, 'this test runs python3: install Python 3.8 or later').toBeUndefined();
  expect(run.stderr).toBe('');
  expect(run.stdout).toBe('5 known presentations agree\n');
});
