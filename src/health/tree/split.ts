/**
 * Split: which values of a document are trees of their own in mode B.
 *
 * These are the resources of a Bundle's entries, of Parameters, and those that a resource contains: what is shown, handed over or
 * anchored alone. Source: docs/decisions/0019-own-tree-for-records.md.
 */
import { ARRAY, type JsonDocument, memberAt, OBJECT, STRING, textAt } from '../json/document.ts';

/** Whether a value, standing under so many containers of the tree over `at`, is a tree of its own. */
export const splitterOf = (document: JsonDocument, at: number): ((value: number, above: number) => boolean) => {
  const { kinds, members, names, nexts, extras } = document;
  const typeAt = memberAt(document, at, 'resourceType');
  if (typeAt === undefined || kinds[typeAt] !== STRING) return () => false;
  const type = textAt(document, typeAt);
  const rangeOf = (name: string): readonly [number, number] => {
    const list = memberAt(document, at, name);
    return list !== undefined && kinds[list] === ARRAY ? [list, nexts[list] as number] : [0, 0];
  };
  const [containedFrom, containedTo] = rangeOf('contained');
  const [itemsFrom, itemsTo] =
    type === 'Bundle' ? rangeOf('entry') : type === 'Parameters' ? rangeOf('parameter') : [0, 0];
  const resource = names.ids.get('resource') ?? -2;
  return (value, above) => {
    if (kinds[value] !== OBJECT || extras[value] === 0) return false;
    if (above === 2) return value > containedFrom && value < containedTo;
    return above === 3 && value > itemsFrom && value < itemsTo && members[value] === resource;
  };
};
