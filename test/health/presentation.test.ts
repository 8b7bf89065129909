import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absenceOf,
  buildTree,
  childrenOf,
  completenessOf,
  countAt,
  isComplete,
  isReferenced,
  type JsonDocument,
  kindAt,
  MAX_SHOWN_LEAVES,
  nameAt,
  type PartialNode,
  type PartialReference,
  partialText,
  present,
  presentationText,
  type RecordTree,
  type Step,
  shownAt,
  stepsTo,
  textAt,
  treeOver,
  valueAlong,
} from '../../src/health/index.ts';
import {
  BUNDLE,
  bundleText,
  codeOf,
  crypto,
  documentOf,
  opened,
  presented,
  SEED,
  treeOf,
  valuesAt,
  verdict,
} from './records.ts';

const asText = fc.tuple(fc.oneof(fc.json(), bundleText), fc.constantFrom('A' as const, 'B' as const));

/** What the document itself says of a value, in the words of a node. */
const saidBy = (document: JsonDocument, value: number): unknown => {
  const kind = kindAt(document, value);
  const text = textAt(document, value);
  if (kind === 'object') return new Set([...childrenOf(document, value)].map((child) => nameAt(document, child)));
  if (kind === 'array') return countAt(document, value);
  return kind === 'null' ? null : kind === 'boolean' ? text === 'true' : text;
};

const saidByNode = (node: PartialNode): unknown => {
  switch (node.kind) {
    case 'object':
      return node.names;
    case 'array':
      return node.length;
    case 'null':
      return null;
    case 'boolean':
      return node.value;
    case 'string':
    case 'number':
      return node.text;
    default:
      return node;
  }
};

/** Every value of the document is shown as it is if it was chosen, and hidden if it was not. */
const expectShown = (tree: RecordTree, chosen: ReadonlySet<number>): void => {
  const partial = opened(tree.root, presented(tree, [...chosen]));
  for (let value = 0; value < tree.document.size; value += 1) {
    const shown = shownAt(partial, stepsTo(tree.document, value));
    expect(shown.is).toBe(chosen.has(value) ? 'shown' : 'hidden');
    if (shown.is !== 'shown') continue;
    expect(shown.node.kind).toBe(kindAt(tree.document, value));
    expect(saidByNode(shown.node)).toEqual(saidBy(tree.document, value));
    expect(shown.node.steps).toEqual(stepsTo(tree.document, value));
  }
};

const everyValue = (tree: RecordTree): readonly number[] => completenessOf(tree, 0);

