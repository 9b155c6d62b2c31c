import { raiseGuard } from '../../engine/guard.ts';
import { closeStock, lockStock, openStock } from '../../engine/stock.ts';
import { iso, isoOrNull } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { notFound, Problem, ruleViolated } from '../../platform/errors.ts';
import { uuidV7, type Uuid } from '../../platform/id.ts';
import { instantOrNull, parseInstant } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import { announce, withdraw } from '../entry.ts';
import type { Scope } from '../series.ts';
import { isMiss, shownTo, STAFF, type Looked, type Viewer } from './access-code.ts';
import * as sql from './event-queries.ts';
import { seatId, sectionId } from './place.ts';
import type { Event, NewEvent, Prices } from './schema.ts';
import { addTiers, tierAnswer, toTiers, type AskedTiers } from './tier.ts';
import * as venues from './venue-queries.ts';

/** What can be changed of an event but its prices and tiers, as it is written outside. */
type Terms = Omit<Required<NewEvent>, 'venueId' | 'prices' | 'tiers' | 'groups'>;

const NO_TERMS = {
  endsAt: null,
  saleFrom: null,
  saleTo: null,
  holdTtlSeconds: null,
  maxPerOrder: null,
  maxPerClient: null,
  orphanRule: 'off' as const,
};

/** An event as it is shown to this viewer: of what is hidden from him it says nothing. */
export function toEvent(row: Row<typeof sql.eventById.columns>, viewer: Viewer = STAFF): Event {
  const all = toTiers(row.tiers, row.groups);
  const tiers = all.tiers.filter(shownTo(viewer, row.id));
  const groups = all.groups.filter(({ name }) => viewer.seesAll || tiers.some(({ group }) => group === name));
  return {
    ...row,
    state: row.state as Event['state'],
    orphanRule: row.orphanRule as Event['orphanRule'],
    prices: (row.prices ?? []) as Event['prices'],
    tiers: tiers.map(tierAnswer),
    groups: groups.map(({ name, capacity }) => ({ name, capacity })),
    startsAt: iso(row.startsAt),
    endsAt: isoOrNull(row.endsAt),
    saleFrom: isoOrNull(row.saleFrom),
    saleTo: isoOrNull(row.saleTo),
    createdAt: iso(row.createdAt),
  };
}

/** Creates a draft with a copy of those sections of its venue that are sold. */
export async function createEvent(tx: Transaction, actor: string, asked: NewEvent): Promise<Event> {
  const id = await addEvent(tx, await openVenue(tx, asked.venueId), asked);
  await announce(tx, { type: 'event.created', id, version: 1, actor });
  return readEvent(tx, id);
}

/** A venue that events can be made in, locked so that it is not removed or archived meanwhile. */
export async function openVenue(tx: Transaction, id: Uuid): Promise<OpenVenue> {
  const [[venue], sections] = await Promise.all([
    tx.run(venues.lockVenue, id),
    tx.run(venues.sectionsOfVenue, id),
  ]);
  if (venue === undefined) throw ruleViolated('/venueId', 'invalid_reference', 'There is no such venue.');
  if (venue.archivedAt !== null)
    throw ruleViolated('/venueId', 'archived', 'This venue is no longer used. Choose another.');
  return { timezone: venue.timezone, sections };
}

/** The same as `createEvent`, of which nobody is told yet; perhaps a date of a series. */
export async function addEvent(
  tx: Transaction,
  { sections: ofVenue }: OpenVenue,
  asked: NewEvent,
  seriesId: Uuid | null = null,
): Promise<Uuid> {
  const terms = keptTerms({ ...NO_TERMS, ...asked });
  const id = uuidV7();
  const sections = soldSections(ofVenue, id, asked);
  requireOnePriceEach(sections);
  await Promise.all([
    tx.run(sql.insertEvent, id, asked.venueId, ...terms, seriesId),
    insertSections(tx, id, asked.venueId, sections),
    addTiers(tx, id, asked, sections),
  ]);
  return id;
}

