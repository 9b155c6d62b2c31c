import type { Row } from '../platform/statement.ts';
import { list } from '../platform/list.ts';
import type { Booking, BookingLine, BookingState } from './booking.ts';
import { bookingColumns, bookingSelect } from './queries.ts';

const columns = { ...bookingColumns, lines: 'jsonb' } as const;

/** $2 state, $3 reference, $4 principal that made it; null when not asked for. Rides booking_newest. */
export const bookingList = list('engine.bookingList', {
  filters: ['text', 'text', 'text'],
  columns,
  select: `${bookingSelect}, (
      select jsonb_agg(jsonb_build_object('no', l.line_no, 'kind', l.kind, 'details', l.details, 'quantity', l.quantity,
        'unitMinor', l.unit_minor, 'taxMinor', l.tax_minor, 'totalMinor', l.total_minor) order by l.line_no)
      from engine.booking_line l where l.tenant_id = $1 and l.booking_id = b.id) as lines`,
  from: `engine.booking b where b.tenant_id = $1 and ($2::text is null or b.state = $2)
    and ($3::text is null or b.reference = $3) and ($4::text is null or b.created_by = $4)`,
  id: 'b.id',
  sorts: { createdAt: { by: 'b.created_at', type: 'timestamptz' } },
  defaultSort: '-createdAt',
});

export function toBooking(row: Row<typeof columns>): Booking {
  return { ...row, state: row.state as BookingState, lines: row.lines as BookingLine[] };
}
