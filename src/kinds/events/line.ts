import type { UnitsNeed } from '../../engine/claim.ts';
import type { BookingLine, HoldLine } from '../../engine/index.ts';
import { limitId } from '../../engine/limit-id.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import { ruleViolated } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import type { AskedLine, ResolveContext, Resolved, ResolvedLine } from '../kind.ts';
import { at, guardsOf, noSuch, priced } from '../line.ts';
import { eventsForSale, type EventForSale } from './catalogue.ts';
import type { AdmissionLine, BestSeatsLine, SeatLine } from './schema.ts';
import { chosenSeats, namedSeats, need, tiersOf, type Buyer, type Places } from './seat-line.ts';

export type EventLine = SeatLine | BestSeatsLine | AdmissionLine;

/** Lines need places of a section: counted, and for numbered seats the seats themselves too. */
export async function resolveEventLines(
  { db, tenant, client, role, now, others, fresh }: ResolveContext,
  asked: readonly AskedLine<EventLine>[],
): Promise<Resolved> {
  const ids = asked.map(({ line }) => line.eventId);
  const events = await eventsForSale(db, tenant.id, ids, fresh);
  const order = new Order(others);
  const named = new Set(asked.flatMap(({ line }) => (line.kind === 'seat' ? line.seatIds : [])));
  const lines = asked.map(({ no, line }): ResolvedLine => {
    const event = events.get(line.eventId);
    if (event === undefined) throw noSuch('event', at(no, 'eventId'));
    requireOnSale(event, now, at(no, 'eventId'));
    const places = placesOf(event, line, no, { role, named });
    order.add(event, line, places.quantity, no);
    return toHoldLine(no, line, places, clientLimit(event, client, places.quantity));
  });
  const ttls = [...events.values()].flatMap((event) => event.holdTtlSeconds ?? []);
  return {
    lines,
    guards: guardsOf(events),
    ...(ttls.length > 0 && { ttlSeconds: Math.min(...ttls) }),
  };
}

/** Throws `rule_violated` unless the event is sold at this moment. */
function requireOnSale(event: EventForSale, now: Instant, pointer: string): void {
  if (event.state === 'cancelled')
    throw ruleViolated(pointer, 'event_cancelled', 'This event was cancelled.');
  if (event.state === 'draft') throw ruleViolated(pointer, 'not_on_sale', 'This event is not on sale yet.');
  if (event.state === 'paused')
    throw ruleViolated(pointer, 'sale_paused', 'The sale of this event is paused. Try again later.');
  if (now >= event.closesAt)
    throw ruleViolated(pointer, 'sale_closed', `The sale closed at ${iso(event.closesAt)}.`);
  if (event.saleFrom !== null && now < event.saleFrom)
    throw ruleViolated(pointer, 'sale_not_open', `The sale opens at ${iso(event.saleFrom)}.`);
}

function placesOf(event: EventForSale, line: EventLine, no: number, buyer: Buyer): Places {
  switch (line.kind) {
    case 'seat':
      return namedSeats(event, line, no, buyer);
    case 'bestSeats':
      return chosenSeats(event, line, no, buyer);
    case 'admission':
      return admissions(event, line, no);
  }
}

function admissions(event: EventForSale, { sectionId, quantity }: AdmissionLine, no: number): Places {
  const section = event.sections.get(sectionId);
  if (section === undefined) throw noSuch('section', at(no, 'sectionId'));
  if (section.kind === 'seated')
    throw ruleViolated(
      at(no, 'sectionId'),
      'seats_numbered',
      'This section has numbered seats. Ask for them with a line of the kind "seat" or "bestSeats".',
    );
  return {
    quantity,
    unitMinor: section.amountMinor,
    units: [need(sectionId, quantity)],
    tiers: tiersOf([section]),
  };
}

/** What one order asks for in all of its lines. */
class Order {
  readonly #places = new Map<unknown, number>();
  readonly #seats = new Set<Uuid>();

  /** `others` are lines that the order has already. */
  constructor(others: readonly BookingLine[]) {
    for (const { details, quantity } of others)
      if (details['eventId'] !== undefined) this.#count(details['eventId'], quantity);
  }

  /** Throws `rule_violated` for a seat asked for twice and for more places than one order may have. */
  add(event: EventForSale, line: EventLine, quantity: number, no: number): void {
    for (const [i, id] of (line.kind === 'seat' ? line.seatIds : []).entries()) {
      if (this.#seats.has(id))
        throw ruleViolated(at(no, `seatIds/${i}`), 'duplicate_item', 'Another line asks for this seat too.');
      this.#seats.add(id);
    }
    const places = this.#count(event.id, quantity);
    if (event.maxPerOrder !== null && places > event.maxPerOrder)
      throw ruleViolated(
        at(no, line.kind === 'seat' ? 'seatIds' : 'quantity'),
        'over_limit',
        `One order may have at most ${event.maxPerOrder} places of this event.`,
      );
  }

  #count(eventId: unknown, quantity: number): number {
    const places = (this.#places.get(eventId) ?? 0) + quantity;
    this.#places.set(eventId, places);
    return places;
  }
}

/** "So many per client" is stock as well: counted with the hold, and given back with it. */
function clientLimit({ id, maxPerClient }: EventForSale, client: string, units: number): UnitsNeed[] {
  return maxPerClient === null ? [] : [{ ...need(limitId(id, client), units), cap: maxPerClient }];
}

function toHoldLine(
  no: number,
  line: EventLine,
  { quantity, unitMinor, units, choice, tiers }: Places,
  limit: UnitsNeed[],
): ResolvedLine {
  const whole = priced({
    no,
    ...wordsOf(line),
    quantity,
    unitMinor,
    units: [...units, ...limit],
    ...(choice && { choice }),
  });
  return { ...whole, sold: { eventId: line.eventId, tiers } };
}

/** Once the best seats are chosen it is a line like one that names them, and is swapped, cancelled and shown like one. */
function wordsOf({ kind, ...details }: EventLine): Pick<HoldLine, 'kind' | 'details'> {
  return kind === 'bestSeats' ? { kind: 'seat', details: { eventId: details.eventId } } : { kind, details };
}
