/**
 * Tidy: a test of the code itself, for what neither compiler nor linter says about it.
 *
 * A rule is a value: where it holds, what it finds, and a planted example that it must find, so that a rule that has
 * gone blind fails too.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Whom each folder of src/ may import from, besides itself. Dependencies point inwards. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  adapters: ['core'],
  engine: ['core', 'adapters'],
  health: ['core'],
  audit: ['core', 'adapters', 'engine'],
  sim: ['core', 'adapters', 'engine', 'fixtures'],
  fixtures: ['core', 'adapters', 'engine'],
  cli: ['core', 'adapters', 'engine', 'audit', 'health', 'sim', 'fixtures'],
};

const RUNS_ANYWHERE = /^(?:fp-ts\/lib\/[A-Za-z]+\.js|io-ts|immer|@noble\/[a-z0-9-]+(?:\/[a-z0-9-]+\.js)?)$/;

/** The packages of the folders that know no host; the others may import what package.json lists. */
const MAY_REQUIRE: Readonly<Record<string, readonly RegExp[]>> = {
  core: [RUNS_ANYWHERE, /^protobufjs\/minimal\.js$/],
  engine: [RUNS_ANYWHERE],
  health: [RUNS_ANYWHERE],
  audit: [RUNS_ANYWHERE],
  sim: [RUNS_ANYWHERE],
};

/** Packages that one folder within a folder has to itself: each is a subpath of its own, and the package an optional one. */
const RESERVED: readonly (readonly [RegExp, string])[] = [
  [/^@hpke\/(?:core|common)$/, 'src/health/sealing/'],
  [/^fhirpath(?:\/fhir-context\/r4)?$/, 'src/health/fhirpath/'],
];

const MOST_LINES = 320;

interface TidyFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

interface Rule {
  readonly title: string;
  readonly holds: (path: string) => boolean;
  readonly faults: (file: TidyFile) => readonly string[];
  readonly planted: TidyFile;
}

const isSource = (path: string): boolean => /^src\/.*\.ts$/.test(path);
const isCode = (path: string): boolean => /^(?:src|test|bench)\/.*\.(?:ts|mjs)$/.test(path);
const isAnything = (): boolean => true;

