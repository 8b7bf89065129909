import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { type Chance, chanceFrom } from '../../src/adapters/laws/chance.ts';
import {
  buildTree,
  childrenOf,
  countAt,
  type JsonDocument,
  kindAt,
  nameAt,
  type PartialNode,
  present,
  presentationText,
  type RecordTree,
  readPresentation,
  type TreeMode,
  textAt,
  valueAlong,
  valueAtPointer,
  verifyPresentation,
} from '../../src/health/index.ts';
import { type CorpusFile, corpusFiles, corpusResources, largeBundle, olderFiles } from './corpus.ts';
import { documentOf, crypto as hasher, IS_LONG } from './records.ts';

const files = corpusFiles();
const resources = corpusResources(files);
const bundles: readonly CorpusFile[] = [
  ...files.filter(({ bytes }) => bytes.length > 100_000),
  { name: 'both', bytes: largeBundle() },
];

/** A seed that the Python check can make, too. */
const seedOf = (name: string, mode: TreeMode): Uint8Array => createHash('sha256').update(`${name} ${mode}`).digest();

/** Each tree is built once. */
const trees = new Map<string, RecordTree>();

const treeOf = (name: string, bytes: Uint8Array, mode: TreeMode): RecordTree => {
  const known = trees.get(`${name} ${mode}`);
  if (known !== undefined) return known;
  const tree = buildTree(documentOf(bytes), { hasher, seed: seedOf(name, mode), mode });
  if (E.isLeft(tree)) throw new Error(`${name}: ${tree.left.message}`);
  trees.set(`${name} ${mode}`, tree.right);
  return tree.right;
};

/** All that was shown itself, and not only something in it. */
const shownNodes = (node: PartialNode): readonly PartialNode[] => {
  if (node.kind !== 'object' && node.kind !== 'array') return [node];
  const isShown = node.kind === 'object' ? node.names !== undefined : node.length !== undefined;
  return [...(isShown ? [node] : []), ...[...node.children.values()].flatMap(shownNodes)];
};

/** What a stranger who knows the root alone learns of some values from the text that is sent; or the code of a refusal. */
const proven = (tree: RecordTree, values: readonly number[]): readonly PartialNode[] | string => {
  const presentation = present(tree, values);
  if (E.isLeft(presentation)) return presentation.left.code;
  const read = readPresentation(Buffer.from(presentationText(presentation.right)));
  if (E.isLeft(read)) return read.left.code;
  const verified = verifyPresentation(hasher, read.right, { root: tree.root, holder: 'not asked' });
  return E.isLeft(verified) ? verified.left.code : shownNodes(verified.right.whole);
};

/** What stands at a value of the document, as a proof says it. */
const standing = (document: JsonDocument, at: number): unknown => {
  const kind = kindAt(document, at);
  if (kind === 'object') return [...childrenOf(document, at)].map((child) => nameAt(document, child)).sort();
  if (kind === 'array') return countAt(document, at);
  return kind === 'null' ? null : textAt(document, at);
};

const said = (node: PartialNode): unknown => {
  switch (node.kind) {
    case 'object':
      return [...(node.names ?? [])].sort();
    case 'array':
      return node.length;
    case 'boolean':
      return String(node.value);
    case 'null':
      return null;
    case 'string':
    case 'number':
      return node.text;
    default:
      return node.kind;
  }
};

/** The name of the first thing that is wrong with showing these values of a document, or nothing. */
const wrongWith = (tree: RecordTree, values: readonly number[]): string | undefined => {
  const chosen = new Set(values);
  const shown = proven(tree, values);
  if (typeof shown === 'string') return shown;
  if (shown.length !== values.length) return `${shown.length} values of ${values.length}`;
  for (const node of shown) {
    const at = valueAlong(tree.document, node.steps);
    if (at === undefined || !chosen.has(at)) return `no ${node.steps.join('/')}`;
    if (kindAt(tree.document, at) !== node.kind) return `another kind at ${node.steps.join('/')}`;
    if (!isDeepStrictEqual(said(node), standing(tree.document, at))) return `another ${node.steps.join('/')}`;
  }
  return undefined;
};

const someValues = (chance: Chance, { document }: RecordTree, most: number): readonly number[] => [
  ...new Set(Array.from({ length: 1 + chance.below(most) }, () => chance.below(document.size))),
];

const allValues = ({ document }: RecordTree): readonly number[] =>
  Array.from({ length: document.size }, (_, value) => value);

/** All values of a large bundle take seconds: in a short run those of one in mode A, and of the other in mode B. */
const isShownWhole = (name: string, mode: TreeMode): boolean => IS_LONG || name === bundles[mode === 'A' ? 0 : 1]?.name;

/** The numbers of a text in their order, found without the reader. */
const numbersIn = (text: string): readonly string[] =>
  [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*/g)]
    .map(([token]) => token)
    .filter((token) => token[0] !== '"');

const isChanged = (text: string): boolean => String(Number(text)) !== text;

/** What `JSON.parse` makes of the same text. */
const plain = (document: JsonDocument, at: number): unknown => {
  const kind = kindAt(document, at);
  if (kind === 'object') {
    return Object.fromEntries([...childrenOf(document, at)].map((to) => [nameAt(document, to), plain(document, to)]));
  }
  if (kind === 'array') return [...childrenOf(document, at)].map((to) => plain(document, to));
  if (kind === 'null') return null;
  const text = textAt(document, at);
  return kind === 'number' ? Number(text) : kind === 'boolean' ? text === 'true' : text;
};

