/**
 * Synthetic: the state of a chain with millions of accounts, made row by row, for benches that need no history.
 *
 * Account i of the order of keys has an address that follows from a sorted list of random numbers; leaf numbers go through
 * the keys in strides, so that neighbours by key are far apart by leaf, as after a long life.
 */

import { rowsOf } from '../dist/core/state/delta.js';
import { encodeEntry } from '../dist/core/state/encoding.js';
import { Loader } from '../dist/core/state/loader.js';
import { decodeRow, encodeRow } from '../dist/core/state/row.js';
import { loadedState } from '../dist/core/state/view.js';
import { personOf } from '../dist/fixtures/people.js';
import { chainOf, STAKE } from './chain.mjs';

/** Coprime to every count that has no factor of it: a large prime. */
const STRIDE = 7_368_787;
const KEY_BYTES = 34;

/** `count` different numbers of 48 bits, ascending: these, and random ones. */
const numbersWith = (given, count) => {
  let seed = 0x2545f491;
  const word = () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed >>> 0;
  };
  const numbers = new Float64Array(count);
  numbers.set(given);
  for (let index = given.length; index < count; index += 1) numbers[index] = word() * 65_536 + (word() & 0xffff);
  numbers.sort();
  // Two of the same are as good as never; if so one of them moves.
  for (let index = 1; index < count; index += 1)
    if (numbers[index] <= numbers[index - 1]) numbers[index] = numbers[index - 1] + 1;
  return numbers;
};

