import { standingLines, type Booking, type BookingLine } from '../../engine/index.ts';
import type { Instant } from '../../platform/clock.ts';
import type { Uuid } from '../../platform/id.ts';
import type { Row } from '../../platform/statement.ts';
import { seatId, seatOf } from './place.ts';
import type { countedScans } from './scan-queries.ts';
import type { keptTickets } from './ticket-queries.ts';
import type { Recipient } from './ticket-schema.ts';

/** When, where and on what a ticket was used. */
export interface Use {
  at: Instant;
  entrance: string | null;
  device: string | null;
}

/**
 * One place of a confirmed booking. It is made from the booking whenever it is asked for, so there is no ticket without
 * its place and no place without its ticket; `version` and `holder` are kept beside it once it was given away.
 */
export interface Ticket {
  bookingId: Uuid;
  lineNo: number;
  /** The seat; where people stand, the section's id with the number of the place in the line. */
  placeId: Uuid;
  eventId: Uuid;
  /** The price that it was sold at; null: the section's own. */
  tier: string | null;
  version: number;
  holder: Recipient | null;
  /** Scans up to then do not count. */
  undoneAt: Instant | null;
  used: Use | null;
  /** Whether what let it in was a scan, and not a mark on the whole line. */
  isScanned: boolean;
}

type Kept = Row<typeof keptTickets.columns>;
type Counted = Row<typeof countedScans.columns>;

/** What names a ticket among all of a company. */
export type TicketKey = Pick<Ticket, 'bookingId' | 'lineNo' | 'placeId'>;

const PLACE_DIGITS = 8;
const ISSUED: ReadonlySet<string> = new Set(['confirmed', 'completed', 'noShow']);

/** Whether a booking in this state has tickets. */
export function isIssued(state: string): boolean {
  return ISSUED.has(state);
}

/** The tickets of a booking in the order of its lines and places; none unless it is confirmed, or was. */
export function ticketsOf(booking: Booking, kept: readonly Kept[], counted: readonly Counted[]): Ticket[] {
  if (!isIssued(booking.state)) return [];
  const keptBy = new Map(kept.map((row) => [keyOf(row), row]));
  const countedBy = new Map(counted.map((row) => [keyOf(row), row]));
  return standingLines(booking.lines).flatMap((line) =>
    placesOf(line).map((placeId) => {
      const key = { bookingId: booking.id, lineNo: line.no, placeId };
      return toTicket(key, line, keptBy.get(keyOf(key)), countedBy.get(keyOf(key)));
    }),
  );
}

/** The same, of one ticket only. */
export function ticketOf(
  booking: Booking,
  key: TicketKey,
  kept: readonly Kept[],
  counted: readonly Counted[],
): Ticket | undefined {
  const line = standingLines(booking.lines).find(({ no }) => no === key.lineNo);
  if (!isIssued(booking.state) || line === undefined || !hasPlace(line, key.placeId)) return undefined;
  const mine = (row: TicketKey) => keyOf(row) === keyOf(key);
  return toTicket(key, line, kept.find(mine), counted.find(mine));
}

function toTicket(
  { bookingId, lineNo, placeId }: TicketKey,
  line: BookingLine,
  kept: Kept | undefined,
  scan: Counted | undefined,
): Ticket {
  const marked = line.checkedInAt === null ? null : { at: line.checkedInAt, entrance: null, device: null };
  return {
    ...{ bookingId, lineNo, placeId, eventId: String(line.details['eventId']) },
    tier: (line.details['tier'] as string | undefined) ?? null,
    version: kept?.version ?? 1,
    holder: holderOf(kept),
    undoneAt: kept?.undoneAt ?? null,
    used: scan === undefined ? marked : useOf(scan),
    isScanned: scan !== undefined,
  };
}

/** A scan as it is told; what was not named is empty in the database, for its primary key. */
export function useOf({
  scannedAt,
  entrance,
  device,
}: Pick<Counted, 'scannedAt' | 'entrance' | 'device'>): Use {
  return { at: scannedAt, entrance: entrance || null, device: device || null };
}

function holderOf(kept: Kept | undefined): Recipient | null {
  return kept === undefined ? null : person(kept.firstName, kept.lastName, kept.email);
}

/** Somebody who is there whole or not at all. */
export function person(
  firstName: string | null,
  lastName: string | null,
  email: string | null,
): Recipient | null {
  return firstName === null || lastName === null || email === null ? null : { firstName, lastName, email };
}

/** The places of a line; none when it is of another kind. */
export function placesOf({ kind, details, quantity }: BookingLine): Uuid[] {
  if (kind === 'seat') return details['seatIds'] as Uuid[];
  if (kind !== 'admission') return [];
  const section = String(details['sectionId']);
  return Array.from({ length: quantity }, (_, i) => seatId(section, i + 1));
}

function hasPlace(line: BookingLine, placeId: Uuid): boolean {
  if (line.kind === 'seat') return (line.details['seatIds'] as Uuid[]).includes(placeId);
  const { section, no } = seatOf(placeId);
  return line.kind === 'admission' && line.details['sectionId'] === section && no >= 1 && no <= line.quantity;
}

export function keyOf({ bookingId, lineNo, placeId }: TicketKey): string {
  return `${bookingId} ${lineNo} ${placeId}`;
}

/**
 * The id of a ticket outside. It leaves out the event, which the line of the booking knows: where a line is moved to the
 * same place of another date, its ticket keeps its id and gets another token.
 */
export function ticketId({ bookingId, lineNo, placeId }: TicketKey): string {
  return `${bookingId}-${lineNo}-${placeId.slice(-PLACE_DIGITS)}`;
}

/** The booking and line that an id names, and how its place ends. */
export function readTicketId(id: string): { bookingId: Uuid; lineNo: number; place: string } {
  const [, bookingId = '', lineNo = '', place = ''] = /^(.{36})-(\d+)-(.{8})$/.exec(id) ?? [];
  return { bookingId, lineNo: Number(lineNo), place };
}

export function isOfId(id: { lineNo: number; place: string }, ticket: Ticket): boolean {
  return ticket.lineNo === id.lineNo && ticket.placeId.endsWith(id.place);
}
