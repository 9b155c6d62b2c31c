import type { UnitsNeed } from '../../engine/claim.ts';
import type { BookingLine, HoldLine } from '../../engine/index.ts';
import { limitId } from '../../engine/limit-id.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import { ruleViolated } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import type { AskedLine, ResolveContext, Resolved, ResolvedLine } from '../kind.ts';
import { at, noSuch, priced, withEntries } from '../line.ts';
import { eventsForSale, type EventForSale } from './catalogue.ts';
import type { AdmissionLine, BestSeatsLine, SeatLine } from './schema.ts';
import { chosenSeats, namedSeats, need, tiersOf, type Buyer, type Places } from './seat-line.ts';
import * as tiers from './tier-line.ts';

export type EventLine = SeatLine | BestSeatsLine | AdmissionLine;

/** Lines need places of a section: counted, and for numbered seats the seats themselves too. */
export async function resolveEventLines(
  context: ResolveContext,
  asked: readonly AskedLine<EventLine>[],
): Promise<Resolved> {
  const { client, role, now, others, moved = [], accessCode } = context;
  const named = await withEntries(context, asked, {
    field: 'eventId',
    word: 'event',
    entries: eventsForSale,
  });
  const order = new Order(others);
  const seats = new Set(asked.flatMap(({ line }) => (line.kind === 'seat' ? line.seatIds : [])));
  const lines = named.lines.map(({ no, line, entry: event }): ResolvedLine => {
    requireOnSale(event, now, at(no, 'eventId'));
    const tier = line.tier ?? undefined;
    const quantity = line.kind === 'seat' ? line.seatIds.length : line.quantity;
    const isHad = tiers.hasAlready(
      moved.find((each) => each.no === no),
      line,
      quantity,
    );
    const priced = tiers.requireTier(tiers.offeredTo(event, accessCode, isHad ? tier : undefined), tier, no);
    if (priced.tier !== undefined && !isHad) tiers.requireTierOpen(priced.tier, now, no);
    const places = placesOf(priced, line, no, { role, named: seats });
    order.add(priced, line, quantity, no);
    const limits = [...clientLimit(event, client, quantity), ...tiers.tierLimits(priced.tier, quantity)];
    return toHoldLine(no, line, places, limits, priced.tier?.name);
  });
  const ttls = named.lines.flatMap(({ entry }) => entry.holdTtlSeconds ?? []);
  return {
    lines,
    guards: named.guards,
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

function placesOf(event: tiers.EventAtPrice, line: EventLine, no: number, buyer: Buyer): Places {
  switch (line.kind) {
    case 'seat':
      return namedSeats(event, line, no, buyer);
    case 'bestSeats':
      return chosenSeats(event, line, no, buyer);
    case 'admission':
      return admissions(event, line, no);
  }
}

function admissions(event: tiers.EventAtPrice, { sectionId, quantity }: AdmissionLine, no: number): Places {
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
    unitMinor: tiers.onePrice([section], event, no, 'sectionId'),
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
      if (details['eventId'] !== undefined) {
        this.#count(details['eventId'], quantity);
        if (details['tier'] !== undefined) this.#count(inTier(details['eventId'], details['tier']), quantity);
      }
  }

  /** Throws `rule_violated` for a seat asked for twice and for more places than one order may have. */
  add(event: tiers.EventAtPrice, line: EventLine, quantity: number, no: number): void {
    for (const [i, id] of (line.kind === 'seat' ? line.seatIds : []).entries()) {
      if (this.#seats.has(id))
        throw ruleViolated(at(no, `seatIds/${i}`), 'duplicate_item', 'Another line asks for this seat too.');
      this.#seats.add(id);
    }
    const pointer = at(no, line.kind === 'seat' ? 'seatIds' : 'quantity');
    requireAtMost(event.maxPerOrder, this.#count(event.id, quantity), 'this event', pointer);
    const { id, tier } = event;
    if (tier === undefined) return;
    const places = this.#count(inTier(id, tier.name), quantity);
    requireAtMost(tier.maxPerOrder, places, `the tier "${tier.name}"`, pointer);
  }

  #count(of: unknown, quantity: number): number {
    const places = (this.#places.get(of) ?? 0) + quantity;
    this.#places.set(of, places);
    return places;
  }
}

function inTier(eventId: unknown, tier: unknown): string {
  return `${String(eventId)} ${String(tier)}`;
}

function requireAtMost(most: number | null, places: number, of: string, pointer: string): void {
  if (most !== null && places > most)
    throw ruleViolated(pointer, 'over_limit', `One order may have at most ${most} places of ${of}.`);
}

/** "So many per client" is stock as well: counted with the hold, and given back with it. */
function clientLimit({ id, maxPerClient }: EventForSale, client: string, units: number): UnitsNeed[] {
  return maxPerClient === null ? [] : [{ ...need(limitId(id, client), units), cap: maxPerClient }];
}

function toHoldLine(
  no: number,
  line: EventLine,
  { quantity, unitMinor, units, choice, tiers: sold }: Places,
  limits: UnitsNeed[],
  tier: string | undefined,
): ResolvedLine {
  const whole = priced({
    no,
    ...wordsOf(line, tier),
    quantity,
    unitMinor,
    units: [...units, ...limits],
    ...(choice && { choice }),
  });
  const names = tier === undefined ? sold : sold.map((each) => [...each, tier]);
  return { ...whole, sold: { eventId: line.eventId, tiers: names } };
}

/** Once the best seats are chosen it is a line like one that names them, and is swapped, cancelled and shown like one. */
function wordsOf(
  { kind, tier: _, ...asked }: EventLine,
  tier: string | undefined,
): Pick<HoldLine, 'kind' | 'details'> {
  const named = tier === undefined ? {} : { tier };
  return kind === 'bestSeats'
    ? { kind: 'seat', details: { eventId: asked.eventId, ...named } }
    : { kind, details: { ...asked, ...named } };
}
