import { expect, it } from 'vitest';
import { emptyTree, loadTree } from '../../src/core/tree/tree.ts';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';
import { fakeCrypto } from '../twins/fake-crypto.ts';
it.each([['noble', nobleCrypto], ['fake', fakeCrypto]] as const)('x %s', (_, c) => {
  const h = (n: number) => c.sha256(new Uint8Array([n]));
  for (const [n, gone, upd] of [[17, [14, 15], []], [17, [14, 15], [1,2,5,11,12,13]], [17, [14], []], [17,[15],[]], [5, [2, 3], []], [3, [0,1], []], [17,[12,13],[]],[17,[14,15],[0]]] as const) {
    const keyOf = (i: number) => (i + 16).toString(16);
    const all = new Map(Array.from({ length: n }, (_, i) => [keyOf(i), h(i)] as const));
    const t0 = emptyTree(c).with(all).tree;
    const order = [...all.keys()].map((k) => [k, t0.leafOf(k)]);
    const ch = new Map<string, Uint8Array | undefined>(gone.map((g) => [keyOf(g), undefined]));
    for (const u of upd) ch.set(keyOf(u), h(u + 100));
    const t1 = t0.with(ch).tree;
    const entries = [...all.keys()].filter((k) => t1.has(k)).map((key) => ({ key, leaf: t1.leafOf(key) as number, valueHash: t1.valueHashOf(key) as Uint8Array }));
    console.log(_, n, gone, upd, t1.root === loadTree(c, entries).root, t1.size);
  }
});
