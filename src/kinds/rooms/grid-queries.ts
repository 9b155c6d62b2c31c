import { statement } from '../../platform/statement.ts';
import { matches, roomFrom } from './queries.ts';

// What is sent of a stretch: 16 bytes as PostgreSQL sends times to programs, with 16 more where its booking is shown. A room's
// stretches leave as one text (`writeRow` reads them), in base64, which is shorter than a bytea's digits and read quicker. As
// arrays of times and ids the statement took a quarter longer.
const sent = `timestamptz_send(c.starts_at) || timestamptz_send(c.ends_at)
  || case when $10 then uuid_send(c.booking_id) else '' end`;

const stands = `c.tenant_id = $1 and c.resource_id = r.id and c.ends_at > '-infinity' and c.starts_at < $7
  and (c.expires_at is null or c.expires_at > now())`;

// Claims of a calendar do not overlap, so at most one reaches over the window's end. When it takes a day at most it is found
// beside those that end inside, in the same stretch of interval_claim_by_end; a longer one is in interval_claim_long. Both
// have all columns, so nothing else is read. As two halves of one union the statement took half as long again.
const busy = `
  select string_agg(${sent}, '') from engine.interval_claim c
  where ${stands} and c.ends_at > $6 and c.ends_at <= $7 + interval '24:00:00'`;
const busyForLong = `
  select ${sent} from engine.interval_claim c
  where ${stands} and c.ends_at > $7 + interval '24:00:00' and c.ends_at - c.starts_at > interval '24:00:00'
  order by c.ends_at limit 1`;

/**
 * Rooms that match, in order of name behind ($8, $9), with what is busy of each as the index has it, and whose it is when
 * $10. Rides room_by_name, and interval_claim_by_end and interval_claim_long once for each room.
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
  text: `select r.id, r.name, r.building, r.capacity, r.timezone,
      encode(coalesce((${busy}), '') || coalesce((${busyForLong}), ''), 'base64') as taken
    from (
      select r.id, r.name, b.name as building, r.capacity, r.timezone from ${roomFrom}
      where r.tenant_id = $1 and ${matches} and r.archived_at is null and (r.name, r.id) > ($8, $9)
      order by r.name, r.id limit $11
    ) r
    order by r.name, r.id`,
});
