/**
 * Store: what does a transfer cost beside its signature, with the whole state on a store, and what memory does the engine take?
 *
 * For each adapter a fresh store is filled with accounts in one process, blocks of 3 000 transfers among random accounts are made
 * by an engine in a second one, and followed by an engine on a copy of the store in a third. Signatures are not recovered: each
 * names its sender, so CPU time is all the work beside them. Figures are means over blocks, CPU time of the process, workers of
 * the garbage collector and of the driver included; of PostgreSQL the server's own time is not in them, so wall time stands beside.
 *
 * `SIZE` accounts, `BLOCKS` blocks, `ADAPTERS` among memory, sqlite, level, postgres; `STATE_MIB` of rows in memory (`maxStateBytes`).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from './measure.mjs';
import { atMost, reportOf, text } from './report.mjs';
import { adapters } from './stores.mjs';

const SIZE = Number(process.env.SIZE ?? 1_000_000);
const BLOCKS = Number(process.env.BLOCKS ?? 30);
const ADAPTERS = (process.env.ADAPTERS ?? 'memory,sqlite,level,postgres').split(',');
/** Limits of SQLite. */
const MARKS_MICROS = { 1000000: 12, 10000000: 25 };
const rows = reportOf(import.meta.url, 'transfers with the whole state on a store');
const STEP = fileURLToPath(new URL('./store-step.mjs', import.meta.url));

const step = (name, adapter, place, extra = {}) => {
  const env = { ...process.env, ...extra, SIZE: String(SIZE), BLOCKS: String(BLOCKS), PLACE: place };
  const output = execFileSync(process.execPath, [...NODE_FLAGS, STEP, name, adapter], {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output);
};

const sizeOf = (path) => Math.round(statSync(path, { throwIfNoEntry: false })?.size / 2 ** 20 || 0);

for (const adapter of ADAPTERS) {
  const folder = mkdtempSync(join(tmpdir(), 'medstate-store-'));
  const server = await adapters[adapter].start?.(folder);
  try {
    const place = (name) => server?.place(name) ?? join(folder, name);
    if (server === undefined) mkdirSync(folder, { recursive: true });
    const blocks = join(folder, 'blocks');
    if (adapter === 'memory') {
      // Nothing outlives a process of it, so one process does it all.
      const { fill, made, followed } = step('all', adapter, place('store'), { BLOCK_FILE: blocks });
      tell(adapter, { fill, made, followed });
      continue;
    }
    const fill = step('fill', adapter, place('store'));
    if (server === undefined) cpSync(place('store'), place('copy'), { recursive: true });
    else step('fill', adapter, place('copy'));
    const made = step('make', adapter, place('store'), { BLOCK_FILE: blocks, ROOT: fill.root });
    const followed = step('follow', adapter, place('copy'), { BLOCK_FILE: blocks, ROOT: fill.root });
    tell(adapter, { fill, made, followed });
    if (server === undefined) rows.note(`${adapter}: the store has ${sizeOf(place('copy'))} MiB`);
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function tell(adapter, { fill, made, followed }) {
  const note = ({ wall, open }) =>
    `${text(wall)} us passed; opened in ${text(open)} s, filled in ${text(fill.seconds)} s`;
  const mark = adapter === 'sqlite' && SIZE in MARKS_MICROS ? { mark: atMost(MARKS_MICROS[SIZE]) } : {};
  const what = `${adapter}, ${text(SIZE)} accounts`;
  rows.row({
    what: `${what}: a transfer followed`,
    figure: followed.micros,
    unit: 'us',
    ...mark,
    note: note(followed),
  });
  rows.row({ what: `${what}: a transfer produced`, figure: made.micros, unit: 'us', note: note(made) });
  const { rss, first, middle, last } = followed;
  const against = `after ${first.blocks} blocks`;
  const [figure, limit] = [last.rss, first.rss];
  const memory = `${what}: memory after ${last.blocks} blocks`;
  rows.row({
    what: memory,
    figure,
    unit: 'MiB',
    against,
    limit,
    ratio: figure / limit,
    note: `${middle.rss} MiB after ${middle.blocks}, ${rss} at the end`,
  });
}
