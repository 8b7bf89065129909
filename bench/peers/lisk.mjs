/**
 * Lisk: blocks of signed transfers by the processor of Lisk SDK 5.2 (lisk-framework 0.9, lisk-chain 0.3), all in memory.
 *
 * Counted: the block decoded from its bytes by the codec, and all that its `Processor.process` does with it: fork choice, the header's
 * rules and Ed25519 signature, the root of the transactions' tree, each transaction's rules by its schema, its Ed25519 signature (keys
 * module), nonce (sequence module), fee and amounts (token module), the delegates' turns (DPoS module), the new accounts encoded, the
 * differences that could undo the block, and all of it put into the store. Lisk 5 has no root of its state, so none is computed.
 *
 * The modules are those of its default application, so that accounts hold votes and stake as this package's do; no block ends a round of the
 * 103 delegates. To its advantage: a plain `Map` in place of its RocksDB. Its Ed25519 is libsodium's (sodium-native) where that loads, and
 * the driver says which it is. Its limit of 15 KiB for a payload is raised. It wants Node 16, and is measured on the Node that this runs on.
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

const { DPoSModule, KeysModule, SequenceModule, testing, TokenModule } = framework;
const MODULES = [TokenModule, SequenceModule, KeysModule, DPoSModule];
const DELEGATES = 103;
const [FUNDS, FEE, BLOCK_SECONDS, GENESIS_TIME] = [10n ** 12n, 200_000n, 10, 1_600_000_000];
const CONFIG = {
  blockTime: BLOCK_SECONDS,
  maxPayloadLength: 2 ** 20,
  bftThreshold: 68,
  minFeePerByte: 1000,
  baseFees: [],
  minRemainingBalance: '5000000',
  roundLength: DELEGATES,
  delegateListRoundOffset: 2,
};

const silent = () => undefined;
const logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent };

const peopleOf = (role, count) =>
  Array.from({ length: count }, (_, index) => {
    const passphrase = `${role} ${index}`;
    const keys = cryptography.getPrivateAndPublicKeyFromPassphrase(passphrase);
    return { passphrase, ...keys, address: cryptography.getAddressFromPublicKey(keys.publicKey) };
  });

const accountSchemas = () => testing.getAccountSchemaFromModules(MODULES, CONFIG);

const genesisOf = (people, delegates) =>
  createGenesisBlock({
    accounts: [
      ...people.map(({ address }) => ({ address, token: { balance: FUNDS } })),
      ...delegates.map(({ address }, index) => ({ address, dpos: { delegate: { username: `delegate${index}` } } })),
    ],
    initDelegates: delegates.map(({ address }) => address),
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
  for (const Module of MODULES) {
    const module = new Module(CONFIG);
    module.init({ channel, logger, dataAccess: chainModule.dataAccess });
    processor.register(module);
  }
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

/** The fields of the next block's header, and whose turn it is. */
const nextHeader = async ({ chainModule, bftModule }, delegates) => {
  const last = chainModule.lastBlock.header;
  const timestamp = last.timestamp + BLOCK_SECONDS;
  const { address } = await chainModule.getValidator(timestamp);
  const { passphrase } = delegates.find((delegate) => delegate.address.equals(address));
  const maxHeightPrevoted = await bftModule.getMaxHeightPrevoted(last.asset.maxHeightPrevoted);
  const header = { height: last.height + 1, asset: { maxHeightPreviouslyForged: 0, maxHeightPrevoted } };
  return { passphrase, timestamp, previousBlockID: last.id, header };
};

const makeBlocks = async ({ people, delegates, genesis, networkIdentifier, blocks }) => {
  if (blocks.length >= DELEGATES) throw new Error('no delegate may have a second turn: fewer blocks');
  const node = await openNode(genesis, networkIdentifier);
  const { chainModule, processor } = node;
  const signed = signerOf(people, networkIdentifier);
  const made = [];
  for (const transfers of blocks) {
    const header = await nextHeader(node, delegates);
    const block = testing.createBlock({ ...header, networkIdentifier, payload: transfers.map(signed) });
    const bytes = chainModule.dataAccess.encode(block);
    await processor.process(chainModule.dataAccess.decode(bytes));
    made.push(bytes);
    mustBe('the height', chainModule.lastBlock.header.height, made.length);
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
  const people = peopleOf('account', plan.accounts);
  const delegates = peopleOf('delegate', DELEGATES);
  const genesis = genesisOf(people, delegates);
  const networkIdentifier = cryptography.getNetworkIdentifier(genesis.header.id, 'bench');
  const made = await makeBlocks({ people, delegates, genesis, networkIdentifier, blocks });
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
