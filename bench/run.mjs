/**
 * Run: all benches one after the other, or those that are named; a table of all rows at the end, and the same as JSON.
 *
 *   npm run bench                      all, about ten minutes
 *   npm run bench -- transfer kinds    these
 *   npm run bench -- --json FILE       rows as JSON, too
 *   npm run bench -- --write           puts the table into bench/README.md, with the date
 *   npm run bench -- --long            with the long forms of those that have one
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NODE_FLAGS } from './measure.mjs';
import { text } from './report.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const README = join(HERE, 'README.md');
const [BEGIN, END] = ['<!-- figures: begin -->', '<!-- figures: end -->'];
const ALL = readdirSync(HERE)
  .filter((file) => file.endsWith('.bench.mjs'))
  .map((file) => file.replace('.bench.mjs', ''));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, write: { type: 'boolean' }, long: { type: 'boolean' } },
});

const unknown = positionals.filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}; there are: ${ALL.join(', ')}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'medstate-bench-'));
const rowsFile = join(folder, 'rows');
writeFileSync(rowsFile, '');
const failed = [];
for (const name of positionals.length > 0 ? positionals : ALL) {
  const started = performance.now();
  const asked = { ...(values.long ? { BENCH_LONG: '1' } : {}), ...(positionals.length > 0 ? {} : { BENCH_ALL: '1' }) };
  const env = { ...process.env, BENCH_JSON: rowsFile, ...asked };
  const { status } = spawnSync(process.execPath, [...NODE_FLAGS, join(HERE, `${name}.bench.mjs`)], {
    env,
    stdio: 'inherit',
  });
  if (status !== 0) failed.push(name);
  console.log(`  (${((performance.now() - started) / 1000).toFixed(0)} s)\n`);
}
const rows = readFileSync(rowsFile, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
rmSync(folder, { recursive: true });

const table = (cells) => cells.map((row) => `| ${row.join(' | ')} |`).join('\n');
const reachedText = ({ isReached }) => (isReached === undefined ? '' : isReached ? 'yes' : '**no**');
const markdown = table([
  ['bench', 'what', 'figure', 'held against', 'ratio', 'mark', 'reached'],
  ['---', '---', '---', '---', '---', '---', '---'],
  ...rows.map((row) => [
    row.bench,
    row.note === undefined ? row.what : `${row.what} (${row.note})`,
    `${text(row.figure)} ${row.unit}`,
    row.against === undefined ? '' : `${row.against}: ${text(row.limit)}`,
    text(row.ratio),
    row.mark ?? '',
    reachedText(row),
  ]),
]);
console.log(markdown);

const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version}`;
const date = new Date().toISOString().slice(0, 10);
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ date, machine, failed, rows }, undefined, 2)}\n`);
if (values.write) {
  const readme = readFileSync(README, 'utf8');
  const [before, rest] = [readme.split(BEGIN)[0], readme.split(END)[1]];
  writeFileSync(README, `${before}${BEGIN}\n${date}, ${machine}.\n\n${markdown}\n${END}${rest}`);
}
if (failed.length > 0) {
  console.error(`these benches failed: ${failed.join(', ')}`);
  process.exit(1);
}
