/**
 * The size of the verifier: its entry point bundled with its hash functions as a wallet would, by the bundler that comes with
 * the test runner, and run where there is no Node.
 */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import * as E from 'fp-ts/lib/Either.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { proveEntries, proveTransactions } from '../../src/core/proof/prove.ts';
import type * as verifier from '../../src/core/proof/verify.ts';
import { listRoot } from '../../src/core/tree/merkle-list.ts';
import type { Hash } from '../../src/core/units.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import { builtRoot, twinSource } from '../twins/proof-twin.ts';
import { twinKeys } from '../twins/tree-twin.ts';
import { treeOf } from './proof-samples.ts';

const MOST_BYTES = 10_000;
const ENTRY = fileURLToPath(new URL('../../src/core/proof/verify.ts', import.meta.url));

/** What of the bundler is used. */
interface Bundler {
  rolldown(options: { readonly input: string; readonly platform: 'browser'; readonly logLevel: 'silent' }): Promise<{
    generate(options: {
      readonly format: 'es' | 'iife';
      readonly name: string;
      readonly minify: boolean;
    }): Promise<{ readonly output: readonly [{ readonly code: string; readonly imports: readonly string[] }] }>;
  }>;
}

/** The bundler of the test runner's own, found by the way that leads to it. */
const bundlerOf = async (): Promise<Bundler> => {
  const vite = createRequire(import.meta.resolve('vitest/package.json')).resolve('vite/package.json');
  const rolldown = createRequire(vite).resolve('rolldown');
  return (await import(/* @vite-ignore */ pathToFileURL(rolldown).href)) as Bundler;
};

const bundled = async (format: 'es' | 'iife') => {
  const { rolldown } = await bundlerOf();
  const bundle = await rolldown({ input: ENTRY, platform: 'browser', logLevel: 'silent' });
  const { output } = await bundle.generate({ format, name: 'verifier', minify: true });
  return output[0];
};

describe('the verifier', () => {
  let module: Awaited<ReturnType<typeof bundled>>;
  let script: Awaited<ReturnType<typeof bundled>>;
  beforeAll(async () => {
    module = await bundled('es');
    script = await bundled('iife');
  });

  it('is under 10 kB gzipped, with its hash functions and all questions, and needs no other file', () => {
    expect(module.imports).toEqual([]);
    for (const name of ['verifyEntries', 'verifyHeader', 'verifyAccount', 'verifyReceipts', 'smallHasher'])
      expect(module.code).toContain(name);
    expect(gzipSync(module.code).length).toBeLessThan(MOST_BYTES);
  });

  it('runs where there is nothing but the language and the two coders of text', () => {
    const host = createContext({ TextDecoder, TextEncoder });
    runInContext(`${script.code}\nglobalThis.told = verifier;`, host);
    const { verifyEntries, verifyTransactions } = runInContext('told', host) as typeof verifier;
    const twin = treeOf(13);
    const [key = ''] = twinKeys(twin);
    const proof = proveEntries(hasher, twinSource(twin), [key]);
    const ownMemory = runInContext('(bytes) => Uint8Array.from(bytes)', host) as (bytes: Uint8Array) => Uint8Array;
    const verdict = verifyEntries(ownMemory(proof), builtRoot(twin), [key]);
    expect(E.isRight(verdict) && [...(verdict.right[0] ?? [])]).toEqual([...(twin.get(key)?.value ?? [])]);
    expect(verifyEntries(ownMemory(proof), '00'.repeat(32) as Hash, [key])).toMatchObject({
      left: 'proof_root_differs',
    });
    const transaction = Uint8Array.from([0x0a, 32, ...new Uint8Array(50)]);
    const root = listRoot(hasher, [hasher.sha256(transaction)]);
    const listed = verifyTransactions(ownMemory(proveTransactions(hasher, [transaction], [0])), root);
    expect(listed).toMatchObject({ right: { count: 1 } });
  });
});
