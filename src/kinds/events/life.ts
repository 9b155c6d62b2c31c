import { recordChange } from '../../engine/change.ts';
import { heldNow } from '../../engine/stock.ts';
import type { Transaction } from '../../platform/db.ts';
import { Problem } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { moveEvent as move } from './event-queries.ts';
import { lockEvent, openPlaces, readEvent, stopSales } from './event.ts';
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
    await tx.run(move, id, to);
    await recordChange(tx, { type: told, resourceIds: [id], actor, payload: { reason } });
  }
  return readEvent(tx, id);
}

/** Cancels an event and says how many bookings hold places of it: none can join them any more. */
export async function cancelEvent(
  tx: Transaction,
  actor: string,
  id: Uuid,
  reason: string | undefined,
): Promise<CancelledEvent> {
  const event = await moveEvent(tx, actor, id, 'cancel', reason);
  const sections = event.prices.map((price) => price.sectionId);
  const { bookings, units } = await heldNow(tx, sections);
  return { ...event, affected: { bookings, places: units } };
}

function wrongState(state: string): Problem {
  return new Problem('wrong_state', `The event is ${state}, so this is not possible.`);
}
