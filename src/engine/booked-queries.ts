import { statement } from '../platform/statement.ts';

/** Under this name the sums keep how far they have followed the changes. */
export const SUMS_READER = 'booked sums';

/** What became of a line, in `engine.booked.outcomes`: those that are true of it, added up. */
export const OUTCOME = { stands: 1, cancelled: 2, declined: 4, nobodyCame: 8, came: 16 } as const;

/**
 * What the bookings with ids after `after` and up to `until` add up to, by quarter hour, kind and currency, and their lines
 * that are for one thing from a start to an end: in the details of a kind `room` those are `roomId`, `start` and `end`. A
 * hold that was never confirmed is no booking, and what a series left out was never booked. A line for which nobody came is
 * cancelled while it is under way, where its booking goes on. Rides the primary keys of bookings and lines.
 */
export function bookedBetween(after: string, until: string, more = 'true'): string {
  const within = (id: string) => `${id} > ${after} and ${id} <= ${until}`;
  const stands = `filter (where o.state in ('confirmed', 'noShow'))`;
  const each = (value: string, type: string) =>
    `coalesce(array_agg(${value} order by l.booking_id, l.line_no) filter (where e.is_of_one), '{}')::${type}[]`;
  return `select date_bin('15 minutes', b.created_at, 'epoch') as made, l.kind, b.currency,
      count(*) filter (where o.state = 'requested')::int as requested,
      count(*) filter (where o.state = 'confirmed')::int as confirmed,
      count(*) filter (where o.state = 'noShow')::int as no_shows,
      count(*) filter (where o.state = 'cancelled')::int as cancelled,
      count(*) filter (where o.state = 'declined')::int as declined,
      coalesce(sum(l.quantity) ${stands}, 0)::bigint as quantity,
      coalesce(sum(l.total_minor) ${stands}, 0)::bigint as revenue_minor,
      coalesce(sum(o.lead_ms) ${stands}, 0)::bigint as lead_ms,
      count(o.lead_ms) filter (where o.state in ('confirmed', 'noShow'))::int as led,
      ${each('d.thing_id', 'uuid')} as thing_ids, ${each('e.outcome', 'smallint')} as outcomes,
      ${each('o.lead_ms', 'bigint')} as leads_ms, ${each('e.lasts_ms', 'bigint')} as lasts_ms
    from engine.booking b
    join engine.booking_line l on l.tenant_id = b.tenant_id and l.booking_id = b.id and ${within('l.booking_id')}
    cross join lateral (
      select (l.details ->> (l.kind || 'Id'))::uuid as thing_id, (l.details ->> 'start')::timestamptz as starts_at,
        (l.details ->> 'end')::timestamptz as ends_at, l.cancelled_at is null as is_left offset 0
    ) d
    cross join lateral (
      select case when d.is_left then case b.state when 'completed' then 'confirmed' else b.state end
          when b.state = 'declined' then 'declined'
          when l.checked_in_at is null and l.cancelled_at >= d.starts_at and l.cancelled_at < d.ends_at then 'noShow'
          else 'cancelled' end as state,
        ${milliseconds('b.created_at', 'd.starts_at')} as lead_ms offset 0
    ) o
    cross join lateral (
      select case when d.is_left and o.state in ('requested', 'confirmed', 'noShow') then ${OUTCOME.stands} else 0 end
          + case o.state when 'cancelled' then ${OUTCOME.cancelled} when 'declined' then ${OUTCOME.declined}
            when 'noShow' then ${OUTCOME.nobodyCame} else 0 end
          + case when d.is_left and l.checked_in_at is not null then ${OUTCOME.came} else 0 end as outcome,
        ${milliseconds('d.starts_at', 'd.ends_at')} as lasts_ms,
        d.thing_id is not null and d.starts_at is not null and d.ends_at is not null as is_of_one
    ) e
    where b.tenant_id = $1 and l.tenant_id = $1 and ${within('b.id')} and ${more}
      and b.state not in ('held', 'paying', 'expired') and not l.details ? 'skipped'
    group by 1, 2, 3`;
}

