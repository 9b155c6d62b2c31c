import type { Instant } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';
import { keptOrRead } from './booked-queries.ts';
import { idsMadeBetween } from './made-between.ts';

/**
 * What became of the lines that were booked between $2 and $3, by the day, week or month ($4) on the clock of $5 on which
 * they were, kind and currency. $6 and $7 are ids of a little more time, which the program's clock made.
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
  text: `with ${keptOrRead({ from: '$2', to: '$3', fromId: '$6', beforeId: '$7' })}
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
