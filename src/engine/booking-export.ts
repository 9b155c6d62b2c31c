import type { Instant } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import { json, moment, number, plain, text, type Format } from '../platform/export/cells.ts';
import type { Source } from '../platform/export/exports.ts';
import { exportOf, headOf, piecesOf } from '../platform/export/statements.ts';
import type { Uuid } from '../platform/id.ts';
import { idsMadeBetween } from './made-between.ts';

/**
 * $2 state, $3 reference, $4 and $5 made from and before, $6 the first id that was not, $7 whom it is for. Rides the primary
 * key.
 */
const bookings = exportOf('engine.bookingExport', {
  asked: ['text', 'text', 'timestamptz', 'timestamptz', 'uuid', 'uuid'],
  keys: { id: 'uuid' },
  scan: ({ after, limit }) => `
    select b.id, b.reference, b.state, b.expires_at, b.checked_in_at, b.client_id, b.note, b.currency, b.total_minor,
      b.version, b.created_at
    from engine.booking b
    where b.tenant_id = $1 and b.id > ${after[0] ?? ''} and b.id < $6 order by b.id limit ${limit}`,
  where: `($2::text is null or s.state = $2) and ($3::text is null or s.reference = $3)
    and s.created_at >= $4 and s.created_at < $5 and ($7::uuid is null or s.client_id = $7)`,
  cells: {
    id: plain('s.id'),
    reference: plain('s.reference'),
    state: plain('s.state'),
    createdAt: moment('s.created_at'),
    expiresAt: moment('s.expires_at'),
    checkedInAt: moment('s.checked_in_at'),
    clientId: plain('s.client_id'),
    currency: plain('s.currency'),
    totalMinor: number('s.total_minor'),
    version: number('s.version'),
    note: text('s.note'),
    lines: json(`(
      select json_agg(json_build_object('no', l.line_no, 'kind', l.kind, 'details', l.details, 'quantity', l.quantity,
        'unitPriceMinor', l.unit_minor, 'totalMinor', l.total_minor, 'checkedInAt', l.checked_in_at,
        'cancelledAt', l.cancelled_at) order by l.line_no)
      from engine.booking_line l where l.tenant_id = $1 and l.booking_id = s.id)`),
  },
});

export interface BookingFilters {
  state?: string | undefined;
  reference?: string | undefined;
  clientId?: Uuid | undefined;
  from: Instant;
  to: Instant;
}

/** The bookings that were made before the export began, oldest first; each as it is when its turn comes. */
export function bookingExport(
  db: Pick<Database, 'read'>,
  tenant: Uuid,
  format: Format,
  { state, reference, clientId, from, to }: BookingFilters,
): Source {
  const made = idsMadeBetween(from, to);
  const asked = [state ?? null, reference ?? null, from, to, made.before, clientId ?? null];
  return {
    format,
    head: headOf(bookings, format),
    pieces: piecesOf({ db, tenant }, bookings, format, asked, [made.from]),
  };
}
