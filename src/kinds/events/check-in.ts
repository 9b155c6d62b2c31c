import { lockArriving, markArrived } from '../../engine/arrive.ts';
import { recordChanges, type CatalogueChange } from '../../engine/change.ts';
import { standingLines, type Booking, type BookingLine } from '../../engine/index.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { notFound, Problem, ruleViolated } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { parseInstant } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import { findDoor, toTicketEvent, type TicketEvent } from './entrance.ts';
import { admit, isRefused, readScanned, usedBefore, type Refused, type SettledScan } from './scan.ts';
import * as scans from './scan-queries.ts';
import { toAnswer } from './ticket-answer.ts';
import { acceptedKeys } from './ticket-key.ts';
import * as sql from './ticket-queries.ts';
import type * as schema from './ticket-schema.ts';
import {
  keyOf,
  placesOf,
  readTicketId,
  ticketId,
  ticketOf,
  useOf,
  type Ticket,
  type TicketKey,
} from './ticket.ts';

/** What is read of an event before any ticket of it is looked at. */
export interface AtDoor {
  event: TicketEvent;
  keys: ReturnType<typeof acceptedKeys>;
  now: Instant;
}

export async function openDoor(tx: Transaction, eventId: Uuid): Promise<AtDoor> {
  const [[row], keys] = await Promise.all([tx.run(sql.ticketEvents, [eventId]), tx.run(sql.keys)]);
  if (row === undefined) throw notFound('event');
  return { event: toTicketEvent(row), keys: acceptedKeys(keys), now: row.now };
}

/** Bookings under their locks, with what is kept of their tickets: read behind the locks, so it stays as it is. */
export interface Arriving {
  booking(id: Uuid): Booking | undefined;
  ticket(key: TicketKey): Ticket | undefined;
  counted: readonly Row<typeof scans.countedScans.columns>[];
}

export async function lockTickets(tx: Transaction, bookingIds: readonly Uuid[]): Promise<Arriving> {
  const [bookings, kept, counted] = await Promise.all([
    lockArriving(tx, bookingIds),
    tx.run(sql.keptTickets, bookingIds),
    tx.run(scans.countedScans, bookingIds),
  ]);
  const byId = new Map(bookings.map((booking) => [booking.id, booking]));
  return {
    booking: (id) => byId.get(id),
    ticket: (key) => {
      const booking = byId.get(key.bookingId);
      return booking && ticketOf(booking, key, kept, counted);
    },
    counted,
  };
}

/** The ticket of an id with its booking and line, locked. Throws `not_found` when there is none. */
export async function lockTicket(
  tx: Transaction,
  id: string,
): Promise<{ booking: Booking; line: BookingLine; ticket: Ticket; arriving: Arriving }> {
  const { bookingId, lineNo, place } = readTicketId(id);
  const arriving = await lockTickets(tx, [bookingId]);
  const booking = arriving.booking(bookingId);
  const line = booking?.lines.find(({ no }) => no === lineNo);
  const placeId = line && placesOf(line).find((each) => each.endsWith(place));
  const ticket = placeId === undefined ? undefined : arriving.ticket({ bookingId, lineNo, placeId });
  if (booking === undefined || line === undefined || ticket === undefined) throw notFound('ticket');
  return { booking, line, ticket, arriving };
}

/**
 * Lets the ticket in that is scanned at this moment, once. Throws `ticket_refused` with the reason otherwise. The same scan
 * sent again, of the same device and moment, is answered as before.
 */
export async function checkIn(
  tx: Transaction,
  actor: string,
  eventId: Uuid,
  { token, entrance, at, device }: schema.NewScan,
): Promise<schema.Ticket> {
  const { event, keys, now } = await openDoor(tx, eventId);
  const claim = readScanned(token, tx.tenant, eventId, keys);
  if (isRefused(claim)) throw refusal(claim);
  const door = findDoor(event, entrance);
  if (door === undefined) throw noSuchEntrance(entrance);
  const arriving = await lockTickets(tx, [claim.bookingId]);
  const scannedAt = at === undefined ? now : parseInstant(at);
  const found = [arriving.booking(claim.bookingId), arriving.ticket(claim)] as const;
  const admitted = admit(...found, claim.version, door, { scannedAt, now });
  if (isRefused(admitted)) throw refusal(admitted);
  const { booking, ticket } = admitted;
  const { used } = ticket;
  const isSame = at !== undefined && used?.at === scannedAt && used.device === (device ?? null);
  if (used !== null && !isSame) throw refusal(usedBefore(used));
  // After an undo the next scan counts, even where the clock that it was undone by is a little ahead.
  const scan = {
    ...{ bookingId: claim.bookingId, lineNo: claim.lineNo, placeId: claim.placeId },
    scannedAt: Math.max(scannedAt, (ticket.undoneAt ?? -Infinity) + 1),
    ...{ device: device ?? '', entrance: door.entrance, outcome: 'counted' as const },
  };
  if (used === null) await letIn(tx, actor, { eventId, booking, arriving, scan });
  return toAnswer({ ...ticket, used: used ?? useOf(scan) }, booking, event, null);
}

