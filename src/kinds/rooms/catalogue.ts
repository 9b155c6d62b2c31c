import type { Stretch } from '../../engine/calendar.ts';
import { keepEntries } from '../../engine/kept-entries.ts';
import type { Tenant } from '../../people/access.ts';
import type { Uuid } from '../../platform/id.ts';
import { weekHours, type WeekHours } from './opening.ts';
import { roomsToSell } from './queries.ts';
import type { OpeningHours, Rules } from './schema.ts';

/** A room as far as selling needs to know it. */
export interface RoomForSale {
  id: Uuid;
  version: number;
  archived: boolean;
  capacity: number;
  equipment: readonly string[];
  /** Null: the tenant's. */
  timezone: string | null;
  /** Null: always open. */
  hours: WeekHours | null;
  rules: Rules;
  /** Those that are not over, in order of their start. */
  blackouts: readonly Stretch[];
}

/** Rooms and their blackouts together. */
const KEPT_ROOMS = 20_000;

/** The tenant's rooms by id; ids that are unknown are left out. */
export const roomsForSale = keepEntries<RoomForSale>(
  { most: KEPT_ROOMS, weight: (room) => 1 + room.blackouts.length },
  async (db, tenant, ids) => {
    const rows = await db.read(tenant, roomsToSell, ids);
    return rows.map(({ openingHours, ...row }) => ({
      ...row,
      hours: weekHours(openingHours as OpeningHours | null),
      rules: row.rules as Rules,
      blackouts: row.blackouts as Stretch[],
    }));
  },
);

/** The zone of the room's clock. */
export function zoneOf(room: Pick<RoomForSale, 'timezone'>, tenant: Tenant): string {
  return room.timezone ?? tenant.timezone;
}
