/**
 * Locate: from the nodes that an evaluation returns to the values of the document that they are of.
 *
 * A node knows its parent, its property and its index. The property of a choice has no type (`value` for `valueQuantity`), and what
 * is said of a primitive stands beside it (`_birthDate`): both are looked up as the library does. Each step is held against the
 * parsed copy, so that a node that was made up leads nowhere.
 */
import type { Model } from 'fhirpath';
import type { JsonDocument } from '../json/document.ts';
import { PointerReader } from '../selection/pointer.ts';

/** What a node tells of itself. */
interface Node {
  readonly parentResNode: Node | null;
  readonly path: string | null;
  readonly propName: string | null | undefined;
  readonly index: number | null | undefined;
  readonly data: unknown;
}

/** A value of the document and its parsed copy. */
interface Spot {
  readonly at: number;
  readonly copy: unknown;
}

/** Where a node stands: its value, and that of its underscored sibling. */
interface Place {
  readonly own: Spot | undefined;
  readonly beside: Spot | undefined;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'parentResNode' in value && 'propName' in value && 'data' in value;

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

const NOWHERE: Place = { own: undefined, beside: undefined };

export class NodeLocator {
  readonly #reader: PointerReader;
  readonly #root: unknown;
  readonly #model: Model;
  readonly #places = new Map<Node, Place>();

  /** `copy` is the parsed document, as it was evaluated. */
  constructor(document: JsonDocument, copy: unknown, model: Model) {
    this.#reader = new PointerReader(document);
    this.#root = copy;
    this.#model = model;
  }

  /** The value that a result is, or `undefined` if it is none of the document's. */
  locate(result: unknown): number | undefined {
    if (!isNode(result)) return undefined;
    const { own, beside } = this.#placeOf(result);
    return own !== undefined && (!isAbsent(own.copy) || beside === undefined || isAbsent(beside.copy))
      ? own.at
      : beside?.at;
  }

  #placeOf(node: Node): Place {
    const known = this.#places.get(node);
    if (known !== undefined) return known;
    const place = this.#find(node);
    this.#places.set(node, place);
    return place;
  }

  #find(node: Node): Place {
    const { parentResNode: parent, data } = node;
    if (!isNode(parent)) return data === this.#root ? { own: { at: 0, copy: data }, beside: undefined } : NOWHERE;
    const around = this.#placeOf(parent);
    const found = this.#member(node, parent, around);
    const place = { own: this.#item(found.own, node), beside: this.#item(found.beside, node) };
    const copy = place.own?.copy;
    // Numbers are wrapped by the library; all else is the very thing that was parsed.
    const isSame = typeof copy === 'number' || copy === data || (isAbsent(copy) && isAbsent(data));
    return isSame ? place : NOWHERE;
  }

  #member({ propName }: Node, parent: Node, { own, beside }: Place): Place {
    if (typeof propName !== 'string') return NOWHERE;
    const path = `${parent.path}.${propName}`;
    const types = this.#model.choiceTypePaths[this.#model.pathsDefinedElsewhere[path] ?? path];
    for (const name of types?.map((type) => propName + type) ?? [propName]) {
      const place = { own: this.#child(own, name), beside: this.#child(own, `_${name}`) };
      if (place.own !== undefined || place.beside !== undefined) return place;
    }
    return { own: this.#child(beside, propName), beside: undefined };
  }

  #item(list: Spot | undefined, { index }: Node): Spot | undefined {
    return typeof index === 'number' && Array.isArray(list?.copy) ? this.#child(list, String(index)) : list;
  }

  #child(around: Spot | undefined, part: string): Spot | undefined {
    if (around === undefined || typeof around.copy !== 'object') return undefined;
    const at = this.#reader.child(around.at, part);
    return at === undefined ? undefined : { at, copy: (around.copy as Readonly<Record<string, unknown>>)[part] };
  }
}
