/**
 * Presentation reader: a stranger's bytes as a presentation, or the first fault with its place.
 *
 * Only the canonical text is read: what is read is written again and compared, so that one presentation has one text. Sizes are
 * checked before anything is made of them. That it proves something is asked by `verifyPresentation`.
 */
import * as E from 'fp-ts/lib/Either.js';
import { isAddress } from '../../core/json.ts';
import { type Address, HASH_BYTES, type Hash, MAX_SAFE, SIGNATURE_BYTES } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { childrenOf, countAt, type JsonDocument, kindAt, nameAt, STRING, type Step, textAt } from '../json/document.ts';
import { readJson } from '../json/read.ts';
import { isHash, wholeNumberOf } from '../json/scalars.ts';
import {
  MAX_DEPTH,
  MAX_DOCUMENT_BYTES,
  MAX_HOLDER_TEXT_BYTES,
  MAX_NESTING,
  MAX_SHOWN_LEAVES,
  MAX_SHOWN_STEPS,
  MAX_TREE_NESTING,
  MAX_VALUES,
  MIN_DEPTH,
} from '../limits.ts';
import { SUITE } from '../tree/profile.ts';
import { base64urlLength, fromBase64url } from './base64url.ts';
import type { LeafValue } from './leaf-value.ts';
import { type HolderBinding, PRESENTATION_VERSION, type Presentation, type Shown } from './presentation.ts';
import { type PresentationReadFault, type PresentationTextCode, textFaultAt } from './presentation-fault.ts';
import { presentationText } from './presentation-text.ts';
import type { ShownLeaf } from './tree-proof.ts';

const KEY_LENGTH = 66;
/** The bytes of an escape of one character. */
const MOST_ESCAPED = 6;
const NOTHING = new Uint8Array(0);

const TOP_MEMBERS = ['v', 'suite', 'depth', 'root', 'leaves', 'siblings', 'parts'];
const PART_MEMBERS = ['at', 'depth', 'leaves', 'siblings', 'parts'];
const LEAF_MEMBERS = ['i', 'p', 't', 'v', 's'];
const HOLDER_MEMBERS = ['aud', 'nonce', 'iat', 'pub', 'sig'];

/**
 * Reads one text. After the first fault all that is read means nothing, and no list has items any more: what comes out is
 * thrown away.
 */
class Reading {
  fault: { readonly code: PresentationTextCode; readonly at: number } | undefined;
  readonly #document: JsonDocument;
  #leaves = 0;
  #steps = 0;

  constructor(document: JsonDocument) {
    this.#document = document;
  }

