import { expect, it } from 'vitest';
import { ChainDriver } from '../twins/chain-driver.ts';
import { makerOf, slotOf } from '../twins/chain-plans.ts';
import { encodeChange, loadState } from '../../src/core/state/view.ts';
import { encodeEntry, decodeEntry } from '../../src/core/state/encoding.ts';
import { fakeCrypto } from '../twins/fake-crypto.ts';
it('x', () => {
  const plan: any = {"setting":{"params":{"yearSlots":"1","unitsPerSecond":"4","unitBytes":"256","maxBlockUnits":"0","stakeBasis":"supply","stakeFloor":"1/100","maxVotes":"1","candidateCollateral":"0","aliasCollateral":"0","maxWithdrawals":"1","candidateNeedsAlias":"true","stallSlots":"1","slotSeconds":"1","producersPerRound":"1","windowSeconds":"2","unstakeSeconds":"2","inflationPerYear":"5/100","maxPayloadBytes":"140","maxTransactionBytes":"440","finalityWindow":"9"},"genesisTime":1546300800,"seed":0,"holdings":[{"balance":90n,"staked":60n,"collateral":5n,"votes":[0]},{"balance":40n,"staked":51n,"collateral":0n,"votes":[]},{"balance":40n,"staked":10n,"collateral":0n,"votes":[]},{"balance":40n,"staked":0n,"collateral":undefined,"votes":[]},{"balance":0n,"staked":10n,"collateral":undefined,"votes":[]}]},"blocks":[{"jump":{"to":"window","by":0},"intents":[{"kind":"stake","from":1,"to":0,"payer":0,"amount":{"of":"staked","by":-1},"pick":0,"nonceBy":0,"length":0}]},{"jump":{"to":"year","by":0},"intents":[{"kind":"register_alias","from":1,"to":0,"payer":undefined,"amount":{"of":"number","by":0},"pick":0,"nonceBy":0,"length":0}]},{"jump":{"to":"slot","by":2},"intents":[]}]};
  const driver = new ChainDriver(plan.setting);
  const stored = new Map<string, any>();
  const store = (es: any) => { for (const e of es.map(encodeChange)) { if (e.value === undefined) stored.delete(e.key); else stored.set(e.key, e); } };
  store(driver.genesisEntries);
  for (const { jump, intents } of plan.blocks) {
    const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
    console.log(step.outcomes, step.transition.entries.map((e) => [e.key.slice(0, 20), e.leaf, e.record]));
    store(step.transition.entries);
    for (const { key, value, leaf } of stored.values()) {
      const r = driver.tip.state.get(key as never);
      if (r === undefined) { console.log('gone', key); continue; }
      if (Buffer.compare(encodeEntry(key, r), value)) console.log('differs', key, r, decodeEntry(key as never, value));
    }
    const l = loadState(fakeCrypto, [...stored.values()].map((e) => ({ key: e.key, leaf: e.leaf, bytes: e.value, value: 1 })));
    console.log(l.root === driver.tip.state.root, l.count, driver.tip.state.count);
    console.log([...stored.values()].map((e) => e.leaf + ':' + e.key.slice(0, 6)).join(' '));
  }
});
