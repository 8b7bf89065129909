/**
 * Register alias: lock collateral for a short name that only this account has.
 *
 * Source: protocol section 4; the form of the name is the first network's, in ASCII only.
 */
import { aliasKey } from '../state/keys.ts';
import { defineKind } from './kind.ts';
import { aliasPayload } from './payloads.ts';

const ALIAS_FORM = /^[a-z][a-z0-9]{11,15}$/;

export const registerAlias = defineKind({
  name: 'register_alias',
  payload: aliasPayload,
  uses: { value: true },
  touches: ({ payload }) => [aliasKey(payload.alias)],
  refuses: {
    alias_malformed: ({ payload }) => !ALIAS_FORM.test(payload.alias),
    alias_taken: ({ ledger, payload }) => ledger.state.get(aliasKey(payload.alias)) !== undefined,
    already_has_alias: ({ account }) => account.alias !== undefined,
    collateral_too_small: ({ value, params }) => value < params.aliasCollateral,
    balance_too_small: ({ value, account }) => account.balance < value,
  },
  effect: ({ ledger, sender, value, payload }) => {
    const { alias } = payload;
    ledger.state.set(aliasKey(alias), { owner: sender, collateral: 0n });
    ledger.journal.move(ledger.balance(sender), ledger.aliasCollateral(alias), value);
    ledger.state.changeAccount(sender, (account) => {
      account.alias = alias;
    });
    ledger.events.push({ type: 'alias', alias, owner: sender, collateral: value });
  },
});
