/**
 * Health: how fast is a record read and built to its root, and how large and fast is a proof of some of its fields?
 *
 * A resource of 3.7 kB, a Synthea bundle of 0.68 MB, and both Synthea bundles fifteen times over, 10 MB without spaces, in a process of its own that tells
 * its peak of memory. Beside reading and building stand `JSON.parse`, and the bare SHA-256 of as many inputs of a leaf's size, which is a
 * quarter of the hashing that a salted tree does. Beside a proof stands what SD-JWT sends for the same fields; that peer is in
 * bench/peers: npm ci --prefix bench/peers
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bestCrypto } from '../dist/adapters/crypto/best.js';
import {
  buildTree,
  kindAt,
  present,
  presentationText,
  readJson,
  valueAtPointer,
  verifyPresentation,
} from '../dist/health/index.js';
import { median, onOneCore, ratioOf, seededBelow, timed } from './measure.mjs';
import { atLeast, atMost, reportOf, text } from './report.mjs';
import { sdJwtPeer } from './sd-jwt.mjs';

const LARGE_FILE = process.env.HEALTH_LARGE_FILE;
const ROUNDS = Number(process.env.ROUNDS ?? 15);
const WARMING = 4;
const PROOFS = 40;
const REPEATS = 20;
/** Records of fields whose proofs are weighed. */
const SIZED = 9;
const SHOWN = [1, 5, 20, 100];
const LEAF_BYTES = 110;
const NO_PEER = 'SD-JWT is not installed, so nothing is held against it: npm ci --prefix bench/peers';

const hasher = await bestCrypto();
const seed = new Uint8Array(32).fill(7);
const right = (either) => {
  if (either._tag === 'Left') throw new Error(JSON.stringify(either.left));
  return either.right;
};
const treeOf = (bytes, mode = 'A') => right(buildTree(right(readJson(bytes)), { hasher, seed, mode }));

/** What the child says: one cold read and build, as a hospital would do it, and the most memory it ever had. */
if (LARGE_FILE !== undefined) {
  const bytes = new Uint8Array(readFileSync(LARGE_FILE));
  const { micros, wall, result } = timed(() => treeOf(bytes, process.env.HEALTH_MODE));
  const [peakBytes, count] = [process.resourceUsage().maxRSS * 1024, result.document.size];
  console.log(JSON.stringify({ micros, wall, count, root: result.root, peakBytes }));
  process.exit(0);
}

onOneCore(import.meta.url);
const report = reportOf(import.meta.url, 'records: read and built, and proofs of their fields');

const fixture = (name) =>
  new Uint8Array(readFileSync(new URL(`../node_modules/cql-exec-fhir/test/fixtures/r4/${name}`, import.meta.url)));
const bundle = fixture('Johnnie679_Hermiston71_2cd30bd6-3a87-4191-af90-6daa70f58f55.json');
const other = fixture('Luna60_McCullough561_6662f0ca-b617-4e02-8f55-7275e9f49aa0.json');
const records = [
  ['a resource of 3.7 kB', fixture('Condition_f201.json')],
  ['a bundle of 0.68 MB', bundle],
];

