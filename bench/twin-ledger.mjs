/**
 * Twin ledger: what accounts must have after transfers, counted in the plainest way, so that a bench can check its own answer.
 *
 * PERF: in flat memory. What a bench keeps as objects is marked by every collection of what it measures: with the accounts of a million
 * it had cost a transfer some microseconds.
 */
import { toHex } from '../dist/core/bytes.js';
import { accountKey } from '../dist/core/state/keys.js';
import { STAKE } from './chain.mjs';

const ADDRESS_BYTES = 33;

/** A ledger of at most so many accounts. */
export const twinLedger = (accounts = 100_000) => {
  let slots = 1;
  while (slots < 2 * accounts) slots *= 2;
  const addresses = new Uint8Array(slots * ADDRESS_BYTES);
  const balances = new Float64Array(slots);
  const nonces = new Uint32Array(slots);
  const isHere = (bytes, slot) => {
    for (let at = 0; at < ADDRESS_BYTES; at += 1) if (addresses[slot * ADDRESS_BYTES + at] !== bytes[at]) return false;
    return true;
  };
  /** Where the account is, or would be: after the slot of its hash, until one is empty. No address begins with a zero. */
  const slotOf = (address) => {
    const bytes = Buffer.from(address, 'hex');
    let slot = bytes.readUInt32BE(1) & (slots - 1);
    while (addresses[slot * ADDRESS_BYTES] !== 0 && !isHere(bytes, slot)) slot = (slot + 1) & (slots - 1);
    if (addresses[slot * ADDRESS_BYTES] === 0) addresses.set(bytes, slot * ADDRESS_BYTES);
    return slot;
  };
  return {
    transfer(from, to, value) {
      const [sender, receiver] = [slotOf(from), slotOf(to)];
      balances[sender] -= Number(value);
      nonces[sender] += 1;
      balances[receiver] += Number(value);
    },
    nonceOf: (address) => BigInt(nonces[slotOf(address)]),
    /** Throws unless every account that took part has what it must have. */
    check(state) {
      for (let slot = 0; slot < slots; slot += 1) {
        if (addresses[slot * ADDRESS_BYTES] === 0) continue;
        const address = toHex(addresses.subarray(slot * ADDRESS_BYTES, (slot + 1) * ADDRESS_BYTES));
        const { balance, nonce } = state.get(accountKey(address));
        if (balance !== STAKE + BigInt(balances[slot]) || nonce !== BigInt(nonces[slot]))
          throw new Error(`wrong answer: the account ${address} has ${balance}, nonce ${nonce}`);
      }
    },
  };
};
