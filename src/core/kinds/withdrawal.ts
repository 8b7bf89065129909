/**
 * Withdrawal: what the kinds share that send coins back through the dated queue.
 *
 * The check does not ask whether the new withdrawal would merge with an open one. Source: protocol section 7.
 */
import type { Seconds } from '../units.ts';
import type { Execution } from './kind.ts';

/** Whether the sender has as many withdrawals open as an account may have. */
export const hasTooManyWithdrawals = ({ account, params }: Execution<unknown>): boolean =>
  account.withdrawals.length >= params.maxWithdrawals;

/** When coins that leave now are back. */
export const dueTime = ({ blockTime, params }: Pick<Execution<unknown>, 'blockTime' | 'params'>): Seconds =>
  (blockTime + params.unstakeSeconds) as Seconds;
