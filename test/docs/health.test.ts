import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as fhirpath from '../../src/health/fhirpath/index.ts';
import * as health from '../../src/health/index.ts';
import { present, presentationText, type Standing, withholdingRules } from '../../src/health/index.ts';
import * as limits from '../../src/health/limits.ts';
import * as sealing from '../../src/health/sealing/index.ts';
import * as sealingLimits from '../../src/health/sealing/limits.ts';
import { corpusFiles } from '../health/corpus.ts';
import { rightOf, treeOf } from '../health/records.ts';
import { threats } from './threats.ts';

// The tables of docs/health.md are made from the code. MEDSTATE_WRITE=1 npx vitest run test/docs/health.test.ts writes them.

const root = new URL('../../', import.meta.url);
const file = fileURLToPath(new URL('docs/health.md', root));

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const spaced = (value: number): string => String(value).replaceAll(/\B(?=(?:[0-9]{3})+$)/g, ' ');

const coded = (codes: readonly string[]): string => codes.map((code) => `\`${code}\``).join(', ');

const threatTable = (): string =>
  table(
    ['somebody tries', 'the answer', 'refused with'],
    threats.map(({ threat, answer, refusals, shownBy }) => [
      threat,
      answer,
      shownBy === undefined ? coded(Object.keys(refusals)) : `see \`${shownBy}\``,
    ]),
  );

const ruleTable = (): string =>
  table(
    ['rule', 'why'],
    withholdingRules.map(({ name, reason }) => [`\`${name}\``, reason]),
  );

/** What the code says of each limit, above its line. */
const limitTable = (path: string, values: Readonly<Record<string, number>>): readonly (readonly string[])[] => {
  const text = readFileSync(new URL(path, root), 'utf8');
  const told = new Map(
    [...text.matchAll(/\/\*\* (.+?) \*\/\nexport const (\w+) =/g)].map(([, what = '', name = '']) => [name, what]),
  );
  return Object.entries(values)
    .sort(([a], [b]) => text.indexOf(`const ${a} `) - text.indexOf(`const ${b} `))
    .map(([name, value]) => [`\`${name}\``, spaced(value), told.get(name) ?? '']);
};
const limitRows = [
  ...limitTable('src/health/limits.ts', limits),
  ...limitTable('src/health/sealing/limits.ts', sealingLimits),
];

const standings: Readonly<Record<Standing, string>> = {
  valid: 'certified by somebody who is believed, when it was anchored, and still',
  validThenRevokedLater: 'certified then; taken back since. What was signed before keeps its worth',
  expired: 'the certificate had ended',
  revokedBefore: 'it had been taken back',
  notCertified: 'there was no such certificate yet, or it is of another account',
  unknownCertifier: 'whoever certified is not on the list of who asks, or certified itself',
  certificationNotShown: 'signed and anchored; who signed is not shown',
  noAnchor: 'not on the chain, as far as the state tells',
  selfAsserted: 'nobody signed',
};

const SIZED = [1, 5, 20, 100];

/** The bytes of the text in which so many values are shown, evenly spread over the largest record of the corpus. */
const sizeRows = (): readonly (readonly string[])[] => {
  const [largest] = corpusFiles().toSorted((a, b) => b.bytes.length - a.bytes.length);
  const tree = treeOf(Buffer.from(largest?.bytes ?? []).toString());
  const { size } = tree.document;
  return SIZED.map((count) => {
    const values = Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * size) / count));
    const text = presentationText(rightOf(present(tree, values)));
    return [count, size, text.length].map(spaced);
  });
};

const tables: Readonly<Record<string, () => string>> = {
  threats: threatTable,
  rules: ruleTable,
  limits: () => table(['limit', 'value', 'what'], limitRows),
  standings: () =>
    table(
      ['standing', 'what it says'],
      Object.entries(standings).map(([name, what]) => [`\`${name}\``, what]),
    ),
  sizes: () => table(['values shown', 'of a record of', 'bytes of text'], sizeRows()),
};

const madePage = (page: string): string =>
  page.replaceAll(
    /(<!-- made: (\w+) -->\n)[\s\S]*?(?=\n<!-- end -->)/g,
    (_, mark: string, name: string) => mark + (tables[name]?.() ?? ''),
  );

describe('docs/health.md', () => {
  it('has the tables that the code makes', () => {
    const page = readFileSync(file, 'utf8');
    const made = madePage(page);
    if (process.env['MEDSTATE_WRITE'] === '1') writeFileSync(file, made);
    expect(readFileSync(file, 'utf8')).toBe(made);
    const names = [...page.matchAll(/<!-- made: (\w+) -->/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(Object.keys(tables)));
    expect(made.split('\n').length).toBeLessThanOrEqual(200);
  });

  it('names functions that there are', () => {
    const [jobs = ''] = readFileSync(file, 'utf8').split('`medstate/health` needs');
    const names = jobs.split('\n').flatMap((line) => (line.startsWith('|') ? [...line.matchAll(/`(\w+)`/g)] : []));
    expect(names.length).toBeGreaterThan(20);
    const exported = new Set([health, sealing, fhirpath].flatMap((subpath) => Object.keys(subpath)));
    expect(names.map(([, name = '']) => name).filter((name) => !exported.has(name))).toEqual([]);
  });

  it('names tests that there are where nothing is refused', () => {
    for (const { threat, refusals, shownBy } of threats) {
      const isShown = shownBy !== undefined && existsSync(new URL(shownBy, root));
      expect({ threat, isAnswered: isShown !== Object.keys(refusals).length > 0 }).toEqual({
        threat,
        isAnswered: true,
      });
    }
  });

  it('tells as many rules as there are, and so does their decision', () => {
    const decision = readFileSync(new URL('docs/decisions/0024-what-is-withheld.md', root), 'utf8');
    expect(decision).toContain(`what ${withholdingRules.length} rules find`);
    const named = new Set([...decision.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name));
    expect(withholdingRules.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });

  it('tells something of each limit', () => {
    expect(limitRows.length).toBeGreaterThan(20);
    for (const [name, , what] of limitRows) expect(what?.length ?? 0, name).toBeGreaterThan(20);
  });
});

describe('a threat', () => {
  it.each(
    threats.flatMap(({ threat, refusals }) =>
      Object.entries(refusals).map(([code, attempt]) => ({ code, threat, attempt })),
    ),
  )('is refused with $code: $threat', async ({ code, attempt }) => {
    expect(await attempt()).toBe(code);
  });
});
