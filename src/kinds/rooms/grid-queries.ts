import { statement } from '../../platform/statement.ts';
import { matches, roomFrom } from './queries.ts';

// What is busy of room r between $6 and $7: all that ends inside, and the one claim that reaches over the end (claims
// of a calendar do not overlap).
const busy = `
  select i.starts_at, i.ends_at, i.expires_at, i.booking_id from engine.interval_claim i
  where i.tenant_id = $1 and i.resource_id = r.id and i.ends_at > '-infinity' and i.ends_at > $6 and i.ends_at <= $7
  union all
  (select i.starts_at, i.ends_at, i.expires_at, i.booking_id from engine.interval_claim i
   where i.tenant_id = $1 and i.resource_id = r.id and i.ends_at > '-infinity' and i.ends_at > $7
   order by i.ends_at limit 1)`;

// A room's times leave as one array in the form in which PostgreSQL sends it to programs (`instants` reads it): writing
// each of 20 000 as digits took a sixth of the statement. interval_claim_by_end has all columns, so nothing else is read.
const sent = (column: string) => `array_send(array_agg(${column}))`;

/**
 * Rooms that match, in order of name behind ($8, $9), with what is busy of each as the index has it; `bookings` only when
 * $10. Rides room_by_name, and interval_claim_by_end twice for each room.
 */
export const roomGrid = statement('rooms.grid', {
  params: [
    ...(['uuid', 'text', 'int4', 'text[]', 'text', 'timestamptz', 'timestamptz'] as const),
    ...(['text', 'uuid', 'bool', 'int8'] as const),
  ],
  columns: {
    id: 'uuid',
    name: 'text',
    building: 'text',
    capacity: 'int4',
    timezone: 'text?',
    starts: 'bytea?',
    ends: 'bytea?',
    bookings: 'bytea?',
  },
  text: `select r.id, r.name, r.building, r.capacity, r.timezone, c.starts, c.ends, c.bookings
    from (
      select r.id, r.name, b.name as building, r.capacity, r.timezone from ${roomFrom}
      where r.tenant_id = $1 and ${matches} and r.archived_at is null and (r.name, r.id) > ($8, $9)
      order by r.name, r.id limit $11
    ) r
    cross join lateral (
      select ${sent('c.starts_at')} as starts, ${sent('c.ends_at')} as ends,
        case when $10 then ${sent('c.booking_id')} end as bookings
      from (${busy}) c
      where c.starts_at < $7 and (c.expires_at is null or c.expires_at > now())
    ) c
    order by r.name, r.id`,
});
