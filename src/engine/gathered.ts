import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';

/** Reads what is asked for, by key; what is unknown is left out. */
type Read<Asked, Found> = (
  db: Database,
  tenant: Uuid,
  asked: readonly Asked[],
) => Promise<ReadonlyMap<string, Found>>;

/**
 * Reads once for all who ask for something of a tenant in one turn of the event loop, by statements that begin after they
 * asked. In a rush hundreds of people get the same answer at the same moment, and then ask for the same thing.
 */
export function gathered<Asked, Found>(
  keyOf: (asked: Asked) => string,
  read: Read<Asked, Found>,
): Read<Asked, Found> {
  interface Gathering {
    asked: Map<string, Asked>;
    found: Promise<ReadonlyMap<string, Found>>;
  }
  const ofAll = new WeakMap<Database, Map<Uuid, Gathering>>();

  return (db, tenant, asked) => {
    const gathering = ofAll.get(db) ?? new Map<Uuid, Gathering>();
    ofAll.set(db, gathering);
    const keyed = asked.map((each) => [keyOf(each), each] as const);
    const others = gathering.get(tenant);
    if (others !== undefined && others.asked.size < MOST) {
      for (const [key, each] of keyed) others.asked.set(key, each);
      return others.found;
    }
    const all = new Map(keyed);
    const found = nextTurn().then(() => {
      if (gathering.get(tenant)?.asked === all) gathering.delete(tenant);
      return read(db, tenant, [...all.values()]);
    });
    gathering.set(tenant, { asked: all, found });
    return found;
  };
}

/** Asked for together, before the next begin to gather: one statement does not become longer and longer. */
const MOST = 200;
