import { recordChange } from '../../engine/change.ts';
import { heldAmong } from '../../engine/stock.ts';
import type { Transaction } from '../../platform/db.ts';
import { Problem } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { moveEvents } from './event-queries.ts';
import { lockEvent, stopSales } from './event.ts';
import * as sql from './mark-queries.ts';
import { seatOf } from './place.ts';
import type { MarkedSeats, SeatMark, SeatsToMark } from './schema.ts';

/** What can be said of seats, and the change that tells of it. */
const marks = {
  kill: { mark: 'killed', told: 'event.seatsKilled' },
  house: { mark: 'house', told: 'event.seatsHeldByHouse' },
  release: { mark: null, told: 'event.seatsReleased' },
} as const satisfies Record<string, { mark: SeatMark | null; told: string }>;
export type SeatVerb = keyof typeof marks;

/**
 * Takes seats out of the sale, or puts them back; once this is committed nothing is sold by what was said of them before.
 * Throws `in_use` when one that is to be taken out is held or sold, and says which.
 */
export async function markSeats(
  tx: Transaction,
  actor: string,
  eventId: Uuid,
  verb: SeatVerb,
  { seatIds, reason }: SeatsToMark,
): Promise<MarkedSeats> {
  const { mark, told } = marks[verb];
  const event = await lockEvent(tx, eventId);
  if (event.state === 'draft')
    throw new Problem('wrong_state', 'Publish the event first: a draft has no seats to sell yet.');
  const { sections } = await stopSales(tx, event);
  requireSeats(sections, seatIds);
  if (mark === null) await tx.run(sql.unmarkSeats, eventId, seatIds);
  else {
    await requireUnsold(tx, seatIds);
    await tx.run(sql.markSeats, eventId, seatIds, mark);
  }
  await tx.run(moveEvents, [eventId], event.state); // the same state, and a version on: what was kept of it is old
  await recordChange(tx, { type: told, resourceIds: [eventId], actor, payload: { seatIds, reason } });
  return { eventId, seatIds: [...seatIds], mark, version: event.version + 1 };
}

function requireSeats(
  sections: readonly { id: Uuid; kind: string; capacity: number }[],
  seatIds: readonly Uuid[],
): void {
  const seats = new Map(
    sections.flatMap(({ id, kind, capacity }) => (kind === 'seated' ? [[id, capacity]] : [])),
  );
  const errors = seatIds.flatMap((id, i) => {
    const { section, no } = seatOf(id);
    const isSeat = no >= 1 && no <= (seats.get(section) ?? 0);
    return isSeat ? [] : [{ pointer: `/seatIds/${i}`, reason: 'invalid_reference' as const }];
  });
  if (errors.length > 0) throw new Problem('not_found', 'The event has no such seat.', { errors });
}

/** The sections are locked, so that nobody takes a seat after this. */
async function requireUnsold(tx: Transaction, seatIds: readonly Uuid[]): Promise<void> {
  const held = await heldAmong(tx, seatIds);
  if (held.size === 0) return;
  const errors = seatIds.flatMap((id, i) =>
    held.has(id) ? [{ pointer: `/seatIds/${i}`, reason: 'seat_taken' as const }] : [],
  );
  const detail = 'Some of these seats are held or sold. Leave them out, or cancel their bookings first.';
  throw new Problem('in_use', detail, { errors });
}