/** Removes an event that no booking claims a place of. Throws `in_use` otherwise: such an event is cancelled. */
export async function deleteEvent(
  tx: Transaction,
  actor: string,
  id: Uuid,
  check: (version: number) => void,
): Promise<void> {
  const event = await lockEvent(tx, id);
  check(event.version);
  const { sections } = await stopSales(tx, event);
  const places = sections.flatMap((section) => [section.id, ...seatIds(section)]);
  // Seats too, in the order in which everybody locks: an expired hold may still stand on a seat and not on its section.
  if ((await lockStock(tx, places)) > 0)
    throw new Problem('in_use', 'Bookings still need this event. Cancel it instead: POST .../cancel.');
  if (event.state !== 'draft') await closeStock(tx, places);
  await tx.run(sql.deleteEvent, id);
  await withdraw(tx, { type: 'event.deleted', id, actor });
}

export async function readEvent(tx: Transaction, id: Uuid): Promise<Event> {
  return (await lookAtEvent(tx, id, STAFF)).answer;
}

/** A draft exists only for those who may see it: others are told that there is no such event. */
export async function lookAtEvent(tx: Transaction, id: Uuid, viewer: Viewer): Promise<Looked<Event>> {
  const [row] = await tx.run(sql.eventById, id, viewer.seesAll);
  if (row === undefined) throw notFound('event');
  const { tiers } = toTiers(row.tiers, row.groups);
  return { answer: toEvent(row, viewer), isMiss: isMiss(viewer, id, tiers) };
}

export async function lockEvent(tx: Transaction, id: Uuid): Promise<Row<typeof sql.lockEvent.columns>> {
  const [row] = await tx.run(sql.lockEvent, id);
  if (row === undefined) throw notFound('event');
  return row;
}

export type LockedEvent = Row<typeof sql.lockEvents.columns>;

/** The event, and in their order the other dates of its series that are meant and not over, all locked. */
export async function lockDates(
  tx: Transaction,
  id: Uuid,
  scope: Scope,
): Promise<readonly [LockedEvent, ...LockedEvent[]]> {
  const others = scope === 'this' ? [] : await tx.run(sql.otherDates, id);
  const ids = [id, ...idsOf(others.filter(({ isLater }) => scope === 'all' || isLater))];
  const locked = new Map((await tx.run(sql.lockEvents, ids)).map((each) => [each.id, each]));
  const [named, ...rest] = ids.flatMap((each) => locked.get(each) ?? []);
  if (named?.id !== id) throw notFound('event');
  return [named, ...rest];
}

/** Opens the stock of each section and seat: from then on they can be sold. */
export async function openPlaces(tx: Transaction, sections: readonly SectionOfEvent[]): Promise<void> {
  const rows = sections.flatMap((section) => [
    { resourceId: section.id, capacity: section.capacity },
    ...seatIds(section).map((resourceId) => ({ resourceId, capacity: 1 })),
  ]);
  await openStock(tx, rows);
}

/**
 * For whoever changes what events are sold by: waits for the sales under way, and whatever comes after the change
 * was resolved from what is no longer so and is sent back. Answers the events' sections and how much is taken.
 */
export async function stopSales(
  tx: Transaction,
  ...events: readonly { id: Uuid; version: number }[]
): Promise<{ sections: SectionOfEvent[]; taken: number }> {
  const sections = await tx.run(
    sql.sectionsOfEvents,
    events.map(({ id }) => id),
  );
  const taken = await lockStock(tx, idsOf(sections));
  await Promise.all(events.map(({ id, version }) => raiseGuard(tx, id, version + 1)));
  return { sections, taken };
}

export function idsOf(sections: readonly { id: Uuid }[]): Uuid[] {
  return sections.map(({ id }) => id);
}

export type SectionOfEvent = Row<typeof sql.sectionsOfEvents.columns>;
export interface OpenVenue {
  timezone: string;
  sections: Row<typeof venues.sectionsOfVenue.columns>[];
}
type SoldSection = OpenVenue['sections'][number] & {
  id: Uuid;
  amountMinor: number | null;
  category: string | null;
};