const milliseconds = (from: string, to: string) =>
  `((date_part('epoch', ${to}) - date_part('epoch', ${from})) * 1000)::bigint`;

/** Further behind with the changes than this, the sums are left alone: finding those that still hold would take too long. */
export const MOST_BEHIND = 20_000;

/** Whether it can be said which sums still hold: all changes since are there, and not too many. */
export const isFollowed = `exists (select from engine.feed_position p join engine.tenant_clock k on k.tenant_id = p.tenant_id
  where p.tenant_id = $1 and p.reader = '${SUMS_READER}' and p.seq + ${MOST_BEHIND} >= k.seq and p.seq + 1 >= k.kept_from)`;

/** Then, the stretches with a booking that changed since the sums have followed the changes. Rides change_pkey. */
export const touched = `select distinct t.until_id
  from (select c.booking_id from engine.change c
    where c.tenant_id = $1 and c.seq > (
      select p.seq from engine.feed_position p where p.tenant_id = $1 and p.reader = '${SUMS_READER}')
    order by c.seq limit ${MOST_BEHIND}) c
  cross join lateral (select s.until_id from engine.booked_stretch s
    where s.tenant_id = $1 and s.until_id >= c.booking_id order by s.until_id limit 1) t
  where ${isFollowed}`;

/**
 * The rows of `engine.booked` for what was booked from `from` to `to`, as `booked` behind a `with`; between the ids lies a
 * little more time, which the program's clock made.
 *
 * Stretches of bookings that are summed and lie in that time come from their sums. Those on its borders, those with a
 * booking that changed since they were summed, and what was booked after the last of them are read: so it is exact, however
 * late the sums are. A statement with it is planned anew each time.
 */
export function keptOrRead(at: { from: string; to: string; fromId: string; beforeId: string }): string {
  const { from, to, fromId, beforeId } = at;
  const inTime = `b.id >= ${fromId} and b.id < ${beforeId} and b.created_at >= ${from} and b.created_at < ${to}`;
  return `touched as materialized (${touched}), judged as materialized (
      select s.after_id, s.until_id, s.first_at, s.last_at, s.is_summed and (select ${isFollowed})
        and s.until_id not in (select t.until_id from touched t) as holds
      from engine.booked_stretch s where s.tenant_id = $1 and s.until_id >= ${fromId} and s.after_id < ${beforeId}
    ), gap as (
      select j.after_id as after, j.until_id as until from judged j
      where not j.holds or j.first_at < ${from} and j.last_at >= ${from} or j.first_at < ${to} and j.last_at >= ${to}
      union all
      select coalesce((select s.until_id from engine.booked_stretch s where s.tenant_id = $1
        order by s.until_id desc limit 1), '00000000-0000-0000-0000-000000000000'), 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    ), booked as (
      select r.* from judged j join engine.booked r on r.tenant_id = $1 and r.until_id = j.until_id
      where j.holds and j.first_at >= ${from} and j.last_at < ${to}
      union all
      select $1, g.until, n.* from gap g cross join lateral (${bookedBetween('g.after', 'g.until', inTime)}) n
    )`;
}

/** A company whose bookings nobody has summed yet is followed from now on: there is no sum that a change could outdate. */
export const beginAtNow = statement('engine.beginBookedSums', {
  params: ['uuid', 'text'],
  columns: {},
  text: `insert into engine.feed_position as p (tenant_id, reader, seq)
    select k.tenant_id, $2, k.seq from engine.tenant_clock k
    where k.tenant_id = $1 and not exists (select from engine.booked_stretch s where s.tenant_id = $1)
    on conflict (tenant_id, reader) do nothing`,
});

/**
 * Cuts what was booked after the last stretch, with ids before $2, into stretches of $3 bookings, at most $4 of them; what
 * is left is too little for one. Rides booking's primary key.
 */
