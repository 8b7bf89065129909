import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { sameBytes, toHex } from '../../src/core/bytes.ts';
import { type EntriesProof, entriesProofMessage } from '../../src/core/proof/messages.ts';
import { proveEntries } from '../../src/core/proof/prove.ts';
import { verifyEntries } from '../../src/core/proof/verify.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import { builtRoot, twinAnswers, twinNodes, twinProof, twinSource } from '../twins/proof-twin.ts';
import { type Twin, twinBytesRoot, twinKeys, twinSlots, twinWith } from '../twins/tree-twin.ts';
import { keyOf, treeOf, valueFor } from './proof-samples.ts';

const prove = (twin: Twin, keys: readonly string[]): Uint8Array => proveEntries(hasher, twinSource(twin), keys);
const verify = (twin: Twin, keys: readonly string[], proof: Uint8Array) =>
  verifyEntries(proof, builtRoot(twin), keys, hasher);

/** The proof of these keys, changed by its parts. */
const changed = (twin: Twin, keys: readonly string[], change: (proof: EntriesProof) => EntriesProof): Uint8Array => {
  const read = entriesProofMessage.decode(prove(twin, keys));
  if (E.isLeft(read)) throw new Error('an honest proof is well formed');
  return entriesProofMessage.encode(change(read.right));
};

const onlyLeaf = ({ leaves: [leaf] }: EntriesProof) => {
  if (leaf === undefined) throw new Error('the proof shows a leaf');
  return leaf;
};

/** Keys that are there, and keys around each of them that are not. */
const probesOf = (twin: Twin): readonly string[] => {
  const keys = twinKeys(twin);
  const around = keys.flatMap((key) => [key, `${key}00`]);
  return [...new Set([...around, (keys[0] ?? '80').slice(0, -2), '00', '8000ffff', `ff${'ff'.repeat(40)}`])];
};

const fiveOfEight = treeOf(8, (leaf) => leaf === 2 || leaf === 5 || leaf === 6);

describe('a proof of entries', () => {
  it('says of every key, of one and of many, what is under it, for every size up to 40, with free slots and without', () => {
    for (let size = 0; size <= 40; size += 1) {
      for (const twin of [
        treeOf(size),
        treeOf(size, (leaf) => leaf % 3 === 1),
        treeOf(size, (leaf) => leaf < size - 4),
      ]) {
        const probes = probesOf(twin);
        for (const key of probes) {
          const proof = prove(twin, [key]);
          const verdict = verify(twin, [key], proof);
          if (!sameBytes(proof, twinProof(twin, [key])) || E.isLeft(verdict)) expect.fail(`${key} in ${size}`);
          expect(verdict.right).toEqual(twinAnswers(twin, [key]));
        }
        const proof = prove(twin, probes);
        expect(toHex(proof)).toBe(toHex(twinProof(twin, probes)));
        expect(verify(twin, probes, proof)).toEqual(E.right(twinAnswers(twin, probes)));
      }
    }
  });

  it('is the same bytes in whatever order and however often keys are asked for; answers come in the order of the keys', () => {
    const [a = '', b = ''] = twinKeys(fiveOfEight);
    const missing = `${a}00`;
    const proof = prove(fiveOfEight, [a, missing, b]);
    expect(toHex(prove(fiveOfEight, [b, a, missing, a, b]))).toBe(toHex(proof));
    expect(verify(fiveOfEight, [b, missing, a, b], proof)).toEqual(
      E.right([b, missing, a, b].map((key) => fiveOfEight.get(key)?.value)),
    );
  });

  it('of a state without entries is no bytes, and says so of every key, but under that root alone', () => {
    const empty = treeOf(0);
    expect(prove(empty, ['80'])).toEqual(new Uint8Array(0));
    expect(verify(empty, ['80', '01'], new Uint8Array(0))).toEqual(E.right([undefined, undefined]));
    expect(verify(treeOf(1), ['80'], new Uint8Array(0))).toEqual(E.left('proof_root_differs'));
    expect(verify(empty, ['80'], prove(treeOf(1), ['80']))).toEqual(E.left('proof_root_differs'));
  });

  it('of a state with a single entry shows that all other keys are missing, below it and above', () => {
    const single = treeOf(1);
    const [key = ''] = twinKeys(single);
    for (const missing of ['01', `${key}00`, 'ffff']) {
      expect(verify(single, [missing], prove(single, [missing]))).toEqual(E.right([undefined]));
    }
    // The gap of a single entry is everything but its key.
    const gap = prove(single, ['01']);
    expect(verify(single, [key], gap)).toEqual(E.left('proof_key_unanswered'));
  });

  it('of a key below all and of one above all is the same leaf: the keys are a ring', () => {
    const keys = twinKeys(fiveOfEight);
    const greatest = keys.at(-1) ?? '';
    const [below, above] = ['01', `${greatest}00`];
    const proof = prove(fiveOfEight, [below]);
    expect(toHex(proof)).toBe(toHex(prove(fiveOfEight, [above])));
    expect(verify(fiveOfEight, [above, below], proof)).toEqual(E.right([undefined, undefined]));
  });

  it('shares what it can: many keys cost less than each alone, neighbours need no hash of each other', () => {
    const twin = treeOf(32);
    const keys = twinKeys(twin);
    const single = keys.map((key) => prove(twin, [key]).length).reduce((sum, length) => sum + length, 0);
    expect(prove(twin, keys).length).toBeLessThan(single / 2);
    const all = entriesProofMessage.decode(prove(twin, keys));
    expect(all).toMatchObject({ right: { siblings: new Uint8Array(0) } });
  });

  it('is made for at least one key: without a question nothing can be shown', () => {
    expect(() => prove(fiveOfEight, [])).toThrow('a proof is of one key at least');
    const sizeAlone = entriesProofMessage.encode({ size: 8, leaves: [], siblings: new Uint8Array(0) });
    expect(verify(fiveOfEight, [], sizeAlone)).toEqual(E.left('proof_incomplete'));
    const top = twinNodes(twinSlots(fiveOfEight))(3, 0);
    const withTop = entriesProofMessage.encode({ size: 8, leaves: [], siblings: top });
    expect(verify(fiveOfEight, [], withTop)).toEqual(E.left('proof_left_over'));
  });
});

