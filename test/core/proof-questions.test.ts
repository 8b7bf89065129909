import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../src/core/bytes.ts';
import { proveEntries } from '../../src/core/proof/prove.ts';
import {
  certificationStatusOf,
  type Trust,
  verifyAccount,
  verifyAlias,
  verifyAnchor,
  verifyCertification,
  verifyEntries,
  verifyHeader,
} from '../../src/core/proof/verify.ts';
import {
  accountKey,
  aliasKey,
  anchorKey,
  certificationKey,
  extensionKey,
  totalsKey,
} from '../../src/core/state/keys.ts';
import { type Account, type Certification, noAccount } from '../../src/core/state/records.ts';
import { encodeRow } from '../../src/core/state/row.ts';
import { emptyState } from '../../src/core/state/view.ts';
import { leafHash } from '../../src/core/tree/commitment.ts';
import { seal } from '../../src/core/tree/seal.ts';
import type { Address, Hash, Height, Seconds, Units } from '../../src/core/units.ts';
import { type Block, blockId, encodeBlock, type Header } from '../../src/core/wire/header.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import { headerOfBlock } from './proof-samples.ts';

const addressOf = (digit: string): Address => `02${digit.repeat(64)}` as Address;
const hashOf = (digit: string): Hash => digit.repeat(64) as Hash;
const [alice, bob, carol] = [addressOf('a'), addressOf('b'), addressOf('c')];
const [alicesHash, bobsHash] = [hashOf('1'), hashOf('2')];
const NAME = 'medibloclabs1';

const account: Account = {
  nonce: 7n,
  balance: 3n * 10n ** 30n,
  staked: 5n,
  used: 12 as Units,
  withdrawals: [{ due: 900 as Seconds, amount: 4n }],
  votes: [hashOf('9')],
  candidacy: undefined,
  alias: NAME,
};

/** Issued to be good from 90 on, stored at 100, until 200, revoked at 150. */
const certification: Certification = {
  certified: bob,
  issued: 110n,
  expires: 200n,
  stored: 100 as Seconds,
  revoked: 150 as Seconds,
};

const changes: readonly { readonly key: string; readonly record: unknown }[] = [
  { key: accountKey(alice), record: account },
  { key: aliasKey(NAME), record: { owner: alice, collateral: 9n } },
  { key: anchorKey(alicesHash, alice), record: { time: 300 as Seconds } },
  { key: certificationKey(alice, alicesHash), record: certification },
  { key: certificationKey(alice, bobsHash), record: { ...certification, revoked: 0 as Seconds } },
  { key: extensionKey(0x80, '00'), record: Uint8Array.of(1) },
  { key: totalsKey, record: { supply: 9n, staked: 5n, withdrawals: 4n, yearsBegun: 0, yearBudget: 0n } },
];
const state = emptyState(hasher).with(changes).view;
const HEIGHT = 42 as Height;
const TIME = 300 as Seconds;

const header: Header = {
  version: 1,
  chainId: 1,
  height: HEIGHT,
  parentId: hashOf('3'),
  time: TIME,
  producer: alice,
  transactionsRoot: hashOf('4'),
  receiptsRoot: hashOf('5'),
  stateRoot: state.root,
  reward: 1n,
  supply: 9n,
  maxHeightGenerated: 41 as Height,
  maxHeightPrevoted: 40 as Height,
  sign: new Uint8Array(65).fill(6),
};
const bytesOfHeader = (changed: Partial<Block['header']> = {}): Uint8Array =>
  headerOfBlock(encodeBlock({ header: { ...header, ...changed }, transactions: [] }));
const id = blockId(hasher, header);
const { sign: _, ...claim } = header;

const trusted: Trust = { stateRoot: state.root, height: HEIGHT, time: TIME };
const block: Trust = { id, header: bytesOfHeader() };
const at = (time: number): Trust => ({ stateRoot: state.root, height: HEIGHT, time: time as Seconds });
const prove = (...keys: readonly string[]): Uint8Array => proveEntries(hasher, state.proofs, keys);

describe('the header of a block', () => {
  it('is believed if the id is its hash, with the signature and without', () => {
    const unsigned = bytesOfHeader({ sign: new Uint8Array(0) });
    expect(verifyHeader(bytesOfHeader(), id, hasher)).toEqual(E.right({ ...claim, id }));
    expect(verifyHeader(unsigned, id, hasher)).toEqual(E.right({ ...claim, id }));
    expect(unsigned.length).toBe(bytesOfHeader().length - 67);
  });

  it('is refused with anything changed in what the id is of', () => {
    expect(verifyHeader(bytesOfHeader({ time: 301 as Seconds }), id, hasher)).toEqual(E.left('header_id_differs'));
    expect(verifyHeader(bytesOfHeader(), hashOf('0'), hasher)).toEqual(E.left('header_id_differs'));
    const bytes = bytesOfHeader();
    for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
      const at = bit >> 3;
      const verdict = verifyHeader(bytes.with(at, (bytes[at] as number) ^ (1 << (bit & 7))), id, hasher);
      // The signature is not what the id is of: the header stays the same whatever it is.
      const isInSignature = at >= bytes.length - 65;
      expect({ bit, verdict: E.isRight(verdict) ? verdict.right : undefined }).toEqual({
        bit,
        verdict: isInSignature ? { ...claim, id } : undefined,
      });
    }
  });

  it('is malformed in another version, with a signature of another length, or in another form', () => {
    for (const bytes of [
      bytesOfHeader({ version: 2 }),
      bytesOfHeader({ version: 0 }),
      bytesOfHeader({ sign: new Uint8Array(64) }),
      bytesOfHeader({ sign: new Uint8Array(66) }),
      bytesOfHeader().subarray(0, -1),
      Uint8Array.from([...bytesOfHeader(), 0]),
      new Uint8Array(0),
    ]) {
      expect(verifyHeader(bytes, id, hasher)).toEqual(E.left('header_malformed'));
    }
  });
});