async function letIn(
  tx: Transaction,
  actor: string,
  {
    eventId,
    booking,
    arriving,
    scan,
  }: { eventId: Uuid; booking: Booking; arriving: Arriving; scan: SettledScan },
): Promise<void> {
  await writeScans(tx, actor, [scan]);
  const marks = await markWhole(tx, actor, [booking], [...arriving.counted, scan], scan.scannedAt);
  const { scannedAt, device, entrance } = scan;
  const payload = { eventId, ticketId: ticketId(scan), at: iso(scannedAt), device, entrance };
  const told = { type: 'ticket.checkedIn', bookingId: booking.id, resourceIds: [], actor, payload };
  await recordChanges(tx, [told, ...marks]);
}

export async function writeScans(
  tx: Transaction,
  actor: string,
  added: readonly SettledScan[],
): Promise<void> {
  const [bookings, lines, places, moments] = keyColumns(added);
  const devices = added.map(({ device }) => device);
  const entrances = added.map(({ entrance }) => entrance);
  const outcomes = added.map(({ outcome }) => outcome);
  await tx.run(scans.insertScans, bookings, lines, places, moments, devices, entrances, outcomes, actor);
}

export async function rewriteScans(tx: Transaction, changed: readonly SettledScan[]): Promise<void> {
  const [bookings, lines, places, moments] = keyColumns(changed);
  const devices = changed.map(({ device }) => device);
  const entrances = changed.map(({ entrance }) => entrance);
  const outcomes = changed.map(({ outcome }) => outcome);
  await tx.run(scans.changeScans, bookings, lines, places, moments, devices, entrances, outcomes);
}

function keyColumns(of: readonly SettledScan[]): [Uuid[], number[], Uuid[], Instant[]] {
  return [
    of.map(({ bookingId }) => bookingId),
    of.map(({ lineNo }) => lineNo),
    of.map(({ placeId }) => placeId),
    of.map(({ scannedAt }) => scannedAt),
  ];
}

/** Marks the lines whose tickets have all come by now, so that a booking says the same as its tickets. */
export async function markWhole(
  tx: Transaction,
  actor: string,
  bookings: readonly Booking[],
  counted: readonly TicketKey[],
  at: Instant,
): Promise<CatalogueChange[]> {
  const come = new Set(counted.map(keyOf));
  const changes: CatalogueChange[] = [];
  for (const booking of bookings) {
    const whole = standingLines(booking.lines).filter((line) => {
      const places = placesOf(line);
      const hasCome = (placeId: Uuid) => come.has(keyOf({ bookingId: booking.id, lineNo: line.no, placeId }));
      return line.checkedInAt === null && places.length > 0 && places.every(hasCome);
    });
    const nos = whole.map(({ no }) => no);
    if (nos.length > 0) changes.push(await markArrived(tx, booking, nos, at, actor));
  }
  return changes;
}

function refusal({ reason, detail, used }: Refused): Problem {
  if (reason === 'wrong_clock') return ruleViolated('/at', reason, detail);
  return new Problem('ticket_refused', detail, {
    errors: [{ pointer: '/token', reason, detail }],
    ...(used && { used: { ...used, at: iso(used.at) } }),
  });
}

function noSuchEntrance(entrance: string | undefined): Problem {
  if (entrance === undefined)
    return ruleViolated('/entrance', 'missing_field', 'Say at which entrance you are.');
  return ruleViolated('/entrance', 'invalid_reference', `The event has no entrance "${entrance}".`);
}
