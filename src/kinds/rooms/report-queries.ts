import { statement } from '../../platform/statement.ts';
import { matches, roomFrom } from './queries.ts';

// What was kept of room r between $6 and $7 by bookings that are settled: all claims that end inside, and the one that
// reaches over the end. A hold keeps time too, but nobody uses a room by holding it.
const kept = `
  select i.starts_at, i.ends_at from engine.interval_claim i
  where i.tenant_id = $1 and i.resource_id = r.id and i.ends_at > '-infinity' and i.ends_at > $6 and i.ends_at <= $7
    and i.expires_at is null
  union all
  (select i.starts_at, i.ends_at from engine.interval_claim i
   where i.tenant_id = $1 and i.resource_id = r.id and i.ends_at > '-infinity' and i.ends_at > $7
     and i.expires_at is null
   order by i.ends_at limit 1)`;

const rooms = `${roomFrom} where r.tenant_id = $1 and ${matches} and r.archived_at is null`;

const params = ['uuid', 'text', 'int4', 'text[]', 'text', 'timestamptz', 'timestamptz'] as const;

/** What was kept of each room that matches. Rides room_by_name, and interval_claim_by_end twice for each room. */
export const usageByRoom = statement('rooms.usageByRoom', {
  params,
  columns: {
    roomId: 'uuid',
    name: 'text',
    building: 'text',
    timezone: 'text?',
    openingHours: 'jsonb?',
    bookings: 'int8',
    keptMs: 'int8',
  },
  text: `select r.id as "roomId", r.name, b.name as building, r.timezone, r.opening_hours as "openingHours",
      u.bookings, u."keptMs"
    from rooms.room r join rooms.building b on b.tenant_id = r.tenant_id and b.id = r.building_id
    cross join lateral (
      select count(*) as bookings, (coalesce(sum(date_part('epoch', least(k.ends_at, $7))
          - date_part('epoch', greatest(k.starts_at, $6))), 0) * 1000)::bigint as "keptMs"
      from (${kept}) k where k.starts_at < $7
    ) u
    where r.tenant_id = $1 and ${matches} and r.archived_at is null
    order by r.name, r.id`,
});

/**
 * What was kept in each hour of the week, by the clock of each room ($8 where it has none of its own), and how many
 * rooms have which hours. Rooms are booked on the same few hours, so equal stretches are counted before they are cut
 * into half hours: the smallest step by which the clocks of any zone change, so that none of them has two hours in it.
 */
export const usageByHour = statement('rooms.usageByHour', {
  params: [...params, 'text'],
  columns: {
    weekday: 'int4?',
    hour: 'int4?',
    keptMs: 'int8?',
    timezone: 'text?',
    openingHours: 'jsonb?',
    rooms: 'int8?',
  },
  text: `with room as (
      select r.id, coalesce(r.timezone, $8) as timezone, r.opening_hours from ${rooms}
    ), stretch as (
      select r.timezone, greatest(k.starts_at, $6) as starts_at, least(k.ends_at, $7) as ends_at, count(*) as times
      from room r cross join lateral (${kept}) k
      where k.starts_at < $7
      group by 1, 2, 3
    ), slice as (
      select (t.at at time zone s.timezone) as local, s.times * date_part('epoch',
          least(t.at + interval '30 minutes', s.ends_at) - greatest(t.at, s.starts_at)) as seconds
      from stretch s
      cross join generate_series(date_trunc('hour', s.starts_at, s.timezone), s.ends_at, interval '30 minutes') t (at)
      where t.at < s.ends_at and t.at + interval '30 minutes' > s.starts_at
    )
    select extract(isodow from s.local)::int as weekday, extract(hour from s.local)::int as hour,
      (sum(s.seconds) * 1000)::bigint as "keptMs", null as timezone, null::jsonb as "openingHours", null::bigint as rooms
    from slice s group by 1, 2
    union all
    select null, null, null, r.timezone, r.opening_hours, count(*) from room r group by r.timezone, r.opening_hours`,
});

/**
 * What became of the lines for rooms that were booked between $6 and $7, by the day, week or month ($8) on the clock of
 * $9 on which they were. Holds that were never confirmed are no bookings. Rides booking's primary key, whose ids are in
 * order of time: $10 and $11 are the ids of a little more time, as they are made by the program's clock.
 */
export const activity = statement('rooms.activity', {
  params: [...params, 'text', 'text', 'uuid', 'uuid'],
  columns: {
    period: 'date',
    bookings: 'int8',
    standing: 'int8',
    cancelled: 'int8',
    declined: 'int8',
    noShows: 'int8',
    checkedIn: 'int8',
    bookedMs: 'int8?',
    meanLeadMs: 'int8?',
    medianLeadMs: 'int8?',
  },
  // The lines come first and by themselves: what is read out of their details may then be looked up in an index, which
  // under row-level security no expression over them may. A line for which nobody came is cancelled while it is
  // under way; what is cancelled when it is over, with the rest of its series, may well have taken place.
  text: `with line as materialized (
      select k.created_at, k.state, (l.details->>'roomId')::uuid as room_id,
        date_part('epoch', (l.details->>'start')::timestamptz) as starts,
        date_part('epoch', (l.details->>'end')::timestamptz) as ends, date_part('epoch', k.created_at) as made,
        l.checked_in_at is not null as came, date_part('epoch', l.cancelled_at) as cancelled
      from engine.booking k
      join engine.booking_line l on l.tenant_id = k.tenant_id and l.booking_id = k.id
      where k.tenant_id = $1 and k.id >= $10 and k.id < $11 and k.created_at >= $6 and k.created_at < $7
        and k.state not in ('held', 'paying', 'expired') and l.kind = 'room' and not l.details ? 'skipped'
    ), told as (
      select n.*, n.cancelled is null and n.state in ('requested', 'confirmed', 'completed', 'noShow') as stands,
        case when n.cancelled is null then n.state = 'noShow' else n.cancelled >= n.starts and n.cancelled < n.ends and not n.came end as nobody_came
      from line n
      join rooms.room r on r.tenant_id = $1 and r.id = n.room_id
      join rooms.building b on b.tenant_id = $1 and b.id = r.building_id
      where ${matches}
    )
    select date_trunc($8, t.created_at at time zone $9)::date as period, count(*) as bookings,
      count(*) filter (where t.stands) as standing,
      count(*) filter (where (t.state = 'cancelled' or t.cancelled is not null) and t.state <> 'declined'
        and not t.nobody_came) as cancelled,
      count(*) filter (where t.state = 'declined') as declined,
      count(*) filter (where t.nobody_came) as "noShows",
      count(*) filter (where t.came and t.cancelled is null) as "checkedIn",
      (sum(t.ends - t.starts) filter (where t.stands) * 1000)::bigint as "bookedMs",
      (avg(t.starts - t.made) filter (where t.stands) * 1000)::bigint as "meanLeadMs",
      (percentile_cont(0.5) within group (order by t.starts - t.made) filter (where t.stands) * 1000)::bigint
        as "medianLeadMs"
    from told t group by 1 order by 1`,
});
