import { affectedBy, endHolds, tellBookings } from '../../engine/affected.ts';
import { recordChange } from '../../engine/change.ts';
import type { Transaction } from '../../platform/db.ts';
import { Problem } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { moveEvent as move, sectionsOfEvent } from './event-queries.ts';
import { idsOf, lockEvent, openPlaces, readEvent, stopSales } from './event.ts';
import type { CancelledEvent, Event } from './schema.ts';

/** Every move of an event that somebody makes; that it is sold out or over follows from stock and time. */
const moves = {
  publish: { from: ['draft'], to: 'onSale', told: 'event.published' },
  pause: { from: ['onSale'], to: 'paused', told: 'event.paused' },
  resume: { from: ['paused'], to: 'onSale', told: 'event.resumed' },
  cancel: { from: ['draft', 'onSale', 'paused'], to: 'cancelled', told: 'event.cancelled' },
} as const;
export type EventMove = keyof typeof moves;

/**
 * Moves an event; once this is committed nothing is sold by its old state. A repeated move answers the same, an
 * impossible one is refused as `wrong_state`.
 */
export async function moveEvent(
  tx: Transaction,
  actor: string,
  id: Uuid,
  verb: EventMove,
  reason?: string,
): Promise<Event> {
  const { from, to, told } = moves[verb];
  const event = await lockEvent(tx, id);
  if (event.state !== to) {
    if (!from.some((state) => state === event.state)) throw wrongState(event.state);
    const { sections } = await stopSales(tx, event);
    if (verb === 'publish') await openPlaces(tx, sections);
    if (verb === 'cancel') await endHolds(tx, idsOf(sections));
    await tx.run(move, id, to);
    await recordChange(tx, { type: told, resourceIds: [id], actor, payload: { reason } });
  }
  return readEvent(tx, id);
}

/**
 * Cancels an event: its holds end at that moment, under the lock that a confirmation needs as well. Answers who still has
 * places of it; none can join them any more.
 */
export async function cancelEvent(
  tx: Transaction,
  actor: string,
  id: Uuid,
  reason: string | undefined,
): Promise<CancelledEvent> {
  const before = await lockEvent(tx, id);
  const event = await moveEvent(tx, actor, id, 'cancel', reason);
  const sections = idsOf(await tx.run(sectionsOfEvent, id));
  if (before.state !== 'cancelled') {
    const payload = { eventId: id, reason };
    await tellBookings(tx, sections, { type: 'booking.eventCancelled', about: [id], actor, payload });
  }
  return { ...event, affected: await affectedBy(tx, sections) };
}

function wrongState(state: string): Problem {
  return new Problem('wrong_state', `The event is ${state}, so this is not possible.`);
}
