import { markArrived } from '../../engine/arrive.ts';
import { recordChanges } from '../../engine/change.ts';
import { iso } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { notFound, Problem } from '../../platform/errors.ts';
import { lockTicket, rewriteScans, writeScans } from './check-in.ts';
import { toTicketEvent } from './entrance.ts';
import { merge, type SettledScan } from './scan.ts';
import { scansOf, undoTicket } from './scan-queries.ts';
import { toAnswer } from './ticket-answer.ts';
import type * as schema from './ticket-schema.ts';
import { keyOf, placesOf, ticketId, type Ticket } from './ticket.ts';
import { ticketEvents } from './ticket-queries.ts';

/**
 * Says that whoever was let in with this ticket is not in: its scans up to now do not count, also those that arrive later
 * from a device that was offline. Throws `wrong_state` when the ticket was not used.
 */
export async function undoCheckIn(
  tx: Transaction,
  actor: string,
  id: string,
  reason: string,
): Promise<schema.Ticket> {
  const { booking, line, ticket, arriving } = await lockTicket(tx, id);
  if (ticket.used === null)
    throw new Problem('wrong_state', 'This ticket has not been used, so nothing can be undone.');
  const { bookingId, lineNo } = ticket;
  const [known, [row]] = await Promise.all([
    tx.run(scansOf, [bookingId], [lineNo], [ticket.placeId]),
    tx.run(ticketEvents, [ticket.eventId]),
  ]);
  if (row === undefined) throw notFound('event');
  // A scan may be a little ahead of the database's clock.
  const last = Math.max(row.now, ticket.used.at, ...known.map(({ scannedAt }) => scannedAt));
  await tx.run(undoTicket, bookingId, lineNo, ticket.placeId, last);
  const { changed } = merge(known as SettledScan[], [], last);
  if (changed.length > 0) await rewriteScans(tx, changed);
  await keepTheOthers(tx, actor, ticket, line.checkedInAt === null ? [] : placesOf(line), arriving.counted);
  const marks = line.checkedInAt === null ? [] : [await markArrived(tx, booking, [lineNo], null, actor)];
  const payload = { ticketId: ticketId(ticket), reason, at: iso(last) };
  const told = { type: 'ticket.checkInUndone', bookingId, resourceIds: [ticket.eventId], actor, payload };
  await recordChanges(tx, [told, ...marks]);
  return toAnswer({ ...ticket, used: null }, booking, toTicketEvent(row), null);
}

/** Of a line that came in as a whole the others stay in, each with a scan of its own from now on. */
async function keepTheOthers(
  tx: Transaction,
  actor: string,
  { bookingId, lineNo, placeId: undone, used }: Ticket,
  places: readonly string[],
  counted: readonly { bookingId: string; lineNo: number; placeId: string }[],
): Promise<void> {
  const scanned = new Set(counted.map(keyOf));
  const scans = places
    .filter((placeId) => placeId !== undone && !scanned.has(keyOf({ bookingId, lineNo, placeId })))
    .map((placeId): SettledScan => {
      const scannedAt = used?.at ?? 0;
      return { bookingId, lineNo, placeId, scannedAt, device: '', entrance: '', outcome: 'counted' };
    });
  if (scans.length > 0) await writeScans(tx, actor, scans);
}
