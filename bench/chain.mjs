/**
 * Chain: what the benches share: a chain with many funded accounts, and blocks of signed transfers on it.
 */
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../dist/adapters/crypto/best.js';
import {
  agreement,
  buildBlock,
  checkBlock,
  checkTransaction,
  encodeTransaction,
  found,
  readBlock,
  readParams,
  reduce,
  registryOf,
  signBlock,
  signTransaction,
} from '../dist/core/index.js';
import { personOf } from '../dist/fixtures/people.js';
import { seededBelow, timed } from './measure.mjs';

export const right = (either) => {
  if (E.isLeft(either)) throw new Error(`a bench met a refusal: ${JSON.stringify(either.left)}`);
  return either.right;
};

/** What each account has, and as much again at stake. */
export const STAKE = 10n ** 15n;

/** A chain founded with `accounts` accounts, each with coins and stake, and one producer. */
export const chainOf = async (accounts, options = {}) => {
  const crypto = options.crypto ?? (await bestCrypto());
  const params = right(readParams({ chainId: '1', producersPerRound: '1', ...options.params }));
  const identity = { genesisId: '11'.repeat(32), genesisTime: 1_700_000_000 };
  const chain = { params, registry: registryOf(), crypto, ...identity, agreement };
  const producer = personOf(crypto, 'producer');
  const people = Array.from({ length: Math.min(accounts, options.people ?? accounts) }, (_, index) =>
    personOf(crypto, `bench${index}`),
  );
  const address = (index) => people[index]?.address ?? `02${index.toString(16).padStart(64, '0')}`;
  let founding = right(
    found(chain, (ledger) => {
      const id = '22'.repeat(32);
      ledger.openCandidacy(id, {
        owner: producer.address,
        collateral: 0n,
        power: 0n,
        height: 0,
        index: 0,
        url: '',
        produced: 0,
        missed: 0,
      });
      ledger.state.changeAccount(producer.address, (account) => {
        account.candidacy = id;
        account.votes = [id];
      });
      ledger.journal.mint(ledger.staked(producer.address), STAKE);
      for (let index = 0; index < accounts; index += 1) {
        ledger.journal.mint(ledger.balance(address(index)), STAKE);
        ledger.journal.mint(ledger.staked(address(index)), STAKE);
      }
      options.populate?.(ledger, address, chain.genesisTime, producer.address);
      const { supply = 0n, staked = 0n } = options.totals ?? {};
      ledger.totals = {
        ...ledger.totals,
        supply: ledger.journal.sum() + supply,
        staked: ledger.totals.staked + staked,
      };
      return undefined;
    }),
  );
  // The first tip is handed over once: whoever holds an old tip holds the differences of all later ones.
  let first = founding.tip;
  const { rows } = founding;
  founding = undefined;
  const takeTip = () => {
    const tip = first;
    first = undefined;
    return tip;
  };
  return { chain, crypto, takeTip, producer, people, address, founding: { chain, rows } };
};

const below = seededBelow(12_345);

/** `count` signed transfers of one unit between people and accounts that look random; `nonces` has the last one of each person. */
export const transfersOf = ({ crypto, people, address }, count, nonces, accounts) => {
  const transfers = [];
  for (let index = 0; index < count; index += 1) {
    const from = below(people.length);
    const nonce = (nonces.get(from) ?? 0n) + 1n;
    nonces.set(from, nonce);
    const to = address(below(accounts));
    transfers.push(
      encodeTransaction(
        signTransaction(crypto, { kind: 'transfer', chainId: 1, nonce, to, value: 1n }, people[from].privateKey),
      ),
    );
  }
  return transfers;
};

/** Makes the next block from bytes of transactions; returns its bytes and the tip after it. */
export const blockOf = ({ chain, crypto, producer }, tip, transactions, slot = tip.slot + 1) => {
  const offers = transactions.map((bytes) => checkTransaction(chain, bytes));
  const built = right(buildBlock(chain, tip, { slot, lockOf: () => tip.height, offers: () => offers }));
  if (built.leftOut.length > 0) throw new Error(`left out: ${JSON.stringify(built.leftOut[0].refused)}`);
  const bytes = signBlock(
    crypto,
    built.claim,
    built.transition.included.map((tx) => tx.bytes),
    producer.privateKey,
  );
  return { bytes, tip: built.transition.tip };
};

/** Follows a block from its bytes, its transactions' signatures checked before; microseconds of all but the recoveries. */
export const followTimed = ({ chain }, tip, bytes) => {
  const read = timed(() => {
    const checked = checkBlock(chain, right(readBlock(bytes)));
    // It is looked for when it is asked for; here the reading of a block includes it.
    if (checked.signer === undefined) throw new Error('nobody signed this block');
    return checked;
  });
  const check = timed(() => [...read.result.transactions]);
  const block = { ...read.result, transactions: check.result };
  const step = timed(() => right(reduce(chain, tip, block)));
  return { readMicros: read.micros, checkMicros: check.micros, reduceMicros: step.micros, ...step.result };
};

/** The chain with a crypto that has recovered these keys already, in this order; the header's own signature is recovered. */
export const withKeys = (chain, keys) => {
  let next = -1;
  const recover = (hash, sign) => {
    next += 1;
    return next === 0 ? chain.crypto.recover(hash, sign) : keys[next - 1];
  };
  return { ...chain, crypto: { ...chain.crypto, recover } };
};
