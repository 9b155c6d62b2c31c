import { freeMembers } from '../../engine/free-members.ts';
import type { HoldLine } from '../../engine/index.ts';
import type { Uuid } from '../../platform/id.ts';
import type { ResolveContext } from '../kind.ts';
import { bestSeats } from './best-seats.ts';
import { eventsForSale, type SectionForSale } from './catalogue.ts';
import { inventory } from './event-queries.ts';
import { block, blocksIn, hasBetter, strandedBy } from './orphan.ts';
import { seatId, seatOf } from './place.ts';
import type { AdmissionLine, SeatLine } from './schema.ts';
import { forSale } from './seat-line.ts';
import { freeStretches, seatsUnder, type MapRow, type SeatMap } from './seat-map.ts';
import { atPriceOf, type EventAtPrice } from './tier-line.ts';

const MOST = 3;

/** Other standing sections with as many places, or as many free seats side by side, near those asked for or the best. */
export async function eventAlternatives(context: ResolveContext, refused: HoldLine): Promise<object[]> {
  const details = refused.details as Omit<SeatLine, 'kind'> | Omit<AdmissionLine, 'kind'>;
  const { db, tenant, fresh } = context;
  const found = (await eventsForSale(db, tenant.id, [details.eventId], fresh)).get(details.eventId);
  const event = found && atPriceOf(found, details.tier ?? undefined);
  if (event === undefined) return [];
  if (refused.kind === 'admission')
    return otherSections(context, event, details as Omit<AdmissionLine, 'kind'>);
  return 'seatIds' in details
    ? nearSeats(context, event, details.seatIds)
    : bestElsewhere(context, event, refused.quantity);
}

async function otherSections(
  { db, tenant }: ResolveContext,
  event: EventAtPrice,
  { eventId, sectionId, quantity }: Omit<AdmissionLine, 'kind'>,
): Promise<object[]> {
  const now = await db.read(tenant.id, inventory, eventId, false, null);
  const price = priceOf(event, sectionId) ?? 0;
  const away = (id: Uuid) => Math.abs((priceOf(event, id) ?? 0) - price);
  return now
    .filter(({ id, kind, available }) => id !== sectionId && kind === 'standing' && available >= quantity)
    .filter(({ id }) => priceOf(event, id) !== null)
    .sort((a, b) => away(a.id) - away(b.id))
    .slice(0, MOST)
    .map(({ id }) => ({ kind: 'admission', eventId, sectionId: id, quantity, ...tierOf(event) }));
}

async function nearSeats(
  { db, tenant }: ResolveContext,
  event: EventAtPrice,
  seatIds: readonly Uuid[],
): Promise<object[]> {
  const [first = ''] = seatIds;
  const { section: id, no } = seatOf(first);
  const section = event.sections.get(id);
  if (section === undefined || section.map === null) return [];
  const { map } = section;
  const free = (await freeSeats(db, tenant.id, [section])).get(id) ?? new Uint8Array();
  const wouldDo = (row: MapRow, from: number) => {
    const known = { free, offset: 0 };
    const stranded = event.orphanRule && strandedBy(map, row, known, block(from, seatIds.length)).length > 0;
    return !stranded || !hasBetter(map, row, known, seatIds.length);
  };
  return nearestSeats(map, free, { wanted: no - 1, count: seatIds.length, most: MOST }, wouldDo).map(
    (seats) => seatLine(event, id, seats),
  );
}

/** In each section the best seats for so many, over several rows where it must be; the best of them first. */
async function bestElsewhere(
  { db, tenant }: ResolveContext,
  event: EventAtPrice,
  quantity: number,
): Promise<object[]> {
  const sections = [...event.sections.values()].filter(
    (each) => each.map !== null && each.amountMinor !== null,
  );
  const free = await freeSeats(db, tenant.id, sections);
  const found = sections.flatMap(({ id, map }) => {
    const seats = free.get(id);
    const best = map && seats && bestSeats(map, seats, { quantity, accessible: false, split: true });
    return best ? [{ id, ...best }] : [];
  });
  return found
    .sort((a, b) => a.cost - b.cost)
    .slice(0, MOST)
    .map(({ id, seats }) => seatLine(event, id, seats));
}

function seatLine(event: EventAtPrice, section: Uuid, seats: readonly number[]): object {
  const seatIds = seats.map((index) => seatId(section, index + 1));
  return { kind: 'seat', eventId: event.id, seatIds, ...tierOf(event) };
}

function priceOf({ sections }: EventAtPrice, id: Uuid): number | null {
  return sections.get(id)?.amountMinor ?? null;
}

function tierOf({ tier }: EventAtPrice): { tier?: string } {
  return tier === undefined ? {} : { tier: tier.name };
}

/** Of each section a 1 for each seat that can be had now, by index. */
async function freeSeats(
  db: ResolveContext['db'],
  tenant: Uuid,
  sections: readonly SectionForSale[],
): Promise<Map<Uuid, Uint8Array>> {
  const groups = sections.map(({ id, capacity }) => seatsUnder(id, 0, capacity));
  const free = await freeMembers(db, tenant, groups);
  return new Map(
    sections.map((section, i) => {
      const read = free.get(groups[i]?.first ?? '') ?? new Uint8Array();
      return [section.id, forSale(section, read.slice())]; // others have read the same
    }),
  );
}

/** Of each row the free seats side by side that are nearest to the seat `wanted` and would do; nearest rows first. */
export function nearestSeats(
  { rows }: SeatMap,
  free: Uint8Array,
  { wanted, count, most }: { wanted: number; count: number; most: number },
  wouldDo: (row: MapRow, from: number) => boolean = () => true,
): number[][] {
  const home = rows.findIndex(({ from, seats }) => wanted < from + seats);
  const column = wanted - (rows[home]?.from ?? 0);
  const found: { aside: number; start: number }[] = [];
  for (let away = 0; found.length < most && away < rows.length; away++) {
    const level = [...new Set([home - away, home + away])].flatMap((no) => rows[no] ?? []);
    const here = level.flatMap((row) => {
      const aside = (start: number) => Math.abs(start - row.from - column);
      const starts = freeStretches(row, free)
        .flatMap((run) => blocksIn(run, count))
        .sort((a, b) => aside(a) - aside(b));
      const start = starts.find((from) => wouldDo(row, from));
      return start === undefined ? [] : [{ aside: aside(start), start }];
    });
    found.push(...here.sort((a, b) => a.aside - b.aside));
  }
  return found.slice(0, most).map(({ start }) => [...block(start, count)]);
}
