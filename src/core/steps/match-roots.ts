/**
 * Match roots: the books balance, and reward, supply, receipts and state are what the header says.
 *
 * Source: protocol section 11.
 */
import { transactionsRoot } from '../block.ts';
import { receiptsRoot as rootOfReceipts } from '../receipt.ts';
import { invariant } from '../refusal.ts';
import { officeKey, totalsKey } from '../state/keys.ts';
import { reject, type Step } from './work.ts';

export const matchRoots: Step = (work) => {
  const { chain, tip, claim, ledger, receipts, included } = work;
  invariant(ledger.journal.sum() === work.reward, 'the postings of a block do not sum to its reward');
  const { crypto } = chain;
  if (claim !== undefined) {
    const { reward, supply } = claim.header;
    if (reward !== work.reward)
      return reject('reward_wrong', { reward: String(reward), expected: String(work.reward) });
    if (supply !== ledger.totals.supply)
      return reject('supply_wrong', { supply: String(supply), expected: String(ledger.totals.supply) });
  }
  const receiptsRoot = rootOfReceipts(crypto, receipts);
  if (claim !== undefined && claim.header.receiptsRoot !== receiptsRoot) {
    return reject('receipts_root_wrong', { expected: receiptsRoot });
  }
  ledger.state.set(totalsKey, ledger.totals);
  if (work.office !== work.parentOffice) ledger.state.set(officeKey, work.office);
  const { view, rows, before } = tip.state.with(ledger.changes);
  if (claim !== undefined && claim.header.stateRoot !== view.root)
    return reject('state_root_wrong', { expected: view.root });
  const contents =
    claim?.transactionsRoot ??
    transactionsRoot(
      chain,
      included.map((tx) => tx.bytes),
    );
  work.outcome = { view, rows, before, transactionsRoot: contents, receiptsRoot };
  return undefined;
};
