/**
 * Store places: where a store of each kind stands, as a value that another process can be told.
 */
import type { Storage } from '../../src/adapters/storage/storage.ts';

export type Place =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'level'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly connection: object; readonly schema: string };

/** A killed writer is out of the way after this long, in milliseconds; the next one waits for that. */
const LEASE_MS = 500;
const WAIT_MS = 60_000;

/** Opens or makes the store of a place. Only the driver that is needed is loaded. */
export const openPlace = async (place: Place): Promise<Storage> => {
  switch (place.kind) {
    case 'sqlite': {
      const { sqliteStorage } = await import('../../src/adapters/storage/sqlite.ts');
      return sqliteStorage({ file: place.file, logBytes: 2 ** 18 }); // so that it is folded while somebody kills it
    }
    case 'level': {
      const { ClassicLevel } = await import('classic-level');
      const { levelStorage } = await import('../../src/adapters/storage/level.ts');
      return levelStorage({ database: new ClassicLevel(place.folder) });
    }
    case 'postgres': {
      const { postgresStorage } = await import('../../src/adapters/storage/postgres.ts');
      const { connection, schema } = place;
      return postgresStorage({ connection, schema, leaseMs: LEASE_MS, waitMs: WAIT_MS });
    }
  }
};
