/**
 * Lisk: blocks of signed transfers by the processor of Lisk SDK 5.2 (lisk-framework 0.9, lisk-chain 0.3), all in memory.
 *
 * Counted: the block decoded from its bytes by the codec, and all that its `Processor.process` does with it: fork choice, the header's
 * rules and Ed25519 signature, the root of the transactions' tree, each transaction's rules by its schema, its Ed25519 signature (keys
 * module), nonce (sequence module), fee and amounts (token module), the new accounts encoded, the differences that could undo the block,
 * and all of it put into the store. Lisk 5 has no root of its state, so none is computed.
 *
 * To its advantage: a plain `Map` in place of its RocksDB; no DPoS module, whose work is per block; one delegate. Its Ed25519 is libsodium
 * (sodium-native) where that loads, and the driver says which it is. Its limit of 15 KiB for a payload is raised. It wants Node 16, and is
 * measured on the Node that this runs on.
 */
import { createRequire } from 'node:module';
import bft from '@liskhq/lisk-bft';
import chain from '@liskhq/lisk-chain';
import { codec } from '@liskhq/lisk-codec';
import cryptography from '@liskhq/lisk-cryptography';
import { createGenesisBlock } from '@liskhq/lisk-genesis';
import framework from 'lisk-framework';
import { Processor } from 'lisk-framework/dist-node/node/processor/index.js';
import { memoryStore } from './lisk-store.mjs';
import { countsOf, mustBe, transfersIn } from './workload.mjs';

const { KeysModule, SequenceModule, testing, TokenModule } = framework;
const MODULES = [TokenModule, SequenceModule, KeysModule];
const [FUNDS, FEE, BLOCK_SECONDS, GENESIS_TIME] = [10n ** 12n, 200_000n, 10, 1_600_000_000];
const CONFIG = {
  blockTime: BLOCK_SECONDS,
  maxPayloadLength: 2 ** 20,
  bftThreshold: 1,
  minFeePerByte: 1000,
  baseFees: [],
  minRemainingBalance: '5000000',
  roundLength: 1,
};

const silent = () => undefined;
const logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent };

const peopleOf = (count) =>
  Array.from({ length: count }, (_, index) => {
    const keys = cryptography.getPrivateAndPublicKeyFromPassphrase(`bench ${index}`);
    return { ...keys, address: cryptography.getAddressFromPublicKey(keys.publicKey) };
  });

const accountSchemas = () => testing.getAccountSchemaFromModules(MODULES, CONFIG);

const genesisOf = (people, delegate) =>
  createGenesisBlock({
    accounts: [...people, delegate].map(({ address }) => ({ address, token: { balance: FUNDS } })),
    initDelegates: [delegate.address],
    accountAssetSchemas: accountSchemas(),
    timestamp: GENESIS_TIME,
  });

/** A node's inner part: chain, finality and processor with the modules, on a store of its own. */
const openNode = async (genesisBlock, networkIdentifier) => {
  const chainModule = new chain.Chain({
    ...CONFIG,
    db: memoryStore(),
    genesisBlock,
    networkIdentifier,
    rewardDistance: 1,
    rewardOffset: 1,
    rewardMilestones: [0n],
    accountSchemas: accountSchemas(),
  });
  const genesisHeight = genesisBlock.header.height;
  const bftModule = new bft.BFT({ chain: chainModule, threshold: CONFIG.bftThreshold, genesisHeight });
  const channel = { publish: silent };
  const processor = new Processor({ channel, logger, chainModule, bftModule, config: CONFIG });
  for (const Module of MODULES) processor.register(new Module(CONFIG));
  await processor.init(genesisBlock);
  return { chainModule, bftModule, processor };
};

const signerOf = (people, networkIdentifier) => {
  const { schema } = new TokenModule(CONFIG).transactionAssets[0];
  const nonces = new Map();
  return ({ from, to }) => {
    const nonce = nonces.get(from) ?? 0n;
    nonces.set(from, nonce + 1n);
    const { publicKey, privateKey } = people[from];
    const asset = codec.encode(schema, { amount: 1n, recipientAddress: people[to].address, data: '' });
    const fields = { moduleID: 2, assetID: 0, nonce, fee: FEE, senderPublicKey: publicKey, asset, signatures: [] };
    const message = Buffer.concat([networkIdentifier, new chain.Transaction(fields).getSigningBytes()]);
    return new chain.Transaction({
      ...fields,
      signatures: [cryptography.signDataWithPrivateKey(message, privateKey)],
    });
  };
};

const makeBlocks = async ({ people, delegate, genesis, networkIdentifier, blocks }) => {
  const { chainModule, bftModule, processor } = await openNode(genesis, networkIdentifier);
  const signed = signerOf(people, networkIdentifier);
  const made = [];
  for (const transfers of blocks) {
    const last = chainModule.lastBlock.header;
    const block = testing.createBlock({
      passphrase: delegate.passphrase,
      networkIdentifier,
      timestamp: last.timestamp + BLOCK_SECONDS,
      previousBlockID: last.id,
      payload: transfers.map(signed),
      header: {
        height: last.height + 1,
        asset: {
          maxHeightPreviouslyForged: last.height,
          maxHeightPrevoted: await bftModule.getMaxHeightPrevoted(last.asset.maxHeightPrevoted),
        },
      },
    });
    const bytes = chainModule.dataAccess.encode(block);
    await processor.process(chainModule.dataAccess.decode(bytes));
    mustBe('the height', chainModule.lastBlock.header.height, last.height + 1);
    made.push(bytes);
  }
  return made;
};

/** Whether Ed25519 is libsodium's here; the package falls back to JavaScript in silence. */
const ed25519 = () => {
  try {
    createRequire(createRequire(import.meta.url).resolve('@liskhq/lisk-cryptography'))('sodium-native');
    return 'native Ed25519';
  } catch {
    return 'JavaScript Ed25519';
  }
};

export const prepare = async (plan) => {
  const blocks = transfersIn(plan);
  const people = peopleOf(plan.accounts);
  const passphrase = 'the delegate';
  const delegate = { passphrase, ...cryptography.getAddressAndPublicKeyFromPassphrase(passphrase) };
  const genesis = genesisOf(people, delegate);
  const networkIdentifier = cryptography.getNetworkIdentifier(genesis.header.id, 'bench');
  const made = await makeBlocks({ people, delegate, genesis, networkIdentifier, blocks });
  const { chainModule, processor } = await openNode(genesis, networkIdentifier);
  let next = 0;
  return {
    about: ed25519(),
    run: async () => {
      await processor.process(chainModule.dataAccess.decode(made[next]));
      next += 1;
      mustBe('the height', chainModule.lastBlock.header.height, next);
    },
    check: async () => {
      for (const [index, { sent, received }] of countsOf(plan.accounts, blocks.slice(0, next)).entries()) {
        const { token, sequence } = await chainModule.dataAccess.getAccountByAddress(people[index].address);
        mustBe(`the balance of ${index}`, token.balance, FUNDS + BigInt(received - sent) - BigInt(sent) * FEE);
        mustBe(`the nonce of ${index}`, sequence.nonce, BigInt(sent));
      }
      return plan.accounts;
    },
  };
};
