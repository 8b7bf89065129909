/**
 * Check facts: whether the named facts of a store are there and make sense, and agree with its blocks.
 *
 * Source: docs/design.md (what a store holds).
 */
import type { Storage } from '../adapters/storage/storage.ts';
import { toHex } from '../core/bytes.ts';
import type { Chain } from '../core/chain.ts';
import { HASH_BYTES, type Hash, type Height } from '../core/units.ts';
import { decodeHeight, facts, isEmptyStore } from '../engine/facts.ts';
import { isEvidenceForm, Watch } from '../engine/fork/watch.ts';
import { importFact } from '../engine/snapshot/index.ts';
import type { CheckedBlocks } from './check-blocks.ts';
import type { Findings } from './check-findings.ts';
import { ifReadable } from './check-reading.ts';

/** What the facts say; `undefined` what they do not. */
export interface CheckedFacts {
  readonly genesisId: Hash | undefined;
  readonly stateHeight: Height | undefined;
}

/** A fact; one that cannot be read is told and then stands for one that makes no sense. */
const readFact = async (
  storage: Storage,
  name: string,
  findings: Findings,
): Promise<Uint8Array | 'unreadable' | undefined> => {
  let isUnreadable = false;
  const value = await ifReadable(storage.fact(name), (why) => {
    isUnreadable = true;
    findings.add('fact', name, `it cannot be read: ${why}`);
  });
  return isUnreadable ? 'unreadable' : value;
};

const genesisIdOf = async (storage: Storage, chainId: Hash | undefined, findings: Findings) => {
  const stored = await readFact(storage, facts.genesisId, findings);
  if (stored === 'unreadable') return undefined;
  const fault = (what: string): undefined => findings.add('fact', facts.genesisId, what) as undefined;
  if (stored === undefined) {
    if (chainId === undefined && (await ifReadable(isEmptyStore(storage))) === true) return undefined;
    return fault('it is missing: the store does not say which chain it holds');
  }
  if (stored.length !== HASH_BYTES) return fault(`it has ${stored.length} bytes, an id has ${HASH_BYTES}`);
  const id = toHex(stored) as Hash;
  if (chainId !== undefined && id !== chainId) fault(`it is ${id}, the genesis is ${chainId}`);
  return id;
};

const stateHeightOf = async (storage: Storage, isClaimed: boolean, findings: Findings) => {
  const stored = await readFact(storage, facts.stateHeight, findings);
  if (stored === 'unreadable') return undefined;
  const fault = (what: string): undefined => findings.add('fact', facts.stateHeight, what) as undefined;
  if (stored === undefined)
    return isClaimed ? fault('it is missing: the store does not say of which block its state is') : undefined;
  return decodeHeight(stored) ?? fault('its bytes are no height');
};

/** What an engine holds against its producers: with evidence that makes no sense it does not open. Without the chain its form alone is looked at. */
const checkEvidence = async (storage: Storage, chain: Chain | undefined, findings: Findings): Promise<void> => {
  const stored = await readFact(storage, facts.evidence, findings);
  const isSound = (bytes: Uint8Array) => (chain === undefined ? isEvidenceForm(bytes) : new Watch(chain).load(bytes));
  if (stored instanceof Uint8Array && !isSound(stored))
    findings.add('fact', facts.evidence, 'it is no evidence against producers of this chain');
  const bound = await readFact(storage, facts.boundBroken, findings);
  if (bound instanceof Uint8Array && decodeHeight(bound) === undefined)
    findings.add('fact', facts.boundBroken, 'its bytes are no height');
};

/** Reads the facts. `chain`: the chain, if its genesis is known. */
export const checkFacts = async (
  storage: Storage,
  chain: Chain | undefined,
  findings: Findings,
): Promise<CheckedFacts> => {
  const chainId = chain?.genesisId;
  if ((await readFact(storage, importFact, findings)) !== undefined)
    findings.add('fact', importFact, 'a snapshot was begun to be imported; import it again to its end');
  const genesisId = await genesisIdOf(storage, chainId, findings);
  const stateHeight = await stateHeightOf(storage, genesisId !== undefined, findings);
  await checkEvidence(storage, chain, findings);
  return { genesisId, stateHeight };
};

/** A sound first block names the genesis, so of a fact that says otherwise it is known that it is wrong. */
export const checkGenesisId = (
  { genesisId }: CheckedFacts,
  { parentOfOne }: CheckedBlocks,
  findings: Findings,
): void => {
  if (parentOfOne === undefined || genesisId === undefined || parentOfOne === genesisId) return;
  findings.add('fact', facts.genesisId, `it is ${genesisId}, block 1 follows the genesis ${parentOfOne}`);
};
