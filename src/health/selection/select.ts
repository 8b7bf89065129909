/**
 * Select: from the fields that a person asks for to the values of a document that are shown, and those that are withheld.
 *
 * A pointer to an object or a list chooses all that is in it, without what the rules withhold; a pointer to a field itself chooses it,
 * whatever the rules say of it. What stands above a chosen value is not shown: a leaf carries its whole path.
 */
import * as E from 'fp-ts/lib/Either.js';
import { ARRAY, childrenOf, type JsonDocument } from '../json/document.ts';
import { MAX_SHOWN_LEAVES } from '../limits.ts';
import { type PointerFault, PointerReader } from './pointer.ts';
import { readable } from './readable.ts';
import { type RuleName, withholdingRules } from './rules.ts';
import { type Place, placeIn, RuleFinder, wholeDocument } from './withhold.ts';

/** The most wishes of one request. */
export const MAX_WISHES = MAX_SHOWN_LEAVES;

/** A part of the document that is asked for. */
export interface Wish {
  /** A JSON Pointer; "" is the whole document. There are no wildcards: `*` is a member's name. FHIRPath chooses many at once. */
  readonly pointer: string;
  /** With all that is in it, which is the default; or only its own leaf: the names of the members, or the length of the list. */
  readonly isDeep?: boolean;
  /** Whether a person has named this field, which is the default; or it was found, so that the rules hold for itself, too. */
  readonly isNamed?: boolean;
}

export interface SelectionRequest {
  /** A pointer alone is a wish with all defaults. */
  readonly wishes: readonly (string | Wish)[];
  /** The names of rules that do not hold. */
  readonly allow?: readonly RuleName[];
}

/** A value that a rule withholds, with all that is in it. */
export interface Withheld {
  readonly value: number;
  readonly rule: RuleName;
}

export interface Selection {
  /** The values to show, ascending, each once. A container is among them if nothing in it is withheld: its leaf names its members. */
  readonly values: readonly number[];
  /** For each value, the wish (its index in the request) by which it is shown first. */
  readonly wishes: readonly number[];
  /** What the wishes led to and the rules hold back, ascending, each once. `pointersOf` tells where they stand. */
  readonly withheld: readonly Withheld[];
}

/**
 * Why nothing is selected. The codes never change their meaning.
 *
 * - `too_many_wishes`: more than MAX_WISHES.
 * - `rule_unknown`: no rule of that name could be allowed.
 * - `pointer_too_long`, `pointer_malformed`, `pointer_leads_nowhere`: the wish at this index has such a pointer.
 * - `too_many_values`: more than MAX_SHOWN_LEAVES would be shown.
 */
export interface SelectionFault {
  readonly code: PointerFault['code'] | 'too_many_wishes' | 'rule_unknown' | 'too_many_values';
  /** What is wrong and what to do, for people. */
  readonly message: string;
  /** The index of the wish that is at fault, if one is. */
  readonly wish?: number;
}

const RULE_NAMES: ReadonlySet<string> = new Set(withholdingRules.map(({ name }) => name));

/** How much of a value is shown: all of it; some or nothing, because something is withheld; or there was no room. */
type Extent = 'whole' | 'part' | 'too_many';

class Selector {
  readonly #document: JsonDocument;
  readonly #rules: RuleFinder;
  readonly #allowed: ReadonlySet<RuleName>;
  readonly #shown = new Map<number, number>();
  readonly #withheld = new Map<number, RuleName>();

  constructor(document: JsonDocument, allowed: ReadonlySet<RuleName>) {
    this.#document = document;
    this.#rules = new RuleFinder(document);
    this.#allowed = allowed;
  }