describe('a hostile proof of entries', () => {
  const keys = twinKeys(fiveOfEight);
  const [least = '', second = '', third = ''] = keys;
  const greatest = keys.at(-1) ?? '';
  const refusedAs = (asked: readonly string[], proof: Uint8Array) => verify(fiveOfEight, asked, proof);
  const spoiled = (asked: readonly string[], change: (proof: EntriesProof) => EntriesProof) =>
    refusedAs(asked, changed(fiveOfEight, asked, change));

  it('under the root of another state is refused: stale, or of another chain', () => {
    const before = prove(fiveOfEight, [least]);
    const after = twinWith(fiveOfEight, new Map([[third, valueFor(5)]]));
    expect(verify(fiveOfEight, [least], before)).toEqual(E.right([fiveOfEight.get(least)?.value]));
    expect(verify(after, [least], before)).toEqual(E.left('proof_root_differs'));
  });

  it('of another depth is refused, whichever way the size is told', () => {
    const withSize = (size: number) => spoiled([least], (proof) => ({ ...proof, size }));
    expect(withSize(7)).toEqual(E.left('proof_root_differs'));
    expect(withSize(5)).toEqual(E.left('proof_root_differs'));
    expect(withSize(9)).toEqual(E.left('proof_incomplete'));
    expect(withSize(16)).toEqual(E.left('proof_incomplete'));
    expect(withSize(4)).toEqual(E.left('proof_left_over'));
    expect(withSize(1)).toEqual(E.left('proof_positions_wrong'));
    expect(withSize(0)).toEqual(E.left('proof_positions_wrong'));
    const deeper = (proof: EntriesProof) => ({
      ...proof,
      size: 16,
      siblings: Uint8Array.from([...proof.siblings, ...new Uint8Array(32)]),
    });
    expect(spoiled([least], deeper)).toEqual(E.left('proof_root_differs'));
    expect(withSize(2 ** 31 + 1)).toEqual(E.left('proof_malformed'));
    expect(withSize(2 ** 32 - 1)).toEqual(E.left('proof_malformed'));
    expect(withSize(2 ** 31)).toEqual(E.left('proof_incomplete'));
  });

  it('that passes a node for a leaf is refused: the size fixes the depth', () => {
    // A tree of two entries, whose top is H(left | right). What has this hash is shown as the one leaf of a tree of one.
    const pair = treeOf(2);
    const [left, right] = twinSlots(pair);
    if (left === undefined || right === undefined) throw new Error('two slots');
    const forged = entriesProofMessage.encode({
      size: 1,
      leaves: [
        {
          leaf: 0,
          key: Buffer.from(keyOf(1), 'hex'),
          next: new Uint8Array(0),
          nextRoot: left,
          value: new Uint8Array(0),
          valueRoot: right,
        },
      ],
      siblings: new Uint8Array(0),
    });
    expect(verify(pair, [keyOf(1)], forged)).toEqual(E.left('proof_key_unanswered'));
    // A value whose 64 bytes are the two children of a node: its chunks hash to that node, one level too deep.
    const node = Uint8Array.from([...left, ...right]);
    const holder = twinWith(pair, new Map([['90', node]]));
    const shallow = changed(holder, ['90'], (proof) => ({ ...proof, size: 2 }));
    expect(verify(holder, ['90'], shallow)).toEqual(E.left('proof_positions_wrong'));
    expect(verify(pair, ['90'], prove(holder, ['90']))).toEqual(E.left('proof_root_differs'));
  });

  it('with a sibling too many or too few is refused', () => {
    const more = (proof: EntriesProof) => ({
      ...proof,
      siblings: Uint8Array.from([...proof.siblings, ...new Uint8Array(32)]),
    });
    const less = (proof: EntriesProof) => ({ ...proof, siblings: proof.siblings.subarray(32) });
    const none = (proof: EntriesProof) => ({ ...proof, siblings: new Uint8Array(0) });
    const broken = (proof: EntriesProof) => ({ ...proof, siblings: proof.siblings.subarray(1) });
    expect(spoiled([least], more)).toEqual(E.left('proof_left_over'));
    expect(spoiled([least], less)).toEqual(E.left('proof_incomplete'));
    expect(spoiled([least], none)).toEqual(E.left('proof_incomplete'));
    expect(spoiled([least], broken)).toEqual(E.left('proof_malformed'));
  });

  it('that sends the hash of an empty subtree at the right edge is refused: it is known', () => {
    const five = treeOf(5);
    const last = [...five].find(([, { leaf }]) => leaf === 4)?.[0] ?? '';
    const withZeros = changed(five, [last], (proof) => ({
      ...proof,
      siblings: Uint8Array.from([...new Uint8Array(32), ...proof.siblings]),
    }));
    expect(verify(five, [last], withZeros)).toEqual(E.left('proof_left_over'));
  });

  it('with neighbours swapped is refused: siblings, sides, leaves, and the ends of a link', () => {
    const swapped = (proof: EntriesProof) => {
      const { siblings } = proof;
      const parts = [siblings.subarray(32, 64), siblings.subarray(0, 32), siblings.subarray(64)];
      return { ...proof, siblings: Buffer.concat(parts) };
    };
    expect(spoiled([least], swapped)).toEqual(E.left('proof_root_differs'));
    const otherSide = (proof: EntriesProof) => ({
      ...proof,
      leaves: [{ ...onlyLeaf(proof), leaf: onlyLeaf(proof).leaf ^ 1 }],
    });
    expect(spoiled([least], otherSide)).toEqual(E.left('proof_root_differs'));
    const reversed = (proof: EntriesProof) => ({ ...proof, leaves: [...proof.leaves].reverse() });
    expect(spoiled([least, second], reversed)).toEqual(E.left('proof_positions_wrong'));
    // The gap after `least` turned round would be nearly the whole ring.
    const turned = (proof: EntriesProof) => {
      const leaf = onlyLeaf(proof);
      return { ...proof, leaves: [{ ...leaf, key: leaf.next, next: leaf.key }] };
    };
    const inGap = `${least}00`;
    expect(spoiled([inGap], turned)).toEqual(E.left('proof_key_unanswered'));
    const turnedProof = changed(fiveOfEight, [inGap], turned);
    expect(refusedAs([`${greatest}00`], turnedProof)).toEqual(E.left('proof_root_differs'));
  });

  it('with a leaf twice is refused, and so is the same key in two leaves', () => {
    const twice = (proof: EntriesProof) => ({ ...proof, leaves: [onlyLeaf(proof), onlyLeaf(proof)] });
    expect(spoiled([least, `${least}00`], twice)).toEqual(E.left('proof_positions_wrong'));
    expect(spoiled([least], twice)).toEqual(E.left('proof_left_over'));
    const twoPlaces = (proof: EntriesProof) => {
      const leaf = onlyLeaf(proof);
      const other = leaf.leaf === 7 ? 6 : 7;
      const leaves = other < leaf.leaf ? [{ ...leaf, leaf: other }, leaf] : [leaf, { ...leaf, leaf: other }];
      return { ...proof, leaves };
    };
    expect(spoiled([least, `${least}00`], twoPlaces)).toEqual(E.left('proof_left_over'));
  });

  it('that shows another gap than that of the key is refused', () => {
    // A key that is there, said to be missing by its neighbour's gap, and by the gap beyond it.
    expect(refusedAs([second], prove(fiveOfEight, [`${least}00`]))).toEqual(E.left('proof_key_unanswered'));
    expect(refusedAs([second], prove(fiveOfEight, [`${second}00`]))).toEqual(E.left('proof_key_unanswered'));
    // A key that is missing, by the gap before and the gap after.
    expect(refusedAs([`${second}00`], prove(fiveOfEight, [`${least}00`]))).toEqual(E.left('proof_key_unanswered'));
    expect(refusedAs([`${least}00`], prove(fiveOfEight, [`${second}00`]))).toEqual(E.left('proof_key_unanswered'));
    // The ends of a gap are not in it, and the gap over the end of the ring does not hold what is inside.
    const ring = prove(fiveOfEight, ['01']);
    for (const key of [greatest, least, `${least}00`, second])
      expect(refusedAs([key], ring)).toEqual(E.left('proof_key_unanswered'));
    expect(refusedAs(['01'], prove(fiveOfEight, [`${least}00`]))).toEqual(E.left('proof_key_unanswered'));
    expect(refusedAs([`${greatest}00`], prove(fiveOfEight, [`${least}00`]))).toEqual(E.left('proof_key_unanswered'));
  });

  it('whose leaf says less than was asked, or more, is refused', () => {
    const value = (proof: EntriesProof) => {
      const leaf = onlyLeaf(proof);
      const valueRoot = twinBytesRoot(leaf.value);
      return { ...proof, leaves: [{ ...leaf, value: new Uint8Array(0), valueRoot }] };
    };
    // That a key is there, without its value, is no answer.
    expect(spoiled([second], value)).toEqual(E.left('proof_key_unanswered'));
    const gapToo = prove(fiveOfEight, [second, `${second}00`]);
    expect(refusedAs([second], gapToo)).toEqual(E.left('proof_left_over'));
    expect(refusedAs([`${second}00`], gapToo)).toEqual(E.left('proof_left_over'));
    const both = prove(fiveOfEight, [least, second]);
    expect(refusedAs([second], both)).toEqual(E.left('proof_left_over'));
    expect(refusedAs([], prove(fiveOfEight, [second]))).toEqual(E.left('proof_left_over'));
    expect(refusedAs([least, second], prove(fiveOfEight, [second]))).toEqual(E.left('proof_key_unanswered'));
  });

  it('with a leaf that shows nothing but roots is refused, though all of it is true', () => {
    const hidden = (proof: EntriesProof) => ({
      ...proof,
      leaves: proof.leaves.map((leaf) => {
        if (toHex(leaf.key) !== second) return leaf;
        return { ...leaf, value: new Uint8Array(0), valueRoot: twinBytesRoot(leaf.value) };
      }),
    });
    const asked = [least, `${least}00`];
    const bytes = changed(fiveOfEight, [...asked, second], hidden);
    expect(refusedAs(asked, bytes)).toEqual(E.left('proof_left_over'));
    // The path is right: with the value it proves what it says.
    expect(refusedAs([...asked, second], prove(fiveOfEight, [...asked, second]))).toMatchObject({ _tag: 'Right' });
  });

  it('without a leaf is refused, unless there are no entries', () => {
    for (const siblings of [new Uint8Array(0), twinNodes(twinSlots(fiveOfEight))(3, 0)])
      expect(refusedAs([least], entriesProofMessage.encode({ size: 8, leaves: [], siblings }))).toEqual(
        E.left('proof_key_unanswered'),
      );
  });

  it('with another value is refused, be it longer by a zero, shorter, or empty', () => {
    const withValue = (change: (value: Uint8Array) => Uint8Array) =>
      spoiled([second], (proof) => ({
        ...proof,
        leaves: [{ ...onlyLeaf(proof), value: change(onlyLeaf(proof).value) }],
      }));
    expect(withValue((value) => Uint8Array.from([...value, 0]))).toEqual(E.left('proof_root_differs'));
    expect(withValue((value) => value.subarray(0, -1))).toEqual(E.left('proof_root_differs'));
    expect(withValue(() => new Uint8Array(0))).toEqual(E.left('proof_root_differs'));
  });

  it('whose leaves are of no form is refused', () => {
    const withParts = (change: object) =>
      spoiled([second], (proof) => ({ ...proof, leaves: [{ ...onlyLeaf(proof), ...change }] }));
    const root = new Uint8Array(32).fill(1);
    for (const change of [
      { key: new Uint8Array(0) },
      { nextRoot: new Uint8Array(0) },
      { nextRoot: new Uint8Array(31) },
      { nextRoot: new Uint8Array(33) },
      { next: Uint8Array.of(0x80) },
      { valueRoot: root },
      { valueRoot: new Uint8Array(31), value: new Uint8Array(0) },
      { valueRoot: new Uint8Array(33), value: new Uint8Array(0) },
    ]) {
      expect(withParts(change)).toEqual(E.left('proof_malformed'));
    }
  });

  it('whose bytes are not the one form is refused: cut, longer, fields unknown, out of order, zero, or twice', () => {
    const good = [...prove(fiveOfEight, [least])];
    const [tag = 0, size = 0, ...rest] = good;
    for (const bytes of [
      good.slice(0, -1),
      [...good, 0],
      [...good, 0x20, 1],
      [tag, size | 0x80, 0, ...rest],
      [tag, 0, ...rest],
      [tag, size, ...good],
      [...rest, tag, size],
      [0x0d, ...good.slice(1)],
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [tag, ...new Array<number>(40).fill(0xff)],
    ]) {
      expect(refusedAs([least], Uint8Array.from(bytes))).toEqual(E.left('proof_malformed'));
    }
  });

  it('asks the hasher no more often than its bytes allow, however large a tree it claims', () => {
    let calls = 0;
    const counting = {
      ...hasher,
      hashPairs: (pairs: Uint8Array, out: Uint8Array) => {
        calls += 1;
        hasher.hashPairs(pairs, out);
      },
    };
    const much = [0xff, 0xff, 0xff, 0xff, 0x07];
    for (const bytes of [
      [0x08, ...much],
      [0x08, ...much, 0x12, ...much],
      [0x08, ...much, 0x1a, ...much, 1],
      [0x08, ...much, 0x12, 5, 0x12, ...much, 1],
      [0x08, ...much, 0x12, 7, 0x08, ...much, 1],
    ]) {
      expect(E.isLeft(verifyEntries(Uint8Array.from(bytes), builtRoot(fiveOfEight), ['80'], counting))).toBe(true);
    }
    expect(calls).toBe(0);
    const leaf = {
      leaf: 2 ** 31 - 1,
      key: Uint8Array.of(0x80),
      next: new Uint8Array(0),
      nextRoot: new Uint8Array(32),
      value: new Uint8Array(0),
      valueRoot: new Uint8Array(0),
    };
    const forged = { size: 2 ** 31, leaves: [leaf], siblings: new Uint8Array(31 * 32) };
    const bytes = entriesProofMessage.encode(forged);
    expect(verifyEntries(bytes, builtRoot(fiveOfEight), ['80'], counting)).toEqual(E.left('proof_root_differs'));
    expect(calls).toBe(1 + 1 + 1 + 1 + 31 + 1);
  });
});
