/**
 * Header: the bytes of blocks, of their headers, and of what a producer signs.
 *
 * The schema is our own (the first network's header covered less than the block). The id of a block is the SHA3-256 of
 * its header without the signature: two headers that differ in the signature alone are the same block.
 * Source: protocol section 11; docs/protocol.md gives the field table.
 */
import { toHex } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { ADDRESS_BYTES, type Address, HASH_BYTES, type Hash, type Height, type Seconds } from '../units.ts';
import { amountField, bytesField, bytesList, hexField, messageField, safeField, uint32Field } from './fields.ts';
import { message } from './proto.ts';

/** The only version of headers that this protocol has. */
export const HEADER_VERSION = 1;

/** A header without its signature: what the producer claims of the block. */
export interface HeaderClaim {
  readonly version: number;
  readonly chainId: number;
  readonly height: Height;
  readonly parentId: Hash;
  readonly time: Seconds;
  readonly producer: Address;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly stateRoot: Hash;
  /** Minted by this block, raw units. */
  readonly reward: bigint;
  /** All coins after this block, raw units. */
  readonly supply: bigint;
  /** The greatest height its producer had signed before; see finality. */
  readonly maxHeightGenerated: Height;
  /** The greatest height that the chain up to the parent has prevoted. */
  readonly maxHeightPrevoted: Height;
}

export interface Header extends HeaderClaim {
  /** r | s | recovery id over the id. */
  readonly sign: Uint8Array;
}

/** A block as it travels: the header and the canonical bytes of its transactions, in order. */
export interface Block {
  readonly header: Header;
  readonly transactions: readonly Uint8Array[];
}

const claimFields = {
  version: uint32Field(1),
  chainId: uint32Field(2),
  height: safeField<Height>(3),
  parentId: hexField<Hash>(4, HASH_BYTES),
  time: safeField<Seconds>(5),
  producer: hexField<Address>(6, ADDRESS_BYTES),
  transactionsRoot: hexField<Hash>(7, HASH_BYTES),
  receiptsRoot: hexField<Hash>(8, HASH_BYTES),
  stateRoot: hexField<Hash>(9, HASH_BYTES),
  reward: amountField(10),
  supply: amountField(11),
  maxHeightGenerated: safeField<Height>(12),
  maxHeightPrevoted: safeField<Height>(13),
};

const claimMessage = message<HeaderClaim>(claimFields);
export const headerMessage = message<Header>({ ...claimFields, sign: bytesField(14) });
export const blockMessage = message<{
  readonly header: Header | undefined;
  readonly transactions: readonly Uint8Array[];
}>({
  header: messageField(1, headerMessage),
  transactions: bytesList(2),
});

/** The bytes that the id of a block is the SHA3-256 of, and that its producer signs. */
const headerTarget = (header: HeaderClaim): Uint8Array => claimMessage.encode(header);

/** The id of the block with this header, as bytes. */
export const blockIdBytes = (hasher: Hasher, header: HeaderClaim): Uint8Array => hasher.sha3(headerTarget(header));

/** The id of the block with this header. */
export const blockId = (hasher: Hasher, header: HeaderClaim): Hash => toHex(blockIdBytes(hasher, header)) as Hash;

/** The canonical bytes of a block. */
export const encodeBlock = (block: Block): Uint8Array => blockMessage.encode(block);

/** The bytes of a header, signature included: what whoever trusts a block's id is given beside a proof, for `medstate/verify`. */
export const encodeHeader = (header: Header): Uint8Array => headerMessage.encode(header);
