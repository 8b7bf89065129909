/**
 * Preview: what a selection shows and holds back, for a person to read before it goes out.
 *
 * It is made from the selection; whoever has made a presentation checks that one, too, as its receiver does.
 */
import { ARRAY, childrenOf, countAt, type JsonDocument, nameAt, OBJECT, STRING, textAt } from '../json/document.ts';
import { pointersOf } from './pointer.ts';
import { readable, seen } from './readable.ts';
import { repeatsOf } from './repeats.ts';
import { type RuleName, withholdingRules } from './rules.ts';
import type { Selection } from './select.ts';

/** The most characters of a value that a line has. */
const MAX_VALUE_LENGTH = 200;
/** The most members' names that a line has. */
const MAX_NAMES = 20;
/** The most pointers that are listed for a rule or a warning. */
const MAX_POINTERS = 20;
/** Text of more characters than this is read before it is shown. */
const LONG_TEXT = 120;

/** One value that the receiver will see. */
export interface PreviewLine {
  readonly value: number;
  readonly pointer: string;
  /** A string in quotes, a number as it is written; of containers, what their leaf tells. Safe to print, and cut if it is long. */
  readonly text: string;
}

export interface PreviewWithheld {
  readonly rule: RuleName;
  readonly reason: string;
  /** How often, and the first of the places. */
  readonly count: number;
  readonly pointers: readonly string[];
}

/**
 * - `root_links`: two presentations of one record have the same root.
 * - `full_date`: a date with its day is among the values.
 * - `withheld_repeated`: a shown text repeats a word of a withheld name, id or number.
 * - `long_text`: text in which anything may stand.
 * - `names_of_hidden`: an object tells the names of members that are not shown.
 */
export type PreviewWarningCode = 'root_links' | 'full_date' | 'withheld_repeated' | 'long_text' | 'names_of_hidden';

export interface PreviewWarning {
  readonly code: PreviewWarningCode;
  readonly message: string;
  readonly count: number;
  readonly pointers: readonly string[];
}

export interface Preview {
  /** In the order of the document. */
  readonly lines: readonly PreviewLine[];
  /** The values of the document that are not shown, withheld or not asked for. */
  readonly hiddenCount: number;
  readonly withheld: readonly PreviewWithheld[];
  readonly warnings: readonly PreviewWarning[];
}

const MESSAGES: Readonly<Record<PreviewWarningCode, string>> = {
  root_links:
    'the root is the same in all presentations of this record: whoever has two of them can put them together; anchor the record again to part them',
  full_date: 'full dates: with a place or a visit they may find the person',
  withheld_repeated: 'this repeats a word of what is withheld, such as a name or a number: read it',
  long_text: 'long text, in which anything may stand: read it',
  names_of_hidden: 'this tells the names of members that are not shown',
};

const FULL_DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/;

/** What the leaf of a value tells, safe to print. */
const lineText = (document: JsonDocument, at: number): string => {
  const kind = document.kinds[at];
  const count = countAt(document, at);
  if (kind === STRING) return `"${readable(textAt(document, at), MAX_VALUE_LENGTH)}"`;
  if (kind === ARRAY) return `(a list of ${count}, whole)`;
  if (kind !== OBJECT) return readable(textAt(document, at), MAX_VALUE_LENGTH);
  const names: string[] = [];
  for (const child of childrenOf(document, at)) {
    if (names.length === MAX_NAMES) break;
    names.push(readable(nameAt(document, child) ?? '', 60));
  }
  return `(an object of ${names.join(', ')}${count > MAX_NAMES ? ` and ${count - MAX_NAMES} more` : ''})`;
};

const warningOf = (code: PreviewWarningCode, lines: readonly PreviewLine[]): readonly PreviewWarning[] => {
  const pointers = lines.slice(0, MAX_POINTERS).map(({ pointer }) => pointer);
  return lines.length === 0 ? [] : [{ code, message: MESSAGES[code], count: lines.length, pointers }];
};