describe('a presentation', () => {
  it('proves any values of any document as they are, and shows no others', () => {
    fc.assert(
      fc.property(asText, fc.array(fc.nat(), { minLength: 1 }), ([text, mode], picks) => {
        const tree = treeOf(text, { mode });
        expectShown(tree, new Set(picks.map((pick) => pick % tree.document.size)));
      }),
      { numRuns: 80, seed: 1 },
    );
  });

  it('proves one value, and all of them', () => {
    fc.assert(
      fc.property(asText, fc.nat(), ([text, mode], pick) => {
        const tree = treeOf(text, { mode });
        expectShown(tree, new Set([pick % tree.document.size]));
        expectShown(tree, new Set(everyValue(tree)));
      }),
      { numRuns: 40, seed: 2 },
    );
  });

  it('is the same whatever the order of the values, and however often each is named', () => {
    const tree = treeOf(BUNDLE, { mode: 'B' });
    const values = everyValue(tree);
    const texts = [values, [...values].reverse(), [...values, ...values]].map((list) =>
      presentationText(presented(tree, list)),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it('holds no text of a value that was not chosen, nor its name', () => {
    const names = Array.from({ length: 20 }, (_, at) => `secret${at}`);
    const text = JSON.stringify({ list: names.map((name) => ({ [`n-${name}`]: `v-${name}` })), open: 'v-open' });
    for (const mode of ['A', 'B'] as const) {
      const tree = treeOf(text, { mode });
      const shown = presentationText(presented(tree, valuesAt(tree, '/open', '/list', '/list/3/n-secret3')));
      expect(shown.match(/[nv]-[a-z0-9]+/g)?.sort()).toEqual(['n-secret3', 'v-open', 'v-secret3']);
    }
  });

  it('proves values of trees that were filled up, in the tree and in those inside it', () => {
    const tree = treeOf(BUNDLE, { mode: 'B', minDepth: 7 });
    const presentation = presented(tree, everyValue(tree));
    expect(verdict(tree.root, presentation)).toBe('right');
    expect(presentation.parts.map(({ proof }) => proof.depth)).toEqual([7, 7]);
  });

  it('refuses to show nothing or too much, and what would lie too deep has no tree', () => {
    const nested = (levels: number): string =>
      levels === 0
        ? '{"resourceType":"Patient"}'
        : `{"resourceType":"Bundle","entry":[{"resource":${nested(levels - 1)}}]}`;
    const wide = treeOf(JSON.stringify(Array.from({ length: MAX_SHOWN_LEAVES }, () => 0)));
    const deepest = (tree: RecordTree): readonly number[] => [tree.document.size - 1];
    expect(codeOf(present(wide, []))).toBe('present_nothing');
    expect(codeOf(present(wide, everyValue(wide)))).toBe('present_too_much');
    for (const [levels, answer] of [
      [7, 'right'],
      [8, 'tree_too_nested'],
      [15, 'tree_too_nested'],
    ] as const) {
      const document = documentOf(new TextEncoder().encode(nested(levels)));
      expect(codeOf(buildTree(document, { hasher: crypto, seed: SEED, mode: 'B' }))).toBe(answer);
      expect(codeOf(buildTree(document, { hasher: crypto, seed: SEED }))).toBe('right');
    }
    const eight = treeOf(nested(7), { mode: 'B' });
    expect(verdict(eight.root, presented(eight, deepest(eight)))).toBe('right');
    expect(() => present(wide, [wide.document.size])).toThrow('not under this tree');
  });

  it('is of a tree inside the tree alone, under its own root', () => {
    const tree = treeOf(BUNDLE, { mode: 'B' });
    const [value = 0, resource = 0] = valuesAt(tree, '/entry/1/resource/contained/0/note', '/entry/1/resource');
    const inner = treeOver(tree, resource);
    if (inner === undefined) throw new Error('the resource is a tree');
    const partial = opened(inner.root, presented(inner, [value]));
    expect(shownAt(partial, ['contained', 0, 'note'])).toMatchObject({ is: 'shown', node: { text: 'x' } });
    const around = shownAt(opened(tree.root, presented(tree, [resource])), ['entry', 1, 'resource']);
    expect(around).toMatchObject({ is: 'shown', node: { tree: { root: inner.root, depth: inner.depth } } });
    expect(() => present(inner, [0])).toThrow('not under this tree');
  });
});

describe('claims about a whole', () => {
  const isNow = (
    text: string,
    mode: 'A' | 'B',
    steps: readonly Step[],
    values: (tree: RecordTree) => readonly number[],
  ) => {
    const tree = treeOf(text, { mode });
    return { tree, steps, partial: opened(tree.root, presented(tree, values(tree))) };
  };

  it('a value is complete if all that is in it was shown, and not if one value less was', () => {
    fc.assert(
      fc.property(asText, fc.nat(), fc.nat(), ([text, mode], pick, omitted) => {
        const tree = treeOf(text, { mode });
        const at = pick % tree.document.size;
        const steps = stepsTo(tree.document, at);
        const values = completenessOf(tree, at);
        expect(isComplete(opened(tree.root, presented(tree, values)), steps)).toBe(true);
        const less = values.filter((_, index) => index !== omitted % values.length);
        if (less.length > 0) expect(isComplete(opened(tree.root, presented(tree, less)), steps)).toBe(false);
      }),
      { numRuns: 80, seed: 3 },
    );
  });

  it('what is not there is proven to be absent by one value, and is hidden without it', () => {
    fc.assert(
      fc.property(asText, fc.nat(), fc.constantFrom('no such', 0, 9, 'length'), ([text, mode], pick, step) => {
        const tree = treeOf(text, { mode });
        const steps = [...stepsTo(tree.document, pick % tree.document.size), step];
        fc.pre(valueAlong(tree.document, steps) === undefined);
        const partial = opened(tree.root, presented(tree, absenceOf(tree, steps)));
        expect(shownAt(partial, steps)).toEqual({ is: 'absent' });
        expect(shownAt(partial, [...steps, 'below'])).toEqual({ is: 'absent' });
      }),
      { numRuns: 80, seed: 4 },
    );
    const { partial } = isNow('{"a":{"b":1},"c":2}', 'A', [], (tree) => valuesAt(tree, '/a/b'));
    expect(shownAt(partial, ['d'])).toEqual({ is: 'hidden' });
    expect(shownAt(partial, ['a', 'd'])).toEqual({ is: 'hidden' });
    expect(shownAt(partial, ['a', 0])).toEqual({ is: 'absent' });
    expect(shownAt(partial, ['a', 'b', 'e'])).toEqual({ is: 'absent' });
  });

  it('there is nothing to show for the absence of what is there', () => {
    const tree = treeOf(BUNDLE);
    expect(absenceOf(tree, ['entry', 1])).toEqual([]);
    expect(absenceOf(tree, ['entry', 0.5])).toEqual(valuesAt(tree, '/entry'));
  });

  it('a name and an index that look alike are two places', () => {
    const { partial } = isNow('{"a":{"0":"name"},"b":["item"]}', 'A', [], everyValue);
    expect(shownAt(partial, ['a', '0'])).toMatchObject({ is: 'shown', node: { text: 'name' } });
    expect(shownAt(partial, ['a', 0])).toEqual({ is: 'absent' });
    expect(shownAt(partial, ['b', 0])).toMatchObject({ is: 'shown', node: { text: 'item' } });
    expect(shownAt(partial, ['b', '0'])).toEqual({ is: 'absent' });
  });

  it('names of prototypes are names', () => {
    const { partial } = isNow('{"__proto__":{"constructor":1}}', 'A', [], everyValue);
    expect(shownAt(partial, ['__proto__', 'constructor'])).toMatchObject({ is: 'shown', node: { text: '1' } });
    expect(shownAt(partial, ['constructor'])).toEqual({ is: 'absent' });
  });
});

describe('a digest', () => {
  const tree = treeOf(BUNDLE, { mode: 'B' });
  const DATA = ['entry', 1, 'resource', 'data'];

  it('stands for a long string whose bytes come later', () => {
    const [data = 0] = valuesAt(tree, '/entry/1/resource/data');
    const presentation = presented(tree, [], [data]);
    expect(presentationText(presentation)).not.toContain('üü');
    const partial = opened(tree.root, presentation);
    const shown = shownAt(partial, DATA);
    expect(shown).toMatchObject({ is: 'shown', node: { kind: 'reference', byteLength: 6000 } });
    expect(isComplete(partial, DATA)).toBe(false);
    const reference = (shown.is === 'shown' && shown.node) as PartialReference;
    const bytes = new TextEncoder().encode('ü'.repeat(3000));
    const isOf = (...parts: readonly Uint8Array[]): boolean => isReferenced(crypto, reference, parts);
    expect(isOf(bytes)).toBe(true);
    expect(isOf(bytes.subarray(0, 100), bytes.subarray(100))).toBe(true);
    expect(isOf(bytes.subarray(1))).toBe(false);
    expect(isOf(bytes, Uint8Array.of(0))).toBe(false);
    expect(isOf(bytes.map((byte, at) => (at === 5000 ? byte ^ 1 : byte)))).toBe(false);
  });

  it('leads to the same root as the string itself', () => {
    const data = valuesAt(tree, '/entry/1/resource/data');
    expect(isComplete(opened(tree.root, presented(tree, data)), DATA)).toBe(true);
    expect(presented(tree, data).proof.siblings).toEqual(presented(tree, [], data).proof.siblings);
  });

  it('stands for a tree inside the tree, of which then nothing is known but its root', () => {
    const resource = valuesAt(tree, '/entry/0/resource');
    const partial = opened(tree.root, presented(tree, [], resource));
    expect(shownAt(partial, ['entry', 0, 'resource'])).toMatchObject({ is: 'shown', node: { kind: 'tree' } });
    expect(shownAt(partial, ['entry', 0, 'resource', 'active'])).toEqual({ is: 'hidden' });
    expect(isComplete(partial, ['entry', 0, 'resource'])).toBe(false);
  });

  it('is not made of short values: these are shown', () => {
    const partial = opened(tree.root, presented(tree, [], valuesAt(tree, '/entry/0/fullUrl', '/entry')));
    expect(partialText(partial)).toBe('/entry: array of 2\n/entry/0/fullUrl: "urn:1"');
  });
});

it('the text for people has a line for each value that was shown, and none for the others', () => {
  const tree = treeOf(BUNDLE, { mode: 'B' });
  const values = valuesAt(tree, '', '/entry/0/resource/name/0', '/entry/0/resource/active', '/entry/1/resource/value');
  const more = valuesAt(tree, '/entry/1/resource/contained/0/serial', '/entry/0/resource/name/0/given');
  const digest = valuesAt(tree, '/entry/1/resource/data');
  expect(partialText(opened(tree.root, presented(tree, [...values, ...more], digest))).split('\n')).toEqual([
    ': object of "entry", "resourceType"',
    '/entry/0/resource/active: true',
    '/entry/0/resource/name/0: object of "family", "given"',
    '/entry/0/resource/name/0/given: array of 0',
    '/entry/1/resource/contained/0/serial: null',
    '/entry/1/resource/data: string of 6000 bytes, by reference',
    '/entry/1/resource/value: 7.10',
  ]);
});
