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

// What is taken of a room leaves as one text: 16 bytes for each stretch as PostgreSQL sends times to programs, with 16 more
// where its booking is shown (`taken` reads them), in base64, which is shorter than a bytea's digits and read quicker. As
// arrays of times and ids the statement took a quarter longer. interval_claim_by_end has all columns, so nothing else is read.
const sent = `encode(string_agg(timestamptz_send(c.starts_at) || timestamptz_send(c.ends_at)
    || case when $10 then uuid_send(c.booking_id) else '' end, ''), 'base64')`;

/**
 * Rooms that match, in order of name behind ($8, $9), with what is busy of each as the index has it, and whose it is when
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
    taken: 'text?',
  },
  text: `select r.id, r.name, r.building, r.capacity, r.timezone, c.taken
    from (
      select r.id, r.name, b.name as building, r.capacity, r.timezone from ${roomFrom}
      where r.tenant_id = $1 and ${matches} and r.archived_at is null and (r.name, r.id) > ($8, $9)
      order by r.name, r.id limit $11
    ) r
    cross join lateral (
      select ${sent} as taken from (${busy}) c
      where c.starts_at < $7 and (c.expires_at is null or c.expires_at > now())
    ) c
    order by r.name, r.id`,
});
