/**
 * The certification matrix: who certified whom, on a chain of a real engine, asked at every height about records of every height.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import {
  type Address,
  type Hash,
  keys,
  proveEntries,
  proveTransactions,
  type Seconds,
  type StateView,
} from '../../src/core/index.ts';
import { type TrustedBlock, verifyHeader } from '../../src/core/proof/verify.ts';
import {
  type AnchoredRecord,
  anchoredHash,
  anchorTransaction,
  batchAnchor,
  type CertifierTrust,
  certificationTransaction,
  instantOf,
  type RecordTrust,
  revocationTransaction,
  type SignedDocument,
  type Standing,
  signedMessage,
  trustOf,
  verifyAnchoredRecord,
} from '../../src/health/index.ts';
import { headerOfBlock } from '../core/proof-samples.ts';
import { type Driven, drive, signed, smallChain } from '../engine/small-chain.ts';
import {
  acceptedOf,
  type CertificateNames,
  CHAIN_ID,
  CREATOR_POINTERS,
  certificateOf,
  creatorOf,
  envelopeOf,
  person,
  seedOf,
  shown,
  signedRecord,
  signerOf,
  treeOfEnvelope,
} from './record-samples.ts';
import { codeOf, crypto, rightOf } from './records.ts';

const GENESIS = 1_000_000;
const timeOf = (slot: number): number => GENESIS + 3 * slot;
const at = (slot: number): string => instantOf(timeOf(slot)) ?? '';

const LAST = 12;
const STORED = 4;
const REVOKED = 8;
const PATIENT_NONCE_BEGINS = 1;

/** Each certificate: who, by whom, and when by the slots of the chain. */
const PLANS = {
  steady: { certifier: 'hospital', subject: 'doctor', issued: 1, expires: 1000, revoked: undefined },
  revoked: { certifier: 'hospital', subject: 'doctor', issued: 2, expires: 1000, revoked: REVOKED },
  brief: { certifier: 'hospital', subject: 'doctor', issued: 1, expires: 7, revoked: undefined },
  early: { certifier: 'hospital', subject: 'doctor', issued: 6, expires: 1000, revoked: undefined },
  stranger: { certifier: 'quack', subject: 'doctor', issued: 1, expires: 1000, revoked: undefined },
  self: { certifier: 'doctor', subject: 'doctor', issued: 1, expires: 1000, revoked: undefined },
  other: { certifier: 'hospital', subject: 'nurse', issued: 1, expires: 1000, revoked: undefined },
  forced: { certifier: 'hospital', subject: 'doctor', issued: 3, expires: 1000, revoked: undefined },
  misnamed: { certifier: 'hospital', subject: 'doctor', issued: 3, expires: 999, revoked: undefined },
  begunEarlier: { certifier: 'hospital', subject: 'doctor', issued: 3, expires: 998, revoked: undefined },
  endedLater: { certifier: 'hospital', subject: 'doctor', issued: 3, expires: 997, revoked: undefined },
} as const;
/** Those whose certificate shows what the chain does not say: another account, an acceptance by the certifier, another certifier, */
const FALSE_NAMES: readonly string[] = ['other', 'forced', 'misnamed'];
/** or other times, which is seen where the certification was stored before the record. */
const MISDATED_NAMES: readonly string[] = ['begunEarlier', 'endedLater'];
const isFalse = (name: Name, slot: number): boolean =>
  FALSE_NAMES.includes(name) || (MISDATED_NAMES.includes(name) && slot >= STORED);
type Name = keyof typeof PLANS;
const NAMES = Object.keys(PLANS) as Name[];

const namesOf = (name: Name): CertificateNames => {
  const { certifier, subject, issued, expires } = PLANS[name];
  return { certifier, subject, issued: at(issued), expires: at(expires) };
};
/** The same as the document says it; of some, something else than the chain. */
const documentOf = (name: Name): CertificateNames => {
  const names = namesOf(name);
  if (name === 'misnamed') return { ...names, certifier: 'clinic' };
  if (name === 'begunEarlier') return { ...names, issued: at(2) };
  return name === 'endedLater' ? { ...names, expires: at(1001) } : names;
};
/** What the hospital says that the doctor accepted. */
const forced = (): SignedDocument => {
  const { tree } = acceptedOf(documentOf('forced'));
  const signature = signerOf('hospital')(signedMessage(crypto, 'medstate/certificate-sig/1', CHAIN_ID, tree.root));
  return { tree, signature, anchored: anchoredHash(crypto, tree.root, signature) };
};
const certificates = new Map(NAMES.map((name) => [name, name === 'forced' ? forced() : acceptedOf(documentOf(name))]));
const certificate = (name: Name): SignedDocument => certificates.get(name) as SignedDocument;

