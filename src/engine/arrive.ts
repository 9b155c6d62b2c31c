import type { Instant } from '../platform/clock.ts';
import type { Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';
import { haveCome, type Booking } from './booking.ts';
import type { CatalogueChange } from './change.ts';
import { linesOf, lockBookings } from './queries.ts';
import { NOWHERE } from './reach.ts';
import { assemble } from './read.ts';

// For kinds that know who came more closely than by line, such as ticket by ticket. It takes and gives back no capacity,
// so it needs no batch: the lock of the booking is enough, and stands in the engine's order before the tenant's clock.

const markLines = statement('engine.markLines', {
  params: ['uuid', 'uuid', 'int4[]', 'timestamptz'],
  columns: {},
  text: `update engine.booking_line l set checked_in_at = $4
    where l.tenant_id = $1 and l.booking_id = $2 and l.line_no = any ($3::int[])`,
});

const markBooking = statement('engine.markBooking', {
  params: ['uuid', 'uuid', 'timestamptz'],
  columns: {},
  text: `update engine.booking b set checked_in_at = $3, version = b.version + 1
    where b.tenant_id = $1 and b.id = $2`,
});

/** The bookings as they are, locked until the transaction ends: meanwhile none is cancelled, moved or checked in. */
export async function lockArriving(tx: Transaction, ids: readonly Uuid[]): Promise<Booking[]> {
  const [bookings, lines] = await Promise.all([tx.run(lockBookings, ids), tx.run(linesOf, ids)]);
  return assemble(bookings, lines);
}

/**
 * Marks lines of a locked booking as having come at `at`, or, with null, as not having come after all. Answers the
 * change that tells of it, for the caller to record with his own.
 */
export async function markArrived(
  tx: Transaction,
  { id, lines, checkedInAt }: Booking,
  lineNos: readonly number[],
  at: Instant | null,
  actor: string,
): Promise<CatalogueChange> {
  const marked = lines.map((line) => (lineNos.includes(line.no) ? { ...line, checkedInAt: at } : line));
  await Promise.all([
    tx.run(markLines, id, lineNos, at),
    tx.run(markBooking, id, haveCome(marked) ? (checkedInAt ?? at) : null),
  ]);
  const type = at === null ? 'booking.checkInUndone' : 'booking.checkedIn';
  return { type, bookingId: id, ...NOWHERE, actor, payload: { lines: lineNos } };
}