function soldSections(sections: OpenVenue['sections'], id: Uuid, asked: NewEvent): SoldSection[] {
  const prices = priceBySection(asked.prices ?? [], sections);
  const sold = namesOfSold(asked, prices);
  return sections.flatMap((section) => {
    if (sold !== null && !sold.has(section.name)) return [];
    const amountMinor = prices.get(section.name) ?? null;
    const category = asked.prices?.find((price) => price.section === section.name)?.category ?? null;
    return [{ ...section, id: sectionId(id, section.no), amountMinor, category }];
  });
}

/** Sections that have a price or a tier of their own; null: all of the venue, where there are only tiers that name none. */
function namesOfSold({ tiers }: AskedTiers, prices: ReadonlyMap<string, number>): Set<string> | null {
  if (prices.size === 0 && tiers === undefined) throw ruleViolated('/prices', 'missing_field');
  const named = new Set([...prices.keys(), ...(tiers ?? []).flatMap(({ sections }) => sections ?? [])]);
  return named.size === 0 ? null : named;
}

export function priceBySection(prices: Prices, sections: readonly { name: string }[]): Map<string, number> {
  const bySection = new Map<string, number>();
  const names = new Set(sections.map((section) => section.name));
  for (const [i, { section, amountMinor }] of prices.entries()) {
    const at = `/prices/${i}/section`;
    if (!names.has(section))
      throw ruleViolated(at, 'invalid_reference', `There is no section "${section}" here.`);
    if (bySection.has(section))
      throw ruleViolated(at, 'duplicate_item', `There are two prices for "${section}".`);
    bySection.set(section, amountMinor);
  }
  return bySection;
}

/** Throws `rule_violated` when sections of one category have different prices. */
export function requireOnePriceEach(
  sections: readonly { category: string | null; amountMinor: number | null }[],
): void {
  const prices = new Map<string, number>();
  for (const { category, amountMinor } of sections) {
    if (category === null || amountMinor === null) continue;
    if ((prices.get(category) ?? amountMinor) !== amountMinor)
      throw ruleViolated(
        '/prices',
        'mixed_prices',
        `The sections of the category "${category}" need one price.`,
      );
    prices.set(category, amountMinor);
  }
}

async function insertSections(
  tx: Transaction,
  id: Uuid,
  venueId: Uuid,
  sections: readonly SoldSection[],
): Promise<void> {
  await tx.run(
    sql.insertEventSections,
    id,
    sections.map((section) => section.no),
    sections.map((section) => section.id),
    sections.map((section) =>
      section.kind === 'seated' ? seatId(section.id, section.capacity) : section.id,
    ),
    sections.map((section) => section.name),
    sections.map((section) => section.kind),
    sections.map((section) => section.capacity),
    sections.map((section) => section.layout),
    sections.map((section) => section.amountMinor),
    sections.map((section) => section.category),
    venueId,
  );
}

function seatIds(section: { id: Uuid; kind: string; capacity: number }): Uuid[] {
  if (section.kind !== 'seated') return [];
  return Array.from({ length: section.capacity }, (_, i) => seatId(section.id, i + 1));
}

/** The terms as they are kept, in the order of the columns. Throws `rule_violated` when something ends before it begins. */
export function keptTerms({ name, holdTtlSeconds, maxPerOrder, maxPerClient, orphanRule, ...terms }: Terms) {
  const startsAt = parseInstant(terms.startsAt);
  const endsAt = instantOrNull(terms.endsAt);
  const saleFrom = instantOrNull(terms.saleFrom);
  const saleTo = instantOrNull(terms.saleTo);
  if (endsAt !== null && endsAt <= startsAt) throw ruleViolated('/endsAt', 'empty_interval');
  if (saleFrom !== null && saleTo !== null && saleTo <= saleFrom)
    throw ruleViolated('/saleTo', 'empty_interval');
  return [
    ...([name, startsAt, endsAt, saleFrom, saleTo] as const),
    ...([holdTtlSeconds, maxPerOrder, maxPerClient, orphanRule] as const),
  ] as const;
}
