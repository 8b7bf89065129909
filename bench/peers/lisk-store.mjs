/**
 * Lisk store: what lisk-chain asks of its RocksDB, on maps in memory, one for each kind of key.
 */
import { Readable } from 'node:stream';
import { NotFoundError } from '@liskhq/lisk-db';

/** The kind is what stands before the first colon; a range never leaves one. */
const kindIn = (key) => key.slice(0, key.indexOf(':'));

export const memoryStore = () => {
  const kinds = new Map();
  const kindOf = (key) => {
    const name = kindIn(key);
    if (!kinds.has(name)) kinds.set(name, new Map());
    return kinds.get(name);
  };
  const keysIn = ({ gte, lt = '\uffff', lte = '\uffff' }) =>
    [...kindOf(gte).keys()].filter((key) => key >= gte && key < lt && key <= lte);
  const found = (key) => {
    const value = kindOf(key).get(key);
    return value === undefined ? Promise.reject(new NotFoundError(key)) : Promise.resolve(value);
  };
  const put = (key, value) => kindOf(key).set(key, value);
  const del = (key) => kindOf(key).delete(key);
  return {
    get: found,
    exists: (key) => Promise.resolve(kindOf(key).has(key)),
    put: (key, value) => Promise.resolve(put(key, value)),
    del: (key) => Promise.resolve(del(key)),
    clear: (range) => Promise.resolve(keysIn(range).map(del)),
    createReadStream: ({ limit = -1, reverse = false, ...range }) => {
      const keys = keysIn(range).sort();
      if (reverse) keys.reverse();
      const wanted = limit < 0 ? keys : keys.slice(0, limit);
      return Readable.from(wanted.map((key) => ({ key, value: kindOf(key).get(key) })));
    },
    /** Nothing of a batch is there before it is written. */
    batch: () => {
      const steps = [];
      return {
        put: (key, value) => steps.push(() => put(key, value)),
        del: (key) => steps.push(() => del(key)),
        write: () => Promise.resolve(steps.map((step) => step())),
      };
    },
  };
};