/** Both bundles as one of many entries, joined as text, without the spaces between tokens. */
const largeBundle = (times) => {
  const entriesIn = (bytes) => {
    const document = right(readJson(bytes));
    const at = valueAtPointer(document, '/entry');
    return bytes.subarray(document.starts[at] + 1, document.ends[at] - 1);
  };
  const lists = Array.from({ length: times }, () => [entriesIn(bundle), entriesIn(other)]).flat();
  const parts = lists.flatMap((list, index) => (index === 0 ? [list] : [Buffer.from(','), list]));
  const whole = Buffer.concat([Buffer.from('{"resourceType":"Bundle","entry":['), ...parts, Buffer.from(']}')]);
  return Buffer.from(whole.toString().replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1'));
};

const bareHashes = (count) => {
  const [input, out] = [new Uint8Array(LEAF_BYTES), new Uint8Array(32)];
  for (let index = 0; index < count; index += 1) {
    input[0] = index;
    hasher.sha256(input, out, 0);
  }
};

const buildRows = (what, bytes) => {
  const copies = Math.max(1, Math.floor(100_000 / bytes.length));
  const repeated = (work) => () => {
    let last;
    for (let copy = 0; copy < copies; copy += 1) last = work();
    return last;
  };
  const json = Buffer.from(bytes).toString();
  const [built, reads, bares, parses] = [[], [], [], []];
  const { leafCount, root } = treeOf(bytes);
  for (let round = 0; round < ROUNDS + WARMING; round += 1) {
    const build = timed(repeated(() => treeOf(bytes)));
    if (build.result.root !== root) throw new Error('wrong answer');
    const read = timed(repeated(() => right(readJson(bytes))));
    const bare = timed(repeated(() => bareHashes(leafCount)));
    const parse = timed(repeated(() => JSON.parse(json)));
    if (round < WARMING) continue;
    for (const [list, { micros }] of [
      [built, build],
      [reads, read],
      [bares, bare],
      [parses, parse],
    ]) {
      list.push(micros / copies);
    }
  }
  const rate = (micros) => bytes.length / median(micros);
  report.row({
    what: `${what}, ${leafCount} leaves, read and built`,
    figure: rate(built),
    unit: 'MB/s',
    against: `bare SHA-256 of as many inputs of ${LEAF_BYTES} bytes`,
    limit: rate(bares),
    ratio: ratioOf(built, bares),
    ...(bytes === bundle ? { mark: atLeast(8), marked: rate(built) } : {}),
    note: `${text(median(built) / leafCount)} us a leaf`,
  });
  report.row({
    what: `${what}, read`,
    figure: rate(reads),
    unit: 'MB/s',
    against: 'JSON.parse of a string',
    limit: rate(parses),
    ratio: ratioOf(reads, parses),
  });
};

const scalarsOf = ({ document, leafCount }) =>
  Array.from({ length: leafCount }, (_, at) => at).filter((at) => !['object', 'array'].includes(kindAt(document, at)));

/** `count` different ones of `values`. */
const someOf = (values, count, below) => {
  const chosen = new Set();
  while (chosen.size < Math.min(count, values.length)) chosen.add(values[below(values.length)]);
  return [...chosen];
};

const namesOf = (what, count) => `${what}, ${count} ${count === 1 ? 'field' : 'fields'}`;

/** Time before size: the peer leaves much behind in memory. */
const timeRows = (what, bytes) => {
  const tree = treeOf(bytes);
  const scalars = scalarsOf(tree);
  for (const count of SHOWN.filter((shown) => shown <= scalars.length)) {
    const below = seededBelow(count);
    const [made, checked] = [[], []];
    for (let round = 0; round < PROOFS + 3 * WARMING; round += 1) {
      const values = someOf(scalars, count, below);
      const make = timed(() => Array.from({ length: REPEATS }, () => present(tree, values)));
      const presentation = right(make.result[0]);
      const trusted = { root: tree.root, holder: 'not asked' };
      const verify = () => verifyPresentation(hasher, presentation, trusted);
      const check = timed(() => Array.from({ length: REPEATS }, verify));
      if (check.result.some((verdict) => verdict._tag === 'Left')) throw new Error('a right proof is refused');
      if (round < 3 * WARMING) continue;
      made.push(make.micros / REPEATS);
      checked.push(check.micros / REPEATS);
    }
    const marked = bytes === bundle && count === 20 ? { mark: atMost(500) } : {};
    const name = namesOf(what, count);
    report.row({ what: `${name}, proven`, figure: median(made), unit: 'us' });
    report.row({ what: `${name}, verified`, figure: median(checked), unit: 'us', ...marked });
  }
};

const sizeRows = async (what, bytes) => {
  const tree = treeOf(bytes);
  const scalars = scalarsOf(tree);
  const peer = await sdJwtPeer(tree.document);
  if (peer === undefined) report.note(NO_PEER);
  for (const count of SHOWN.filter((shown) => shown <= scalars.length)) {
    const below = seededBelow(count);
    const [hashes, texts, flat, nested] = [[], [], [], []];
    for (let round = 0; round < SIZED; round += 1) {
      const values = someOf(scalars, count, below);
      const presentation = right(present(tree, values));
      hashes.push(presentation.proof.siblings.length);
      texts.push(Buffer.byteLength(presentationText(presentation)));
      if (peer === undefined) continue;
      flat.push(await peer.flatBytes(values));
      nested.push(await peer.nestedBytes(values));
    }
    const marked = bytes === bundle && count === 20 ? { mark: atMost(6000) } : {};
    const name = namesOf(what, count);
    report.row({ what: `${name}, hashes of the proof`, figure: median(hashes), unit: 'bytes', ...marked });
    const own = { what: `${name}, whole presentation as text`, figure: median(texts), unit: 'bytes' };
    if (peer === undefined) report.row(own);
    else
      for (const [form, list] of [
        ['each field a claim', flat],
        ['each value in its container', nested],
      ]) {
        const limit = median(list);
        report.row({ ...own, against: `SD-JWT, ${form}`, limit, ratio: own.figure / limit });
      }
  }
};

const largeRow = () => {
  const folder = mkdtempSync(join(tmpdir(), 'medstate-health-'));
  const file = join(folder, 'large.json');
  const bytes = largeBundle(15);
  writeFileSync(file, bytes);
  for (const mode of ['A', 'B']) {
    const env = { ...process.env, HEALTH_LARGE_FILE: file, HEALTH_MODE: mode };
    const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], { env });
    if (status !== 0) throw new Error(`the child failed: ${stderr}`);
    const { micros, wall, count, peakBytes } = JSON.parse(stdout.toString());
    const what = `${text(bytes.length / 1e6)} MB, ${count} values, mode ${mode}, once from cold`;
    const seconds = micros / 1e6;
    report.row({ what, figure: seconds, unit: 's', mark: atMost(3.5), note: `${text(wall / 1e6)} s passed` });
    report.row({ what: `${what}: peak memory of the process`, figure: peakBytes / 1e6, unit: 'MB', mark: atMost(300) });
  }
  rmSync(folder, { recursive: true });
};

for (const [what, bytes] of records) buildRows(what, bytes);
for (const [what, bytes] of records) timeRows(what, bytes);
for (const [what, bytes] of records) await sizeRows(what, bytes);
largeRow();
