import type { HoldLine } from '../../engine/index.ts';
import type { Uuid } from '../../platform/id.ts';
import type { ResolveContext } from '../kind.ts';
import { inventory } from './event-queries.ts';
import { seatId, seatOf } from './place.ts';
import type { AdmissionLine, SeatLine, SeatRow } from './schema.ts';

const MOST = 3;

/** Other standing sections with as many places, or as many free seats side by side near those asked for. */
export function eventAlternatives(context: ResolveContext, refused: HoldLine): Promise<object[]> {
  return refused.kind === 'seat'
    ? otherSeats(context, refused.details as Omit<SeatLine, 'kind'>)
    : otherSections(context, refused.details as Omit<AdmissionLine, 'kind'>);
}

async function otherSections(
  { db, tenant }: ResolveContext,
  { eventId, sectionId, quantity }: Omit<AdmissionLine, 'kind'>,
): Promise<object[]> {
  const sections = await db.read(tenant.id, inventory, eventId, false, null);
  const price = sections.find((section) => section.id === sectionId)?.amountMinor ?? 0;
  return sections
    .filter(({ id, kind, available }) => id !== sectionId && kind === 'standing' && available >= quantity)
    .sort((a, b) => Math.abs(a.amountMinor - price) - Math.abs(b.amountMinor - price))
    .slice(0, MOST)
    .map(({ id, name, amountMinor }) => {
      return { kind: 'admission', eventId, sectionId: id, quantity, name, amountMinor };
    });
}

async function otherSeats(
  { db, tenant }: ResolveContext,
  { eventId, seatIds }: Omit<SeatLine, 'kind'>,
): Promise<object[]> {
  const [first = ''] = seatIds;
  const wanted = seatOf(first);
  const [section] = await db.read(tenant.id, inventory, eventId, true, wanted.section);
  if (section === undefined) return [];
  const rows = (section.layout ?? []) as SeatRow[];
  return nearestSeats(rows, section.seats ?? '', wanted.no, seatIds.length, MOST).map((nos) => ({
    kind: 'seat',
    eventId,
    seatIds: nos.map((no): Uuid => seatId(section.id, no)),
  }));
}

/**
 * Of each row the `count` free seats side by side that are nearest to the seat `wanted`; nearest rows first. `states`
 * has a letter for each seat, `f` for a free one; seats are counted from 1 through all rows.
 */
export function nearestSeats(
  rows: readonly Pick<SeatRow, 'seats'>[],
  states: string,
  wanted: number,
  count: number,
  most: number,
): number[][] {
  const free = 'f'.repeat(count);
  const found: { row: number; offset: number; start: number }[] = [];
  let before = 0;
  const ranges = rows.map(({ seats }) => ({ from: before, to: (before += seats) }));
  const home = ranges.findIndex(({ to }) => wanted <= to);
  const column = wanted - 1 - (ranges[home]?.from ?? 0);
  for (const [row, { from, to }] of ranges.entries()) {
    const starts: number[] = [];
    for (
      let at = states.indexOf(free, from);
      at !== -1 && at + count <= to;
      at = states.indexOf(free, at + 1)
    )
      starts.push(at);
    const [start] = starts.sort((a, b) => Math.abs(a - from - column) - Math.abs(b - from - column));
    if (start !== undefined) found.push({ row, offset: Math.abs(start - from - column), start });
  }
  return found
    .sort((a, b) => Math.abs(a.row - home) - Math.abs(b.row - home) || a.offset - b.offset)
    .slice(0, most)
    .map(({ start }) => Array.from({ length: count }, (_, i) => start + i + 1));
}
