import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { checkStore } from '../../src/audit/check.ts';
import { sameBytes, toHex } from '../../src/core/bytes.ts';
import { decodeEntry, decodeRow, keys } from '../../src/core/index.ts';
import { crypto } from '../engine/small-chain.ts';
import {
  allOf,
  type Contents,
  checked,
  flipped,
  founding,
  HEIGHTS,
  lived,
  placesIn,
  policies,
  replaced,
  storeOf,
} from './check-world.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const all = await allOf(await lived(policies['all'] ?? { keep: 'all' }));
const marks = await allOf(await lived(policies['marks'] ?? { keep: 'all' }));
const whole = await checked(all);
const finalHeight = whole.stateHeight ?? 0;

describe('a store in which nothing was changed', () => {
  it.each(Object.entries(policies))(
    'is without a finding at every height of its life, keeping %s of its old states',
    async (_, policy) => {
      let checks = 0;
      const kept: (number | undefined)[] = [];
      await lived(policy, HEIGHTS, async (storage, { engine }) => {
        for (const known of [founding, undefined]) {
          const report = await checkStore({ storage, crypto, founding: known });
          expect(report.findings).toEqual([]);
          expect(report).toMatchObject({
            genesisId: founding.chain.genesisId,
            lastBlock: engine.tip.height === 0 ? undefined : engine.tip.height,
            stateHeight: engine.tip.votes.finalHeight,
            isCompared: known !== undefined || engine.tip.votes.finalHeight > 0,
          });
          expect(report.history.used).toBe(report.history.records);
          kept.push(report.history.oldest);
          checks += 1;
        }
      });
      expect(checks).toBe(2 * (HEIGHTS + 1));
      expect(new Set(kept).size > 1).toBe(policy.keep !== 'none');
    },
  );

  it('is left as it is', async () => {
    const storage = await storeOf(all);
    const commits: unknown[] = [];
    const watched = { ...storage, commit: (batch: Contents) => Promise.resolve(void commits.push(batch)) };
    await checkStore({ storage: watched, crypto, founding });
    expect(commits).toEqual([]);
    expect(await allOf(storage)).toEqual(all);
  });

  it('is told with all that it holds', () => {
    expect(finalHeight).toBeGreaterThan(20);
    expect(whole).toMatchObject({
      count: 0,
      firstBlock: 1,
      lastBlock: HEIGHTS,
      rows: all.rows.length,
      history: { records: finalHeight, used: finalHeight, oldest: 0 },
      notes: [],
    });
  });

  it('is empty without a fault if it holds nothing, but is not the chain that is asked for', async () => {
    expect(await checked({}, { isGenesisKnown: false })).toMatchObject({ count: 0, rows: 0, lastBlock: undefined });
    expect(placesIn(await checked({}))).toEqual(['fact genesis-id']);
  });
});

const anyBit = fc.nat(2 ** 20);

/** Flips one bit of each item of a list in turn and holds the places that are found against those that are expected. */
const flips = async (
  count: number,
  spoil: (at: number, bit: number) => Contents,
  expected: (at: number, bit: number) => readonly string[],
): Promise<void> => {
  const property = fc.asyncProperty(fc.nat(count - 1), anyBit, async (at, bit) => {
    expect(placesIn(await checked(spoil(at, bit)))).toEqual(expected(at, bit));
  });
  await fc.assert(property, { numRuns: Math.ceil(RUNS / 4) });
};

