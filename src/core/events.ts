/**
 * Events: what a block tells those who watch for records, certifications and aliases.
 *
 * They follow from the transactions that executed and are no part of the state. Source: docs/protocol.md.
 */
import type { Address, Hash, Seconds } from './units.ts';

export type ChainEvent =
  | { readonly type: 'record'; readonly hash: Hash; readonly sender: Address; readonly time: Seconds }
  | {
      readonly type: 'certification';
      readonly certifier: Address;
      readonly certified: Address;
      readonly hash: Hash;
      readonly issued: bigint;
      readonly expires: bigint;
      /** When it was revoked, `undefined` when it was just issued. */
      readonly revoked: Seconds | undefined;
    }
  | {
      readonly type: 'alias';
      readonly alias: string;
      /** `undefined` when the alias was given back. */
      readonly owner: Address | undefined;
      readonly collateral: bigint;
    };
