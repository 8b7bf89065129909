import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';
import {
  beginTip,
  encodeTransaction,
  foundChain,
  type GenesisDocument,
  type Hash,
  toHex,
} from '../../src/core/index.ts';
import { MAX_AMOUNT, ZERO_ADDRESS } from '../../src/core/units.ts';
import { transactionId } from '../../src/core/wire/transaction.ts';
import { knownGenesis } from '../../src/fixtures/genesis.ts';

const EMPTY = new Uint8Array(0);

const plan = { genesisTime: 1_700_000_001, params: { chainId: '7' }, producers: 1, others: { alice: 5n } };
const { document, people } = knownGenesis(nobleCrypto, plan);
const to = people.get('alice')?.address ?? ZERO_ADDRESS;

const distribution = (value: bigint, nonce: bigint): string => {
  const fields = { kind: 'genesis_distribution', to, value, nonce, chainId: 7, payload: EMPTY };
  const hash = toHex(transactionId(nobleCrypto, fields, ZERO_ADDRESS)) as Hash;
  return toHex(encodeTransaction({ hash, ...fields, sign: EMPTY, payerSign: EMPTY }));
};

const faultOf = (changed: GenesisDocument) => {
  const founded = foundChain(nobleCrypto, changed);
  return E.isLeft(founded) ? founded.left[0] : undefined;
};

describe('a founding', () => {
  it('refuses coins above 2^120 where they are minted, also when one account would pass 2^128', () => {
    for (const value of [1n << 120n, MAX_AMOUNT]) {
      const transactions = [distribution(value, 1n), distribution(value, 2n)];
      const index = value === MAX_AMOUNT ? 0 : 1;
      expect(faultOf({ ...document, transactions })).toMatchObject({
        path: `transactions[${index}]`,
        found: 'a supply above 2^120',
      });
    }
  });

  it('refuses a document without coins, and one without a candidate', () => {
    expect(faultOf({ ...document, transactions: [] })?.path).toBe('supply');
    expect(faultOf({ ...document, transactions: [distribution(10n ** 18n, 1n)] })?.path).toBe('candidates');
  });

  it('begins again with a state of its own and the same root', () => {
    const founded = foundChain(nobleCrypto, document);
    if (E.isLeft(founded)) throw new Error('refused');
    const again = beginTip(founded.right);
    expect(again.state.root).toBe(founded.right.tip.state.root);
    expect(again.state).not.toBe(founded.right.tip.state);
    expect(again).toEqual({ ...founded.right.tip, state: again.state });
  });
});