describe('the account of somebody at a height', () => {
  const ask = { address: alice, height: HEIGHT };

  it('is told with all it holds, under a state root and under a block id', () => {
    const proof = prove(accountKey(alice));
    expect(verifyAccount(proof, trusted, ask, hasher)).toEqual(E.right(account));
    expect(verifyAccount(proof, block, ask, hasher)).toEqual(E.right(account));
    expect(verifyAccount(proof, block, ask)).toEqual(E.right(account));
  });

  it('is all zeros if it was never seen', () => {
    for (const address of [bob, addressOf('0'), addressOf('f')])
      expect(verifyAccount(prove(accountKey(address)), block, { address, height: HEIGHT }, hasher)).toEqual(
        E.right(noAccount),
      );
  });

  it("is not another's, nor at another height, nor under another block", () => {
    const proof = prove(accountKey(alice));
    expect(verifyAccount(proof, trusted, { ...ask, address: bob }, hasher)).toEqual(E.left('proof_key_unanswered'));
    expect(verifyAccount(proof, trusted, { ...ask, height: 41 as Height }, hasher)).toEqual(E.left('height_differs'));
    const other = { id: hashOf('7'), header: bytesOfHeader() };
    expect(verifyAccount(proof, other, ask, hasher)).toEqual(E.left('header_id_differs'));
    const stale = bytesOfHeader({ stateRoot: hashOf('8') });
    expect(verifyAccount(proof, { id, header: stale }, ask, hasher)).toEqual(E.left('header_id_differs'));
    const later = { ...header, stateRoot: hashOf('8') };
    const newer = { id: blockId(hasher, later), header: stale };
    expect(verifyAccount(proof, newer, ask, hasher)).toEqual(E.left('proof_root_differs'));
  });
});

describe('a certification at a time', () => {
  const ask = (time: number, hash = alicesHash) => ({ certifier: alice, hash, time: time as Seconds });
  const statusAt = (time: number, hash = alicesHash) => {
    const verdict = verifyCertification(prove(certificationKey(alice, hash)), block, ask(time, hash), hasher);
    return E.isRight(verdict) ? verdict.right.status : verdict.left;
  };

  it('is unknown until it is stored, active until it is revoked or expires, to the second', () => {
    expect([99, 100, 109, 149, 150, 199, 200, 300].map((time) => statusAt(time))).toEqual([
      ...['unknown', 'active', 'active', 'active'],
      ...['revoked', 'revoked', 'revoked', 'revoked'],
    ]);
    expect([99, 100, 199, 200, 300].map((time) => statusAt(time, bobsHash))).toEqual([
      ...['unknown', 'active', 'active'],
      ...['expired', 'expired'],
    ]);
  });

  it('comes with whom it certifies and until when; nothing is told of one that was not stored by then', () => {
    const proof = prove(certificationKey(alice, alicesHash));
    expect(verifyCertification(proof, block, ask(120), hasher)).toEqual(E.right({ status: 'active', certification }));
    expect(verifyCertification(proof, block, ask(99), hasher)).toEqual(
      E.right({ status: 'unknown', certification: undefined }),
    );
  });

  it('that nobody stored is unknown, and by another certifier it is another', () => {
    const question = { certifier: bob, hash: alicesHash, time: TIME };
    const proof = prove(certificationKey(bob, alicesHash));
    expect(verifyCertification(proof, block, question, hasher)).toEqual(
      E.right({ status: 'unknown', certification: undefined }),
    );
    expect(verifyCertification(proof, block, ask(120), hasher)).toEqual(E.left('proof_key_unanswered'));
  });

  it('is not told for a time after the block: it may be revoked until then', () => {
    expect(statusAt(300)).toBe('revoked');
    expect(statusAt(301)).toBe('time_not_reached');
    expect(verifyCertification(prove(certificationKey(alice, bobsHash)), at(199), ask(200, bobsHash), hasher)).toEqual(
      E.left('time_not_reached'),
    );
  });

  it('has times up to the greatest uint64, and one that is revoked as it is stored is never active', () => {
    const forEver = { ...certification, expires: 2n ** 64n - 1n, revoked: 0 as Seconds };
    expect(certificationStatusOf(forEver, Number.MAX_SAFE_INTEGER as Seconds)).toBe('active');
    const atOnce = { ...certification, revoked: 100 as Seconds };
    expect([99, 100, 101].map((time) => certificationStatusOf(atOnce, time as Seconds))).toEqual([
      ...['unknown', 'revoked', 'revoked'],
    ]);
    expect(certificationStatusOf(undefined, 5 as Seconds)).toBe('unknown');
  });
});