/** The lines that match, as `12: the line`. */
const linesWith = ({ text }: TidyFile, pattern: RegExp): readonly string[] =>
  text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${index + 1}: ${line.trim().slice(0, 100)}`] : []));

/** Everything a module imports or exports from elsewhere, as it is written. */
const importsOf = (text: string): readonly string[] => [
  ...[...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom\s+'([^']+)'/gm)].map(([, from = '']) => from),
  ...[...text.matchAll(/^import\s+'([^']+)'/gm)].map(([, from = '']) => from),
  ...[...text.matchAll(/\b(?:import|require)\s*\(\s*'([^']+)'/g)].map(([, from = '']) => from),
];

const folderOf = (path: string): string => path.split('/')[1] ?? '';

const importFault = (path: string, from: string): string | undefined => {
  const folder = folderOf(path);
  const allowed = MAY_IMPORT[folder];
  if (allowed === undefined) return `src/${folder} is not in the table of this test: say whom it may import`;
  if (!from.startsWith('.')) {
    const packages = MAY_REQUIRE[folder];
    const owner = RESERVED.find(([pattern]) => pattern.test(from))?.[1];
    if (owner !== undefined) return path.startsWith(owner) ? undefined : `only ${owner} may import '${from}'`;
    const isAllowed = packages === undefined || packages.some((pattern) => pattern.test(from));
    return isAllowed ? undefined : `${folder} may not import the package '${from}'`;
  }
  const target = join(dirname(path), from).replaceAll('\\', '/');
  if (!target.startsWith('src/')) return `'${from}' leads out of src/`;
  const other = folderOf(target);
  return other === folder || allowed.includes(other) ? undefined : `${folder} may not import from ${other}: '${from}'`;
};

// The patterns below are written so that they do not find themselves.
const rules: readonly Rule[] = [
  {
    title: `no source file is longer than ${MOST_LINES} lines`,
    holds: isSource,
    faults: ({ text }) => {
      const lines = text.split('\n').length - 1;
      return lines > MOST_LINES ? [`has ${lines} lines: which two ideas hide in it?`] : [];
    },
    planted: { path: 'src/core/long.ts', text: 'x\n'.repeat(MOST_LINES + 1) },
  },
  {
    title: 'every source file begins with a header that names it and says what it is',
    holds: isSource,
    faults: ({ text }) =>
      /^(?:#![^\n]*\n)?\/\*\*\n \* [A-Za-z][^:\n]{0,60}: \S/.test(text)
        ? []
        : ['wants `/**`, then ` * Name: what it is`'],
    planted: { path: 'src/core/headless.ts', text: "import { x } from './x.ts';\n" },
  },
  {
    title: 'nothing is left open in a comment',
    holds: isCode,
    faults: (file) => linesWith(file, /\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b/),
    planted: { path: 'src/core/open.ts', text: `// ${'TO'}${'DO'}: later\n` },
  },
  {
    title: 'every test runs: none is skipped, planned or alone',
    holds: isCode,
    faults: (file) => linesWith(file, /\b(?:it|test|describe|bench)\.(?:skip|todo|only)\b/),
    planted: { path: 'test/a.test.ts', text: `it.${'skip'}('x');\n` },
  },
  {
    title: 'no file has a vague name',
    holds: isCode,
    faults: ({ path }) =>
      /(?:^|[/.-])(?:utils?|helpers?|common|managers?|handlers?|types|misc|shared|stuff)\.(?:test\.)?(?:ts|mjs)$/.test(
        path,
      )
        ? ['what is the thing really?']
        : [],
    planted: { path: 'src/core/tree-utils.ts', text: '' },
  },
  {
    title: 'dependencies point inwards, and core and engine import only what runs anywhere',
    holds: isSource,
    faults: ({ path, text }) => importsOf(text).flatMap((from) => importFault(path, from) ?? []),
    planted: { path: 'src/core/deep/x.ts', text: "import type {\n  A,\n} from '../../engine/a.ts';\n" },
  },
  {
    title: 'no file names a package registry or a mirror',
    holds: isAnything,
    faults: (file) =>
      linesWith(file, /https?:\/\/(?:[a-z0-9-]+\.)*(?:registr[y]|npmj[s]|de[b]|mirro[r]s?|artifactor[y])\b/i),
    planted: { path: 'docs/a.md', text: `see ${'https'}://${'registry'}.example.org/x\n` },
  },
  {
    title: 'no file names a place on the machine it was written on',
    holds: isAnything,
    faults: (file) =>
      linesWith(file, /(?:^|[^\w.:/-])(?:file:\/\/)?\/(?:roo[t]|hom[e]|User[s]|wor[k])\/|\/tm[p]\/bash_/),
    planted: { path: 'docs/a.md', text: `run \`/${'home'}/someone/x\`\n` },
  },
  {
    title: 'no lock file holds download addresses',
    holds: (path) => /(?:^|\/)package-lock\.json$/.test(path),
    faults: (file) => linesWith(file, /"resolved"/),
    planted: { path: 'package-lock.json', text: '{\n  "resolved": "x"\n}\n' },
  },
];

/** Every file that is tracked or about to be, texts only. */
const readTree = (): readonly TidyFile[] => {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  return [...new Set(list.toString().split('\0'))]
    .filter((path) => path !== '' && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'latin1') }))
    .filter(({ text }) => !text.includes('\0'));
};

const tree = readTree();

