/**
 * Lint: that the lint rules of biome.json bite. Each ban is tried on planted code in a scratch folder, beside code that
 * is near it and allowed; a rule that a later version of the linter no longer understands fails here.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIOME = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');

/** What the messages of our own rules begin with. The linter calls all of them `plugin`. */
const OWN_RULES: Readonly<Record<string, string>> = {
  'core-no-async': 'Core is synchronous',
  'core-no-catch': 'No catch in core',
  'core-no-division': 'A division without a named rounding',
  'core-no-dynamic-import': 'Core loads nothing while it runs',
  'core-no-float': 'No floating point and no chance',
  'core-no-locale': 'Core knows no locale',
  'core-sort-compares': 'Give sort() a comparator',
};

/** A folder, the rule, and a line that breaks it. */
const BANNED: readonly (readonly [string, string, string])[] = [
  ['core', 'core-sort-compares', 'export const x = (list: bigint[]) => list.sort();'],
  ['core', 'core-sort-compares', 'export const x = (list: readonly bigint[]) => list.toSorted();'],
  ['core', 'core-sort-compares', 'export const x = (list?: bigint[]) => list?.sort();'],
  ['core', 'useArraySortCompare', 'export const x = [3n, 20n].sort();'],
  ['core', 'core-no-async', 'export const x = async () => { await y; };'],
  ['core', 'core-no-async', 'export async function x() { await y; }'],
  ['core', 'core-no-async', 'export const x = { async run() { await y; } };'],
  ['core', 'core-no-async', 'export class X { async run() { await y; } }'],
  ['core', 'core-no-async', 'export class X { static async run() { await y; } }'],
  ['core', 'core-no-async', 'export async function* x() { for await (const z of y) yield z; }'],
  ['core', 'core-no-catch', 'export const x = () => { try { return y(); } catch { return 2; } };'],
  ['core', 'core-no-catch', 'export const x = () => { try { return y(); } catch (error) { return error; } };'],
  ['core', 'core-no-division', 'export const x = (a: number) => a / 2;'],
  ['core', 'core-no-division', 'export const x = (a: bigint, b: bigint) => (a * b) / b;'],
  ['core', 'core-no-division', 'export const x = (a: number) => { let b = a; b /= 2; return b; };'],
  ['core', 'core-no-dynamic-import', "export const x = () => import('./y.ts');"],
  ['core', 'core-no-float', 'export const x = Math.random();'],
  ['core', 'core-no-float', 'export const x = Math.random;'],
  ['core', 'core-no-float', "export const x = Math['random']();"],
  ['core', 'core-no-float', 'const { random } = Math; export const x = random();'],
  ['core', 'core-no-float', 'export const x = Math.sqrt(2);'],
  ['core', 'core-no-float', 'export const x = 0.05;'],
  ['core', 'core-no-float', 'export const x = 1e21;'],
  ['core', 'core-no-float', 'export const x = (a: number) => a.toFixed(2);'],
  ['core', 'core-no-locale', 'export const x = (a: bigint) => a.toLocaleString();'],
  ['core', 'core-no-locale', "export const x = (a: string) => a.localeCompare('b');"],
  ['core', 'noRestrictedGlobals', 'export const x = new Intl.Collator();'],
  ['core', 'noRestrictedGlobals', 'export const x = Date.now();'],
  ['core', 'noRestrictedGlobals', 'export const x = (at: Date) => at;'],
  ['core', 'noRestrictedGlobals', 'export const x = process.env;'],
  ['core', 'noRestrictedGlobals', 'export const x = () => console;'],
  ['core', 'noRestrictedGlobals', 'export const x = performance.now();'],
  ['core', 'noRestrictedGlobals', 'export const x = () => setTimeout(y, 1);'],
  ['core', 'noRestrictedGlobals', "export const x = fetch('y');"],
  ['core', 'noRestrictedGlobals', 'export const x = crypto.subtle;'],
  ['core', 'noRestrictedGlobals', 'export const x = globalThis;'],
  ['core', 'noRestrictedGlobals', 'export type X = Promise<number>;'],
  ['core', 'noRestrictedGlobals', 'export const x = Promise.resolve(1);'],
  ['core', 'noRestrictedImports', "export * from 'node:fs';"],
  ['core', 'noRestrictedImports', "import type { Y } from 'zod';"],
  ['core', 'noRestrictedImports', "import * as E from 'fp-ts/Either';"],
  ['core', 'noRestrictedImports', "import pb from 'protobufjs';"],
  ['core', 'noRestrictedImports', "import { y } from '../adapters/clock.ts';"],
  ['core', 'noRestrictedImports', "import type { Y } from '../../engine/y.ts';"],
  ['adapters', 'noRestrictedImports', "import { y } from '../engine/y.ts';"],
  ['engine', 'noRestrictedImports', "import { y } from 'node:fs';"],
  ['engine', 'noRestrictedImports', "import { y } from '../cli/y.ts';"],
  ['engine', 'noFloatingPromises', 'const f = async () => { await y; }; export const x = () => { f(); };'],
  ['engine', 'useAwait', 'export const x = async () => { return 1; };'],
  ['engine', 'noExplicitAny', 'export const x = (a: any) => a;'],
  ['engine', 'noNonNullAssertion', 'export const x = (a?: { b: number }) => a!.b;'],
  ['engine', 'noTsIgnore', '// @ts-ignore\nexport const x = 1;'],
  ['engine', 'noConsole', 'export const x = () => console.log(1);'],
  ['engine', 'noDefaultExport', 'export default 1;'],
  ['engine', 'noEnum', 'export enum X { A }'],
  ['engine', 'useMaxParams', 'export const x = (a: 1, b: 1, c: 1, d: 1, e: 1, f: 1) => [a, b, c, d, e, f];'],
  ['cli', 'noProcessExit', "import process from 'node:process'; export const x = () => process.exit(1);"],
];

