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

/** $2 state, $3 principal that made it; null when not asked for. Rides the primary key: ids are in order of time. */
export const bookingList = list('engine.bookingList', {
  filters: ['text', 'text'],
  columns,
  select,
  from: `engine.booking b where b.tenant_id = $1 and ($2::text is null or b.state = $2)
    and ($3::text is null or b.created_by = $3)`,
  id: 'b.id',
  ...byAge,
});

/** The same for the one booking of the reference $4. Rides booking_reference_unique. */
export const bookingByReference = list('engine.bookingByReference', {
  filters: ['text', 'text', 'text'],
  columns,
  select,
  from: `engine.booking b where b.tenant_id = $1 and ($2::text is null or b.state = $2)
    and ($3::text is null or b.created_by = $3) and b.reference = $4 and b.reference <> ''`,
  id: 'b.id',
  ...byAge,
});

/** A row of the list. Times inside `lines` come as JSON text. */
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
