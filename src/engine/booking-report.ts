import type { Instant } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';
import { bookedBetween, isFollowed, touched } from './booked-queries.ts';
import { idsMadeBetween } from './made-between.ts';

/**
 * What became of the lines that were booked between $2 and $3, by the day, week or month ($4) on the clock of $5 on which
 * they were, kind and currency. $6 and $7 are ids of a little more time, which the program's clock made.
 *
 * Stretches of bookings that are summed and lie in that time come from their sums. Those on its borders, those with a
 * booking that changed since they were summed, and what was booked after the last of them are read: so the answer is
 * exact, however late the sums are.
 */
export const bookingReport = statement('engine.bookingReport', {
  params: ['uuid', 'timestamptz', 'timestamptz', 'text', 'text', 'uuid', 'uuid'],
  columns: {
    period: 'date',
    kind: 'text',
    currency: 'text',
    made: 'int8',
    requested: 'int8',
    confirmed: 'int8',
    noShows: 'int8',
    cancelled: 'int8',
    declined: 'int8',
    quantity: 'int8',
    revenueMinor: 'int8',
    meanLeadMs: 'int8?',
  },
  plannedAnew: true,
  text: `with touched as materialized (${touched}), judged as materialized (
      select s.after_id, s.until_id, s.first_at, s.last_at, s.is_summed and (select ${isFollowed})
        and s.until_id not in (select t.until_id from touched t) as holds
      from engine.booked_stretch s where s.tenant_id = $1 and s.until_id >= $6 and s.after_id < $7
    ), gap as (
      select j.after_id as after, j.until_id as until from judged j
      where not j.holds or j.first_at < $2 and j.last_at >= $2 or j.first_at < $3 and j.last_at >= $3
      union all
      select coalesce((select s.until_id from engine.booked_stretch s where s.tenant_id = $1
        order by s.until_id desc limit 1), '00000000-0000-0000-0000-000000000000'), 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    ), booked as (
      select r.* from judged j join engine.booked r on r.tenant_id = $1 and r.until_id = j.until_id
      where j.holds and j.first_at >= $2 and j.last_at < $3
      union all
      select $1, g.until, n.* from gap g
      cross join lateral (${bookedBetween('g.after', 'g.until', 'b.id >= $6 and b.id < $7 and b.created_at >= $2 and b.created_at < $3')}) n
    )
    select date_trunc($4, t.made at time zone $5)::date as period, t.kind, t.currency,
      sum(t.requested + t.confirmed + t.no_shows + t.cancelled + t.declined)::bigint as made,
      sum(t.requested)::bigint as requested, sum(t.confirmed)::bigint as confirmed, sum(t.no_shows)::bigint as "noShows",
      sum(t.cancelled)::bigint as cancelled, sum(t.declined)::bigint as declined, sum(t.quantity)::bigint as quantity,
      sum(t.revenue_minor)::bigint as "revenueMinor",
      (sum(t.lead_ms)::float8 / nullif(sum(t.led), 0))::bigint as "meanLeadMs"
    from booked t group by 1, 2, 3 order by 1, 2, 3`,
});

export type Per = 'day' | 'week' | 'month';

/** What was booked in this time, by all kinds, and what became of it; periods are those of the clock of `timezone`. */
export function reportBookings(
  db: Pick<Database, 'read'>,
  tenant: { id: Uuid; timezone: string },
  { startsAt, endsAt }: { startsAt: Instant; endsAt: Instant },
  per: Per,
) {
  const { from, before } = idsMadeBetween(startsAt, endsAt);
  return db.read(tenant.id, bookingReport, startsAt, endsAt, per, tenant.timezone, from, before);
}