/** Of each certificate a record that is anchored at each slot. */
const recordOf = (name: Name, slot: number): SignedDocument => {
  const creator = creatorOf('doctor', person(PLANS[name].certifier).address, certificate(name).anchored);
  return signedRecord(`${name} ${slot}`, creator, signerOf('doctor'));
};
const records = new Map<string, SignedDocument>();
const record = (name: Name, slot: number): SignedDocument => records.get(`${name} ${slot}`) as SignedDocument;

const ODD = treeOfEnvelope(envelopeOf('odd'), 'odd');

/** A block, and the state after it. */
interface Reached {
  readonly block: TrustedBlock;
  readonly state: StateView;
  readonly transactions: readonly Uint8Array[];
}

let driven: Driven;
const reached: Reached[] = [];
const batches = new Map<number, ReturnType<typeof batchOf>>();
const patient = person('patient').address;

const batchOf = (slot: number) =>
  rightOf(
    batchAnchor(
      crypto,
      NAMES.map((name) => record(name, slot).anchored),
      seedOf(`batch ${slot}`),
    ),
  );

const offer = async (bytes: Uint8Array): Promise<void> => {
  rightOf(await driven.engine.offer(bytes));
};

beforeAll(async () => {
  const people = { hospital: 10n, quack: 10n, doctor: 10n, patient: 10n };
  driven = await drive(smallChain({}, people), memoryStorage());
  const nonces = new Map<string, number>();
  const send = (from: string, fields: Parameters<typeof signed>[2], payer?: string): Promise<void> => {
    const nonce = (nonces.get(from) ?? 0) + 1;
    nonces.set(from, nonce);
    return offer(signed(from, nonce, fields, payer));
  };
  await send('alice', { kind: 'stake', value: 50_000_000n * 10n ** 12n });
  for (let slot = 1; slot <= LAST; slot += 1) {
    for (const name of slot === STORED ? NAMES : []) {
      const fields = certificationTransaction(certificateOf(namesOf(name)), certificate(name).anchored);
      await send(PLANS[name].certifier, fields, 'alice');
    }
    // A hash that is certified and revoked is not recorded.
    if (slot === STORED)
      await send('quack', certificationTransaction(certificateOf(namesOf('stranger')), ODD.root), 'alice');
    if (slot === STORED + 1) await send('quack', revocationTransaction(ODD.root), 'alice');
    if (slot === REVOKED) await send('hospital', revocationTransaction(certificate('revoked').anchored), 'alice');
    for (const name of slot > 1 ? NAMES : []) {
      records.set(`${name} ${slot}`, recordOf(name, slot));
      await send('patient', anchorTransaction(record(name, slot).anchored), 'alice');
    }
    if (slot > 1) {
      batches.set(slot, batchOf(slot));
      await send('relay', anchorTransaction(batches.get(slot)?.root as Hash), 'alice');
    }
    const { id, bytes, transition } = await driven.make(slot);
    const block = { id, header: headerOfBlock(bytes) };
    const transactions = transition.included.map((transaction) => transaction.bytes);
    reached[slot] = { block, state: driven.engine.tip.state, transactions };
  }
  expect(driven.engine.poolCount).toBe(0);
}, 60_000);

afterAll(() => driven.engine.close());

const stateAt = (slot: number): Reached => reached[slot] as Reached;
const prove = (slot: number, key: string): Uint8Array => proveEntries(crypto, stateAt(slot).state.proofs, [key]);

const physicians: CertifierTrust = trustOf({
  entries: [
    {
      account: person('hospital').address,
      professions: [{ system: 'urn:professions', code: 'physician' }],
      from: GENESIS as Seconds,
      until: timeOf(1000) as Seconds,
    },
    { account: person('doctor').address, professions: 'any', from: 0 as Seconds, until: timeOf(1000) as Seconds },
  ],
});

const trustAt = (slot: number, certifiers = physicians): RecordTrust => ({
  chainId: CHAIN_ID,
  state: stateAt(slot).block,
  certifiers,
  isTrustedBlock: (id) => reached.some((each) => each?.block.id === id),
});

