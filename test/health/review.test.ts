/**
 * Review: what an attack on records found, each by its name, so that it stays found.
 */
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import {
  buildTree,
  isReferenced,
  kindAt,
  partialText,
  pointersOf,
  readEnvelope,
  readJson,
  select,
  shownAt,
  textAt,
  treeOver,
  valueAtPointer,
  verifyPresentation,
  wholeOf,
} from '../../src/health/index.ts';
import { corpusFiles, corpusResources, olderFiles } from './corpus.ts';
import { crypto, documentOf, opened, presented, rightOf, SEED, treeOf } from './records.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('what real records show unless somebody asks for more', () => {
  // What stood in them before: a name in an appointment, a birth date in an answer, a whole PDF, a practitioner's name, numbers.
  const FOUND = /Chalmers|1960-03-13|\bAdam\b|JVBER|Q19137E17126|CB135|BA987123/;

  it('names nobody that was found in them', () => {
    const telling: string[] = [];
    for (const { file, bytes, pointer } of corpusResources([...corpusFiles(), ...olderFiles()])) {
      const document = documentOf(bytes);
      const { values } = rightOf(select(document, { wishes: [''] }));
      const shown = values.filter((at) => kindAt(document, at) === 'string' && FOUND.test(textAt(document, at)));
      telling.push(...pointersOf(document, shown).map((place) => `${file}${pointer}${place}`));
    }
    expect(telling).toEqual([]);
  });
});

/** Ends a line, and begins another that looks proven; turns the direction of writing. */
const NASTY = 'x\n/diagnosis: "none"\u202e\u2028';

describe('text that people read has one line for each thing that is said', () => {
  it('of what was shown, whatever the names and texts in it', () => {
    const tree = treeOf(JSON.stringify({ [NASTY]: NASTY, list: [NASTY] }));
    const text = partialText(opened(tree.root, presented(tree, [0, 1, 2, 3])));
    expect(text.split(/[\n\u2028]/)).toHaveLength(4);
    expect(text).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  it('of a fault, wherever it is', () => {
    const text = JSON.stringify({ resourceType: 'Bundle', [NASTY]: 1 });
    const envelope = readEnvelope(bytesOf(text));
    expect(E.isLeft(envelope) && envelope.left.where).toBe('/resourceType');
    const named = readEnvelope(bytesOf(JSON.stringify({ [NASTY]: 1 })));
    expect(E.isLeft(named) && named.left.message).toMatch(/^[^\n\u202e\u2028]*$/);
    const tree = treeOf(JSON.stringify({ resourceType: 'X', contained: [{ [NASTY]: 1 }] }), { mode: 'B' });
    const good = presented(tree, [3]);
    const [part] = good.parts;
    if (part === undefined) throw new Error('there is a part');
    const moved = { ...good, parts: [{ ...part, parts: [{ ...part, at: [NASTY] }] }] };
    const refused = verifyPresentation(crypto, moved, { root: tree.root, holder: 'not asked' });
    expect(E.isLeft(refused) && refused.left.message).toMatch(/^[^\n\u202e\u2028]*$/);
  });
});

describe('what is handed over holds nothing beside itself', () => {
  it('a tree inside a record, whatever array the record came in', () => {
    const text = Buffer.from('{"resourceType":"Bundle","secret":1,"entry":[{"resource":{"a":1}}]}');
    const document = rightOf(readJson(text));
    const tree = rightOf(buildTree(document, { hasher: crypto, seed: SEED, mode: 'B' }));
    const inner = treeOver(tree, valueAtPointer(document, '/entry/0/resource') ?? 0);
    if (inner === undefined) throw new Error('the resource is a tree');
    const { bytes } = wholeOf(inner);
    expect(new TextDecoder().decode(new Uint8Array(bytes.buffer))).toBe('{"a":1}');
  });
});

describe('a string that is shown by reference', () => {
  it('is found by whoever knows what it may be, as the decision says', () => {
    const letter = (name: string): string => `${'Dear colleague, '.repeat(100)}${name}`;
    const tree = treeOf(JSON.stringify({ letter: letter('Lee') }));
    const node = shownAt(opened(tree.root, presented(tree, [], [1])), ['letter']);
    if (node.is !== 'shown' || node.node.kind !== 'reference') throw new Error('it is shown by reference');
    const reference = node.node;
    const guesses = ['Kim', 'Lee'].filter((name) => isReferenced(crypto, reference, [bytesOf(letter(name))]));
    expect(guesses).toEqual(['Lee']);
  });
});
