import type { Database } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import type { Row } from '../../platform/statement.ts';
import { shownTo, type Viewer } from './access-code.ts';
import { inventory } from './event-queries.ts';
import { seatId } from './place.ts';
import type { SeatState, SectionNow } from './inventory-schema.ts';
import type { SeatRow } from './schema.ts';

type SectionRow = Row<typeof inventory.columns>;
/** A tier of a section, as the statement builds it. */
interface TierLeft {
  name: string;
  amountMinor: number;
  left: number | null;
  hidden: boolean;
  codes: readonly string[];
}

const STATES: Readonly<Record<string, SeatState>> = {
  ...{ f: 'free', h: 'held', s: 'sold' },
  ...{ k: 'killed', r: 'house' },
};

/**
 * What can still be had of an event, as JSON text: written here and not by the schema, because a hall of 20 000 seats
 * makes 3 MB. Holds that have expired count as free by the database's clock.
 */
export async function inventoryText(
  db: Database,
  tenant: Uuid,
  eventId: Uuid,
  { withSeats, ...viewer }: Viewer & { withSeats: boolean },
): Promise<string> {
  const rows = await db.read(tenant, inventory, eventId, withSeats, null);
  const [first] = rows;
  if (first === undefined || (first.isDraft && !viewer.seesAll)) throw notFound('event');
  const shown = shownTo(viewer, eventId);
  const offered = rows.filter(
    (row) => viewer.seesAll || row.amountMinor !== null || tiersOf(row).some(shown),
  );
  const head = JSON.stringify({
    eventId,
    sections: offered.map((row) => toSection(row, shown)),
    version: first.version,
  });
  if (!withSeats) return head;
  return `${head.slice(0, -1)},"seats":[${offered.flatMap(seatTexts).join()}]}`;
}

export function toSection(
  { id, name, kind, ...row }: SectionRow,
  shown: (tier: TierLeft) => boolean = () => true,
): SectionNow {
  const { capacity, available, amountMinor, category } = row;
  const tiers = tiersOf(row).filter(shown);
  return {
    ...{ id, name, kind: kind as SectionNow['kind'], capacity, available, amountMinor, category },
    ...(tiers.length > 0 && { tiers: tiers.map((tier) => toTier(tier, available)) }),
  };
}

function tiersOf({ tiers }: Pick<SectionRow, 'tiers'>): TierLeft[] {
  return (tiers ?? []) as TierLeft[]; // as the statement builds them
}

function toTier({ name, amountMinor, left }: TierLeft, available: number) {
  return { name, amountMinor, available: Math.min(available, left ?? available) };
}

function seatTexts({ id, layout, seats }: SectionRow): string[] {
  const texts: string[] = [];
  for (const { name, seats: count, accessible = [] } of (layout ?? []) as SeatRow[]) {
    const where = `"sectionId":"${id}","row":${JSON.stringify(name)}`;
    for (let number = 1; number <= count; number++) {
      const state = STATES[seats?.[texts.length] ?? 'f'];
      const special = accessible.includes(number) ? ',"accessible":true' : '';
      texts.push(
        `{"id":"${seatId(id, texts.length + 1)}",${where},"number":${number},"state":"${state}"${special}}`,
      );
    }
  }
  return texts;
}
