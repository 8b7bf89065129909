/**
 * FHIRPath: fields chosen by an expression instead of pointers, as the values of the document that the expression leads to.
 *
 * Needs the package `fhirpath`. It evaluates a copy made by `JSON.parse`, in which numbers are rounded (1.00 is 1); what is selected are
 * values of the document itself. A FHIRPath compares by value, not by place: nothing here drops a field because another one equals it.
 */
import type { Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4';
import * as E from 'fp-ts/lib/Either.js';
import { readUtf8 } from '../../core/wire/utf8.ts';
import { type JsonDocument, memberAt } from '../json/document.ts';
import { MAX_SHOWN_LEAVES } from '../limits.ts';
import { pointersOf } from '../selection/pointer.ts';
import type { Wish } from '../selection/select.ts';
import { expressionOf, type FhirPathFault, libraryFault } from './expression.ts';
import { NodeLocator } from './locate.ts';

export { type FhirPathFault, MAX_EXPRESSION_LENGTH } from './expression.ts';

/** The most steps of an evaluation, each with all its results counted: some seconds. */
export const MAX_STEPS = 2_000_000;

export interface FhirPathFound {
  /** The values that the expression leads to, ascending, each once. None is not a fault. */
  readonly values: readonly number[];
  /** The same for `select`. They are not named if the expression asks for all children or descendants: then all rules hold. */
  readonly wishes: readonly Wish[];
}

const refuse = (code: FhirPathFault['code'], message: string): E.Either<FhirPathFault, never> =>
  E.left({ code, message });

/**
 * The values that an expression leads to, or why there are none. Never throws. Without another model, R4 is spoken.
 *
 * An evaluation is stopped after MAX_STEPS, but one step over a large document may still be long: take an expression from a stranger
 * only in a worker that can be ended. PERF: parses a copy each time, about 10 ms and five times its size for a document of 1 MB.
 */
export const selectByFhirPath = (
  document: JsonDocument,
  expression: string,
  model: Model = r4,
): E.Either<FhirPathFault, FhirPathFound> => {
  const compiled = expressionOf(expression, model);
  if (E.isLeft(compiled)) return compiled;
  if (memberAt(document, 0, 'resourceType') === undefined || memberAt(document, 0, '__path__') !== undefined) {
    return refuse('document_is_no_resource', 'the document has no resourceType: choose fields by pointers');
  }
  const copy = JSON.parse(readUtf8(document.bytes)) as unknown; // the strict reader has taken it
  let steps = 0;
  const countStep = (results: unknown): void => {
    steps += 1 + (Array.isArray(results) ? results.length : 0);
    if (steps > MAX_STEPS) throw new Error('more steps than are allowed');
  };
  const results = E.tryCatch(() => compiled.right.evaluate(copy, countStep), libraryFault('path_failed'));
  if (steps > MAX_STEPS) {
    return refuse(
      'path_takes_too_long',
      `the expression takes more than ${MAX_STEPS} steps: name the fields on the way`,
    );
  }
  if (E.isLeft(results)) return results;
  const locator = new NodeLocator(document, copy, model);
  const found = new Set<number>();
  for (const result of results.right) {
    const at = locator.locate(result);
    if (at === undefined) {
      return refuse('path_is_computed', 'a result is computed, so no leaf proves it: end with the fields themselves');
    }
    found.add(at);
    if (found.size > MAX_SHOWN_LEAVES) {
      return refuse('too_many_results', `the expression leads to more than ${MAX_SHOWN_LEAVES} values: choose less`);
    }
  }
  const values = [...found].sort((a, b) => a - b);
  const { isNaming } = compiled.right;
  return E.right({ values, wishes: pointersOf(document, values).map((pointer) => ({ pointer, isNamed: isNaming })) });
};