const warningsOf = (
  document: JsonDocument,
  selection: Selection,
  lines: readonly PreviewLine[],
): readonly PreviewWarning[] => {
  const { kinds } = document;
  const shown = new Set(selection.values);
  const texts = lines.filter(({ value }) => kinds[value] === STRING);
  const repeats = repeatsOf(document, selection);
  const hidesMember = ({ value }: PreviewLine): boolean => {
    if (kinds[value] !== OBJECT) return false;
    for (const child of childrenOf(document, value)) if (!shown.has(child) && !holdsShown(child)) return true;
    return false;
  };
  const holdsShown = (at: number): boolean => {
    const next = selection.values[firstFrom(selection.values, at)];
    return next !== undefined && next < (document.nexts[at] as number);
  };
  const { length } = lines;
  return [
    ...(length === 0 ? [] : [{ code: 'root_links', message: MESSAGES.root_links, count: 1, pointers: [] } as const]),
    ...warningOf(
      'withheld_repeated',
      texts.filter(({ value }) => repeats.has(value)),
    ),
    ...warningOf(
      'long_text',
      texts.filter(({ value }) => textAt(document, value).length > LONG_TEXT),
    ),
    ...warningOf(
      'full_date',
      texts.filter(({ value }) => FULL_DATE.test(textAt(document, value))),
    ),
    ...warningOf('names_of_hidden', lines.filter(hidesMember)),
  ];
};

/** The index of the first of ascending numbers that is at least `least`. */
const firstFrom = (numbers: readonly number[], least: number): number => {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < least) low = middle + 1;
    else high = middle;
  }
  return low;
};

const withheldOf = (document: JsonDocument, { withheld }: Selection): readonly PreviewWithheld[] => {
  const pointers = pointersOf(
    document,
    withheld.map(({ value }) => value),
  );
  return withholdingRules.flatMap(({ name, reason }) => {
    const places = pointers.filter((_, index) => withheld[index]?.rule === name);
    if (places.length === 0) return [];
    return [{ rule: name, reason, count: places.length, pointers: places.slice(0, MAX_POINTERS) }];
  });
};

/** What the receiver of a selection will see, what is held back, and what to think of before. PERF: linear in the document. */
export const previewOf = (document: JsonDocument, selection: Selection): Preview => {
  const pointers = pointersOf(document, selection.values);
  const lines = selection.values.map((value, index) => ({
    value,
    pointer: pointers[index] as string, // one for each value
    text: lineText(document, value),
  }));
  return {
    lines,
    hiddenCount: document.size - lines.length,
    withheld: withheldOf(document, selection),
    warnings: warningsOf(document, selection, lines),
  };
};

const listOf = (pointers: readonly string[], count: number): readonly string[] => [
  ...pointers.map((pointer) => `    ${pointerText(pointer)}`),
  ...(count > pointers.length && pointers.length > 0 ? [`    and ${count - pointers.length} more`] : []),
];

const pointerText = (pointer: string): string => (pointer === '' ? '(the whole)' : seen(pointer));

/** The preview as text, one value a line, ready to print. */
export const previewText = ({ lines, hiddenCount, withheld, warnings }: Preview): string =>
  [
    lines.length === 0 ? 'Nothing is shown.' : `Shown, ${lines.length} of ${lines.length + hiddenCount} values:`,
    ...lines.map(({ pointer, text }) => `  ${pointerText(pointer)} = ${text}`),
    ...(withheld.length === 0 ? [] : ['Withheld from what was chosen:']),
    ...withheld.flatMap(({ rule, reason, count, pointers }) => [
      `  ${rule} (${count}): ${reason}`,
      ...listOf(pointers, count),
    ]),
    ...(warnings.length === 0 ? [] : ['Before you show it:']),
    ...warnings.flatMap(({ message, count, pointers }) => [`  ${message}`, ...listOf(pointers, count)]),
    '',
  ].join('\n');
