/**
 * Genesis kinds: what only the genesis block holds: a word of its founders, and the first coins.
 *
 * They are unsigned, hashed with 33 zero bytes as sender, and touch no account but `to`. Source: protocol section 14.
 */
import { defineKind } from './kind.ts';
import { messagePayload, noPayload } from './payloads.ts';

export const genesis = defineKind({
  name: 'genesis',
  payload: messagePayload,
  onlyInGenesis: true,
  refuses: {},
  effect: () => {
    // A word of the founders changes nothing.
  },
});

export const genesisDistribution = defineKind({
  name: 'genesis_distribution',
  payload: noPayload,
  uses: { to: true, value: true },
  onlyInGenesis: true,
  refuses: {},
  effect: ({ ledger, to, value }) => {
    ledger.journal.mint(ledger.balance(to), value);
    ledger.totals = { ...ledger.totals, supply: ledger.totals.supply + value };
  },
});
