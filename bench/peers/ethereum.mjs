/**
 * Ethereum: blocks of signed transfers by `runBlock` of @ethereumjs/vm, all in memory, with native cryptography.
 *
 * Counted: the block from its RLP bytes, its transactions' trie and signatures, the transfers, the receipts' trie, the bloom filter, and
 * the state root, all compared with the header, the state's commit. Not counted: the header's own rules, for which a blockchain is needed
 * (`skipHeaderValidation`), storing the block, and a proposer's signature, which its blocks do not carry.
 *
 * To its advantage: recovery by the same native secp256k1 that this package uses, and keccak by the native code of bcrypto, set by
 * `customCrypto` of its Common (`ecrecover`, `keccak256`; with its own JavaScript it is much slower); an account cache that holds
 * all accounts (without one each write goes through the trie); legacy transactions, the smallest it knows; the rules of Shanghai, which
 * later forks only add work to. Who sends pays 21 000 gas at the base fee, so that nobody earns a tip.
 */
import { createRequire } from 'node:module';
import { createBlock, createBlockFromRLP } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { createLegacyTx } from '@ethereumjs/tx';
import { Account, Address } from '@ethereumjs/util';
import { createVM, runBlock } from '@ethereumjs/vm';
import keccak from 'bcrypto/lib/keccak256.js';
import { countsOf, mustBe, privateKeysOf, transfersIn } from './workload.mjs';

// The package's own, found in the folder above.
const secp256k1 = createRequire(import.meta.url)('secp256k1/bindings');

const [FUNDS, GAS, PRICE] = [10n ** 18n, 21_000n, 7n];

const keccak256 = (bytes) => keccak.digest(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));

/** Numbers come without their leading zeros. */
const compactOf = (r, s) => {
  const compact = new Uint8Array(64);
  compact.set(r, 32 - r.length);
  compact.set(s, 64 - s.length);
  return compact;
};

const ecrecover = (hash, v, r, s, chainId) => {
  const id = Number(chainId === undefined || v < 35n ? v - 27n : v - (chainId * 2n + 35n));
  if (id !== 0 && id !== 1) throw new Error('the signature has no such v');
  return secp256k1.ecdsaRecover(compactOf(r, s), id, hash, false).subarray(1);
};

const newCommon = () =>
  new Common({ chain: Mainnet, hardfork: Hardfork.Shanghai, customCrypto: { keccak256, ecrecover } });

const newVm = async (addresses) => {
  const common = newCommon();
  const caches = new Caches({ account: { size: 2 * addresses.length } });
  const stateManager = new MerkleStateManager({ common, caches });
  await stateManager.checkpoint();
  for (const address of addresses) await stateManager.putAccount(address, new Account(0n, FUNDS));
  await stateManager.commit();
  return createVM({ common, stateManager });
};

const makeBlocks = async ({ addresses, keys, blocks }) => {
  const vm = await newVm(addresses);
  const { common } = vm;
  const nonces = new Map();
  let last;
  vm.events.on('afterBlock', ({ block }) => {
    last = block;
  });
  const signed = ({ from, to }) => {
    const nonce = nonces.get(from) ?? 0n;
    nonces.set(from, nonce + 1n);
    const fields = { nonce, gasPrice: PRICE, gasLimit: GAS, to: addresses[to], value: 1n };
    const transaction = createLegacyTx(fields, { common });
    const { signature, recid } = secp256k1.ecdsaSign(transaction.getHashedMessageToSign(), keys[from]);
    return transaction.addSignature(BigInt(recid), signature.slice(0, 32), signature.slice(32), true);
  };
  const made = [];
  for (const transfers of blocks) {
    const parentHash = last?.hash() ?? new Uint8Array(32);
    const gasLimit = GAS * BigInt(transfers.length);
    const header = { number: made.length + 1, parentHash, gasLimit, baseFeePerGas: PRICE, timestamp: 1_700_000_000 };
    const block = createBlock({ header, transactions: transfers.map(signed), withdrawals: [] }, { common });
    await runBlock(vm, { block, generate: true, skipBlockValidation: true });
    made.push(last.serialize());
  }
  return made;
};

export const prepare = async (plan) => {
  const blocks = transfersIn(plan);
  const keys = privateKeysOf(plan.accounts);
  const addresses = keys.map(
    (key) => new Address(keccak256(secp256k1.publicKeyCreate(key, false).subarray(1)).subarray(12)),
  );
  const made = await makeBlocks({ addresses, keys, blocks });
  const vm = await newVm(addresses);
  let next = 0;
  return {
    about: `native secp256k1, ${keccak.native === 2 ? 'native' : 'JavaScript'} keccak`,
    run: async () => {
      const block = createBlockFromRLP(made[next], { common: vm.common });
      const { receipts } = await runBlock(vm, { block, skipHeaderValidation: true });
      mustBe('the number of receipts', receipts.length, plan.transfers);
      next += 1;
    },
    check: async () => {
      for (const [index, { sent, received }] of countsOf(plan.accounts, blocks.slice(0, next)).entries()) {
        const { balance, nonce } = await vm.stateManager.getAccount(addresses[index]);
        mustBe(`the balance of ${index}`, balance, FUNDS + BigInt(received - sent) - BigInt(sent) * GAS * PRICE);
        mustBe(`the nonce of ${index}`, nonce, BigInt(sent));
      }
      return plan.accounts;
    },
  };
};
