import { LRUCache } from 'lru-cache';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { gathered } from './gathered.ts';

interface Entry {
  id: Uuid;
}

interface Bounds<T> {
  /** What all entries kept may weigh together. */
  most: number;
  weight(entry: T): number;
}

/** Reads entries by id from the database; unknown ids are left out. */
type Read<T> = (db: Database, tenant: Uuid, ids: readonly Uuid[]) => Promise<readonly T[]>;

/** The tenant's entries by id, without those that are unknown. `fresh` reads past what is kept. */
export type EntriesForSale<T> = (
  db: Database,
  tenant: Uuid,
  ids: readonly Uuid[],
  fresh: boolean,
) => Promise<Map<Uuid, T>>;

/**
 * Keeps catalogue entries in the process for selling. Their version travels with the sale as a guard, so an old entry
 * costs a second look only. What is missing is read once for all who ask in one turn: when an entry moves on in a rush,
 * hundreds ask at the same moment.
 */
export function keepEntries<T extends Entry>(bounds: Bounds<T>, read: Read<T>): EntriesForSale<T> {
  const kept = new LRUCache<string, T>({ maxSize: bounds.most, sizeCalculation: bounds.weight });
  const load = gathered<Uuid, T>(
    (id) => id,
    async (db, tenant, ids) => {
      const rows = await read(db, tenant, ids);
      for (const entry of rows) kept.set(keptAs(tenant, entry.id), entry);
      return new Map(rows.map((entry) => [entry.id, entry]));
    },
  );

  return async (db, tenant, ids, fresh) => {
    const found = new Map<Uuid, T>();
    const missing: Uuid[] = [];
    for (const id of new Set(ids)) {
      const entry = fresh ? undefined : kept.get(keptAs(tenant, id));
      if (entry === undefined) missing.push(id);
      else found.set(id, entry);
    }
    if (missing.length === 0) return found;
    const loaded = await load(db, tenant, missing);
    for (const id of missing) {
      const entry = loaded.get(id);
      if (entry !== undefined) found.set(id, entry);
    }
    return found;
  };
}

function keptAs(tenant: Uuid, id: Uuid): string {
  return `${tenant} ${id}`;
}
