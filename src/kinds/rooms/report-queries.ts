import { keptOrRead, OUTCOME } from '../../engine/booked-queries.ts';
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

const was = (outcome: keyof typeof OUTCOME) => `l.outcome & ${OUTCOME[outcome]} <> 0`;

/**
 * What became of the lines for rooms that were booked between $6 and $7, by the day, week or month ($8) on the clock of
 * $9 on which they were. $10 and $11 are ids of a little more time. What is kept of them is unpacked in the order of those
 * periods, as half a million lines take as long to sort as to read; and each is looked up in a hashed list of the rooms,
 * which the planner makes of `in` only where it cannot make a join of it.
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
  plannedAnew: true,
  text: `with ${keptOrRead({ from: '$6', to: '$7', fromId: '$10', beforeId: '$11' })}
    select k.period, count(*) as bookings,
      count(*) filter (where ${was('stands')}) as standing, count(*) filter (where ${was('cancelled')}) as cancelled,
      count(*) filter (where ${was('declined')}) as declined, count(*) filter (where ${was('nobodyCame')}) as "noShows",
      count(*) filter (where ${was('came')}) as "checkedIn",
      (sum(l.lasts_ms) filter (where ${was('stands')}))::bigint as "bookedMs",
      (avg(l.lead_ms) filter (where ${was('stands')}))::bigint as "meanLeadMs",
      (percentile_cont(0.5) within group (order by l.lead_ms) filter (where ${was('stands')}))::bigint as "medianLeadMs"
    from (
      select date_trunc($8, b.made at time zone $9)::date as period, b.thing_ids, b.outcomes, b.leads_ms, b.lasts_ms
      from booked b where b.kind = 'room' order by 1) k
    cross join lateral unnest(k.thing_ids, k.outcomes, k.leads_ms, k.lasts_ms) as l (room_id, outcome, lead_ms, lasts_ms)
    where (l.room_id in (select r.id from ${roomFrom} where r.tenant_id = $1 and ${matches})) is true
    group by 1 order by 1`,
});
