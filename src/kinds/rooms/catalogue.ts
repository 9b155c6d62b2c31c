import { keepEntries } from '../../engine/kept-entries.ts';
import { roomsById } from './queries.ts';
import { toRoom } from './room.ts';
import type { Room } from './schema.ts';

const KEPT_ROOMS = 20_000;

/** The tenant's rooms by id; ids that are unknown are left out. */
export const roomsForSale = keepEntries<Room>(
  { most: KEPT_ROOMS, weight: () => 1 },
  async (db, tenant, ids) => (await db.read(tenant, roomsById, ids)).map(toRoom),
);
