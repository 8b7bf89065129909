/**
 * Check against: two stores of the same state row by row, to name the rows in which they differ.
 *
 * The rows of the other one are put into the tree of the first: if the state root is right then, these rows and no others were changed.
 */
import type { Storage, StoredRow } from '../adapters/storage/storage.ts';
import { sameBytes } from '../core/bytes.ts';
import type { LeafContent } from '../core/tree/commitment.ts';
import { MAX_LEAVES } from '../core/tree/free-leaves.ts';
import type { Findings } from './check-findings.ts';
import type { LeafHasher, LeafRow } from './check-leaves.ts';
import { contentOf, rowPages } from './check-rows.ts';
import type { CheckTree } from './check-tree.ts';

/** Rows to compare with, such as those of another store or of a snapshot. */
export interface RowSource {
  /** What it is, for people. */
  readonly name: string;
  /** The height of the state that its rows are. */
  readonly height: number | undefined;
  /** All rows, ascending by leaf. */
  rows(): AsyncIterable<readonly StoredRow[]>;
}

/** The rows of another store; it is read as far as it can be. */
export const rowsOfStore = (storage: Storage, name: string, height: number | undefined): RowSource => ({
  name,
  height,
  rows: () => rowPages(storage, () => undefined),
});

/** The rows of pages, one after the other. */
class Rows {
  readonly #pages: AsyncIterator<readonly StoredRow[]>;
  #page: readonly StoredRow[] = [];
  #at = 0;

  constructor(pages: AsyncIterable<readonly StoredRow[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** Whether the next row is at hand. If it is not, `fetch` brings it; most rows need no promise. */
  get isAtHand(): boolean {
    return this.#at < this.#page.length;
  }

  async fetch(): Promise<void> {
    while (!this.isAtHand) {
      const next = await this.#pages.next();
      if (next.done === true) return;
      [this.#page, this.#at] = [next.value, 0];
    }
  }

  /** The next row; `undefined` at the end. */
  get next(): StoredRow | undefined {
    return this.#page[this.#at];
  }

  skip(): void {
    this.#at += 1;
  }
}

const partFault = (own: LeafContent | undefined, other: LeafContent | undefined, name: string): string => {
  if (own === undefined || other === undefined) return `it differs from that of ${name}`;
  const parts = (['key', 'next', 'value'] as const).filter((part) => !sameBytes(own[part], other[part]));
  const words = { key: 'key', next: 'next key', value: 'value' };
  return `its ${parts.map((part) => words[part]).join(' and ')} ${parts.length > 1 ? 'differ' : 'differs'} from that of ${name}`;
};

export interface AgainstOptions {
  readonly storage: Storage;
  readonly hasher: LeafHasher;
  readonly tree: CheckTree;
  readonly other: RowSource;
  readonly findings: Findings;
  /** Told up to which leaf the rows were read. */
  readonly onRead: (leaves: number) => void;
}

/** Rows that are hashed together. */
const BATCH = 1024;

/** Tells every row in which the two differ; the tree has the other's rows then. PERF: reads all rows of both. */
export const checkAgainst = async ({
  storage,
  hasher,
  tree,
  other,
  findings,
  onRead,
}: AgainstOptions): Promise<void> => {
  const [own, others] = [new Rows(rowPages(storage, () => undefined)), new Rows(other.rows())];
  let changed: LeafRow[] = [];
  const flush = (): void => {
    if (changed.length === 0) return;
    const { leaves, hashes } = hasher.hash(changed);
    tree.set(leaves, hashes);
    changed = [];
  };
  const note = (leaf: number, mine: StoredRow | undefined, theirs: StoredRow | undefined): void => {
    const [before, content] = [mine && contentOf(mine.bytes), theirs && contentOf(theirs.bytes)];
    if (mine === undefined) findings.add('row', leaf, `it is missing; ${other.name} has it`);
    else if (theirs === undefined) findings.add('row', leaf, `${other.name} has no such row`);
    else findings.add('row', leaf, partFault(before, content, other.name));
    if (leaf < MAX_LEAVES && (theirs === undefined || content !== undefined)) changed.push({ leaf, content });
    if (changed.length === BATCH) flush();
  };
  for (;;) {
    if (!own.isAtHand) await own.fetch();
    if (!others.isAtHand) await others.fetch();
    const [mine, theirs] = [own.next, others.next];
    if (mine === undefined && theirs === undefined) break;
    const leaf = Math.min(mine?.leaf ?? Number.POSITIVE_INFINITY, theirs?.leaf ?? Number.POSITIVE_INFINITY);
    const [isMine, isTheirs] = [mine?.leaf === leaf, theirs?.leaf === leaf];
    if (mine === undefined || theirs === undefined || !isMine || !isTheirs || !sameBytes(mine.bytes, theirs.bytes))
      note(leaf, isMine ? mine : undefined, isTheirs ? theirs : undefined);
    if (isMine) own.skip();
    if (isTheirs) others.skip();
    onRead(leaf + 1);
  }
  flush();
};
