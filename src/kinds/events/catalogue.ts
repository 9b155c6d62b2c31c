import { keepEntries } from '../../engine/kept-entries.ts';
import type { Instant } from '../../platform/clock.ts';
import type { Uuid } from '../../platform/id.ts';
import * as sql from './event-queries.ts';

export interface SectionForSale {
  id: Uuid;
  kind: 'seated' | 'standing';
  /** Places as the event was made with; how many are left is the stock's to say. */
  capacity: number;
  amountMinor: number;
}

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
  sections: ReadonlyMap<Uuid, SectionForSale>;
}

/** Sections of all events kept: some 200 bytes each. */
const KEPT_SECTIONS = 100_000;

/** The tenant's events by id; ids that are unknown are left out. */
export const eventsForSale = keepEntries<EventForSale>(
  { most: KEPT_SECTIONS, weight: (event) => event.sections.size },
  async (db, tenant, ids) => {
    const rows = await db.read(tenant, sql.eventsForSale, ids);
    return rows.map(({ startsAt, endsAt, saleTo, ...row }) => {
      const sections = row.sections as SectionForSale[];
      const over = endsAt ?? startsAt;
      return {
        ...row,
        closesAt: Math.min(saleTo ?? startsAt, over),
        sections: new Map(sections.map((section) => [section.id, section])),
      };
    });
  },
);
