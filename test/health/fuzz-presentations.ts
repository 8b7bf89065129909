/**
 * Fuzz of presentations: as bytes, and as bytes that are read as a list of changes to the text of a valid one, value by value.
 *
 * It may be refused in any way that has a name. If it is accepted, it says nothing that does not stand in the document; and where a
 * holder has signed it, it is the text that was signed.
 */
import { isDeepStrictEqual } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import {
  bindHolder,
  type HolderDemand,
  type PartialDocument,
  type PartialNode,
  type Presentation,
  pointerOf,
  present,
  presentationText,
  type RecordTree,
  readPresentation,
  verifyPresentation,
} from '../../src/health/index.ts';
import type { FuzzTarget } from './fuzz-run.ts';
import { person, signerOf } from './record-samples.ts';
import { crypto, rightOf, treeOf } from './records.ts';

const RECORD = `{"a":[1,-3,0.5,true,false,null,{}],"b":{"é":"text","0":[]},"long":"${'x'.repeat(1100)}","c":["","ü😀",7.10]}`;

/** What may stand where something else is expected. */
const STRANGERS: readonly unknown[] = [
  ...[null, true, 0, -0, -1, 1.5, 32, 2 ** 31, 2 ** 32, 2 ** 53, 1e308],
  ...['', 'a', '0', '__proto__', '\ud800', 'x'.repeat(2000), 'A'.repeat(43), '00'.repeat(32)],
  ...[[], [[]], ['a', 0], {}, { length: 7 }, { depth: 5, root: '00' }, { depth: 4, root: '00'.repeat(32) }],
  ...['object', 'array', 'string', 'number', 'boolean', 'null', 'tree', 'reference', 'none'],
];

/** Objects and arrays that can be changed. */
type Node = Record<string, unknown>;

/** Every place: the object or array, and the key in it. */
const placesIn = (value: unknown, places: [Node, string][] = []): readonly [Node, string][] => {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      places.push([value as Node, key]);
      placesIn(inner, places);
    }
  }
  return places;
};

interface Base {
  readonly tree: RecordTree;
  readonly text: string;
  /** What each place of the document says, by pointer. */
  readonly truth: ReadonlyMap<string, PartialNode>;
}

/** A node without its children, which are nodes of their own. */
const alone = (node: PartialNode | undefined): unknown =>
  node !== undefined && 'children' in node ? { ...node, children: undefined } : node;

const nodesOf = (node: PartialNode): readonly PartialNode[] =>
  'children' in node ? [node, ...[...node.children.values()].flatMap(nodesOf)] : [node];

const isTold = (node: PartialNode): boolean =>
  !(node.kind === 'object' && node.names === undefined) && !(node.kind === 'array' && node.length === undefined);

const told = ({ whole }: PartialDocument): readonly PartialNode[] => nodesOf(whole).filter(isTold);

/** What is true of a tree: all that it shows when all is shown. */
const truthOf = (tree: RecordTree, all: readonly number[]): Base['truth'] => {
  const options = { root: tree.root, holder: 'not asked' } as const;
  const verified = rightOf(verifyPresentation(crypto, rightOf(present(tree, all)), options));
  return new Map(told(verified).map((node) => [pointerOf(node.steps), node]));
};

/** Presentations of all and of some of a record, alone and within another. */
const basesOf = (record: string): readonly Base[] =>
  (['A', 'B'] as const).flatMap((mode) => {
    const text = mode === 'A' ? record : `{"resourceType":"Patient","contained":[${record},{"a":[]}],"active":true}`;
    const tree = treeOf(text, { seed: new Uint8Array(32).fill(mode === 'A' ? 1 : 2), mode });
    const values = Array.from({ length: tree.document.size }, (_, value) => value);
    const truth = truthOf(tree, values);
    const picks = [values, values.slice(0, 3), values.slice(1, 2), values.filter((_, at) => at % 2 === 0)];
    return picks.map((pick) => ({ tree, text: presentationText(rightOf(present(tree, pick))), truth }));
  });

/** Throws on anything accepted that does not stand in the document. A part that was left out says less, and nothing else. */
const demandTruth = (accepted: PartialDocument, truth: Base['truth']): void => {
  for (const node of told(accepted)) {
    const pointer = pointerOf(node.steps);
    const known = truth.get(pointer);
    const isTrue =
      node.kind === 'tree' ? isDeepStrictEqual(node.tree, known?.tree) : isDeepStrictEqual(alone(node), alone(known));
    if (!isTrue) throw new Error(`accepted at ${pointer}: ${node.kind}`);
  }
};

const otherText = (old: string, next: () => number): string => {
  const at = (256 * next() + next()) % (old.length + 1);
  const how = next() % 3;
  if (how === 0) return old.slice(0, at);
  const letter = String.fromCharCode(next());
  return old.slice(0, at) + letter + old.slice(how === 1 ? at : at + 1);
};

const otherValue = (old: unknown, bases: readonly Base[], next: () => number): unknown => {
  const how = next() % 4;
  if (how === 0 && typeof old === 'number') return old + (next() - 128);
  if (how < 3 && typeof old === 'string') return otherText(old, next);
  if (Array.isArray(old) && how === 0) return old.slice(next() % (old.length + 1));
  if (Array.isArray(old) && how === 1) return [...old, ...old.slice(0, next() % 8)];
  if (Array.isArray(old) && how === 2) return [...old].reverse();
  if (how === 3) return structuredClone(STRANGERS[next() % STRANGERS.length]);
  const places = placesIn(JSON.parse((bases[next() % bases.length] as Base).text));
  const [node, key] = places[(256 * next() + next()) % places.length] as [Node, string];
  return node[key];
};

const bases = basesOf(RECORD);

