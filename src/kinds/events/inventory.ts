import type { Database } from '../../platform/db.ts';
import type { Uuid } from '../../platform/id.ts';
import { around, JsonBytes } from '../../platform/json-bytes.ts';
import type { Row } from '../../platform/statement.ts';
import { sectionsShown, shownTo, type Looked, type Viewer } from './access-code.ts';
import { inventory } from './event-queries.ts';
import { digitsOf, SEAT_DIGITS, withoutDigits } from './place.ts';
import type { SeatState, SectionNow } from './inventory-schema.ts';
import type { SeatRow } from './venue-schema.ts';

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
 * What can still be had of an event, as JSON: written here and not by the schema, because a hall of 20 000 seats makes 3 MB.
 * Holds that have expired count as free by the database's clock.
 */
export async function inventoryBytes(
  db: Database,
  tenant: Uuid,
  eventId: Uuid,
  { withSeats, ...viewer }: Viewer & { withSeats: boolean },
): Promise<Looked<Buffer>> {
  const rows = await db.read(tenant, inventory, eventId, withSeats, null);
  const { first, sections: offered, isMiss } = sectionsShown(rows, eventId, viewer);
  const shown = shownTo(viewer, eventId);
  const sections = offered.map((row) => toSection(row, shown));
  const head = JSON.stringify({ eventId, sections, version: first.version });
  return {
    answer: withSeats ? withSeatsOf(offered, head) : Buffer.from(head),
    isMiss,
  };
}

function withSeatsOf(offered: readonly SectionRow[], head: string): Buffer {
  const seated = offered.filter(({ layout }) => layout !== null);
  const json = new JsonBytes(
    head.length + seated.reduce((sum, { capacity }) => sum + capacity, 1) * SEAT_BYTES,
  );
  json.text(`${head.slice(0, -1)},"seats":[`);
  for (const row of seated) {
    if (row !== seated[0]) json.put(COMMA);
    writeSeats(json, row);
  }
  json.text(']}');
  return json.bytes;
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

/** Of a seat in a row with a short name. */
const SEAT_BYTES = 160;
const COMMA = around(',');
const CLOSE = around('}');
const ACCESSIBLE = around(',"accessible":true}');
const STATE = new Map(
  Object.entries(STATES).map(([letter, state]) => [letter.charCodeAt(0), around(`,"state":"${state}"`)]),
);

function writeSeats(json: JsonBytes, section: SectionRow): void {
  const states = statesOf(section);
  const id = around(`{"id":"${withoutDigits(section.id)}`);
  let no = 0;
  for (const { name, seats, accessible = [] } of (section.layout ?? []) as SeatRow[]) {
    const where = around(`","sectionId":"${section.id}","row":${JSON.stringify(name)},"number":`);
    const special = new Set(accessible);
    for (let number = 1; number <= seats; number++) {
      if (no > 0) json.put(COMMA);
      json.put(id);
      json.ascii(digitsOf((no += 1)));
      json.put(where);
      json.ascii(String(number));
      json.put(STATE.get(states[no - 1] ?? 0) ?? FREE);
      json.put(special.has(number) ? ACCESSIBLE : CLOSE);
    }
  }
}

const FREE = around(',"state":"free"');
const LETTER = { free: 'f'.charCodeAt(0), killed: 'k'.charCodeAt(0) };

/** The letter of each seat: as it is by its stock, by holds on it, and by its mark, which only shows on what nobody has. */
function statesOf({ layout, seats, held, marks }: SectionRow): Buffer {
  const count = ((layout ?? []) as SeatRow[]).reduce((sum, row) => sum + row.seats, 0);
  const letters = Buffer.from(seats ?? 'f'.repeat(count), 'latin1');
  for (const { letter, index } of exceptionsIn(held)) letters[index] = letter;
  for (const { letter, index } of exceptionsIn(marks))
    if (letter === LETTER.killed || letters[index] === LETTER.free) letters[index] = letter;
  return letters;
}

/** Letters each followed by the digits of its seat. */
function* exceptionsIn(text: string | null): Generator<{ letter: number; index: number }> {
  if (text === null) return;
  for (let at = 0; at < text.length; at += 1 + SEAT_DIGITS)
    yield { letter: text.charCodeAt(at), index: parseInt(text.slice(at + 1, at + 1 + SEAT_DIGITS), 16) - 1 };
}
