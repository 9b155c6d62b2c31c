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
  const gathering = new Map<
    Uuid,
    { asked: Map<string, Asked>; found: Promise<ReadonlyMap<string, Found>> }
  >();

  return (db, tenant, asked) => {
    const keyed = asked.map((each) => [keyOf(each), each] as const);
    const others = gathering.get(tenant);
    if (others !== undefined) {
      for (const [key, each] of keyed) others.asked.set(key, each);
      return others.found;
    }
    const all = new Map(keyed);
    const found = nextTurn().then(() => {
      gathering.delete(tenant);
      return read(db, tenant, [...all.values()]);
    });
    gathering.set(tenant, { asked: all, found });
    return found;
  };
}
