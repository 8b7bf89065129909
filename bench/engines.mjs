/**
 * Engines: stores that are filled with the rows of a synthetic chain, and engines on them.
 */
import { manualClock } from '../dist/adapters/clock/index.js';
import { Loader } from '../dist/core/state/loader.js';
import { loadedState } from '../dist/core/state/view.js';
import { encodeHeight, facts } from '../dist/engine/facts.js';
import { openEngine } from '../dist/engine/index.js';
import { page } from './synthetic.mjs';

const PAGE = 10_000;

/** Puts all rows into the store, as of genesis; the root of the state. */
export const fillStore = async ({ crypto, chain, rows }, storage) => {
  const loader = new Loader(crypto, 0);
  for (let from = 0; from < rows.count; from += PAGE) {
    const batch = page(rows, from, Math.min(from + PAGE, rows.count));
    loader.add(batch);
    await storage.commit({ rows: batch });
  }
  const missing = loader.missing();
  loader.body.admit(missing.map((leaf) => ({ leaf, bytes: rows.rowAt(leaf) })));
  const { root } = loadedState(loader);
  await storage.commit({
    facts: { [facts.genesisId]: Buffer.from(chain.genesisId, 'hex'), [facts.stateHeight]: encodeHeight(0) },
  });
  return root;
};

/** An engine on such a store, and its clock. The genesis of so many accounts would be a document of gigabytes; its root is all that opening compares. */
export const openOn = async ({ chain, founding, takeTip }, storage, root, options = {}) => {
  const clock = manualClock(chain.genesisTime);
  const genesis = { chain, tip: { ...takeTip(), state: { root } }, rows: founding.rows };
  const engine = await openEngine({ founding: genesis, storage, clock, ...options });
  return { engine, clock };
};
