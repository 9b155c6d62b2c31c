import { affectedBy, endHolds, tellBookings } from '../../engine/affected.ts';
import { recordChanges } from '../../engine/change.ts';
import type { Transaction } from '../../platform/db.ts';
import { Problem } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import type { Scope } from '../series.ts';
import * as sql from './event-queries.ts';
import {
  idsOf,
  lockDates,
  openPlaces,
  readEvent,
  stopSales,
  type LockedEvent,
  type SectionOfEvent,
} from './event.ts';
import type { CancelledEvent, MovedEvent } from './schema.ts';

/** Every move of an event that somebody makes; that it is sold out or over follows from stock and time. */
const moves = {
  publish: { from: ['draft'], to: 'onSale', told: 'event.published' },
  pause: { from: ['onSale'], to: 'paused', told: 'event.paused' },
  resume: { from: ['paused'], to: 'onSale', told: 'event.resumed' },
  cancel: { from: ['draft', 'onSale', 'paused'], to: 'cancelled', told: 'event.cancelled' },
} as const;
export type EventMove = keyof typeof moves;

/** Places of the dates that one call moves, the named one apart: that many are opened in two seconds. */
const MOST_PLACES = 100_000;

interface Asked {
  verb: EventMove;
  /** Of a series, which dates are meant; it alone when not given. */
  scope?: Scope | undefined;
  reason?: string | undefined;
}

/**
 * Moves an event, or dates of its series with it; once this is committed nothing is sold by their old state. A repeated move
 * answers the same, an impossible one is refused as `wrong_state`; other dates that cannot make it stay as they are.
 */
export async function moveEvent(tx: Transaction, actor: string, id: Uuid, asked: Asked): Promise<MovedEvent> {
  const { dates, left } = await move(tx, actor, id, asked);
  return { ...(await readEvent(tx, id)), ...(asked.scope !== undefined && { dates, left }) };
}

/**
 * Cancels an event: its holds end at that moment, under the lock that a confirmation needs as well. Answers who still has
 * places of it; none can join them any more.
 */
export async function cancelEvent(
  tx: Transaction,
  actor: string,
  id: Uuid,
  asked: Omit<Asked, 'verb'>,
): Promise<CancelledEvent> {
  const { dates, left, moved } = await move(tx, actor, id, { ...asked, verb: 'cancel' });
  await Promise.all(
    moved.map(({ id: eventId, sections }) => {
      const payload = { eventId, reason: asked.reason };
      return tellBookings(tx, idsOf(sections), {
        type: 'booking.eventCancelled',
        about: [eventId],
        actor,
        payload,
      });
    }),
  );
  const sections = await tx.run(sql.sectionsOfEvents, dates);
  const affected = await affectedBy(tx, idsOf(sections));
  return { ...(await readEvent(tx, id)), ...(asked.scope !== undefined && { dates, left }), affected };
}

type Mover = LockedEvent & { sections: SectionOfEvent[] };

/** `dates` are those meant that are in the new state now, `moved` those that were in another before, `left` how many still are. */
async function move(
  tx: Transaction,
  actor: string,
  id: Uuid,
  { verb, scope = 'this', reason }: Asked,
): Promise<{ dates: Uuid[]; moved: Mover[]; left: number }> {
  const { from, to, told } = moves[verb];
  const meant = await lockDates(tx, id, scope);
  const canMove = ({ state }: LockedEvent) => from.some((each) => each === state);
  const [named] = meant;
  if (named.state !== to && !canMove(named)) throw wrongState(named.state);
  const able = meant.filter(canMove);
  const moved = await asManyAsFit(tx, able);
  const ids = idsOf(moved);
  if (moved.length > 0) {
    const { sections } = await stopSales(tx, ...moved);
    if (verb === 'publish') await openPlaces(tx, sections);
    if (verb === 'cancel') await endHolds(tx, idsOf(sections));
    await tx.run(sql.moveEvents, ids, to);
    await recordChanges(
      tx,
      ids.map((each) => ({ type: told, resourceIds: [each], actor, payload: { reason } })),
    );
  }
  const dates = meant.filter((each) => each.state === to || ids.includes(each.id)).map((each) => each.id);
  return { dates, moved, left: able.length - moved.length };
}

/** The first of these events, and after it as many as one transaction can do. */
async function asManyAsFit(tx: Transaction, events: readonly LockedEvent[]): Promise<Mover[]> {
  const sections = Map.groupBy(await tx.run(sql.sectionsOfEvents, idsOf(events)), ({ eventId }) => eventId);
  const fitting: Mover[] = [];
  let places = 0;
  for (const event of events) {
    const own = sections.get(event.id) ?? [];
    places += own.reduce((sum, { capacity }) => sum + capacity, 0);
    if (places > MOST_PLACES && fitting.length > 0) break;
    fitting.push({ ...event, sections: own });
  }
  return fitting;
}

function wrongState(state: string): Problem {
  return new Problem('wrong_state', `The event is ${state}, so this is not possible.`);
}
