/**
 * Repeats: shown texts that hold a word of what is withheld, such as the patient's name in the title of a plan.
 */
import { type JsonDocument, nameAt, STRING, textAt } from '../json/document.ts';
import type { RuleName } from './rules.ts';
import type { Selection } from './select.ts';

/** The rules whose words find a person; the others repeat what records are full of. */
const TELLING: ReadonlySet<RuleName> = new Set<RuleName>([
  'id',
  'contact',
  'telecom',
  'identifier',
  'name',
  'address',
  'address-line',
  'postal-code',
  'birth-date',
]);
/** Members of those parts whose words are of the standard: systems, uses and kinds. */
const STANDARD: ReadonlySet<string> = new Set([
  'system',
  'use',
  'type',
  'coding',
  'code',
  'country',
  'state',
  'rank',
  'extension',
]);
/** Shorter words stand everywhere. */
const MIN_WORD_LENGTH = 4;
/** The most words that are remembered. */
const MAX_WORDS = 65_536;
/** The most characters of a text that are looked through. */
const MAX_TEXT_LENGTH = 65_536;

/** Letters and digits with what stands between them in ids, numbers and dates. */
const WORD = /[\p{L}\p{N}]+(?:[-./][\p{L}\p{N}]+)*/gu;

const wordsOf = (text: string): readonly string[] =>
  (text.slice(0, MAX_TEXT_LENGTH).normalize('NFC').toLowerCase().match(WORD) ?? []).filter(
    ({ length }) => length >= MIN_WORD_LENGTH,
  );

const withheldWords = (document: JsonDocument, { withheld }: Selection): ReadonlySet<string> => {
  const { kinds, nexts } = document;
  const words = new Set<string>();
  for (const { value, rule } of withheld) {
    if (!TELLING.has(rule)) continue;
    const end = nexts[value] as number;
    let at = value;
    while (at < end && words.size < MAX_WORDS) {
      if (at !== value && STANDARD.has(nameAt(document, at) ?? '')) {
        at = nexts[at] as number;
        continue;
      }
      if (kinds[at] === STRING) for (const word of wordsOf(textAt(document, at))) words.add(word);
      at += 1;
    }
  }
  return words;
};

/** The shown strings that hold a withheld word. It is a hint: a name spelt otherwise is not found. */
export const repeatsOf = (document: JsonDocument, selection: Selection): ReadonlySet<number> => {
  const words = withheldWords(document, selection);
  if (words.size === 0) return new Set();
  const isRepeat = (at: number): boolean =>
    document.kinds[at] === STRING && wordsOf(textAt(document, at)).some((word) => words.has(word));
  return new Set(selection.values.filter(isRepeat));
};
