/**
 * Expression: a FHIRPath that may be evaluated here: no longer than allowed, with no function that leaves the document, reads the
 * clock, or compares everything with everything; compiled once.
 *
 * Source: FHIRPath 3.0; HL7 fhirpath.js 5.2.
 */
import { compile, type Model, parse } from 'fhirpath';
import * as E from 'fp-ts/lib/Either.js';
import { readable } from '../selection/readable.ts';

/** The most characters of an expression. */
export const MAX_EXPRESSION_LENGTH = 1024;
/** The most compiled expressions that are kept for each model. Compiling costs about 30 times as much as a small evaluation. */
const MAX_COMPILED = 64;
/** The most characters of the library's own messages. */
const MAX_MESSAGE = 200;

/**
 * Why an expression selects nothing. The codes never change their meaning.
 *
 * - `expression_too_long`, `expression_malformed`: it is longer than MAX_EXPRESSION_LENGTH, or no FHIRPath.
 * - `function_refused`: a function, operator or constant that is not allowed here.
 * - `document_is_no_resource`: FHIRPath speaks of resources, and the document is none.
 * - `path_failed`: the evaluation found a fault, such as single() of two.
 * - `path_takes_too_long`: more work than MAX_STEPS.
 * - `path_is_computed`: a result is no value of the document, but made from some.
 * - `too_many_results`: more than MAX_SHOWN_LEAVES.
 */
export interface FhirPathFault {
  readonly code:
    | 'expression_too_long'
    | 'expression_malformed'
    | 'function_refused'
    | 'document_is_no_resource'
    | 'path_failed'
    | 'path_takes_too_long'
    | 'path_is_computed'
    | 'too_many_results';
  /** What is wrong and what to do, for people. */
  readonly message: string;
}

/** What came out of an evaluation: nodes of the resource, and what was computed. */
type Evaluate = (resource: unknown, countStep: (results: unknown) => void) => readonly unknown[];

export interface Expression {
  readonly evaluate: Evaluate;
  /** Whether each field is named; not so if it asks for all children or descendants. */
  readonly isNaming: boolean;
}

/** Functions that stay in the document and cost no more than what they look at. */
const ALLOWED: ReadonlySet<string> = new Set(
  [
    'empty not exists all allTrue anyTrue allFalse anyFalse count hasValue where extension select coalesce sort single first last',
    'tail take skip ofType is as combine iif children descendants type indexOf lastIndexOf substring startsWith endsWith contains',
    'upper lower replace length trim toString toInteger toLong toDecimal toDate toDateTime toTime toBoolean toQuantity',
    'convertsToInteger convertsToLong convertsToDecimal convertsToString convertsToDate convertsToDateTime convertsToTime',
    'convertsToBoolean convertsToQuantity abs ceiling floor round truncate sum min max avg yearOf monthOf dayOf lowBoundary highBoundary',
  ].flatMap((line) => line.split(' ')),
);
const ALLOWED_CONSTANTS: ReadonlySet<string> = new Set(['context', 'ucum']);
/** Functions that lead to fields that the expression does not name. */
const UNNAMING: ReadonlySet<string> = new Set(['children', 'descendants']);

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['resolve', 'would fetch what references lead to: select in the document that holds it'],
  ['memberOf', 'would ask a terminology server: name the codes'],
  ['matches', 'may run for ever: use startsWith(), contains() or endsWith()'],
  ['now', 'depends on the clock: write the day you mean, like @2024-05-31'],
  ['today', 'depends on the clock: write the day you mean, like @2024-05-31'],
  ['distinct', 'compares everything with everything; a selection has each value once anyway'],
  ['repeat', 'compares everything with everything: use descendants()'],
  ['union', 'compares everything with everything, and drops fields of equal value: use combine()'],
  ['|', 'compares everything with everything, and drops fields of equal value: use combine()'],
]);

/** A part of a parsed expression. */
interface Term {
  readonly type: string;
  readonly text?: string;
  readonly delimitedText?: string;
  readonly children?: readonly Term[];
}

const isRefused = ({ type, text = '', delimitedText }: Term): boolean => {
  if (type === 'FunctionInvocation') return !ALLOWED.has(text);
  if (type === 'ExternalConstantTerm') return delimitedText !== undefined || !ALLOWED_CONSTANTS.has(text);
  return type === 'UnionExpression' || type === 'InstanceSelectorTerm';
};

const termsOf = (term: Term): readonly Term[] => {
  const terms = [term];
  for (let at = 0; at < terms.length; at += 1) terms.push(...(terms[at]?.children ?? []));
  return terms;
};

const faultOf = (code: FhirPathFault['code'], message: string): FhirPathFault => ({ code, message });

/** What the library says of a fault, for people. */
export const libraryFault =
  (code: FhirPathFault['code']) =>
  (error: unknown): FhirPathFault =>
    faultOf(code, readable(error instanceof Error ? error.message : String(error), MAX_MESSAGE));

const compiledBy = new WeakMap<Model, Map<string, Expression>>();

const remember = (model: Model, text: string, expression: Expression): Expression => {
  const known = compiledBy.get(model) ?? new Map<string, Expression>();
  compiledBy.set(model, known);
  known.delete(text);
  known.set(text, expression);
  for (const oldest of known.keys()) {
    if (known.size <= MAX_COMPILED) break;
    known.delete(oldest);
  }
  return expression;
};

const checked = (text: string): E.Either<FhirPathFault, readonly Term[]> => {
  const terms = E.tryCatch(() => termsOf(parse(text) as Term), libraryFault('expression_malformed'));
  if (E.isLeft(terms)) return terms;
  const refused = terms.right.find(isRefused);
  if (refused === undefined) return terms;
  const name =
    refused.type === 'UnionExpression' ? '|' : (refused.text ?? refused.delimitedText ?? 'an object made here');
  const why = ADVICE.get(name) ?? `is not allowed here: allowed are ${[...ALLOWED].join(', ')}`;
  return E.left(faultOf('function_refused', `${readable(name, 60)} ${why}`));
};

/** An expression, compiled for a model; or why it is not allowed. */
export const expressionOf = (text: string, model: Model): E.Either<FhirPathFault, Expression> => {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    const message = `the expression has more than ${MAX_EXPRESSION_LENGTH} characters: use several`;
    return E.left(faultOf('expression_too_long', message));
  }
  const known = compiledBy.get(model)?.get(text);
  if (known !== undefined) return E.right(remember(model, text, known));
  const terms = checked(text);
  if (E.isLeft(terms)) return terms;
  const isNaming = !terms.right.some(
    ({ type, text: name = '' }) => type === 'FunctionInvocation' && UNNAMING.has(name),
  );
  const compiled = E.tryCatch(
    () => compile(text, model, { resolveInternalTypes: false, async: false }),
    libraryFault('expression_malformed'),
  );
  if (E.isLeft(compiled)) return compiled;
  const evaluate: Evaluate = (resource, countStep) =>
    compiled.right(resource, {}, { debugger: (_context, _focus, results) => countStep(results) });
  return E.right(remember(model, text, { evaluate, isNaming }));
};