const certificationAt = (slot: number, name: Name): NonNullable<AnchoredRecord['certification']> => {
  const { tree, signature, anchored } = certificate(name);
  const presentation = shown(tree, [
    '/profile',
    '/profession/system',
    '/profession/code',
    '/region',
    '/subject/account',
    '/certifier/account',
    '/issued',
    '/expires',
  ]);
  const key = keys.certificationKey(person(PLANS[name].certifier).address, anchored);
  return {
    proof: prove(slot, key),
    certificate: presentation,
    ...(signature === undefined ? {} : { acceptance: signature }),
  };
};

/** The record of a certificate that was anchored at a slot, with what proves it in the state of another. */
const presented = (name: Name, slot: number, stateSlot: number): AnchoredRecord => {
  const { tree, signature, anchored } = record(name, slot);
  return {
    envelope: shown(tree, CREATOR_POINTERS),
    signature,
    anchor: { sender: patient, proof: prove(stateSlot, keys.anchorKey(anchored, patient)) },
    certification: certificationAt(stateSlot, name),
  };
};

/** What the verdict should be, by plain numbers. */
const expected = (name: Name, slot: number, stateSlot: number): Standing => {
  const { certifier, subject, issued, expires, revoked } = PLANS[name];
  if (stateSlot < slot) return 'noAnchor';
  if (certifier !== 'hospital') return 'unknownCertifier';
  if (subject !== 'doctor' || slot < STORED) return 'notCertified';
  if (revoked !== undefined && revoked <= slot) return 'revokedBefore';
  if (expires <= slot) return 'expired';
  if (issued > slot) return 'notCertified';
  return revoked !== undefined && revoked <= stateSlot ? 'validThenRevokedLater' : 'valid';
};

const verdictOf = (presentation: AnchoredRecord, trust = trustAt(LAST)) =>
  verifyAnchoredRecord(crypto, presentation, trust);
const standing = (presentation: AnchoredRecord, trust = trustAt(LAST)): string => {
  const verdict = verdictOf(presentation, trust);
  return verdict._tag === 'Left' ? verdict.left : verdict.right.standing;
};

