import type { Database } from '../../platform/db.ts';
import type { Uuid } from '../../platform/id.ts';
import { statement } from '../../platform/statement.ts';

// Rides the primary key of interval_claim. The database reads the clock of the zone itself, with its own tables of zones.
const occurrencesOnClock = statement('replay.occurrencesOnClock', {
  params: ['uuid', 'uuid[]', 'text'],
  columns: { bookingId: 'uuid', clock: 'text', offsetMinutes: 'int4', occurrences: 'int4', weeks: 'int4' },
  text: `select c.booking_id as "bookingId",
      to_char(c.starts_at at time zone $3, 'ID HH24:MI') || to_char(c.ends_at at time zone $3, '-HH24:MI') as clock,
      (extract(epoch from (c.starts_at at time zone $3) - (c.starts_at at time zone 'UTC')) / 60)::int as "offsetMinutes",
      count(*)::int as occurrences, count(distinct date_trunc('week', c.starts_at at time zone $3))::int as weeks
    from engine.interval_claim c
    where c.tenant_id = $1 and c.booking_id = any ($2::uuid[]) and c.expires_at is null
    group by 1, 2, 3 order by 3 desc, 1, 2`,
});

/** Occurrences of one booking that show the same on the clock of the zone, under one offset from UTC. */
export interface OnClock {
  readonly bookingId: Uuid;
  /** ISO weekday, start and end: `1 08:00-09:30` is a Monday. */
  readonly clock: string;
  readonly offsetMinutes: number;
  readonly occurrences: number;
  /** In how many weeks they lie. */
  readonly weeks: number;
}

/** When the claims of the bookings take place, as PostgreSQL reads the clock of the zone. */
export function countOnClock(
  database: Database,
  tenant: Uuid,
  bookings: readonly Uuid[],
  timezone: string,
): Promise<OnClock[]> {
  return database.read(tenant, occurrencesOnClock, bookings, timezone);
}

/** The bookings that do not take place once in each of so many weeks at the time of the clock that was planned. */
export function offTheClock(
  planned: ReadonlyMap<Uuid, string>,
  weeks: number,
  counted: readonly OnClock[],
): Uuid[] {
  const byBooking = Map.groupBy(counted, (row) => row.bookingId);
  return [...planned.keys()].filter((bookingId) => {
    const rows = byBooking.get(bookingId) ?? [];
    const isRight = rows.every(
      (row) => row.clock === planned.get(bookingId) && row.weeks === row.occurrences,
    );
    return !isRight || rows.reduce((sum, row) => sum + row.occurrences, 0) !== weeks;
  });
}

/** What a clock of the zone shows from `start` to `end`, which are written with its offset. */
export function clockOf({ start, end }: { start: string; end: string }): string {
  const weekday = new Date(`${start.slice(0, 10)}T00:00:00Z`).getUTCDay() || 7;
  return `${weekday} ${start.slice(11, 16)}-${end.slice(11, 16)}`;
}