  presentation(): Presentation {
    const [version = 0, suite = 0, depth = 0, root = 0, ...rest] = this.#members(0, TOP_MEMBERS, 'holder');
    this.#must(this.#number(version, MAX_SAFE) === PRESENTATION_VERSION, 'presentation_version_unknown', version);
    this.#must(this.#number(suite, MAX_SAFE) === SUITE, 'presentation_suite_unknown', suite);
    const [leaves = 0, siblings = 0, parts = 0, holder] = rest;
    const shown = this.#shown(depth, leaves, siblings, parts, 1);
    const read = { root: this.#hash(root), ...shown };
    return holder === undefined ? read : { ...read, holder: this.#holder(holder) };
  }

  #must(holds: boolean, code: PresentationTextCode, at: number): boolean {
    if (!holds) this.fault ??= { code, at };
    return holds;
  }

  /** The values of the members, which have these names in this order; one may be left out. */
  #members(at: number, names: readonly string[], last?: string): readonly number[] {
    const values: number[] = [];
    if (this.fault !== undefined) return values;
    if (!this.#must(kindAt(this.#document, at) === 'object', 'presentation_wrong_type', at)) return values;
    for (const child of childrenOf(this.#document, at)) {
      const wanted = names[values.length] ?? last;
      const isWanted = values.length <= names.length && nameAt(this.#document, child) === wanted;
      if (!this.#must(isWanted, 'presentation_member_wrong', child)) return values;
      values.push(child);
    }
    this.#must(values.length >= names.length, 'presentation_member_missing', at);
    return values;
  }

  #items(at: number, most: number, code: PresentationTextCode): readonly number[] {
    const isList = this.#must(kindAt(this.#document, at) === 'array', 'presentation_wrong_type', at);
    if (isList) this.#must(countAt(this.#document, at) <= most, code, at);
    return this.fault === undefined ? [...childrenOf(this.#document, at)] : [];
  }

  #number(at: number, most: number, least = 0): number {
    if (!this.#must(kindAt(this.#document, at) === 'number', 'presentation_wrong_type', at)) return 0;
    const value = wholeNumberOf(textAt(this.#document, at), most);
    this.#must(value !== undefined && value >= least, 'presentation_out_of_range', at);
    return value ?? 0;
  }

  #text(at: number, mostBytes = MAX_DOCUMENT_BYTES): string {
    const { kinds, starts, ends } = this.#document;
    if (!this.#must(kinds[at] === STRING, 'presentation_wrong_type', at)) return '';
    const length = (ends[at] as number) - (starts[at] as number);
    return this.#must(length <= mostBytes, 'presentation_out_of_range', at) ? textAt(this.#document, at) : '';
  }

  #hash(at: number): Hash {
    const text = this.#text(at, 2 * HASH_BYTES);
    this.#must(isHash(text), 'presentation_bytes_malformed', at);
    return text as Hash; // of the form of a hash, or thrown away
  }

  #bytes(at: number, most: number): Uint8Array {
    const bytes = fromBase64url(this.#text(at, base64urlLength(most)));
    this.#must(bytes !== undefined, 'presentation_bytes_malformed', at);
    return bytes ?? NOTHING;
  }

  #bytesOf(at: number, length: number): Uint8Array {
    const bytes = this.#bytes(at, length);
    this.#must(bytes.length === length, 'presentation_bytes_malformed', at);
    return bytes;
  }

  #path(at: number): readonly Step[] {
    const items = this.#items(at, MAX_NESTING, 'presentation_too_deep');
    this.#steps += items.length;
    this.#must(this.#steps <= MAX_SHOWN_STEPS, 'presentation_too_large', at);
    const { kinds } = this.#document;
    return items.map((item) => (kinds[item] === STRING ? this.#text(item) : this.#number(item, 2 ** 32 - 1)));
  }

  #shown(depthAt: number, leavesAt: number, siblingsAt: number, partsAt: number, trees: number): Shown {
    this.#must(trees <= MAX_TREE_NESTING, 'presentation_too_deep', depthAt);
    const depth = this.#number(depthAt, MAX_DEPTH, MIN_DEPTH);
    const items = this.#items(leavesAt, MAX_SHOWN_LEAVES - this.#leaves, 'presentation_too_large');
    this.#leaves += items.length;
    const leaves = items.map((item) => this.#leaf(item));
    const siblings = this.#bytes(siblingsAt, HASH_BYTES * depth * leaves.length);
    const parts = this.#items(partsAt, leaves.length, 'presentation_too_large').map((item) => {
      const [at = 0, ...rest] = this.#members(item, PART_MEMBERS);
      const [depth = 0, leaves = 0, siblings = 0, parts = 0] = rest;
      return { at: this.#path(at), ...this.#shown(depth, leaves, siblings, parts, trees + 1) };
    });
    return { proof: { depth, leaves, siblings }, parts };
  }

  #leaf(at: number): ShownLeaf {
    const [position = 0, path = 0, kind = 0, value = 0, salt = 0] = this.#members(at, LEAF_MEMBERS);
    return {
      position: this.#number(position, 2 ** MAX_DEPTH - 1),
      steps: this.#path(path),
      salt: this.#bytesOf(salt, HASH_BYTES),
      value: this.#value(kind, value),
    };
  }

  #value(kindOf: number, at: number): LeafValue {
    const kind = this.#text(kindOf);
    switch (kind) {
      case 'object':
        return {
          kind,
          names: this.#items(at, MAX_VALUES, 'presentation_too_large').map((item) => this.#text(item)),
        };
      case 'array':
        return { kind, length: this.#number(at, 2 ** 32 - 1) };
      case 'string':
      case 'number':
        return { kind, text: this.#text(at) };
      case 'boolean':
        this.#must(kindAt(this.#document, at) === 'boolean', 'presentation_wrong_type', at);
        return { kind, value: textAt(this.#document, at) === 'true' };
      case 'null':
        this.#must(kindAt(this.#document, at) === 'null', 'presentation_wrong_type', at);
        return { kind };
      case 'tree': {
        const [depth = 0, root = 0] = this.#members(at, ['depth', 'root']);
        return { kind, depth: this.#number(depth, MAX_DEPTH, MIN_DEPTH), root: this.#hash(root) };
      }
      case 'reference': {
        const [bytes = 0, chunks = 0] = this.#members(at, ['bytes', 'chunks']);
        return { kind, byteLength: this.#number(bytes, MAX_DOCUMENT_BYTES), chunkRoot: this.#hash(chunks) };
      }
      default:
        this.#must(false, 'presentation_kind_unknown', kindOf);
        return { kind: 'null' };
    }
  }

  #holder(at: number): HolderBinding {
    const [audience = 0, nonce = 0, issued = 0, key = 0, signature = 0] = this.#members(at, HOLDER_MEMBERS);
    const pub = this.#text(key, KEY_LENGTH);
    this.#must(isAddress(pub), 'presentation_bytes_malformed', key);
    return {
      audience: this.#holderText(audience),
      nonce: this.#holderText(nonce),
      issuedSeconds: this.#number(issued, MAX_SAFE),
      key: pub as Address, // of the form of an address, or thrown away
      signature: this.#bytesOf(signature, SIGNATURE_BYTES),
    };
  }

  #holderText(at: number): string {
    const text = this.#text(at, MOST_ESCAPED * MAX_HOLDER_TEXT_BYTES);
    const { length } = utf8Bytes(text);
    this.#must(length > 0 && length <= MAX_HOLDER_TEXT_BYTES, 'presentation_out_of_range', at);
    return text;
  }
}

/** The first byte in which two texts differ. */
const firstDifference = (a: Uint8Array, b: Uint8Array): number => {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length : at;
};

/** The presentation that these bytes are the text of, or the first fault. Never throws. PERF: some 6 MB/s. */
export const readPresentation = (bytes: Uint8Array): E.Either<PresentationReadFault, Presentation> => {
  const json = readJson(bytes);
  if (E.isLeft(json)) return json;
  const document = json.right;
  const reading = new Reading(document);
  const presentation = reading.presentation();
  if (reading.fault !== undefined) {
    const { code, at } = reading.fault;
    const quote = document.kinds[at] === STRING ? 1 : 0;
    return E.left(textFaultAt(bytes, code, (document.starts[at] as number) - quote));
  }
  const canonical = utf8Bytes(presentationText(presentation));
  const isCanonical = canonical.length === bytes.length && firstDifference(bytes, canonical) === bytes.length;
  if (isCanonical) return E.right(presentation);
  return E.left(textFaultAt(bytes, 'presentation_not_canonical', firstDifference(bytes, canonical)));
};