describe('a record on the chain', () => {
  it.each(NAMES)('stands as the chain says, whenever it was anchored and whenever it is asked: %s', (name) => {
    const told: Standing[] = [];
    for (let slot = 2; slot <= LAST; slot += 1) {
      for (const stateSlot of [slot - 1, slot, REVOKED, LAST].filter((each) => each >= slot - 1)) {
        const answer = standing(presented(name, slot, stateSlot), trustAt(stateSlot));
        const wanted =
          isFalse(name, slot) && stateSlot >= slot ? 'certificate_contradicts' : expected(name, slot, stateSlot);
        expect({ slot, stateSlot, answer }).toEqual({ slot, stateSlot, answer: wanted });
        if (wanted !== 'certificate_contradicts') told.push(wanted);
      }
    }
    if (name === 'revoked')
      expect(new Set(told)).toEqual(
        new Set(['noAnchor', 'notCertified', 'valid', 'validThenRevokedLater', 'revokedBefore']),
      );
    if (name === 'brief') expect(told).toContain('expired');
  });

  it('tells its content, when it was anchored, by whom it is and what its profession is', () => {
    const { content, creator } = envelopeOf(
      'steady 5',
      creatorOf('doctor', person('hospital').address, certificate('steady').anchored),
    );
    expect(rightOf(verdictOf(presented('steady', 5, LAST)))).toMatchObject({
      contentRoot: content.root,
      anchoredAt: timeOf(5),
      asOf: timeOf(LAST),
      creator,
      profession: { system: 'urn:professions', code: 'physician' },
      region: 'KR',
      certification: { certified: person('doctor').address, issued: BigInt(timeOf(1)) },
    });
  });

  it('stands the same under a state that is trusted by its root', () => {
    const header = rightOf(verifyHeader(stateAt(LAST).block.header, stateAt(LAST).block.id));
    const whole = presented('revoked', 5, LAST);
    const verdict = verdictOf(whole, { ...trustAt(LAST), state: header });
    expect(verdict).toEqual(verdictOf(whole));
    expect(standing(whole, { ...trustAt(LAST), state: { ...header, stateRoot: header.receiptsRoot } })).toBe(
      'proof_root_differs',
    );
  });

  it('is not certified by a certification of another, whose certificate is not shown', () => {
    const { certification, ...rest } = presented('other', 5, LAST);
    const believed = trustAt(LAST, () => true);
    expect(standing({ ...rest, certification: { proof: certification?.proof as Uint8Array } }, believed)).toBe(
      'notCertified',
    );
  });

  it('has an unknown certifier where the profession is not shown, or the list names others, or not yet or no more', () => {
    const whole = presented('steady', 5, LAST);
    const proof = whole.certification?.proof as Uint8Array;
    expect(standing({ ...whole, certification: { proof } })).toBe('unknownCertifier');
    const listed = (from: number, until: number, code = 'physician') =>
      trustAt(
        LAST,
        trustOf({
          entries: [
            {
              account: person('hospital').address,
              professions: [{ system: 'urn:professions', code }],
              from: timeOf(from) as Seconds,
              until: timeOf(until) as Seconds,
            },
          ],
        }),
      );
    expect(standing(whole, listed(5, 6))).toBe('valid');
    expect(standing(whole, listed(6, 9))).toBe('unknownCertifier');
    expect(standing(whole, listed(1, 5))).toBe('unknownCertifier');
    expect(standing(whole, listed(5, 6, 'nurse'))).toBe('unknownCertifier');
  });

  it('believes nobody who certified itself, even where its account is on the list', () => {
    expect(
      standing(
        presented('self', 5, LAST),
        trustAt(LAST, () => true),
      ),
    ).toBe('unknownCertifier');
  });

  it('is shown by its transaction as well, and by none that is not of it', () => {
    const { block, transactions } = stateAt(5);
    const whole = presented('steady', 5, LAST);
    const answers = transactions.map((_, index) =>
      standing({ ...whole, anchor: { block, proof: proveTransactions(crypto, transactions, [index]) } }),
    );
    expect(answers.filter((answer) => answer === 'valid')).toHaveLength(1);
    expect(new Set(answers)).toEqual(new Set(['valid', 'anchor_not_in_block']));
    const all = proveTransactions(crypto, transactions, [...transactions.keys()]);
    expect(standing({ ...whole, anchor: { block, proof: all } })).toBe('valid');
    expect(standing({ ...whole, anchor: { block: stateAt(6).block, proof: all } })).toBe('proof_root_differs');
    expect(standing({ ...whole, anchor: { block: { ...block, id: stateAt(6).block.id }, proof: all } })).toBe(
      'header_id_differs',
    );
    // Whoever hands over the record could have made the block, too.
    const { isTrustedBlock: _, ...others } = trustAt(LAST);
    expect(standing({ ...whole, anchor: { block, proof: all } }, others)).toBe('anchor_block_not_trusted');
    expect(standing({ ...whole, anchor: { block, proof: all } }, { ...others, state: block })).toBe(
      'proof_root_differs',
    );
    const { certification: _certification, ...uncertified } = whole;
    expect(standing({ ...uncertified, anchor: { block, proof: all } }, { ...others, state: block })).toBe(
      'certificationNotShown',
    );
    // The state must be as late as the anchor.
    const late = { ...whole, certification: certificationAt(4, 'steady') };
    expect(standing({ ...late, anchor: { block, proof: all } }, trustAt(4))).toBe('time_not_reached');
  });

  it('is on the chain if it was recorded, not if its hash stands in another transaction, or on another chain', () => {
    const envelope = shown(ODD, ['/profile', '/content/root']);
    for (const slot of [STORED, STORED + 1]) {
      const { block, transactions } = stateAt(slot);
      const proof = proveTransactions(crypto, transactions, [...transactions.keys()]);
      expect(standing({ envelope, anchor: { block, proof } })).toBe('anchor_not_in_block');
      const state = rightOf(verifyHeader(block.header, block.id));
      const other = { ...trustAt(LAST), chainId: 8, state };
      expect(standing({ envelope, anchor: { block, proof } }, other)).toBe('chain_differs');
    }
  });

  it('is found through a batch, and under no other path', () => {
    const slot = 6;
    const batch = batches.get(slot);
    const relay = person('relay').address;
    const anchor = { sender: relay, proof: prove(LAST, keys.anchorKey(batch?.root as Hash, relay)) };
    for (const [index, name] of NAMES.entries()) {
      if (isFalse(name, slot)) continue;
      const path = batch?.pathOf(index);
      if (path === undefined) throw new Error('each has a path');
      const whole = { ...presented(name, slot, LAST), anchor, batch: path };
      expect(standing(whole)).toBe(expected(name, slot, LAST));
      const other = batch?.pathOf((index + 1) % NAMES.length);
      // It leads to another root, of which the proof says nothing.
      expect(standing({ ...whole, batch: other as typeof path })).toBe('proof_key_unanswered');
      expect(standing({ ...whole, batch: { ...path, depth: 21 } })).toBe('batch_path_out_of_bounds');
    }
  });

  it('is self-asserted without a signature, if its root is on the chain, and not by leaving the signature away', () => {
    const { signature: _, ...unsigned } = presented('steady', 5, LAST);
    const { root } = unsigned.envelope;
    const proof = prove(LAST, keys.anchorKey(root, patient));
    const { tree } = record('steady', 5);
    const bare = { ...unsigned, envelope: shown(tree, ['/profile', '/content/root']) };
    expect(standing({ ...bare, anchor: { sender: patient, proof } })).toBe('noAnchor');
    expect(standing(bare)).toBe('proof_key_unanswered');
    // Whom nobody signed for is not shown.
    expect(standing(unsigned)).toBe('creator_unsigned');
    expect(standing({ ...unsigned, envelope: shown(tree, ['/profile', '/content/root', '/creator']) })).toBe(
      'creator_unsigned',
    );
  });

  it('is on no chain but its own', () => {
    const whole = presented('steady', 5, LAST);
    expect(standing(whole, { ...trustAt(LAST), chainId: 8 })).toBe('signature_by_another');
    const { signature: _, ...unsigned } = whole;
    const bare = { ...unsigned, envelope: shown(record('steady', 5).tree, ['/profile', '/content/root']) };
    expect(standing(bare, { ...trustAt(LAST), chainId: 8 })).toBe('chain_differs');
  });

  it('is no record of another sender than recorded it', () => {
    const whole = presented('steady', 5, LAST);
    const { anchored } = record('steady', 5);
    const other = person('alice').address as Address;
    const proof = prove(LAST, keys.anchorKey(anchored, other));
    expect(standing({ ...whole, anchor: { sender: other, proof } })).toBe('noAnchor');
  });

  it('is refused by name where its leaves do not say enough', () => {
    const whole = presented('steady', 5, LAST);
    const { tree } = record('steady', 5);
    const without = (pointer: string) => ({
      ...whole,
      envelope: shown(
        tree,
        CREATOR_POINTERS.filter((each) => each !== pointer),
      ),
    });
    expect(CREATOR_POINTERS.map((pointer) => standing(without(pointer)))).toEqual([
      'profile_differs',
      'leaf_missing',
      'leaf_missing',
      'leaf_missing',
      'leaf_missing',
    ]);
    expect(standing({ ...whole, signature: new Uint8Array(64) })).toBe('signature_by_another');
    const { certification: _, ...bare } = whole;
    expect(standing(bare)).toBe('certificationNotShown');
  });

  it('is refused with a certificate that is another, unaccepted, accepted by another, or no certificate', () => {
    const whole = presented('steady', 5, LAST);
    const { certification: good } = whole as Required<AnchoredRecord>;
    const { proof, certificate: own } = good as Required<typeof good>;
    const standingWith = (changed: Partial<typeof good>): string =>
      standing({ ...whole, certification: { ...good, ...changed } });
    const other = certificate('brief');
    expect(standingWith({})).toBe('valid');
    expect(standing({ ...whole, certification: { proof, certificate: own } })).toBe('certificate_differs');
    expect(standingWith({ acceptance: other.signature as Uint8Array })).toBe('certificate_differs');
    expect(standingWith({ acceptance: new Uint8Array(3) })).toBe('certificate_differs');
    expect(standingWith({ certificate: shown(other.tree, ['/profile']) })).toBe('certificate_differs');
    expect(standingWith({ certificate: whole.envelope })).toBe('profile_differs');
    expect(standingWith({ certificate: { ...own, root: whole.envelope.root } })).toBe('proof_root_differs');
  });
});

it('a record of which nobody signed anything is self-asserted from its block on', async () => {
  const tree = treeOfEnvelope(envelopeOf('own'), 'own');
  await offer(signed('nobody', PATIENT_NONCE_BEGINS, anchorTransaction(tree.root), 'alice'));
  const { id, bytes } = await driven.make();
  const block = { id, header: headerOfBlock(bytes) };
  const nobody = person('nobody').address;
  const proof = proveEntries(crypto, driven.engine.tip.state.proofs, [keys.anchorKey(tree.root, nobody)]);
  const presentation = {
    envelope: shown(tree, ['/profile', '/content/root', '/creator']),
    anchor: { sender: nobody, proof },
  };
  const trust = { chainId: CHAIN_ID, state: block, certifiers: physicians };
  expect(codeOf(verdictOf(presentation, trust))).toBe('right');
  expect(standing(presentation, trust)).toBe('selfAsserted');
});
