/**
 * Chain: a small chain of four known producers in memory, and the hands to move it: send, pass time, prove.
 */
import {
  blockId,
  encodeHeader,
  encodeTransaction,
  foundChain,
  proveEntries,
  readBlock,
  signTransaction,
  slotAt,
  slotStart,
} from 'medstate';
import { manualClock } from 'medstate/adapters/clock';
import { bestCrypto } from 'medstate/adapters/crypto';
import { lockedKey, memoryLocks, signerOf } from 'medstate/adapters/keys';
import { memoryStorage } from 'medstate/adapters/memory';
import { openEngine } from 'medstate/engine';
import { knownGenesis } from 'medstate/fixtures';

/** What must not be refused. */
export const rightOf = (answer) => {
  if (answer._tag === 'Left') throw new Error(`refused: ${JSON.stringify(answer.left)}`);
  return answer.right;
};

const PRODUCERS = 4;

/** Opens the chain; `others` are people with coins, in MED. */
export const openChain = async ({ chainId, genesisTime, others }) => {
  const crypto = await bestCrypto();
  const plan = {
    genesisTime,
    params: { chainId: String(chainId), producersPerRound: String(PRODUCERS) },
    producers: PRODUCERS,
    others,
  };
  const { document, people } = knownGenesis(crypto, plan);
  const founding = rightOf(foundChain(crypto, document));
  const clock = manualClock(genesisTime);
  const engine = await openEngine({ founding, storage: memoryStorage(), clock });
  const keys = new Map(
    [...people.values()].map(({ address, privateKey }) => [
      address,
      lockedKey({ signer: signerOf(crypto, privateKey), locks: memoryLocks(), hasher: crypto }),
    ]),
  );
  const blocks = [];
  const nonces = new Map();

  /** Makes the block of the next slot, by whose turn it is. */
  const makeBlock = async () => {
    const slot = slotAt(engine.chain, clock.now()) + 1;
    clock.set(slotStart(engine.chain, slot));
    const { bytes, transition } = rightOf(await engine.produce(keys.get(await engine.turnAt(slot))));
    blocks.push(bytes);
    return transition;
  };

  /** Makes blocks until this height is final. */
  const finalise = async (height) => {
    while (engine.finalHeight < height) await makeBlock();
  };

  /** Sends a transaction, which `payer` pays for, and waits until its block is final; what the block's time was. */
  const send = async (from, part, payer) => {
    const nonce = (nonces.get(from.address) ?? 0n) + 1n;
    nonces.set(from.address, nonce);
    const signed = signTransaction(crypto, { ...part, chainId, nonce }, from.privateKey, payer?.privateKey);
    rightOf(await engine.offer(encodeTransaction(signed)));
    const { receipts } = await makeBlock();
    if (!receipts.every(({ executed }) => executed)) throw new Error(`${part.kind} was refused on the chain`);
    const { height, time } = engine.tip;
    await finalise(height);
    return { height, time };
  };

  const finalHeader = () => rightOf(readBlock(blocks[engine.finalHeight - 1])).header;

  /** What the chain says of these keys after its final block: that block's header, and a proof of each key. */
  const proveFinal = async (...keys) => {
    const prove = (state) => keys.map((key) => proveEntries(crypto, state.proofs, [key]));
    const proofs = rightOf(await engine.readAt(engine.finalHeight, prove));
    return { header: encodeHeader(finalHeader()), proofs };
  };

  /** The id of the final block, as anybody learns it who follows the chain. */
  const finalId = () => blockId(crypto, finalHeader());

  return { crypto, engine, clock, people, blocks, send, proveFinal, finalId };
};
