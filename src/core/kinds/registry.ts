/**
 * Registry: the transaction kinds of a chain.
 *
 * The built-in ones are always there; an embedder adds own kinds when it makes an engine, and the genesis names them, so
 * a node without them is on another chain. Source: protocol section 4.
 */
import { InvariantViolation } from '../refusal.ts';
import { addCertification } from './add-certification.ts';
import { addRecord } from './add-record.ts';
import { becomeCandidate } from './become-candidate.ts';
import { deregisterAlias } from './deregister-alias.ts';
import { genesis, genesisDistribution } from './genesis.ts';
import type { Kind } from './kind.ts';
import { quitCandidacy } from './quit-candidacy.ts';
import { registerAlias } from './register-alias.ts';
import { revokeCertification } from './revoke-certification.ts';
import { stake } from './stake.ts';
import { transfer } from './transfer.ts';
import { unstake } from './unstake.ts';
import { vote } from './vote.ts';

export const builtInKinds: readonly Kind[] = [
  transfer,
  stake,
  unstake,
  vote,
  becomeCandidate,
  quitCandidacy,
  addRecord,
  addCertification,
  revokeCertification,
  registerAlias,
  deregisterAlias,
  genesis,
  genesisDistribution,
];

export type Registry = ReadonlyMap<string, Kind>;

/** The built-in kinds and these. Throws `InvariantViolation` when two have one name. */
export const registryOf = (extraKinds: readonly Kind[] = []): Registry => {
  const registry = new Map<string, Kind>();
  for (const kind of [...builtInKinds, ...extraKinds]) {
    if (registry.has(kind.name)) throw new InvariantViolation(`two transaction kinds are called ${kind.name}`);
    registry.set(kind.name, kind);
  }
  return registry;
};
