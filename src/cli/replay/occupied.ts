import type { Instant } from '../../platform/clock.ts';
import type { Database } from '../../platform/db.ts';
import type { Uuid } from '../../platform/id.ts';
import { statement } from '../../platform/statement.ts';

// Rides interval_claim_by_end where the tenant has many claims; a tenant's one week of claims is read whole.
const occupiedMinutes = statement('replay.occupiedMinutes', {
  params: ['uuid', 'timestamptz', 'timestamptz', 'uuid[]'],
  columns: { building: 'text', room: 'text', ours: 'int4', others: 'int4' },
  text: `select b.name as building, r.name as room,
      (coalesce(sum(extract(epoch from c.ends_at - c.starts_at)) filter (where c.booking_id = any ($4)), 0) / 60)::int
        as ours,
      (coalesce(sum(extract(epoch from c.ends_at - c.starts_at)) filter (where c.booking_id <> all ($4)), 0) / 60)::int
        as others
    from engine.interval_claim c
    join rooms.room r on r.tenant_id = c.tenant_id and r.id = c.resource_id
    join rooms.building b on b.tenant_id = r.tenant_id and b.id = r.building_id
    where c.tenant_id = $1 and c.ends_at > $2 and c.starts_at < $3 and c.expires_at is null
    group by b.name, r.name
    order by b.name, r.name`,
});

/** How long a room is taken in a week: by the bookings asked for, and by any others. */
export interface Occupied {
  readonly building: string;
  readonly room: string;
  readonly ours: number;
  readonly others: number;
}

/**
 * The minutes for which confirmed bookings hold each room of the tenant between two moments, counted in the claims
 * themselves: it shares nothing with the plan or with the answers of the API but the ids of the bookings.
 */
export function countOccupied(
  database: Database,
  tenant: Uuid,
  from: Instant,
  to: Instant,
  bookings: readonly Uuid[],
): Promise<Occupied[]> {
  return database.read(tenant, occupiedMinutes, from, to, bookings);
}

/** A room whose two counts differ, in minutes. */
export interface Difference {
  readonly building: string;
  readonly room: string;
  readonly planned: number;
  readonly counted: number;
}

/** Compares the minutes planned per room (by `building`, then `room`) with those counted; both directions. */
export function differences(
  planned: readonly { building: string; room: string; minutes: number }[],
  counted: readonly Occupied[],
): Difference[] {
  const byRoom = new Map<string, Difference>();
  const add = (building: string, room: string, plannedMore: number, countedMore: number) => {
    const key = `${building}\n${room}`;
    const before = byRoom.get(key) ?? { planned: 0, counted: 0 };
    byRoom.set(key, {
      building,
      room,
      planned: before.planned + plannedMore,
      counted: before.counted + countedMore,
    });
  };
  for (const { building, room, minutes } of planned) add(building, room, minutes, 0);
  for (const { building, room, ours } of counted) add(building, room, 0, ours);
  return [...byRoom.values()].filter((room) => room.planned !== room.counted);
}
