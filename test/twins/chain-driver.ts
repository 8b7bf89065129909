/**
 * Chain driver: small random chains, made block by block and followed from their bytes.
 *
 * Each block is made with `buildBlock` from whatever is offered, signed, read back from its bytes, and reduced on the tip of
 * its parent; both ways must end in the same place. What is offered is decided at the very moment, with the state in view,
 * as an adversary would.
 */

import assert from 'node:assert/strict';
import * as E from 'fp-ts/lib/Either.js';
import { agreement } from '../../src/core/agreement.ts';
import { type CheckedBlock, checkBlock, readBlock } from '../../src/core/block.ts';
import { fromHex, toHex } from '../../src/core/bytes.ts';
import { type Chain, slotStart, type Tip } from '../../src/core/chain.ts';
import { type CheckedTransaction, checkTransaction, type Refused } from '../../src/core/check.ts';
import type { Crypto } from '../../src/core/crypto.ts';
import { type Founding, found } from '../../src/core/founding.ts';
import { registryOf } from '../../src/core/kinds/registry.ts';
import { type ParamTexts, readParams } from '../../src/core/params.ts';
import { type BuiltBlock, buildBlock, reduce, type Transition } from '../../src/core/reduce.ts';
import type { Refusal } from '../../src/core/refusal.ts';
import { signBlock } from '../../src/core/sign.ts';
import { rowsOf } from '../../src/core/state/delta.ts';
import type { LiveState } from '../../src/core/steps/work.ts';
import type { Address, Hash, Height, Seconds, Slot } from '../../src/core/units.ts';
import { fakeCrypto, type Person, peopleOf } from './fake-crypto.ts';

/** What one person has at genesis. */
export interface Holding {
  readonly balance: bigint;
  readonly staked: bigint;
  /** Locked as a candidate, if one. */
  readonly collateral: bigint | undefined;
  /** The numbers of the people voted for; those who are no candidates are left out. */
  readonly votes: readonly number[];
}

export interface ChainSetting {
  readonly params: ParamTexts;
  readonly genesisTime: number;
  /** Makes genesis ids, and so schedules, differ. */
  readonly seed: number;
  readonly holdings: readonly Holding[];
}

/** A transaction offered, and what is known of it without state. */
export interface Offer {
  readonly bytes: Uint8Array;
  readonly checked: E.Either<Refused, CheckedTransaction>;
}

/** What became of an offer. `leftOut`: its refusal; `failed`: the code in its receipt; neither: it executed. */
export interface Outcome {
  readonly leftOut: Refusal | undefined;
  readonly failed: string | undefined;
}

/** A block, made and followed. */
export interface Step {
  readonly parent: Tip;
  readonly slot: Slot;
  readonly time: Seconds;
  readonly bytes: Uint8Array;
  readonly block: CheckedBlock;
  readonly built: BuiltBlock;
  readonly transition: Transition;
  readonly offers: readonly Offer[];
  /** One for each offer, in order. */
  readonly outcomes: readonly Outcome[];
}

/** What is seen when the next offer is made. */
export interface Sight {
  readonly driver: ChainDriver;
  readonly state: LiveState;
  readonly time: Seconds;
}

/** Makes the bytes of an offer. */
export type MakeOffer = (sight: Sight) => Uint8Array;

export const genesisCandidacy = (person: Person): Hash => toHex(fakeCrypto.sha256(person.privateKey)) as Hash;

/** Two candidacies of genesis share each place, so that only the address can tell which ranks first. */
export const genesisIndex = ({ index }: Person): number => index >> 1;

const foundTip = (setting: ChainSetting, people: readonly Person[], crypto: Crypto): Founding => {
  const read = readParams({ chainId: '7', ...setting.params });
  if (E.isLeft(read)) throw new Error(`no such chain: ${JSON.stringify(read.left)}`);
  const genesisId = toHex(crypto.sha256(new TextEncoder().encode(`genesis ${setting.seed}`))) as Hash;
  const genesisTime = setting.genesisTime as Seconds;
  const chain: Chain = { params: read.right, registry: registryOf(), crypto, genesisId, genesisTime, agreement };
  const isCandidate = (index: number) => setting.holdings[index]?.collateral !== undefined;
  const founding = found(chain, (ledger) => {
    for (const person of people.filter(({ index }) => isCandidate(index))) {
      const { address: owner } = person;
      const id = genesisCandidacy(person);
      const age = { height: 0 as Height, index: genesisIndex(person) };
      const fresh = { owner, collateral: 0n, power: 0n, ...age, url: '', produced: 0, missed: 0 };
      ledger.openCandidacy(id, fresh);
      ledger.state.changeAccount(owner, (account) => {
        account.candidacy = id;
      });
    }
    for (const person of people) {
      const { balance, staked, collateral, votes } = setting.holdings[person.index] as Holding;
      const ids = [...new Set(votes)].filter(isCandidate).map((index) => genesisCandidacy(people[index] as Person));
      if (ids.length > 0) {
        ledger.state.changeAccount(person.address, (account) => {
          account.votes = ids;
        });
      }
      ledger.journal.mint(ledger.balance(person.address), balance);
      ledger.journal.mint(ledger.staked(person.address), staked);
      if (collateral !== undefined)
        ledger.journal.mint(ledger.candidateCollateral(genesisCandidacy(person)), collateral);
    }
    ledger.totals = { ...ledger.totals, supply: ledger.journal.sum() };
    return undefined;
  });
  if (E.isLeft(founding)) throw new Error(`no such chain: ${JSON.stringify(founding.left)}`);
  return founding.right;
};