describe('a record anchored before a time', () => {
  const ask = (before: number, sender = alice) => ({ hash: alicesHash, sender, before: before as Seconds });
  const proof = prove(anchorKey(alicesHash, alice));
  const absent = prove(anchorKey(alicesHash, carol));

  it('is before the second after it, and not before its own', () => {
    expect(verifyAnchor(proof, block, ask(301), hasher)).toEqual(E.right({ isBefore: true, time: 300 }));
    expect(verifyAnchor(proof, block, ask(300), hasher)).toEqual(E.right({ isBefore: false, time: 300 }));
    // What is recorded stays so: the block need not be as late as the question.
    expect(verifyAnchor(proof, block, ask(10_000), hasher)).toEqual(E.right({ isBefore: true, time: 300 }));
  });

  it('is not there if nobody of that name recorded it, as far as the block can tell', () => {
    const nothing = E.right({ isBefore: false, time: undefined });
    expect(verifyAnchor(absent, block, ask(300, carol), hasher)).toEqual(nothing);
    // The next block is one second later at least, and so not before 301.
    expect(verifyAnchor(absent, block, ask(301, carol), hasher)).toEqual(nothing);
    expect(verifyAnchor(absent, block, ask(302, carol), hasher)).toEqual(E.left('time_not_reached'));
    // One gap answers for all who are missing in it.
    expect(verifyAnchor(absent, block, ask(300, bob), hasher)).toEqual(nothing);
    expect(verifyAnchor(proof, block, ask(300, carol), hasher)).toEqual(E.left('proof_key_unanswered'));
  });
});

describe('an alias', () => {
  it('is owned by who locked for it, or free', () => {
    expect(verifyAlias(prove(aliasKey(NAME)), block, NAME, hasher)).toEqual(E.right({ owner: alice, collateral: 9n }));
    for (const name of ['aaaaaaaaaaaa', 'medibloclabs', 'medibloclabs2', 'zzzzzzzzzzzz', 'ärzte', ''])
      expect(verifyAlias(prove(aliasKey(name)), block, name, hasher)).toEqual(E.right(undefined));
    expect(verifyAlias(prove(aliasKey('medibloclabs')), block, NAME, hasher)).toEqual(E.left('proof_key_unanswered'));
  });
});

describe('any question', () => {
  it('is refused where what is proven is no record of its kind: under the root of a valid block this cannot be', () => {
    const value = Uint8Array.of(0x08, 0x80, 0);
    const underOdd = <T>(key: string, ask: (proof: Uint8Array, trust: Trust) => T): T => {
      const content = { key: bytesOf(key), next: bytesOf(key), value };
      const row = encodeRow(content);
      const single = { size: 1, node: () => value, row: () => row, leafOf: () => 0, leafBefore: () => 0 };
      const stateRoot = seal(hasher, leafHash(hasher, content), 1);
      return ask(proveEntries(hasher, single, [key]), { stateRoot, height: HEIGHT, time: TIME });
    };
    const malformed = E.left('proof_content_malformed');
    const [hash, sender, certifier] = [alicesHash, alice, alice];
    expect(
      underOdd(accountKey(alice), (proof, trust) =>
        verifyAccount(proof, trust, { address: alice, height: HEIGHT }, hasher),
      ),
    ).toEqual(malformed);
    expect(
      underOdd(anchorKey(hash, sender), (proof, trust) =>
        verifyAnchor(proof, trust, { hash, sender, before: TIME }, hasher),
      ),
    ).toEqual(malformed);
    expect(
      underOdd(certificationKey(certifier, hash), (proof, trust) =>
        verifyCertification(proof, trust, { certifier, hash, time: TIME }, hasher),
      ),
    ).toEqual(malformed);
    expect(underOdd(aliasKey(NAME), (proof, trust) => verifyAlias(proof, trust, NAME, hasher))).toEqual(malformed);
  });
});

describe('a question that is not written as keys are', () => {
  it('is refused: in the order of texts it stands elsewhere, where some honest gap spans it', () => {
    const trust = { stateRoot: state.root, height: 1 as Height, time: 1 as Seconds };
    const keys = [accountKey(alice), accountKey(bob), accountKey(carol)];
    const asked = accountKey(alice.toUpperCase() as Address);
    for (const key of keys) {
      const proof = prove(`${key}00`);
      const question = { address: alice.toUpperCase() as Address, height: 1 as Height };
      expect(verifyAccount(proof, trust, question, hasher)).toEqual(E.left('key_malformed'));
      for (const odd of [asked, `${key}0`, `${key}zz`, `${key}\n`, `${key} `])
        expect(verifyEntries(proof, state.root, [odd], hasher)).toEqual(E.left('key_malformed'));
    }
  });
});