/** Byte 0 chooses a presentation, byte 1 how many changes, and each change takes what it needs. */
const runByValue = (bytes: Uint8Array): string => {
  let at = 0;
  const next = (): number => bytes[at++] ?? 0;
  const { tree, text, truth } = bases[next() % bases.length] as Base;
  const changed = JSON.parse(text) as Presentation;
  for (let left = next() % 5; left > 0; left -= 1) {
    const places = placesIn(changed);
    if (places.length === 0) break;
    const [node, key] = places[(256 * next() + next()) % places.length] as [Node, string];
    if (next() < 16) delete node[key];
    else node[key] = otherValue(node[key], bases, next);
  }
  const read = readPresentation(new TextEncoder().encode(JSON.stringify(changed)));
  if (E.isLeft(read)) return read.left.code;
  const verified = verifyPresentation(crypto, read.right, { root: tree.root, holder: 'not asked' });
  if (E.isLeft(verified)) return verified.left.code;
  demandTruth(verified.right, truth);
  return 'proven';
};

const small = basesOf('{"a":[1,-3,null,{}],"b":{"é":"text"},"c":true}');
const claim = { audience: 'Dr. é', nonce: 'n', issuedSeconds: 1_000, key: person('owner').address };
const { audience, nonce, key } = claim;
const DEMAND: HolderDemand = { audience, nonce, key, now: 1_000, maxAgeSeconds: 60 };
const signed = await Promise.all(
  small.map(async ({ text }) => {
    const read = rightOf(readPresentation(Buffer.from(text)));
    return presentationText(await bindHolder(crypto, read, claim, signerOf('owner')));
  }),
);
const signedTexts = new Set(signed);

/** The bytes as they are. If somebody is said to hold it, that is asked for. */
const runByByte = (bytes: Uint8Array): string => {
  const read = readPresentation(bytes);
  if (E.isLeft(read)) return read.left.code;
  const { root, holder } = read.right;
  const text = Buffer.from(bytes).toString();
  if (presentationText(read.right) !== text) throw new Error('read from a text that is not its own');
  const base = small.find(({ tree }) => tree.root === root) ?? (small[0] as Base);
  const options = { root: base.tree.root, holder: holder === undefined ? ('not asked' as const) : DEMAND };
  const verified = verifyPresentation(crypto, read.right, options);
  if (E.isLeft(verified)) return verified.left.code;
  demandTruth(verified.right, base.truth);
  if (holder === undefined) return 'proven';
  if (!signedTexts.has(text)) throw new Error('nobody has signed it');
  return 'proven of its holder';
};

const PROOF_FAULTS = ['proof_root_differs', 'proof_positions_wrong', 'proof_value_malformed', 'proof_out_of_bounds'];
const RARE_FAULTS = [
  ...['presentation_part_unfounded', 'presentation_part_order', 'presentation_part_depth', 'presentation_too_large'],
  ...['presentation_root_differs', 'presentation_too_deep', 'presentation_not_canonical'],
  ...['proof_incomplete', 'proof_left_over', 'proof_path_twice', 'proof_contradicts'],
];
const TEXT_FAULTS = [
  ...['presentation_out_of_range', 'presentation_kind_unknown', 'presentation_member_wrong'],
  ...['presentation_member_missing', 'presentation_bytes_malformed'],
];
/** Faults of the few bytes of a head, and of few others. */
const FAULTS_IN_FEW_BYTES = ['presentation_version_unknown', 'presentation_suite_unknown', 'presentation_wrong_type'];

const byValue: FuzzTarget = {
  name: 'presentation, value by value',
  seeds: Array.from({ length: 64 }, (_, seed) => chanceFrom(seed).bytes(40)),
  answers: ['proven', ...TEXT_FAULTS, ...FAULTS_IN_FEW_BYTES, 'json_lone_surrogate', ...PROOF_FAULTS],
  rare: RARE_FAULTS,
  run: runByValue,
};

const byByte: FuzzTarget = {
  name: 'presentation, byte by byte',
  seeds: [...small.map(({ text }) => text), ...signed].map((text) => new TextEncoder().encode(text)),
  dictionary: [
    ...['"v":', '"suite":', '"depth":', '"root":', '"leaves":', '"siblings":', '"parts":', '"holder":', '"at":'],
    ...['"i":', '"p":', '"t":', '"s":', '"aud":', '"nonce":', '"iat":', '"pub":', '"sig":', '"bytes":', '"chunks":'],
    ...['"object"', '"array"', '"string"', '"number"', '"boolean"', '"null"', '"tree"', '"reference"', '"__proto__"'],
    ...['0', '-1', '1.0', '26', '27', '9007199254740993', 'A'.repeat(43), '00'.repeat(32), '{', '}', '[', ']', ','],
    ...['"', '\\u0041', '\\/', ' ', 'null', 'true', '\xc3\xa9'],
  ],
  answers: [
    ...['proven', 'proven of its holder', ...TEXT_FAULTS, 'presentation_not_canonical', 'presentation_root_differs'],
    ...['proof_root_differs', 'holder_signature_wrong', 'json_syntax', 'json_not_utf8', 'json_trailing_bytes'],
    ...['json_control_character', 'json_number', 'json_duplicate_member'],
  ],
  rare: [
    ...FAULTS_IN_FEW_BYTES,
    ...RARE_FAULTS,
    ...PROOF_FAULTS,
    ...['holder_key_differs', 'holder_audience_differs', 'holder_nonce_differs', 'holder_too_old', 'holder_too_early'],
    ...['json_byte_order_mark', 'json_escape', 'json_lone_surrogate', 'json_name_too_long', 'json_too_deep'],
  ],
  run: runByByte,
};

/** What takes presentations. */
export const presentationTargets: readonly FuzzTarget[] = [byValue, byByte];
