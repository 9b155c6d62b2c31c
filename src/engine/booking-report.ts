import type { Instant } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';
import { idsMadeBetween } from './made-between.ts';

/**
 * What became of the lines that were booked between $2 and $3, by the day, week or month ($4) on the clock of $5 on which
 * they were, kind and currency. Holds that were never confirmed are no bookings, and what a series left out was never
 * booked. Rides the primary keys of bookings, whose ids are in order of time, and lines: $6 and $7 are the ids of a
 * little more time, as they are made by the program's clock.
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
  // A line for which nobody came is cancelled while it is under way, where its booking goes on.
  // A quarter hour is the finest that clocks differ by: so many moments are brought to a local day, and not each booking's.
  text: `with line as (
      select date_bin('15 minutes', b.created_at, 'epoch') as made, b.currency, l.kind, l.quantity, l.total_minor,
        case when l.cancelled_at is null then case b.state when 'completed' then 'confirmed' else b.state end
          when b.state = 'declined' then 'declined'
          when l.checked_in_at is null and l.cancelled_at >= (l.details ->> 'start')::timestamptz
            and l.cancelled_at < (l.details ->> 'end')::timestamptz then 'noShow'
          else 'cancelled' end as state,
        date_part('epoch', (l.details ->> 'start')::timestamptz) - date_part('epoch', b.created_at) as lead
      from engine.booking b
      join engine.booking_line l on l.tenant_id = b.tenant_id and l.booking_id = b.id
      where b.tenant_id = $1 and b.id >= $6 and b.id < $7 and b.created_at >= $2 and b.created_at < $3
        and l.tenant_id = $1 and l.booking_id >= $6 and l.booking_id < $7
        and b.state not in ('held', 'paying', 'expired') and not l.details ? 'skipped'
    ), told as (
      select n.made, n.kind, n.currency, n.state, count(*) as times, sum(n.quantity) as quantity,
        sum(n.total_minor) as minor, sum(n.lead) as lead, count(n.lead) as led
      from line n group by 1, 2, 3, 4
    )
    select date_trunc($4, t.made at time zone $5)::date as period, t.kind, t.currency,
      sum(t.times)::bigint as made,
      coalesce(sum(t.times) filter (where t.state = 'requested'), 0)::bigint as requested,
      coalesce(sum(t.times) filter (where t.state = 'confirmed'), 0)::bigint as confirmed,
      coalesce(sum(t.times) filter (where t.state = 'noShow'), 0)::bigint as "noShows",
      coalesce(sum(t.times) filter (where t.state = 'cancelled'), 0)::bigint as cancelled,
      coalesce(sum(t.times) filter (where t.state = 'declined'), 0)::bigint as declined,
      coalesce(sum(t.quantity) filter (where t.state in ('confirmed', 'noShow')), 0)::bigint as quantity,
      coalesce(sum(t.minor) filter (where t.state in ('confirmed', 'noShow')), 0)::bigint as "revenueMinor",
      (sum(t.lead) filter (where t.state in ('confirmed', 'noShow'))
        / nullif(sum(t.led) filter (where t.state in ('confirmed', 'noShow')), 0) * 1000)::bigint as "meanLeadMs"
    from told t group by 1, 2, 3 order by 1, 2, 3`,
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
