import { iso } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { ruleViolated } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import type { Row } from '../../platform/statement.ts';
import { shelf } from '../shelf.ts';
import * as sql from './venue-queries.ts';
import { planOf, type SeatPlan } from './seat-plan.ts';
import { MOST_SEATS, type NewSection, type NewVenue, type SeatRow } from './venue-schema.ts';
import type { Venue, VenuePatch } from './venue-schema.ts';

/** A section as it is kept: its number in the venue, its rows if it has numbered seats, and where they are. */
interface KeptSection {
  no: number;
  name: string;
  kind: 'seated' | 'standing';
  capacity: number;
  layout: readonly SeatRow[] | null;
  plan: SeatPlan | null;
}

/** As the statements build it; without rows and plan in lists. */
type ReadSection = Omit<Venue['sections'][number], 'rows'> & {
  rows?: SeatRow[] | null;
  plan?: SeatPlan | null;
};

export function toVenue({ archivedAt, createdAt, ...row }: Row<typeof sql.venueById.columns>): Venue {
  const sections = row.sections as ReadSection[];
  return {
    ...row,
    capacity: sections.reduce((sum, section) => sum + section.capacity, 0),
    sections: sections.map(toSection),
    archived: archivedAt !== null,
    createdAt: iso(createdAt),
  };
}

function toSection({ rows, plan, ...section }: ReadSection): Venue['sections'][number] {
  if (!rows) return section;
  const drawn = rows.map((row, i) => ({ ...row, ...plan?.rows[i] }));
  return { ...section, rows: drawn, ...(plan?.at && { at: plan.at }) };
}

/** Venues with their sections. Events copy what they sell, so no sale has to see a change. */
export const venueShelf = shelf<Venue, NewVenue, VenuePatch>({
  word: 'venue',
  table: 'events.venue',
  isSold: false,
  inUse: 'Events take place at this venue. Archive it instead: PATCH {"archived": true}.',
  find: async (tx, id) => (await tx.run(sql.venueById, id)).map(toVenue)[0],
  add: async (tx, id, asked, { timezone }) => {
    const sections = keptSections(asked.sections);
    await tx.run(sql.insertVenue, id, asked.name, asked.timezone ?? timezone);
    await insertSections(tx, id, sections);
  },
  change: async (tx, before, { sections, ...patch }) => {
    const after = { ...before, ...patch };
    if (sections !== undefined) {
      const kept = keptSections(sections);
      await tx.run(sql.deleteSections, before.id);
      await insertSections(tx, before.id, kept);
    }
    await tx.run(sql.updateVenue, before.id, after.name, after.timezone, after.archived);
  },
  told: (patch) => ({ fields: Object.keys(patch) }), // sections have hundreds of rows
});

async function insertSections(tx: Transaction, venue: Uuid, sections: readonly KeptSection[]): Promise<void> {
  await tx.run(
    sql.insertSections,
    venue,
    sections.map((section) => section.no),
    sections.map((section) => section.name),
    sections.map((section) => section.kind),
    sections.map((section) => section.capacity),
    sections.map((section) => section.layout),
    sections.map((section) => section.plan),
  );
}

function keptSections(asked: readonly NewSection[]): KeptSection[] {
  requireDistinctNames(asked, '/sections');
  const sections = asked.map((section, i) => keptSection(section, i));
  const seats = sections.reduce((sum, { layout, capacity }) => sum + (layout === null ? 0 : capacity), 0);
  if (seats > MOST_SEATS)
    throw ruleViolated('/sections', 'out_of_range', `A venue has at most ${MOST_SEATS} numbered seats.`);
  return sections;
}

function keptSection(section: NewSection, i: number): KeptSection {
  const { name, kind } = section;
  if (kind === 'standing')
    return { no: i + 1, name, kind, capacity: section.capacity, layout: null, plan: null };
  requireDistinctNames(section.rows, `/sections/${i}/rows`);
  for (const [j, row] of section.rows.entries()) requireInRow(row, `/sections/${i}/rows/${j}`);
  const capacity = section.rows.reduce((sum, row) => sum + row.seats, 0);
  if (section.capacity !== undefined && section.capacity !== capacity)
    throw ruleViolated(
      `/sections/${i}/capacity`,
      'invalid_value',
      `The rows have ${capacity} seats. Leave capacity out.`,
    );
  const layout = section.rows.map(({ points: _, bend: __, ...row }) => row);
  return { no: i + 1, name, kind, capacity, layout, plan: planOf(section, `/sections/${i}`) };
}

function requireInRow({ seats, accessible = [], aisles = [] }: SeatRow, at: string): void {
  if (Math.max(...accessible) > seats)
    throw ruleViolated(`${at}/accessible`, 'out_of_range', `The row has only ${seats} seats.`);
  if (Math.max(...aisles) >= seats)
    throw ruleViolated(
      `${at}/aisles`,
      'out_of_range',
      `An aisle has a seat behind it: the row has ${seats}.`,
    );
}

function requireDistinctNames(entries: readonly { name: string }[], at: string): void {
  const seen = new Set<string>();
  for (const [i, { name }] of entries.entries()) {
    if (seen.has(name))
      throw ruleViolated(`${at}/${i}/name`, 'duplicate_item', `There are two of the name "${name}".`);
    seen.add(name);
  }
}