/** What two ways to one block must agree on. */
const gistOf = ({ tip, included, receipts, events, postings, rows, round, reward, supply }: Transition) => ({
  at: [tip.height, tip.slot, tip.time, tip.id, tip.state.root, tip.state.count],
  votes: [tip.votes.maxHeightPrevoted, tip.votes.finalHeight, tip.schedule],
  included: included.map(({ id, bytes }) => [id, toHex(bytes)]),
  rows: rowsOf(rows).map(({ leaf, bytes }) => [leaf, bytes === undefined ? undefined : toHex(bytes)]),
  rest: [receipts, events, postings, round, reward, supply],
});

/** Throws unless both say the same of a block. */
export const assertSame = (one: Transition, other: Transition): void => assert.deepEqual(gistOf(one), gistOf(other));

/** The block of these bytes, checked, with its transactions in a list. */
export const readChecked = (chain: Chain, bytes: Uint8Array): CheckedBlock => {
  const block = readBlock(bytes);
  if (E.isLeft(block)) throw new Error(`a block that was made is malformed: ${block.left.code}`);
  const checked = checkBlock(chain, block.right);
  return { ...checked, transactions: [...checked.transactions] };
};

/** The transition of a block that must follow. */
export const followed = (chain: Chain, tip: Tip, block: CheckedBlock): Transition => {
  const reduced = reduce(chain, tip, block);
  if (E.isLeft(reduced)) throw new Error(`a block that was made is rejected: ${JSON.stringify(reduced.left)}`);
  return reduced.right;
};

const outcomesOf = ({ transition, leftOut }: BuiltBlock): readonly Outcome[] => {
  const refusals = new Map(leftOut.map(({ offer, refused }) => [offer, refused.refusal]));
  const receipts = [...transition.receipts];
  return Array.from({ length: receipts.length + refusals.size }, (_, offer) => {
    const refusal = refusals.get(offer);
    if (refusal !== undefined) return { leftOut: refusal, failed: undefined };
    const receipt = receipts.shift();
    assert.ok(receipt !== undefined && receipt.executed === (receipt.code === ''));
    return { leftOut: undefined, failed: receipt.executed ? undefined : receipt.code };
  });
};

export class ChainDriver {
  readonly setting: ChainSetting;
  readonly chain: Chain;
  readonly people: readonly Person[];
  readonly genesis: Tip;
  /** All rows of the genesis state. */
  readonly genesisRows: Founding['rows'];
  tip: Tip;
  /** Every candidacy that ever was or was tried for, in the order told. */
  readonly candidacies: Hash[] = [];
  /** The bytes of all that was ever offered. */
  readonly history: Uint8Array[] = [];
  readonly #heights = new Map<Address, Height>();

  constructor(setting: ChainSetting, crypto: Crypto = fakeCrypto) {
    this.setting = setting;
    this.people = peopleOf(setting.holdings.length);
    const { chain, tip, rows } = foundTip(setting, this.people, crypto);
    this.chain = chain;
    this.genesis = tip;
    this.genesisRows = rows;
    this.tip = tip;
    for (const person of this.people) {
      if (setting.holdings[person.index]?.collateral !== undefined) this.candidacies.push(genesisCandidacy(person));
    }
  }

  person(index: number): Person {
    return this.people[index % this.people.length] as Person;
  }

  /** Who has this address; every producer of these chains is one of the people. */
  keyOf(address: Address): Uint8Array {
    const key = fromHex(address.slice(2));
    assert.ok(key !== undefined);
    return key;
  }

  /** Signs and encodes what was built. */
  sign({ claim, transition }: BuiltBlock): Uint8Array {
    const transactions = transition.included.map(({ bytes }) => bytes);
    return signBlock(this.chain.crypto, claim, transactions, this.keyOf(claim.producer));
  }

  /** Makes the block of a slot, but does not move on to it. */
  make(slot: number, makers: readonly MakeOffer[]): Step {
    const parent = this.tip;
    const offers: Offer[] = [];
    const time = slotStart(this.chain, slot as Slot);
    const driver = this;
    const built = buildBlock(this.chain, parent, {
      slot: slot as Slot,
      explain: true,
      lockOf: (producer) => this.#heights.get(producer) ?? (0 as Height),
      offers: function* (state) {
        for (const make of makers) {
          const bytes = make({ driver, state, time });
          const checked = checkTransaction(driver.chain, bytes);
          driver.history.push(bytes);
          offers.push({ bytes, checked });
          yield checked;
        }
      },
    });
    if (E.isLeft(built)) throw new Error(`no block in slot ${slot}: ${built.left.code}`);
    const bytes = this.sign(built.right);
    const block = readChecked(this.chain, bytes);
    const transition = followed(this.chain, parent, block);
    assertSame(transition, built.right.transition);
    const outcomes = outcomesOf(built.right);
    assert.equal(outcomes.length, offers.length);
    return { parent, slot: slot as Slot, time, bytes, block, built: built.right, transition, offers, outcomes };
  }

  /** Makes the block of a slot and moves on to it. */
  step(slot: number, makers: readonly MakeOffer[] = []): Step {
    const step = this.make(slot, makers);
    this.tip = step.transition.tip;
    const { producer, maxHeightGenerated } = step.built.claim;
    this.#heights.set(producer, Math.max(maxHeightGenerated, this.tip.height) as Height);
    return step;
  }
}