const writeKey = (number, key) => {
  key[0] = 1;
  key[1] = 2;
  let rest = number;
  for (let at = 7; at >= 2; at -= 1) {
    key[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  for (let at = 8; at < KEY_BYTES; at += 1) key[at] = (key[2 + (at % 6)] * 31 + at * 17) & 0xff;
  return key;
};

const compare = (a, b) => Buffer.compare(a, b);

/** The number that the order of a key follows: the six bytes behind 01 02. */
const numberIn = (key) => key.readUIntBE(2, 6);

/**
 * People with keys, whose addresses begin with 02 as those of the other accounts do: `length` of them, `at` gives one. PERF: in flat
 * memory, as all that a bench keeps; as objects they were marked by every collection of what is measured.
 */
const peopleOf = (crypto, length) => {
  const [keys, addresses] = [new Uint8Array(32 * length), new Uint8Array(33 * length)];
  for (let index = 0, found = 0; found < length; index += 1) {
    const { address, privateKey } = personOf(crypto, `bench${index}`);
    if (!address.startsWith('02')) continue;
    keys.set(privateKey, 32 * found);
    addresses.set(Buffer.from(address, 'hex'), 33 * found);
    found += 1;
  }
  const addressBytes = (index) => addresses.subarray(33 * index, 33 * (index + 1));
  return {
    length,
    addressBytes,
    at: (index) => ({
      address: Buffer.from(addressBytes(index)).toString('hex'),
      privateKey: keys.subarray(32 * index, 32 * (index + 1)),
    }),
  };
};

/** Where `number` stands in the ascending list. */
const placeIn = (numbers, number) => {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < number) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Rows of `count` accounts with coins and stake, these people among them, and of the other entries of the founding. */
const syntheticRows = (founding, count, people) => {
  const personKey = (index) => Buffer.concat([Buffer.of(1), people.addressBytes(index)]);
  const given = Array.from({ length: people.length }, (_, index) => numberIn(personKey(index)));
  const numbers = numbersWith(given, count);
  /** The person at each place of the order, and one more; 0 where there is none. */
  const persons = new Uint32Array(count);
  for (const [index, number] of given.entries()) {
    const place = placeIn(numbers, number);
    if (numbers[place] !== number || persons[place] !== 0) throw new Error('two accounts have the same number');
    persons[place] = index + 1;
  }
  const keyAt = (place) =>
    persons[place] > 0 ? personKey(persons[place] - 1) : writeKey(numbers[place], new Uint8Array(KEY_BYTES));
  const value = encodeEntry('01', {
    nonce: 0n,
    balance: STAKE,
    staked: STAKE,
    used: 0,
    withdrawals: [],
    votes: [],
    candidacy: undefined,
    alias: undefined,
  });
  const extras = rowsOf(founding.rows)
    .map(({ bytes }) => decodeRow(bytes).right)
    .sort((a, b) => compare(a.key, b.key));
  const placeOf = (key) => {
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(keyAt(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  /** By the place of the account after them. */
  const between = new Map();
  for (const [index, { key }] of extras.entries()) {
    const place = placeOf(key);
    between.set(place, [...(between.get(place) ?? []), index]);
  }
  const first = () => (between.get(0) === undefined ? keyAt(0) : extras[between.get(0)[0]].key);
  const afterPlace = (place) => {
    const own = between.get(place + 1);
    if (own !== undefined) return extras[own[0]].key;
    return place + 1 < count ? keyAt(place + 1) : first();
  };
  const afterExtra = (index) => {
    const place = placeOf(extras[index].key);
    const own = between.get(place);
    const at = own.indexOf(index);
    if (at + 1 < own.length) return extras[own[at + 1]].key;
    return place < count ? keyAt(place) : first();
  };
  const placeOfLeaf = (leaf) => (leaf * STRIDE) % count;
  return {
    count: count + extras.length,
    addressBytes: (leaf) => keyAt(placeOfLeaf(leaf)).subarray(1),
    addressOf: (leaf) => Buffer.from(keyAt(placeOfLeaf(leaf)).subarray(1)).toString('hex'),
    keyOf: (leaf) => Buffer.from(keyAt(placeOfLeaf(leaf))).toString('hex'),
    rowAt: (leaf) => {
      if (leaf < count) return encodeRow({ key: keyAt(placeOfLeaf(leaf)), next: afterPlace(placeOfLeaf(leaf)), value });
      const { key, value: own } = extras[leaf - count];
      return encodeRow({ key, next: afterExtra(leaf - count), value: own });
    },
  };
};

/** Rows from..to, as a store gives them. */
export const page = (rows, from, to) =>
  Array.from({ length: to - from }, (_, index) => ({ leaf: from + index, bytes: rows.rowAt(from + index) }));

/**
 * A chain of one producer whose state has `count` accounts more, and its rows. `options.people` of the accounts have keys, and lie
 * anywhere among the others.
 */
export const syntheticChain = async (count, options = {}) => {
  const world = await chainOf(0, {
    ...options,
    people: 0,
    totals: { supply: 2n * STAKE * BigInt(count), staked: STAKE * BigInt(count) },
  });
  const people = peopleOf(world.crypto, options.people ?? 0);
  let rows;
  const allRows = () => {
    rows ??= syntheticRows(world.founding, count, people);
    return rows;
  };
  const tip = world.takeTip();
  return {
    ...world,
    people,
    accounts: count,
    /** Made when they are asked for, twelve bytes each: who only follows blocks needs none. */
    get rows() {
      return allRows();
    },
    takeTip: () => tip,
    /** The tip at genesis with all rows in memory; each call gives one of its own. */
    memoryTip: () => ({ ...tip, state: loadRows(world.crypto, allRows(), Number.MAX_SAFE_INTEGER) }),
  };
};

/** The state of all rows, with at most `maxBytes` of them in memory. */
export const loadRows = (crypto, rows, maxBytes) => {
  const loader = new Loader(crypto, maxBytes);
  for (let from = 0; from < rows.count; from += 10_000)
    loader.add(page(rows, from, Math.min(from + 10_000, rows.count)));
  const missing = loader.missing();
  loader.body.admit(missing.map((leaf) => ({ leaf, bytes: rows.rowAt(leaf) })));
  return loadedState(loader);
};
