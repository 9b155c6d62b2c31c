import { searched } from '../../people/client.ts';
import { iso } from '../../platform/clock.ts';
import { invalidCursor, readCursor, writeCursor, type SortType } from '../../platform/cursor.ts';
import type { Database, Transaction } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { answerPage, requireOneWay, type PagedQuery, type Pagination } from '../../platform/list.ts';
import type { Row } from '../../platform/statement.ts';
import * as sql from './attendee-list-queries.ts';
import { sectionsWithSeats } from './attendee-queries.ts';
import type { Attendee } from './attendee-schema.ts';
import { placesOfEvent, seatOf } from './place.ts';
import type { SeatRow } from './venue-schema.ts';
import { rowOf, toSeatMap, type SeatMap } from './seat-map.ts';
import { isIssued, person, ticketId } from './ticket.ts';

type Place = Row<typeof sql.attendees.columns>;
type Section = Row<typeof sectionsWithSeats.columns>;
/** The place that a page begins behind. */
type Behind = readonly [no: number, at: Uuid | null, line: number, n: number];
const START: Behind = [0, null, 0, 0];

/** One page of who has places of an event, section by section; with `search` only those who are named so. */
export async function listAttendees(
  db: Pick<Database, 'look'>,
  tenant: Uuid,
  eventId: Uuid,
  query: PagedQuery & { search?: string },
): Promise<{ data: Partial<Attendee>[]; pagination: Pagination }> {
  requireOneWay(query);
  const behind = query.cursor === undefined ? START : readPlace(tenant, eventId, query.cursor);
  const { sections, ...page } = await db.look(tenant, (tx) => pageOf(tx, eventId, query, behind));
  if (sections.length === 0) throw notFound('event');
  const show = shownIn(sections);
  return answerPage(query, page, show, (last) => writePlace(tenant, eventId, last));
}

async function pageOf(
  tx: Pick<Transaction, 'run'>,
  eventId: Uuid,
  { search = '', limit, page }: PagedQuery & { search?: string },
  behind: Behind,
) {
  const at = [eventId, limit + 1, limit * ((page ?? 1) - 1), ...behind] as const;
  const named = [searched(search), ...placesOfEvent(eventId)] as const;
  const isAll = search === '';
  const [sections, rows, counted] = await Promise.all([
    tx.run(sectionsWithSeats, eventId),
    isAll ? tx.run(sql.attendees, ...at) : tx.run(sql.attendeesNamed, ...at, ...named),
    page === undefined
      ? []
      : isAll
        ? tx.run(sql.countAttendees, eventId)
        : tx.run(sql.countAttendeesNamed, eventId, ...named),
  ]);
  return { sections, rows, total: page === undefined ? undefined : counted[0]?.total };
}

/** The row of a seat and its number there. */
function seatIn({ rows, map }: { rows: readonly SeatRow[]; map: SeatMap }, id: Uuid) {
  const index = seatOf(id).no - 1;
  const row = rowOf(map, index);
  if (row === undefined) return { row: null, number: null };
  return { row: rows[map.rows.indexOf(row)]?.name ?? null, number: index - row.from + 1 };
}

function shownIn(sections: readonly Section[]): (place: Place) => Attendee {
  const found = new Map(
    sections.map(({ id, name, layout }) => {
      const rows = (layout ?? []) as SeatRow[];
      return [id, { name, rows, map: toSeatMap(rows) }] as const;
    }),
  );
  return (place) => {
    const section = found.get(place.sectionId);
    const isSeat = place.n === 0;
    const seat =
      isSeat && section !== undefined ? seatIn(section, place.placeId) : { row: null, number: null };
    return {
      ticketId: isIssued(place.state) ? ticketId(place) : null,
      sectionId: place.sectionId,
      section: section?.name ?? '',
      tier: place.tier,
      ...seat,
      seatId: isSeat ? place.placeId : null,
      ...bookingOf(place),
    };
  };
}

function bookingOf(place: Place) {
  const { bookingId, reference, state, lineNo, clientId, unitPriceMinor, paidMinor, currency } = place;
  return {
    ...{ bookingId, reference, state, line: lineNo, clientId },
    client: person(place.firstName, place.lastName, place.email),
    holder: person(place.holderFirst, place.holderLast, place.holderEmail),
    ...{ unitPriceMinor, paidMinor, currency },
    bookedAt: iso(place.bookedAt),
    checkedInAt: place.checkedInAt === null ? null : iso(place.checkedInAt),
  };
}

const SORTS: ReadonlyMap<string, SortType> = new Map([['place', 'text']]);
const listOf = (eventId: Uuid) => `attendees ${eventId}`;

function writePlace(tenant: Uuid, eventId: Uuid, { no, at, line, n }: Place): string {
  return writeCursor(listOf(eventId), tenant, { sort: 'place', value: `${no} ${line} ${n}`, id: at });
}

function readPlace(tenant: Uuid, eventId: Uuid, cursor: string): Behind {
  const { value, id } = readCursor(listOf(eventId), tenant, SORTS, cursor);
  const [, no, line, n] = /^(\d{1,3}) (\d{1,9}) (\d{1,9})$/.exec(value) ?? [];
  if (no === undefined || line === undefined || n === undefined) throw invalidCursor();
  return [Number(no), id, Number(line), Number(n)];
}
