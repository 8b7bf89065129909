/**
 * Listeners: who wants to be told, in the order they came; one that throws harms no other.
 */

export interface Listeners<Heard extends readonly unknown[]> {
  /** Adds a listener, once for each call; the answer removes it at once, also while others are being told. */
  add(listener: (...heard: Heard) => void): () => void;
  /** Calls all that are there now, each with what `heardOf` makes for it. One that throws is counted. */
  tell(heardOf: () => Heard): void;
  /** Removes all, at once. */
  clear(): void;
  /** How many there are. */
  count(): number;
  /** How many calls threw. */
  faults(): number;
}

/** A list of listeners that is empty. */
export const listenersOf = <Heard extends readonly unknown[]>(): Listeners<Heard> => {
  const entries = new Set<{ readonly listener: (...heard: Heard) => void }>();
  let faults = 0;
  return {
    add: (listener) => {
      const entry = { listener };
      entries.add(entry);
      return () => {
        entries.delete(entry);
      };
    },
    tell: (heardOf) => {
      for (const entry of [...entries]) {
        if (!entries.has(entry)) continue;
        try {
          entry.listener(...heardOf());
        } catch {
          faults += 1;
        }
      }
    },
    clear: () => entries.clear(),
    count: () => entries.size,
    faults: () => faults,
  };
};