/** Code near a ban that must pass it. */
const ALLOWED: readonly (readonly [string, string])[] = [
  ['core', 'export const x = (list: bigint[]) => list.sort((a, b) => (a < b ? -1 : 1));'],
  ['core', 'export const x = (a: bigint) => a / 2n;'],
  ['core', 'export const x = (a: bigint, b: number) => a / BigInt(b);'],
  ['core', 'export const x = (text: string) => /a\\/b/.test(text);'],
  ['core', 'export const x = (asynchronous: number) => asynchronous >> 1;'],
  ['core', 'export const x = Math.max(1_000, 0x1e);'],
  ['core', "import * as E from 'fp-ts/lib/Either.js'; export const x = E.left;"],
  ['core', "import * as t from 'io-ts'; export const x = t.string;"],
  ['core', "import { sha256 } from '@noble/hashes/sha2.js'; export const x = sha256;"],
  ['core', "import pb from 'protobufjs/minimal.js'; export const x = pb;"],
  ['core', "import type { Y } from '../units.ts'; export const x = (y: Y) => y;"],
  [
    'core',
    '// biome-ignore lint/plugin/core-no-division: both are bigints\nexport const x = (a: bigint, b: bigint) => a / b;',
  ],
  [
    'core',
    '// biome-ignore lint/plugin/core-no-async: shows how an exception is written\nexport const x = async () => { await y; };',
  ],
  ['adapters', "import { y } from 'node:fs'; import { z } from '../core/z.ts'; export const x = [y, z, Date.now()];"],
  ['engine', 'export const x = async () => { await y; };'],
];

interface Finding {
  readonly category: string;
  readonly severity: string;
  readonly message: string;
  readonly location: { readonly path: string };
}

let scratch = '';
let findings: readonly Finding[] = [];

const pathOf = (folder: string, set: string, index: number): string => `src/${folder}/${set}-${index}.ts`;

const plant = (path: string, text: string): void => {
  mkdirSync(join(scratch, dirname(path)), { recursive: true });
  writeFileSync(join(scratch, path), `${text}\n`);
};

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'medstate-lint-'));
  for (const path of ['biome.json', 'biome', 'package.json', '.gitignore']) {
    cpSync(join(ROOT, path), join(scratch, path), { recursive: true });
  }
  for (const [index, [folder, , text]] of BANNED.entries()) plant(pathOf(folder, 'banned', index), text);
  for (const [index, [folder, text]] of ALLOWED.entries()) plant(pathOf(folder, 'allowed', index), text);
  plant('src/core/circle-a.ts', "import { b } from './circle-b.ts';\nexport const a = (): number => b();");
  plant('src/core/circle-b.ts', "import { a } from './circle-a.ts';\nexport const b = (): number => a();");
  const args = [BIOME, 'lint', '--reporter=json', '--max-diagnostics=none', 'src'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: scratch, encoding: 'utf8', maxBuffer: 1 << 26 });
  findings = (JSON.parse(stdout) as { readonly diagnostics: readonly Finding[] }).diagnostics;
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ruleOf = ({ category, message }: Finding): string => {
  if (category !== 'plugin') return category.split('/').at(-1) ?? '';
  return Object.entries(OWN_RULES).find(([, start]) => message.startsWith(start))?.[0] ?? message;
};

const errorsIn = (path: string): readonly string[] =>
  findings.filter(({ location, severity }) => location.path === path && severity === 'error').map(ruleOf);

describe('the linter', () => {
  it.each(BANNED.map(([folder, rule, text], index) => ({ folder, rule, text, index })))(
    'in $folder refuses by $rule: $text',
    ({ folder, rule, index }) => {
      expect(errorsIn(pathOf(folder, 'banned', index))).toContain(rule);
    },
  );

  it.each(ALLOWED.map(([folder, text], index) => ({ folder, text, index })))(
    'in $folder lets pass: $text',
    ({ folder, index }) => {
      expect(errorsIn(pathOf(folder, 'allowed', index))).toEqual([]);
    },
  );

  it('refuses modules that import each other', () => {
    expect(errorsIn('src/core/circle-a.ts')).toContain('noImportCycles');
  });

  it('knows every rule of ours', () => {
    const tried = new Set(BANNED.map(([, rule]) => rule));
    expect(Object.keys(OWN_RULES).filter((rule) => !tried.has(rule))).toEqual([]);
  });
});
