import { keepEntries } from '../../engine/kept-entries.ts';
import type { Instant } from '../../platform/clock.ts';
import type { Uuid } from '../../platform/id.ts';
import * as sql from './event-queries.ts';
import { seatOf } from './place.ts';
import type { SeatMark } from './schema.ts';
import { toSeatMap, type SeatMap } from './seat-map.ts';
import type { Tier } from './tier.ts';
import type { SeatRow } from './venue-schema.ts';

export interface SectionForSale {
  id: Uuid;
  name: string;
  kind: 'seated' | 'standing';
  /** Places as the event was made with; how many are left is the stock's to say. */
  capacity: number;
  /** Null: it is sold in tiers only. */
  amountMinor: number | null;
  category: string | null;
  /** Where its seats are; null where people stand. */
  map: SeatMap | null;
  /** Its seats that are not sold as others are, by index. */
  marks: ReadonlyMap<number, SeatMark>;
}

/** A tier with what its group allows. */
export type TierForSale = Tier & { groupId: Uuid | null; groupCapacity: number | null };

/** An event as far as selling needs to know it. */
export interface EventForSale {
  id: Uuid;
  version: number;
  state: string;
  saleFrom: Instant | null;
  /** When the sale closes by itself. */
  closesAt: Instant;
  holdTtlSeconds: number | null;
  maxPerOrder: number | null;
  maxPerClient: number | null;
  /** Whether a sale may not leave a single seat alone. */
  orphanRule: boolean;
  /** In the order of the venue. */
  sections: ReadonlyMap<Uuid, SectionForSale>;
  /** By name. */
  tiers: ReadonlyMap<string, TierForSale>;
}

/** Sections, rows between their aisles, marked seats and tiers of all events kept: some 200 bytes each. */
const MOST_KEPT = 100_000;

/** The tenant's events by id; ids that are unknown are left out. */
export const eventsForSale = keepEntries<EventForSale>(
  { most: MOST_KEPT, weight: weightOf },
  async (db, tenant, ids) => {
    const rows = await db.read(tenant, sql.eventsForSale, ids);
    return rows.map(({ startsAt, endsAt, saleTo, marks, tiers, orphanRule, ...row }) => {
      const sections = toSections(row.sections as SectionRow[], marks as Record<Uuid, SeatMark> | null);
      const over = endsAt ?? startsAt;
      return {
        ...row,
        orphanRule: orphanRule === 'on',
        closesAt: Math.min(saleTo ?? startsAt, over),
        sections: new Map(sections.map((section) => [section.id, section])),
        tiers: new Map(((tiers ?? []) as TierForSale[]).map((tier) => [tier.name, tier])),
      };
    });
  },
);

type SectionRow = Omit<SectionForSale, 'map' | 'marks'> & { layout: readonly SeatRow[] | null };

function toSections(rows: readonly SectionRow[], marks: Record<Uuid, SeatMark> | null): SectionForSale[] {
  const bySection = new Map<Uuid, Map<number, SeatMark>>(rows.map(({ id }) => [id, new Map()]));
  for (const [id, mark] of Object.entries(marks ?? {})) {
    const { section, no } = seatOf(id);
    bySection.get(section)?.set(no - 1, mark);
  }
  return rows.map(({ layout, ...row }) => ({
    ...row,
    map: layout === null ? null : toSeatMap(layout),
    marks: bySection.get(row.id) ?? new Map<number, SeatMark>(),
  }));
}

function weightOf({ sections, tiers }: EventForSale): number {
  return [...sections.values()].reduce(
    (sum, { map, marks }) => sum + 1 + stretchesOf(map) + marks.size,
    tiers.size,
  );
}

function stretchesOf(map: SeatMap | null): number {
  return map?.rows.reduce((sum, { stretches }) => sum + stretches.length, 0) ?? 0;
}
