import { describe, expect, it } from 'vitest';
import { storageLaws } from '../../src/adapters/laws/storage.ts';
import { durabilityLaws } from '../../src/adapters/laws/storage-durable.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { RowChange, Storage, StoredBlock } from '../../src/adapters/storage/storage.ts';

describe('stores that break a law are found out', () => {
  /** What is spoilt, the beginning of the law that finds it, and the calls that are other than those of a good store. */
  type Breach = readonly [breach: string, law: string, spoil: (inner: Storage) => Partial<Storage>];
  const onRows =
    (spoil: (rows: readonly RowChange[]) => readonly RowChange[]) =>
    (inner: Storage): Partial<Storage> => ({
      commit: (batch) => inner.commit({ ...batch, rows: spoil(batch.rows ?? []) }),
    });
  const breaches: readonly Breach[] = [
    ['loses the last row of each batch', 'what was committed is read', onRows((rows) => rows.slice(0, -1))],
    [
      'loses histories',
      'what was committed is read',
      (inner) => ({ commit: ({ history, ...rest }) => inner.commit(history === undefined ? {} : rest) }),
    ],
    [
      'puts before it drops',
      'blocks above a height are dropped',
      (inner) => ({
        commit: async ({ dropBlocksAbove, ...rest }) => {
          await inner.commit(rest);
          if (dropBlocksAbove !== undefined) await inner.commit({ dropBlocksAbove });
        },
      }),
    ],
    [
      'drops the block of the height itself',
      'blocks above a height are dropped',
      (inner) => ({
        commit: (batch) => {
          const above = batch.dropBlocksAbove;
          return inner.commit(above === undefined || above < 1 ? batch : { ...batch, dropBlocksAbove: above - 1 });
        },
      }),
    ],
    [
      'drops histories with their blocks',
      'blocks above a height are dropped',
      (inner) => ({
        commit: async (batch) => {
          const gone = (await inner.history(batch.dropBlocksAbove ?? 99, 99)).map(({ height }) => height);
          const history = gone.map((height) => ({ height, bytes: undefined }));
          await inner.commit({ ...batch, history: [...history, ...(batch.history ?? [])] });
        },
      }),
    ],
    [
      'keeps a block by its height that was replaced',
      'a block by its height',
      (inner) => {
        const known = new Map<number, StoredBlock>();
        const block = async (height: number) => {
          const found = known.get(height) ?? (await inner.block(height));
          if (found !== undefined) known.set(height, found);
          return found && { ...found, bytes: found.bytes.slice() };
        };
        return { block };
      },
    ],
    [
      'takes heights modulo 2^32',
      'a block by its height',
      (inner) => ({
        block: (height) => inner.block(Number.isSafeInteger(height) && height >= 0 ? height % 2 ** 32 : height),
      }),
    ],
    [
      'gives at most a thousand blocks',
      'as many blocks and histories',
      (inner) => ({ blocks: async (from, limit) => (await inner.blocks(from, limit)).slice(0, 1_000) }),
    ],
    [
      'gives at most sixty histories',
      'as many blocks and histories',
      (inner) => ({ history: async (from, limit) => (await inner.history(from, limit)).slice(0, 60) }),
    ],
    [
      'knows no large letters in names',
      'names of facts',
      (inner) => ({
        fact: (name) => inner.fact(name.toLowerCase()),
        commit: ({ facts = {}, ...rest }) => {
          const small = Object.entries(facts).map(([name, value]) => [name.toLowerCase(), value]);
          return inner.commit({ ...rest, facts: Object.fromEntries(small) });
        },
      }),
    ],
    [
      'loses what goes beyond 16 384 rows of a batch',
      'twenty thousand rows of one batch',
      onRows((rows) => rows.slice(0, 16_384)),
    ],
    [
      'stores part of a bad batch',
      'a batch that makes no sense',
      (inner) => ({
        commit: async (batch) => {
          for (const row of batch.rows ?? []) await inner.commit({ rows: [row] });
          await inner.commit({ ...batch, rows: [] });
        },
      }),
    ],
    [
      'leaves out the first leaf of a scan',
      'scan gives',
      (inner) => ({ scan: (from, limit) => inner.scan(from === 0 ? 0 : Math.min(from + 1, 2 ** 32 - 1), limit) }),
    ],
    [
      'gives one row too many',
      'scan gives',
      (inner) => ({ scan: (from, limit) => inner.scan(from, Math.min(limit + 1, 1000)) }),
    ],
    [
      'scans in the order of text',
      'scan gives',
      (inner) => ({
        scan: async (from, limit) =>
          [...(await inner.scan(from, Number.MAX_SAFE_INTEGER))]
            .sort((a, b) => (String(a.leaf) < String(b.leaf) ? -1 : 1))
            .slice(0, limit),
      }),
    ],
    [
      'forgets the order asked',
      'rows answers in the order asked',
      (inner) => ({ rows: (leaves) => inner.rows([...leaves].sort((a, b) => a - b)) }),
    ],
    [
      'leaves out what is not there',
      'rows answers in the order asked',
      (inner) => ({ rows: async (leaves) => (await inner.rows(leaves)).filter((row) => row !== undefined) }),
    ],
    [
      'takes a leaf for 31 bits and a sign',
      'rows answers in the order asked',
      (inner) => ({ rows: (leaves) => inner.rows(leaves.map((leaf) => leaf & 0x7fffffff)) }),
    ],
    [
      'takes a row of no bytes for none',
      'rows, histories and facts that are set to undefined',
      (inner) => ({
        rows: async (leaves) => (await inner.rows(leaves)).map((row) => (row?.length === 0 ? undefined : row)),
      }),
    ],
    [
      'gives what it holds',
      'values are copies',
      (inner) => {
        const held = new Map<number, ReturnType<Storage['block']>>();
        return {
          block: (height) => {
            const block = held.get(height) ?? inner.block(height);
            held.set(height, block);
            return block;
          },
        };
      },
    ],
    [
      'gives rows that share memory',
      'values are copies',
      (inner) => ({
        rows: async (leaves) => {
          const [first] = await inner.rows(leaves);
          return leaves.map(() => first);
        },
      }),
    ],
    [
      'keeps an old row',
      'what is put again replaces',
      (inner) => ({
        commit: async (batch) => {
          const rows = batch.rows ?? [];
          const known = await inner.rows(rows.map(({ leaf }) => leaf));
          const fresh = rows.filter(({ bytes }, index) => bytes === undefined || known[index] === undefined);
          await inner.commit({ ...batch, rows: fresh });
        },
      }),
    ],
    [
      'puts all rows before it takes any away',
      'what is put again replaces',
      onRows((rows) => [...rows].sort((a, b) => Number(a.bytes === undefined) - Number(b.bytes === undefined))),
    ],
    [
      'answers after it was closed',
      'a closed store refuses',
      (inner) => ({ topHeight: () => inner.topHeight().catch(() => undefined) }),
    ],
    [
      'overtakes its own batches',
      'batches that are committed at once',
      (inner) => {
        let turns = 9;
        return {
          commit: async (batch) => {
            turns = (turns * 7) % 11;
            for (let left = turns; left > 0; left -= 1) await Promise.resolve();
            await inner.commit(batch);
          },
        };
      },
    ],
    [
      'gives no more than seven blocks',
      'blocks come in the order',
      (inner) => ({ blocks: async (from, limit) => (await inner.blocks(from, limit)).slice(0, 7) }),
    ],
    [
      'gives no more than four histories',
      'histories come in the order',
      (inner) => ({ history: async (from, limit) => (await inner.history(from, limit)).slice(0, 4) }),
    ],
    [
      'cuts big values',
      'values of up to a megabyte',
      onRows((rows) => rows.map(({ leaf, bytes }) => ({ leaf, bytes: bytes?.subarray(0, 65_536) }))),
    ],
    [
      'forgets a row when it has very many',
      'ten thousand rows that are replaced',
      (inner) => ({
        scan: async (from, limit) => (await inner.scan(from, limit)).filter(({ leaf }) => leaf !== 9_876),
      }),
    ],
    [
      'brings back a row that was taken away, once many others were put',
      'ten thousand rows that are replaced',
      (inner) => {
        let [taken, commits] = [-1, 0];
        return {
          commit: async (batch) => {
            commits += 1;
            const back = commits % 3 === 0 && taken >= 0 ? [{ leaf: taken, bytes: Uint8Array.of(1) }] : [];
            taken = (batch.rows ?? []).find(({ bytes }) => bytes === undefined)?.leaf ?? -1;
            await inner.commit({ ...batch, rows: [...back, ...(batch.rows ?? [])] });
          },
        };
      },
    ],
    [
      'gives no plain arrays',
      'values that come back are plain',
      (inner) => ({ rows: async (leaves) => (await inner.rows(leaves)).map((row) => row && Buffer.from(row)) }),
    ],
  ];
  for (const [breach, name, spoil] of breaches) {
    it(`a store that ${breach} breaks the law '${name} ...'`, async () => {
      const law = storageLaws.find((each) => each.name.startsWith(name));
      const inner = memoryStorage();
      await expect(law?.check(() => ({ ...inner, ...spoil(inner) }))).rejects.toMatchObject({ code: 'law_broken' });
    });
  }

  /** A store in memory that outlives its objects, and forgets at each opening what `forget` says. */
  const lasting = (forget: (inner: Storage) => Promise<void>) => () => {
    const inner = memoryStorage();
    const handle = (): Storage => ({ ...inner, close: () => Promise.resolve() });
    return {
      storage: handle(),
      reopen: async () => {
        await forget(inner);
        return handle();
      },
    };
  };
  for (const [breach, name, forget] of [
    [
      'loses its last history',
      'what was committed is there',
      async (inner) => {
        const last = (await inner.history(0, 99)).at(-1);
        await inner.commit({ history: last === undefined ? [] : [{ height: last.height, bytes: undefined }] });
      },
    ],
    [
      'brings back a row that was taken away',
      'ten thousand rows that are replaced',
      async (inner) => {
        const leaves = Array.from({ length: 12_000 }, (_, leaf) => leaf);
        const missing = (await inner.rows(leaves)).indexOf(undefined);
        await inner.commit({ rows: [{ leaf: missing, bytes: Uint8Array.of(1) }] });
      },
    ],
    [
      'adds a fact',
      'a store that was closed without a batch',
      (inner) => inner.commit({ facts: { note: Uint8Array.of(1) } }),
    ],
    [
      'loses part of the batch that was committed last',
      'a batch whose commit meets the closing',
      (inner) => inner.commit({ rows: [{ leaf: 1, bytes: undefined }] }),
    ],
  ] as const satisfies readonly (readonly [string, string, (inner: Storage) => Promise<void>])[]) {
    it(`a store that ${breach} at an opening breaks the law '${name} ...'`, async () => {
      const law = durabilityLaws.find((each) => each.name.startsWith(name));
      await law?.check(lasting(() => Promise.resolve()));
      await expect(law?.check(lasting(forget))).rejects.toMatchObject({ code: 'law_broken' });
    });
  }
});
