/**
 * Watch: what the headers that reach a node say against their producers, and whether the bound on faults is broken.
 *
 * It looks at every header that its producer has signed, of good blocks and of others, and keeps the evidence.
 * Source: protocol section 12, finality rules 17, 22 and 23.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Chain, slotAt, slotStart, type Tip } from '../../core/chain.ts';
import { convictionOf, type Evidence } from '../../core/evidence.ts';
import { encodeEvidence, type SignedStatement, verifyEvidence } from '../../core/evidence-message.ts';
import { officesInWindow } from '../../core/finality.ts';
import { HeaderLog } from '../../core/header-log.ts';
import type { Hash, Slot } from '../../core/units.ts';
import { bytesList } from '../../core/wire/fields.ts';
import type { Header } from '../../core/wire/header.ts';
import { message } from '../../core/wire/proto.ts';

/** Slots below the final block whose headers are kept, in finality windows: what conflicts with a final block is older than it. */
const KEPT_WINDOWS = 3;

const listMessage = message<{ readonly evidence: readonly Uint8Array[] }>({ evidence: bytesList(1) });

/** Whether bytes have the form of stored evidence; whether it holds against anybody only its chain can tell. */
export const isEvidenceForm = (bytes: Uint8Array): boolean => E.isRight(listMessage.decode(bytes));

export class Watch {
  readonly #chain: Chain;
  readonly #log = new HeaderLog<SignedStatement>();
  #sawConflict = false;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  /** Evidence against each producer against whom there is some, in the order it was found. */
  get evidence(): readonly Evidence<SignedStatement>[] {
    return this.#log.evidence();
  }

  /** Looks at a header that its producer has signed, of the block with this id. Gives evidence, the first time that there is some against the producer. */
  see(header: Header, id: Hash): Evidence<SignedStatement> | undefined {
    const slot = slotAt(this.#chain, header.time);
    // No block has a time between two slots, nor one before the first; whoever signs such a header has stated nothing.
    if (slot < 1 || slotStart(this.#chain, slot) !== header.time) return undefined;
    const { height, producer, maxHeightGenerated, maxHeightPrevoted } = header;
    return this.#log.add({ id, slot, height, producer, maxHeightGenerated, maxHeightPrevoted, header });
  }

  /** Forgets what is long final. */
  prune({ slot }: Tip): void {
    const { finalityWindow } = this.#chain.params;
    this.#log.prune(Math.max(0, slot - KEPT_WINDOWS * finalityWindow) as Slot);
  }

  /** A block that its producer has signed stands on a chain without the final block of this node. */
  noteConflict(): void {
    this.#sawConflict = true;
  }

  /**
   * Whether blocks in conflict with the final one were seen, and so many members of one set have contradicted themselves as it takes to
   * make two final blocks conflict: then nothing that is final can be relied on, and whoever goes on makes it worse.
   */
  isBoundBroken({ votes }: Tip): boolean {
    if (!this.#sawConflict) return false;
    const sets = officesInWindow(votes).flatMap(({ office }) => [office.old, office.new]);
    return sets.some((set) => {
      const conviction = convictionOf(this.evidence, set);
      return conviction.convicted.length >= conviction.demanded;
    });
  }

  /** The evidence, for a store. */
  encode(): Uint8Array {
    return listMessage.encode({ evidence: this.evidence.map((each) => encodeEvidence(each)) });
  }

  /** Takes evidence from a store; whether all of it was that. Cost: two recoveries each. */
  load(bytes: Uint8Array): boolean {
    const decoded = listMessage.decode(bytes);
    if (E.isLeft(decoded)) return false;
    const { crypto, genesisTime, params } = this.#chain;
    const { chainId, slotSeconds } = params;
    return decoded.right.evidence.every((each) => {
      const verified = verifyEvidence({ crypto, genesisTime, chainId, slotSeconds }, each);
      if (E.isRight(verified)) this.#log.convict(verified.right);
      return E.isRight(verified);
    });
  }
}