  /** Adds what a wish leads to along this way. */
  add(way: readonly number[], { isDeep = true, isNamed = true }: Wish, wish: number): Extent {
    const places: Place[] = [wholeDocument];
    for (const at of way.slice(1)) places.push(placeIn(this.#document, places.at(-1) as Place, at)); // it is never empty
    const place = places.at(-1) as Place;
    if (!isNamed && places.some((above) => this.#keeps(above))) return 'part';
    if (!isDeep) return this.#show(place.at, wish);
    const named = isNamed ? places.flatMap((above) => this.#rules.all(above)) : [];
    const allowed = named.length === 0 ? this.#allowed : new Set([...this.#allowed, ...named]);
    return this.#showAll(place, allowed, wish, isNamed);
  }

  finish(): Selection {
    const values = [...this.#shown.keys()].sort((a, b) => a - b);
    const wishes = values.map((value) => this.#shown.get(value) as number); // its own key
    const withheld = [...this.#withheld]
      .filter(([value]) => !this.#shown.has(value))
      .map(([value, rule]) => ({ value, rule }))
      .sort((a, b) => a.value - b.value);
    return { values, wishes, withheld };
  }

  #show(at: number, wish: number): Extent {
    if (!this.#shown.has(at)) this.#shown.set(at, wish);
    return this.#shown.size <= MAX_SHOWN_LEAVES ? 'whole' : 'too_many';
  }

  /** The same as `#withholds` for a value above a wish, which is asked often. */
  #keeps(place: Place): boolean {
    const rule = this.#rules.all(place).find((name) => !this.#allowed.has(name));
    if (rule !== undefined) this.#withheld.set(place.at, rule);
    return rule !== undefined;
  }

  #withholds(place: Place, allowed: ReadonlySet<RuleName>): boolean {
    const rule = this.#rules.first(place, allowed);
    if (rule !== undefined) this.#withheld.set(place.at, rule);
    return rule !== undefined;
  }

  /** Shows all in a place that no rule withholds. A named list names its items, too: a field of FHIR that repeats is a list. */
  #showAll(place: Place, allowed: ReadonlySet<RuleName>, wish: number, isNamed: boolean): Extent {
    const isNamedList = isNamed && this.#document.kinds[place.at] === ARRAY;
    let extent: Extent = 'whole';
    for (const child of childrenOf(this.#document, place.at)) {
      const inner = placeIn(this.#document, place, child);
      const isWithheld = !isNamedList && this.#withholds(inner, allowed);
      const part = isWithheld ? 'part' : this.#showAll(inner, allowed, wish, isNamedList);
      if (part === 'too_many') return part;
      if (part === 'part') extent = part;
    }
    return extent === 'whole' ? this.#show(place.at, wish) : extent;
  }
}

/**
 * The values that a request shows, or the first fault. Never throws. PERF: about 2 us for each value that the wishes lead to, once for
 * each different wish; wishes that stand in one another are gone through again.
 */
export const select = (
  document: JsonDocument,
  { wishes, allow = [] }: SelectionRequest,
): E.Either<SelectionFault, Selection> => {
  if (wishes.length > MAX_WISHES) {
    const message = `${wishes.length} wishes are more than ${MAX_WISHES}: choose whole parts instead of fields`;
    return E.left({ code: 'too_many_wishes', message });
  }
  const unknown = allow.find((name) => !RULE_NAMES.has(name));
  if (unknown !== undefined) {
    const message = `no rule is called ${readable(unknown, 60)}: there are ${[...RULE_NAMES].join(', ')}`;
    return E.left({ code: 'rule_unknown', message });
  }
  const reader = new PointerReader(document);
  const selector = new Selector(document, new Set(allow));
  const done = new Set<string>();
  for (const [index, given] of wishes.entries()) {
    const wish = typeof given === 'string' ? { pointer: given } : given;
    const { isDeep = true, isNamed = true } = wish;
    const way = reader.read(wish.pointer);
    if (E.isLeft(way)) return E.left({ code: way.left.code, message: way.left.message, wish: index });
    const key = `${way.right.at(-1)} ${isDeep} ${isNamed}`;
    if (done.has(key)) continue;
    done.add(key);
    if (selector.add(way.right, wish, index) === 'too_many') {
      const message = `more than ${MAX_SHOWN_LEAVES} values would be shown: choose less, or several presentations`;
      return E.left({ code: 'too_many_values', message, wish: index });
    }
  }
  return E.right(selector.finish());
};