describe('a flipped bit', () => {
  it('of any block is found in that block and nowhere else', async () => {
    await flips(
      all.blocks.length,
      (at, bit) => ({
        ...all,
        blocks: replaced(all.blocks, at, (block) => ({ ...block, bytes: flipped(block.bytes, bit) })),
      }),
      (at) => [`block ${at + 1}`],
    );
  });

  it('of the id beside any block is found in that block and nowhere else', async () => {
    const turned = (id: string, bit: number): string => {
      const digits = [...id];
      const at = (bit >>> 2) % digits.length;
      digits[at] = (Number.parseInt(digits[at] ?? '', 16) ^ (1 << (bit & 3))).toString(16);
      return digits.join('');
    };
    await flips(
      all.blocks.length,
      (at, bit) => ({ ...all, blocks: replaced(all.blocks, at, (block) => ({ ...block, id: turned(block.id, bit) })) }),
      (at) => [`block ${at + 1}`],
    );
  });

  it.each(['genesis-id', 'state-height'])(
    'of the fact %s is found there and nowhere else, whether the genesis is known or not',
    async (name) => {
      const bytes = all.facts[name] ?? new Uint8Array(0);
      const property = fc.asyncProperty(fc.nat(8 * bytes.length - 1), fc.boolean(), async (bit, isGenesisKnown) => {
        const facts = { ...all.facts, [name]: flipped(bytes, bit) };
        const places = placesIn(await checked({ ...all, facts }, { isGenesisKnown }));
        expect(new Set(places)).toEqual(new Set([`fact ${name}`]));
      });
      await fc.assert(property, { numRuns: Math.ceil(RUNS / 4) });
    },
  );

  it.each([
    ['all', all],
    ['marks', marks],
  ] as const)(
    'of any record of a history that keeps %s is found in that record and nowhere else',
    async (_, contents) => {
      await flips(
        contents.history.length,
        (at, bit) => ({
          ...contents,
          history: replaced(contents.history, at, (record) => ({ ...record, bytes: flipped(record.bytes, bit) })),
        }),
        (at) => [`history ${contents.history[at]?.height}`],
      );
    },
  );

  it('of any row is found in that row if it is no row any more or breaks the ring of keys, else in the state root', async () => {
    const seen = new Set<string>();
    const expected = (at: number, bit: number): readonly string[] => {
      const { leaf, bytes } = all.rows[at] ?? { leaf: 0, bytes: new Uint8Array(0) };
      const [before, after] = [decodeRow(bytes), decodeRow(flipped(bytes, bit))];
      if (E.isLeft(before) || E.isLeft(after) || after.right.key.length === 0 || after.right.next.length === 0) {
        seen.add('malformed');
        return [`row ${leaf}`];
      }
      const tag = toHex(after.right.key).slice(0, 2);
      const isRecord =
        Number.parseInt(tag, 16) >= keys.FIRST_EXTENSION_TAG ||
        ((Object.values(keys.tags) as string[]).includes(tag) &&
          E.isRight(decodeEntry(toHex(after.right.key) as keys.Key<unknown>, after.right.value)));
      const isLinked = sameBytes(before.right.key, after.right.key) && sameBytes(before.right.next, after.right.next);
      seen.add(`${isLinked ? 'value' : 'link'}${isRecord ? '' : ' and record'}`);
      return [...(isRecord ? [] : [`row ${leaf}`]), isLinked ? `state ${finalHeight}` : `row ${leaf}`];
    };
    await flips(
      all.rows.length,
      (at, bit) => ({ ...all, rows: replaced(all.rows, at, (row) => ({ ...row, bytes: flipped(row.bytes, bit) })) }),
      expected,
    );
    expect([...seen].sort((a, b) => (a < b ? -1 : 1))).toEqual(expect.arrayContaining(['link', 'malformed', 'value']));
  });
});

describe('facts that an engine would not open with', () => {
  it.each(['evidence', 'bound-broken'])(
    '%s that makes no sense is found, whether the chain is known or not',
    async (name) => {
      const storage = await storeOf(all);
      await storage.commit({ facts: { [name]: Uint8Array.of(1, 2, 3) } });
      for (const known of [founding, undefined]) {
        const { findings } = await checkStore({ storage, crypto, founding: known });
        expect(findings).toMatchObject([{ where: 'fact', at: name }]);
      }
    },
  );
});