export const cutStretches = statement('engine.cutBookedStretches', {
  params: ['uuid', 'uuid', 'int8', 'int8'],
  columns: {},
  text: `with last as (
      select coalesce((select s.until_id from engine.booked_stretch s where s.tenant_id = $1
        order by s.until_id desc limit 1), '00000000-0000-0000-0000-000000000000') as id
    ), numbered as (
      select b.id, row_number() over (order by b.id) as no
      from (select n.id from engine.booking n where n.tenant_id = $1 and n.id > (select last.id from last) and n.id < $2
            order by n.id limit $3::bigint * $4::bigint) b
    ), border as (
      select n.id, coalesce(lag(n.id) over (order by n.id), (select last.id from last)) as after
      from numbered n where n.no % $3::bigint = 0
    )
    insert into engine.booked_stretch as s (tenant_id, until_id, after_id)
    select k.tenant_id, border.id, border.after from engine.tenant_clock k cross join border where k.tenant_id = $1`,
});

/** The first stretches that are not summed; rides booked_stretch_to_sum. */
export const unsummed = statement('engine.unsummedStretches', {
  params: ['uuid', 'int8'],
  columns: { after: 'uuid', until: 'uuid' },
  text: `select s.after_id as after, s.until_id as until from engine.booked_stretch s
    where s.tenant_id = $1 and not s.is_summed order by s.until_id limit $2`,
});

export const dropSums = statement('engine.dropBookedSums', {
  params: ['uuid', 'uuid[]'],
  columns: {},
  text: `delete from engine.booked r where r.tenant_id = $1 and r.until_id = any ($2::uuid[])`,
});

export const insertSums = statement('engine.insertBookedSums', {
  params: ['uuid', 'uuid[]', 'uuid[]'],
  columns: {},
  text: `insert into engine.booked as r (tenant_id, until_id, made, kind, currency, requested, confirmed, no_shows, cancelled,
      declined, quantity, revenue_minor, lead_ms, led, thing_ids, outcomes, leads_ms, lasts_ms)
    select k.tenant_id, g.until, n.*
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::uuid[]) as g (after, until)
    cross join lateral (${bookedBetween('g.after', 'g.until')}) n
    where k.tenant_id = $1`,
});

/** Says when the bookings of these stretches were made, and that they are summed. */
export const markSummed = statement('engine.markSummed', {
  params: ['uuid', 'uuid[]', 'uuid[]'],
  columns: {},
  text: `update engine.booked_stretch s set is_summed = true, first_at = n.first_at, last_at = n.last_at
    from unnest($2::uuid[], $3::uuid[]) as g (after, until)
    cross join lateral (
      select min(b.created_at) as first_at, max(b.created_at) as last_at from engine.booking b
      where b.tenant_id = $1 and b.id > g.after and b.id <= g.until
    ) n
    where s.tenant_id = $1 and s.until_id = g.until`,
});

/**
 * The stretches of bookings that changed since change $2 are to be summed again; answers the changes looked at, at most $3.
 * Rides change_pkey, and booked_stretch_pkey for each of them.
 */
export const outdateSums = statement('engine.outdateBookedSums', {
  params: ['uuid', 'int8', 'int8'],
  columns: { first: 'int8?', last: 'int8?' },
  text: `with told as materialized (
      select c.seq, c.booking_id from engine.change c where c.tenant_id = $1 and c.seq > $2 order by c.seq limit $3
    ), outdated as (
      update engine.booked_stretch s set is_summed = false
      where s.tenant_id = $1 and s.is_summed and s.until_id in (
        select t.until_id from told cross join lateral (select n.until_id from engine.booked_stretch n
          where n.tenant_id = $1 and n.until_id >= told.booking_id order by n.until_id limit 1) t))
    select min(told.seq) as first, max(told.seq) as last from told`,
});

export const outdateAllSums = statement('engine.outdateAllBookedSums', {
  params: ['uuid'],
  columns: {},
  text: `update engine.booked_stretch s set is_summed = false where s.tenant_id = $1 and s.is_summed`,
});
