/**
 * First network: whether Panacea v1 takes a transaction, foretold, so that a stated verdict can be judged.
 *
 * It gets a transaction as JSON, and that may say something else than what was hashed; then its verdict is about the text.
 * Else it is about the same bytes that our rules judge, and differs only where ours are known to be stricter.
 * Source: reading of go-medibloc, told in the notes of the vector files.
 */
import type { ClientFields, ClientNumbers } from './client.ts';
import type { Demand } from './demand.ts';

/** Why the first network cannot take the JSON text of these fields, if it cannot. */
export const textFault = ({ to, value, nonce, chain_id }: ClientFields, numbers: ClientNumbers): string | undefined => {
  if (typeof nonce !== 'number') return 'its nonce is sent as an object';
  if (JSON.stringify(nonce) !== numbers.nonce.toString())
    return `its nonce is sent as ${JSON.stringify(nonce)}, and ${numbers.nonce} is what was hashed`;
  if (!/^[+-]?[0-9]+$/.test(value)) return `its value is sent as ${JSON.stringify(value)}, which is no decimal number`;
  if (to !== null && to !== '' && !/^[0-9a-f]{66}$/i.test(to))
    return `its receiver is sent as ${to.length} characters, 66 hex digits wanted`;
  if (chain_id !== numbers.chainId)
    return `its chain id is sent as ${chain_id}, and ${numbers.chainId} is what was hashed`;
  return undefined;
};

/** What is wrong with the stated verdict, `null` for "accepted", if anything; `undefined` if it is what was to be expected. */
export const verdictFault = (stated: string | null, demand: Demand, text: string | undefined): string | undefined => {
  const isAccepted = stated === null;
  if (text !== undefined) return isAccepted ? `the first network is said to accept it, but ${text}` : undefined;
  if (demand.firstNetwork === 'unknown' || (demand.firstNetwork === 'accepts') === isAccepted) return undefined;
  const ours = demand.is === 'accepted' ? 'our rules accept it' : `our rules refuse it by ${demand.code}`;
  return isAccepted
    ? `the first network is said to accept it; ${ours}, and it knows that rule too`
    : `the first network is said to refuse it by ${JSON.stringify(stated)}; ${ours}, and nothing in the bytes or in its JSON text explains that`;
};
