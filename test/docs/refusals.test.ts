import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { evidenceMessages } from '../../src/core/evidence-message.ts';
import { builtInKinds } from '../../src/core/kinds/registry.ts';
import { admissionCodes, blockCodes, messages } from '../../src/core/refusal-messages.ts';
import { engineMessages } from '../../src/engine/outcome.ts';

const file = fileURLToPath(new URL('../../docs/refusals.md', import.meta.url));

const table = (codes: readonly string[], say: (code: string) => string | undefined): string =>
  ['| code | what to do |', '|---|---|', ...codes.map((code) => `| \`${code}\` | ${say(code) ?? ''} |`)].join('\n');

const kindTable = (): string =>
  [
    '| kind | codes, in precedence |',
    '|---|---|',
    ...builtInKinds
      .filter(({ codes }) => codes.length > 0)
      .map(({ name, codes }) => `| \`${name}\` | ${codes.map((code) => `\`${code}\``).join(', ')} |`),
  ].join('\n');

const say = (code: string): string | undefined => messages[code];

const page = (): string => {
  const executionCodes = [...new Set(builtInKinds.flatMap(({ codes }) => codes))];
  return `# Refusals

Made from the registry and the tables of messages by \`MEDSTATE_WRITE=1 npx vitest run test/docs/refusals.test.ts\`; a test holds this page to them. Codes never change
their meaning. The first that applies wins; the order is that of the tables.

## Admission: a transaction that may not stand in a block
${table(admissionCodes, say)}

The checks of the kind come before \`bandwidth_exceeded\`: they decide how a transaction may pay.

## Execution: a transaction that stands in a block without effect
${kindTable()}

${table(executionCodes, say)}

## Blocks
${table(blockCodes, say)}

## Evidence: two headers that are shown as the work of a producer who signed against itself
${table(Object.keys(evidenceMessages), (code) => evidenceMessages[code as keyof typeof evidenceMessages])}

## The engine's own
${table(Object.keys(engineMessages), (code) => engineMessages[code as keyof typeof engineMessages])}
`;
};

it('docs/refusals.md is what the registry and the tables say', () => {
  if (process.env['MEDSTATE_WRITE'] === '1') writeFileSync(file, page());
  expect(readFileSync(file, 'utf8')).toBe(page());
});

it('every code has a message of its own that says something', () => {
  const codes = [...admissionCodes, ...blockCodes, ...builtInKinds.flatMap((kind) => kind.codes)];
  for (const code of codes) expect(messages[code]?.length ?? 0, code).toBeGreaterThan(10);
  expect(new Set(Object.values(messages)).size).toBe(Object.keys(messages).length);
  expect(new Set(Object.keys(messages))).toEqual(new Set(codes));
});