describe('the code', () => {
  it.each(rules)('keeps a rule: $title', ({ holds, faults }) => {
    const files = tree.filter(({ path }) => holds(path));
    expect(files).not.toEqual([]);
    expect(files.flatMap((file) => faults(file).map((fault) => `${file.path}: ${fault}`))).toEqual([]);
  });

  it.each(rules)('would be caught breaking it: $title', ({ holds, faults, planted }) => {
    expect(holds(planted.path)).toBe(true);
    expect(faults(planted)).toHaveLength(1);
  });

  it.each([
    ['src/core/a.ts', 'node:fs'],
    ['src/core/a.ts', 'fp-ts/Either'],
    ['src/core/a.ts', 'protobufjs'],
    ['src/core/a.ts', '../adapters/a.ts'],
    ['src/adapters/sqlite/a.ts', '../../engine/a.ts'],
    ['src/engine/a.ts', 'node:worker_threads'],
    ['src/engine/a.ts', '../../test/a.ts'],
    ['src/fixtures/a.ts', '../cli/a.ts'],
    ['src/health/selection/a.ts', 'fhirpath'],
    ['src/health/fhirpath/a.ts', 'fhirpath/src/terminologies.js'],
    ['src/lost/a.ts', './b.ts'],
    ['src/health/a.ts', '@hpke/core'],
    ['src/adapters/aead/a.ts', '@hpke/common'],
    ['src/health/sealing/a.ts', '@hpke/chacha20poly1305'],
    ['src/health/sealing/a.ts', 'node:crypto'],
  ])('%s may not import %s', (path, from) => {
    expect(importFault(path, from)).toBeDefined();
  });

  it.each([
    ['src/core/tree/a.ts', '../units.ts'],
    ['src/core/a.ts', '@noble/hashes/sha2.js'],
    ['src/core/a.ts', 'fp-ts/lib/Either.js'],
    ['src/adapters/a.ts', 'node:fs'],
    ['src/engine/deep/a.ts', '../../adapters/a.ts'],
    ['src/cli/a.ts', '../fixtures/a.ts'],
    ['src/health/fhirpath/a.ts', 'fhirpath'],
    ['src/health/sealing/a.ts', '@hpke/core'],
  ])('%s may import %s', (path, from) => {
    expect(importFault(path, from)).toBeUndefined();
  });

  it('sees every form of import', () => {
    const text =
      "import a from 'a';\nimport {\n  b,\n} from 'b';\nimport type { c } from 'c';\nimport 'd';\nexport * from 'e';\n" +
      "export type { f } from 'f';\nconst g = await import('g');\nconst text = \"from 'h'\";\n";
    expect([...importsOf(text)].sort((x, y) => (x < y ? -1 : 1))).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('has project references that say the same as the table of imports', () => {
    const folders = readdirSync(join(ROOT, 'src')).filter((name) =>
      existsSync(join(ROOT, 'src', name, 'tsconfig.json')),
    );
    expect(new Set(folders)).toEqual(new Set(Object.keys(MAY_IMPORT)));
    for (const folder of folders) {
      const config = JSON.parse(readFileSync(join(ROOT, 'src', folder, 'tsconfig.json'), 'utf8')) as {
        readonly references: readonly { readonly path: string }[];
      };
      const referred = new Set(config.references.map(({ path }) => path.replace('../', '')));
      expect({ folder, referred }).toEqual({ folder, referred: new Set(MAY_IMPORT[folder]) });
    }
  });
});

/** The names that a module exports from others, with the file each comes from; `*` for all of them. */
const reexportsOf = ({ path, text }: TidyFile): readonly { readonly name: string; readonly from: string }[] =>
  [...text.matchAll(/^export (?:type )?(\*(?: as \w+)?|\{[^}]*\}) from '(\.[^']+)'/gm)].flatMap(
    ([, names = '', from = '']) => {
      const source = relative(ROOT, join(ROOT, dirname(path), from)).replaceAll('\\', '/');
      if (names.startsWith('*')) return [{ name: '*', from: source }];
      return names
        .slice(1, -1)
        .split(',')
        .map(
          (name) =>
            name
              .trim()
              .replace(/^type /, '')
              .split(' as ')[0] ?? '',
        )
        .filter((name) => name !== '')
        .map((name) => ({ name, from: source }));
    },
  );

/** The exported functions of a module, and whether a docstring stands above each. */
const functionsOf = (text: string): readonly { readonly name: string; readonly isTold: boolean }[] => {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const declared =
      /^export (?:async )?function\*? (\w+)/.exec(line) ??
      /^export const (\w+)(?:: [^=]+)? = (?:async )?(?:<.*>)?\((?:$|.*(?:=>|[({,]$))/.exec(line);
    return declared === null ? [] : [{ name: declared[1] ?? '', isTold: (lines[index - 1] ?? '').endsWith('*/') }];
  });
};

describe('the public functions of core', () => {
  it('each have a docstring', () => {
    const index = tree.find(({ path }) => path === 'src/core/index.ts');
    const publicOf = index === undefined ? [] : reexportsOf(index);
    const functions = publicOf.flatMap(({ name, from }) => {
      const source = tree.find(({ path }) => path === from);
      return functionsOf(source?.text ?? '')
        .filter((found) => name === '*' || name === found.name)
        .map((found) => ({ ...found, from }));
    });
    expect(functions.length).toBeGreaterThan(10);
    expect(functions.filter(({ isTold }) => !isTold).map(({ name, from }) => `${from}: ${name}`)).toEqual([]);
  });

  it('are found in each form, with and without a docstring', () => {
    const text =
      '/** Told. */\nexport const a = (x: number): number => x;\n\nexport const b = (\n  x: number,\n): number => x;\n' +
      '/** Told. */\nexport function c(): void {}\nexport const d = 5;\nexport const e = <T>(x: T): T => x;\n';
    expect(functionsOf(text)).toEqual([
      { name: 'a', isTold: true },
      { name: 'b', isTold: false },
      { name: 'c', isTold: true },
      { name: 'e', isTold: false },
    ]);
  });
});