describe('the corpus', () => {
  it('has 571 resources of 36 types, and a bundle of 460 entries and 1.3 MB', () => {
    expect(resources).toHaveLength(571);
    expect(new Set(resources.map(({ type }) => type)).size).toBe(36);
    const large = documentOf(largeBundle());
    expect(large.bytes.length).toBeGreaterThan(1_000_000);
    expect(countAt(large, valueAtPointer(large, '/entry') as number)).toBe(460);
    expect(
      isDeepStrictEqual(
        numbersIn(Buffer.from(large.bytes).toString()),
        bundles.slice(0, 2).flatMap(({ bytes }) => numbersIn(Buffer.from(bytes).toString())),
      ),
    ).toBe(true);
  });

  it('is read as JSON.parse reads it, but for the numbers', () => {
    const all = [...files, ...olderFiles(), ...bundles];
    const other = all.filter(({ bytes }) => {
      const document = documentOf(bytes);
      return !isDeepStrictEqual(plain(document, 0), JSON.parse(Buffer.from(bytes).toString()));
    });
    expect(other.map(({ name }) => name)).toEqual([]);
  });
});

describe('the proof of some fields', () => {
  it('is refused when no field is shown, and accepted for one and for all fields of every resource, and for some', () => {
    const chance = chanceFrom(1);
    for (const [index, { file, pointer, bytes }] of resources.entries()) {
      const tree = treeOf(file + pointer, bytes, 'A');
      expect(proven(tree, [])).toBe('present_nothing');
      const choices = [someValues(chance, tree, 1), allValues(tree)];
      if (IS_LONG || index % 3 === 0) choices.push(someValues(chance, tree, tree.document.size)); // a sample of samples
      for (const values of choices) {
        expect({ file, pointer, wrong: wrongWith(tree, values) }).toEqual({ file, pointer, wrong: undefined });
      }
    }
  });

  it.each(['A', 'B'] as const)('is accepted for one, some and all values of bundles in mode %s', (mode) => {
    const chance = chanceFrom(2);
    const small = files.filter(({ name, bytes }) => name.includes('/bundle/') && bytes.length <= 100_000);
    expect(small).toHaveLength(4);
    for (const { name, bytes } of [...small, ...(IS_LONG ? bundles : bundles.slice(0, 2))]) {
      const tree = treeOf(name, bytes, mode);
      const choices = [someValues(chance, tree, 1), someValues(chance, tree, 300)];
      if (bytes.length <= 100_000 || isShownWhole(name, mode)) choices.push(allValues(tree));
      for (const values of choices) {
        expect({ name, wrong: wrongWith(tree, values) }).toEqual({ name, wrong: undefined });
      }
    }
  });

  it('keeps the text of the 196 numbers that a JavaScript round trip would change', () => {
    const all = [...files, ...olderFiles()];
    const shown = all.flatMap(({ name, bytes }) => {
      const tree = treeOf(name, bytes, 'A');
      const numbers = allValues(tree).filter((at) => kindAt(tree.document, at) === 'number');
      const changed = numbers.filter((at) => isChanged(textAt(tree.document, at)));
      const answers = changed.length === 0 ? [] : proven(tree, changed);
      if (typeof answers === 'string') throw new Error(`${name}: ${answers}`);
      // By the order of the text; a proof has the order of the hashes.
      return answers
        .map((node) => [valueAlong(tree.document, node.steps) as number, said(node)] as const)
        .sort(([a], [b]) => a - b)
        .map(([, text]) => text);
    });
    const expected = all.flatMap(({ bytes }) => numbersIn(Buffer.from(bytes).toString()).filter(isChanged));
    expect(shown).toHaveLength(196);
    expect(shown).toEqual(expected);
  });
});

interface FileRoots {
  readonly file: string;
  readonly depths: readonly [number, number];
  /** In mode A and in mode B. */
  readonly roots: readonly [string, string];
  readonly resources: number;
  /** Of a line for each resource: pointer, depth and root in mode A. */
  readonly digest: string;
}

const rootsOf = (): readonly FileRoots[] =>
  files.map(({ name: file, bytes }) => {
    const [a, b] = [treeOf(file, bytes, 'A'), treeOf(file, bytes, 'B')];
    const own = resources.filter((resource) => resource.file === file);
    const digest = createHash('sha256');
    for (const { pointer, bytes: part } of own) {
      const { depth, root } = treeOf(file + pointer, part, 'A');
      digest.update(`${pointer} ${depth} ${root}\n`);
    }
    return {
      file,
      depths: [a.depth, b.depth],
      roots: [a.root, b.root],
      resources: own.length,
      digest: digest.digest('hex'),
    };
  });

const FOLDER = new URL('../vectors/health/', import.meta.url);

describe('the roots of the corpus', () => {
  it('are these for ever: a change here needs another profile', () => {
    const vectors = new URL('corpus.json', FOLDER);
    const computed = rootsOf();
    if (process.env['MEDSTATE_WRITE'] !== undefined) {
      writeFileSync(vectors, `[\n${computed.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
    }
    expect(computed).toEqual(JSON.parse(readFileSync(vectors, 'utf8')));
  });

  it('are computed alike by a second implementation, in Python with hashlib alone', () => {
    const run = spawnSync('python3', [fileURLToPath(new URL('check.py', FOLDER)), 'corpus.json'], { encoding: 'utf8' });
    expect(run.error, 'this test runs python3: install Python 3.8 or later').toBeUndefined();
    expect(run.stderr).toBe('');
    expect(run.stdout).toBe(`${files.length} files agree, with ${resources.length} resources in them\n`);
  });
});
