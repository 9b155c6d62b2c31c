import { NOTHING_PICKED, type Choice, type FreeView, type Picked } from '../../engine/choice.ts';
import type { UnitsNeed } from '../../engine/claim.ts';
import type { Group } from '../../engine/groups.ts';
import { ONLY_BUCKET } from '../../engine/index.ts';
import { can, type Role } from '../../people/access.ts';
import { ruleViolated } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { at, noSuch } from '../line.ts';
import type { Sold } from '../../sales/redeem.ts';
import { bestSeats, type Found } from './best-seats.ts';
import type { EventForSale, SectionForSale } from './catalogue.ts';
import { hasBetter, strandedBy } from './orphan.ts';
import { seatId, seatOf } from './place.ts';
import type { BestSeatsLine, SeatLine } from './schema.ts';
import { rowOf, seatsUnder, type MapRow, type SeatMap } from './seat-map.ts';
import { onePrice, type EventAtPrice } from './tier-line.ts';

/** What a line asks for: so many places at one price, and the stock they are, or how it is chosen. */
export interface Places {
  quantity: number;
  unitMinor: number;
  units: UnitsNeed[];
  choice?: Choice;
  tiers: Sold['tiers'];
}

/** Who asks, and the seats that all lines of the order name. */
export interface Buyer {
  role: Role;
  named: ReadonlySet<Uuid>;
}

type Seated = SectionForSale & { map: SeatMap };

/** The seats of a line that names them, with the orphan rule as a choice of yes or no under the lock. */
export function namedSeats(event: EventAtPrice, { seatIds }: SeatLine, no: number, buyer: Buyer): Places {
  const asked = new Map<Seated, number[]>();
  for (const [i, id] of seatIds.entries()) {
    const { section, index } = requireSeat(event, id, at(no, `seatIds/${i}`), buyer.role);
    asked.set(section, [...(asked.get(section) ?? []), index]);
  }
  const sections = [...asked].map(([section, seats]) => need(section.id, seats.length));
  return {
    quantity: seatIds.length,
    unitMinor: onePrice([...asked.keys()], event, no, 'seatIds'),
    units: [...sections, ...seatIds.map((id) => need(id, 1))],
    tiers: tiersOf([...asked.keys()]),
    ...(event.orphanRule && { choice: leavingNoneAlone(asked, sections, buyer) }),
  };
}

/** The best seats of a section, a price category or, where all cost the same, the event. */
export function chosenSeats(event: EventAtPrice, line: BestSeatsLine, no: number, buyer: Buyer): Places {
  const sections = requireSections(event, line, no);
  const { quantity, accessible = false, split = false } = line;
  return {
    quantity,
    unitMinor: onePrice(sections, event, no, line.category === undefined ? 'eventId' : 'category'),
    units: [],
    tiers: tiersOf(sections),
    choice: {
      from: {
        intervals: [],
        units: sections.map(({ id }) => need(id, quantity)),
        groups: sections.map(({ id, capacity }) => seatsUnder(id, 0, capacity)),
      },
      pick: (free) => pickBest(sections, { quantity, accessible, split }, free, buyer),
    },
  };
}

function pickBest(
  sections: readonly Seated[],
  wish: Parameters<typeof bestSeats>[2],
  view: FreeView,
  { named }: Buyer,
): Picked | null {
  let best: (Found & { section: Uuid }) | undefined;
  for (const section of sections) {
    const { id, capacity, map } = section;
    if (view.unitsLeft({ resourceId: id, bucket: ONLY_BUCKET }) < wish.quantity) continue;
    const free = forSale(section, view.freeIn(seatsUnder(id, 0, capacity)));
    for (const seat of named) if (seatOf(seat).section === id) free[seatOf(seat).no - 1] = 0;
    const found = bestSeats(map, free, wish);
    if (found !== null && (best === undefined || found.cost < best.cost)) best = { ...found, section: id };
  }
  if (best === undefined) return null;
  const { section, seats } = best;
  const seatIds = seats.map((index) => seatId(section, index + 1));
  return {
    intervals: [],
    units: [need(section, seats.length), ...seatIds.map((id) => need(id, 1))],
    details: { seatIds },
  };
}

