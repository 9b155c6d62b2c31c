import type { Instant } from '../platform/clock.ts';
import { list } from '../platform/list.ts';
import type { Row } from '../platform/statement.ts';
import type { Booking, BookingLine } from './booking.ts';
import { bookingColumns, bookingSelect } from './queries.ts';
import { toHeader } from './read.ts';

const columns = { ...bookingColumns, lines: 'jsonb' } as const;

const select = `${bookingSelect}, (
      select jsonb_agg(jsonb_build_object('no', l.line_no, 'kind', l.kind, 'details', l.details, 'quantity', l.quantity,
        'unitMinor', l.unit_minor, 'taxMinor', l.tax_minor, 'totalMinor', l.total_minor,
        'checkedInAt', l.checked_in_at, 'cancelledAt', l.cancelled_at) order by l.line_no)
      from engine.booking_line l where l.tenant_id = $1 and l.booking_id = b.id) as lines`;

const byAge = { sorts: { createdAt: { by: 'b.id', type: 'uuid' } }, defaultSort: '-createdAt' } as const;

/** Whether booking `b` is the principal's own, as `isOwn` says. */
const isOwn = (principal: string) =>
  `(${principal}::text is null or b.created_by = ${principal} or 'client:' || b.client_id::text = ${principal})`;

/** $2 state, $3 principal whose own they are; null when not asked for. Rides the primary key: ids are in order of time. */
export const bookingList = list('engine.bookingList', {
  filters: ['text', 'text'],
  columns,
  select,
  from: `engine.booking b where b.tenant_id = $1 and ($2::text is null or b.state = $2)
    and ${isOwn('$3')}`,
  id: 'b.id',
  ...byAge,
});

/** The requests that wait for an answer, of the principal $2 or of all. Rides booking_requested. */
export const requestList = list('engine.requestList', {
  filters: ['text'],
  columns,
  select,
  from: `engine.booking b where b.tenant_id = $1 and b.state = 'requested' and ${isOwn('$2')}`,
  id: 'b.id',
  ...byAge,
});

/** A booking of the reference $4, as above, and for the client $5. Rides booking_reference_unique. */
export const bookingByReference = list('engine.bookingByReference', {
  filters: ['text', 'text', 'text', 'uuid'],
  columns,
  select,
  from: `engine.booking b where b.tenant_id = $1 and ($2::text is null or b.state = $2)
    and ${isOwn('$3')} and b.reference = $4 and b.reference <> ''
    and ($5::uuid is null or b.client_id = $5)`,
  id: 'b.id',
  ...byAge,
});

/** Bookings for the client $4, as above. Rides booking_by_client. */
export const bookingsForClient = list('engine.bookingsForClient', {
  filters: ['text', 'text', 'uuid'],
  columns,
  select,
  from: `engine.booking b where b.tenant_id = $1 and ($2::text is null or b.state = $2)
    and ${isOwn('$3')} and b.client_id = $4`,
  id: 'b.id',
  ...byAge,
});

/**
 * The other requests and bookings that want or have some of the time of booking $2, each with the lines of $2 that it
 * is in the way of. What is over by now is left out, noticed or not. Rides the primary keys of wishes and claims for
 * its own, then wish_by_calendar and, with the two halves of `engine.overlapping`, interval_claim_by_end.
 */
export const collidingList = list('engine.collidingList', {
  filters: ['uuid'],
  columns: { ...columns, withLines: 'int4[]' },
  select: `${select}, x.lines as "withLines"`,
  from: `(
      select other.booking_id, array_agg(distinct mine.line_no order by mine.line_no) as lines
      from (
        select v.line_no, v.calendar_id, v.starts_at, v.ends_at from engine.wish v
        where v.tenant_id = $1 and v.booking_id = $2 and v.calendar_id is not null
        union all
        select c.line_no, c.resource_id, c.starts_at, c.ends_at from engine.interval_claim c
        where c.tenant_id = $1 and c.booking_id = $2
      ) mine
      cross join lateral (
        select w.booking_id, w.starts_at from engine.wish w
        where w.tenant_id = $1 and w.calendar_id = mine.calendar_id and w.ends_at > '-infinity'
          and w.ends_at > mine.starts_at
        union all
        select i.booking_id, i.starts_at from engine.interval_claim i
        where i.tenant_id = $1 and i.resource_id = mine.calendar_id and i.ends_at > '-infinity'
          and i.ends_at > mine.starts_at and i.ends_at <= mine.ends_at
        union all
        (select i.booking_id, i.starts_at from engine.interval_claim i
         where i.tenant_id = $1 and i.resource_id = mine.calendar_id and i.ends_at > '-infinity'
           and i.ends_at > mine.ends_at
         order by i.ends_at limit 1)
      ) other
      where other.starts_at < mine.ends_at and other.booking_id <> $2
      group by other.booking_id
    ) x join engine.booking b on b.tenant_id = $1 and b.id = x.booking_id
    where (b.expires_at is null or b.expires_at > now())`,
  id: 'b.id',
  ...byAge,
});

/** A row of a list. Times inside `lines` come as JSON text. */
export function toBooking(row: Row<typeof columns>): Booking {
  const lines = row.lines as (Omit<BookingLine, 'checkedInAt' | 'cancelledAt'> &
    Record<Mark, string | null>)[];
  return {
    ...toHeader(row),
    lines: lines.map((line) => ({
      ...line,
      checkedInAt: moment(line.checkedInAt),
      cancelledAt: moment(line.cancelledAt),
    })),
  };
}

type Mark = 'checkedInAt' | 'cancelledAt';

function moment(text: string | null): Instant | null {
  return text === null ? null : Date.parse(text);
}
