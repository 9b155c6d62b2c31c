import { LRUCache } from 'lru-cache';
import type { Database } from '../../platform/db.ts';
import type { Uuid } from '../../platform/id.ts';
import { roomsById } from './queries.ts';
import { toRoom } from './room.ts';
import type { Room } from './schema.ts';

/** Rooms kept for selling. Their version travels with the sale as a guard, so an old entry costs a second look only. */
const KEPT_ROOMS = 20_000;
const kept = new LRUCache<string, Room>({ max: KEPT_ROOMS });

/** The tenant's rooms by id; ids that are unknown are left out. `fresh` reads past what is kept. */
export async function roomsForSale(
  db: Database,
  tenant: Uuid,
  ids: readonly Uuid[],
  fresh: boolean,
): Promise<Map<Uuid, Room>> {
  const wanted = [...new Set(ids)];
  const found = new Map<Uuid, Room>();
  for (const id of fresh ? [] : wanted) {
    const room = kept.get(keptAs(tenant, id));
    if (room !== undefined) found.set(id, room);
  }
  const missing = wanted.filter((id) => !found.has(id));
  if (missing.length === 0) return found;
  for (const row of await db.read(tenant, roomsById, missing)) {
    const room = toRoom(row);
    found.set(room.id, room);
    kept.set(keptAs(tenant, room.id), room);
  }
  return found;
}

function keptAs(tenant: Uuid, id: Uuid): string {
  return `${tenant} ${id}`;
}