/** Refuses seats that leave a single one alone, where their row has others that do not. */
function leavingNoneAlone(
  asked: ReadonlyMap<Seated, readonly number[]>,
  units: readonly UnitsNeed[],
  { named }: Buyer,
): Choice {
  const rows = [...asked].flatMap(([section, seats]) => inRows(section, seats));
  return {
    from: { intervals: [], units, groups: rows.map(({ group }) => group) },
    pick: (view) => {
      const stranded = rows.flatMap((row) => strandedIn(row, view.freeIn(row.group), named));
      if (stranded.length === 0) return NOTHING_PICKED;
      return { because: stranded.map((resource) => ({ resource, reason: 'strands_seat' })) };
    },
  };
}

/** The seats that a line names in one row. */
interface InRow {
  section: Seated;
  row: MapRow;
  group: Group;
  seats: readonly number[];
}

function inRows(section: Seated, seats: readonly number[]): InRow[] {
  const rows = new Map<MapRow, number[]>();
  for (const seat of seats) {
    const row = rowOf(section.map, seat);
    if (row !== undefined) rows.set(row, [...(rows.get(row) ?? []), seat]);
  }
  return [...rows].map(([row, own]) => {
    return { section, row, group: seatsUnder(section.id, row.from, row.seats), seats: own };
  });
}

/** The seats that the whole order would leave alone in a row although it need not; `told` are those free there. */
function strandedIn({ section, row, seats }: InRow, told: Uint8Array, named: ReadonlySet<Uuid>): Uuid[] {
  if (seats.some((seat) => told[seat - row.from] !== 1)) return []; // somebody has one: that is refused anyway
  const free = forSale(section, told, row.from);
  const taken = new Set<number>();
  for (const id of named) {
    const { section: of, no } = seatOf(id);
    const index = no - 1;
    if (of !== section.id || index < row.from || index >= row.from + row.seats) continue;
    taken.add(index);
    free[index - row.from] = 1; // what earlier lines took is of this order too, and whoever may name a house hold may have it
  }
  const known = { free, offset: row.from };
  const stranded = strandedBy(section.map, row, known, taken);
  if (stranded.length === 0 || !hasBetter(section.map, row, known, taken.size)) return [];
  return stranded.map((index) => seatId(section.id, index + 1));
}

/** Free seats without those that are killed or kept by the house; `offset` is the index of the first one told. */
export function forSale({ marks }: SectionForSale, free: Uint8Array, offset = 0): Uint8Array {
  for (const index of marks.keys())
    if (index >= offset && index - offset < free.length) free[index - offset] = 0;
  return free;
}

function requireSeat(
  event: EventForSale,
  id: Uuid,
  pointer: string,
  role: Role,
): { section: Seated; index: number } {
  const seat = seatOf(id);
  const section = event.sections.get(seat.section);
  if (section === undefined || !isSeated(section) || seat.no < 1 || seat.no > section.capacity)
    throw noSuch('seat', pointer);
  const index = seat.no - 1;
  const mark = section.marks.get(index);
  if (mark === 'killed') throw ruleViolated(pointer, 'not_for_sale', 'This seat is not sold.');
  if (mark === 'house' && !can(role, 'booking.all'))
    throw ruleViolated(pointer, 'not_for_sale', 'This seat is kept by the organiser. Choose another.');
  return { section, index };
}

/** The sections in which the best seats are looked for: where none is named, those that are sold at this price. */
function requireSections(event: EventForSale, { sectionId, category }: BestSeatsLine, no: number): Seated[] {
  if (sectionId !== undefined && category !== undefined)
    throw ruleViolated(at(no, 'category'), 'unknown_field', 'Name a section or a category, not both.');
  if (sectionId !== undefined && !event.sections.has(sectionId)) throw noSuch('section', at(no, 'sectionId'));
  const found = [...event.sections.values()]
    .filter(({ id }) => sectionId === undefined || id === sectionId)
    .filter((section) => category === undefined || section.category === category)
    .filter(isSeated);
  const sold = found.filter(({ amountMinor }) => amountMinor !== null);
  if (found.length > 0) return sold.length > 0 ? sold : found;
  const field = sectionId !== undefined ? 'sectionId' : category !== undefined ? 'category' : 'eventId';
  throw ruleViolated(at(no, field), 'invalid_reference', 'There are no numbered seats here.');
}

function isSeated(section: SectionForSale): section is Seated {
  return section.map !== null;
}

/** By what names each section of a line goes. */
export function tiersOf(sections: readonly SectionForSale[]): Sold['tiers'] {
  return sections.map(({ name, category }) => [name, category]);
}

export function need(resourceId: Uuid, units: number): UnitsNeed {
  return { resourceId, bucket: ONLY_BUCKET, units };
}
