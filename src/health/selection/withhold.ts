/**
 * Withhold: which rules find a value, by its name, its looks and its neighbours.
 */
import { isAsciiOf } from '../../core/wire/utf8.ts';
import { ARRAY, childrenOf, type JsonDocument, memberAt, nameAt, OBJECT, STRING, textAt } from '../json/document.ts';
import { type Look, type RuleName, type Trace, withholdingRules } from './rules.ts';

/** Where a value stands, as rules see it. */
export interface Place {
  readonly at: number;
  /** The member's name without underscore; items have that of their list; '' for the whole document. */
  readonly name: string;
  /** The object or list around it, or `undefined` for the whole document. */
  readonly around: Place | undefined;
}

/** What any element may have besides its own members. */
const EVERYWHERE: ReadonlySet<string> = new Set(['id', 'extension', 'fhir_comments']);
const plainName = (name: string): string => (name.startsWith('_') ? name.slice(1) : name);

export const wholeDocument: Place = { at: 0, name: '', around: undefined };

/** The place of a child. Extensions of a primitive stand under the primitive's name. */
export const placeIn = (document: JsonDocument, around: Place, child: number): Place => {
  const name = nameAt(document, child);
  return { at: child, name: name === undefined ? around.name : plainName(name), around };
};

const hasString = (document: JsonDocument, at: number, name: string): boolean => {
  const member = memberAt(document, at, name);
  return member !== undefined && document.kinds[member] === STRING;
};

const has = (document: JsonDocument, at: number, names: readonly string[]): boolean =>
  names.some((name) => memberAt(document, at, name) !== undefined || memberAt(document, at, `_${name}`) !== undefined);

const hasOnly = (document: JsonDocument, at: number, names: readonly string[]): boolean => {
  for (const child of childrenOf(document, at)) {
    const name = plainName(nameAt(document, child) ?? '');
    if (!EVERYWHERE.has(name) && !names.includes(name)) return false;
  }
  return true;
};

const looksLike = (document: JsonDocument, at: number, { strings, any, only }: Look): boolean =>
  !(strings?.some((name) => !hasString(document, at, name)) ?? false) &&
  (any === undefined || has(document, at, any)) &&
  (only === undefined || hasOnly(document, at, only));

const isContainer = (document: JsonDocument, at: number): boolean => (document.kinds[at] as number) <= ARRAY;

/** A whole resource is no data type, whatever it looks like. */
const isResource = (document: JsonDocument, at: number): boolean =>
  memberAt(document, at, 'resourceType') !== undefined;

const beginsWith = (document: JsonDocument, at: number, beginning: string): boolean => {
  const { bytes, kinds, starts, ends, extras } = document;
  if (kinds[at] !== STRING) return false;
  if (extras[at] === 1) return textAt(document, at).startsWith(beginning);
  const start = starts[at] as number;
  const end = start + beginning.length;
  return end <= (ends[at] as number) && isAsciiOf(beginning, bytes, start, end);
};

const nameFits = ({ members, endings, butMembers }: Trace, name: string): boolean =>
  (members === undefined || members.includes(name)) &&
  (endings === undefined || endings.some((ending) => name.endsWith(ending))) &&
  !(butMembers?.includes(name) ?? false);

const valueFits = (document: JsonDocument, trace: Trace, { at, around }: Place): boolean => {
  const { butIn, butBeside, look, begins } = trace;
  if (trace.isContainer === true && !isContainer(document, at)) return false;
  if (trace.isText === true && document.kinds[at] !== STRING) return false;
  if (butIn?.includes(around?.name ?? '') === true) return false;
  if (butBeside !== undefined && around !== undefined && has(document, around.at, butBeside)) return false;
  if (begins !== undefined && !beginsWith(document, at, begins)) return false;
  if (look === undefined) return true;
  return document.kinds[at] === OBJECT && !isResource(document, at) && looksLike(document, at, look);
};

interface Candidate {
  readonly rule: RuleName;
  readonly trace: Trace;
}

const candidatesOf = (name: string): readonly Candidate[] =>
  withholdingRules.flatMap(({ name: rule, traces }) =>
    (traces as readonly Trace[]).filter((trace) => nameFits(trace, name)).map((trace) => ({ rule, trace })),
  );

/** The rules, asked for values of one document. It remembers what fits each name. */
export class RuleFinder {
  readonly #document: JsonDocument;
  readonly #byName = new Map<string, readonly Candidate[]>();
  readonly #known = new Map<number, readonly RuleName[]>();

  constructor(document: JsonDocument) {
    this.#document = document;
  }

  /** The first rule that finds a value and is not allowed, or `undefined`. */
  first(place: Place, allowed: ReadonlySet<RuleName>): RuleName | undefined {
    const isFound = ({ rule, trace }: Candidate): boolean =>
      !allowed.has(rule) && valueFits(this.#document, trace, place);
    return this.#candidates(place.name).find(isFound)?.rule;
  }

  /** All rules that find a value; those of containers are remembered: many wishes have the same containers above them. */
  all(place: Place): readonly RuleName[] {
    const known = this.#known.get(place.at);
    if (known !== undefined) return known;
    const rules = this.#candidates(place.name)
      .filter(({ trace }) => valueFits(this.#document, trace, place))
      .map(({ rule }) => rule);
    if (isContainer(this.#document, place.at)) this.#known.set(place.at, rules);
    return rules;
  }

  #candidates(name: string): readonly Candidate[] {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const candidates = candidatesOf(name);
    this.#byName.set(name, candidates);
    return candidates;
  }
}
