import { readBookings, type Booking } from '../../engine/index.ts';
import { can, type Actor } from '../../people/access.ts';
import { iso } from '../../platform/clock.ts';
import { readCursor, writeCursor, type SortType } from '../../platform/cursor.ts';
import type { Database } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { requireOneWay, type Pagination } from '../../platform/list.ts';
import type { Vault } from '../../platform/vault.ts';
import { readTicketEvents, sectionOf, type TicketEvent, type TicketSection } from './entrance.ts';
import { seatOf } from './place.ts';
import { countedScans } from './scan-queries.ts';
import { signingKey, type SigningKey } from './ticket-key.ts';
import { keptTickets } from './ticket-queries.ts';
import type * as schema from './ticket-schema.ts';
import { isOfId, readTicketId, ticketId, ticketsOf, type Ticket } from './ticket.ts';
import { writeToken } from './ticket-token.ts';

export interface TicketDeps {
  db: Database;
  vault: Vault;
}

/** Whether this actor sees everybody's bookings, and may do with tickets what staff do. */
function isStaff({ role }: Actor): boolean {
  return can(role, 'booking.all');
}

/** Whether a booking exists for this actor. */
export function isOwn(actor: Actor, booking: Booking | undefined): booking is Booking {
  return booking !== undefined && (isStaff(actor) || booking.createdBy === actor.principal);
}

/** A booking of this actor with its tickets. Throws `not_found` for any other. */
async function readOwnTickets(
  db: Database,
  actor: Actor,
  bookingId: Uuid,
  what: string,
): Promise<{ booking: Booking; tickets: Ticket[] }> {
  const tenant = actor.tenant.id;
  const [booking] = await readBookings(db, tenant, [bookingId]);
  if (!isOwn(actor, booking)) throw notFound(what);
  const [kept, counted] = await db.look(tenant, (tx) =>
    Promise.all([tx.run(keptTickets, [bookingId]), tx.run(countedScans, [bookingId])]),
  );
  return { booking, tickets: ticketsOf(booking, kept, counted) };
}

const SORTS: ReadonlyMap<string, SortType> = new Map([['place', 'int4']]);

/** One page of the tickets of a booking, in the order of its lines and places. */
export async function listTickets(
  deps: TicketDeps,
  actor: Actor,
  bookingId: Uuid,
  { limit = 100, page, cursor }: { limit?: number; page?: number; cursor?: string },
): Promise<{ data: schema.Ticket[]; pagination: Pagination }> {
  requireOneWay({ limit, page, cursor });
  const tenant = actor.tenant.id;
  const from =
    cursor === undefined
      ? limit * ((page ?? 1) - 1)
      : Number(readCursor('tickets', tenant, SORTS, cursor).value);
  const { booking, tickets } = await readOwnTickets(deps.db, actor, bookingId, 'booking');
  const shown = tickets.slice(from, from + limit);
  const hasNext = from + limit < tickets.length;
  const next = { sort: 'place', value: String(from + limit), id: bookingId };
  const total = tickets.length;
  return {
    data: await answerTickets(deps, actor, booking, shown),
    pagination: {
      limit,
      nextCursor: hasNext ? writeCursor('tickets', tenant, next) : null,
      ...(page === undefined ? {} : { page, total, totalPages: Math.ceil(total / limit) }),
      hasNext,
      hasPrev: from > 0,
    },
  };
}

export async function readTicket(deps: TicketDeps, actor: Actor, id: string): Promise<schema.Ticket> {
  const named = readTicketId(id);
  const { booking, tickets } = await readOwnTickets(deps.db, actor, named.bookingId, 'ticket');
  const ticket = tickets.filter((each) => isOfId(named, each));
  const [answer] = await answerTickets(deps, actor, booking, ticket);
  if (answer === undefined) throw notFound('ticket');
  return answer;
}

/**
 * Tickets as they are shown, with their tokens. Who gave a ticket away sees it without: the token is its new holder's, and
 * that of staff.
 */
async function answerTickets(
  { db, vault }: TicketDeps,
  actor: Actor,
  booking: Booking,
  tickets: readonly Ticket[],
): Promise<schema.Ticket[]> {
  if (tickets.length === 0) return [];
  const tenant = actor.tenant.id;
  const events = await readTicketEvents(
    db,
    tenant,
    tickets.map(({ eventId }) => eventId),
  );
  const key = await signingKey(db, vault, tenant);
  return tickets.flatMap((ticket) => {
    const event = events.get(ticket.eventId);
    const isShown = ticket.holder === null || isStaff(actor);
    return event === undefined
      ? []
      : [toAnswer(ticket, booking, event, isShown ? tokenOf(ticket, key) : null)];
  });
}

export function tokenOf(ticket: Ticket, { id, privateKey }: SigningKey): string {
  return writeToken({ ...ticket, keyId: id }, privateKey);
}

export function toAnswer(
  ticket: Ticket,
  { reference }: Booking,
  event: TicketEvent,
  token: string | null,
): schema.Ticket {
  const section = sectionOf(event.sections, ticket.placeId);
  return {
    id: ticketId(ticket),
    ...{ bookingId: ticket.bookingId, reference, line: ticket.lineNo },
    event: {
      ...{ id: event.id, name: event.name, venue: event.venue, timezone: event.timezone },
      startsAt: iso(event.startsAt),
    },
    ...placeOf(ticket, section),
    tier: ticket.tier,
    holder: ticket.holder,
    state: ticket.used === null ? 'valid' : 'used',
    usedAt: ticket.used === null ? null : iso(ticket.used.at),
    entrance: ticket.used?.entrance ?? null,
    ...{ version: ticket.version, token },
  };
}

/** Where it is, as people find it. */
function placeOf({ placeId }: Ticket, section: TicketSection | undefined) {
  const { section: sectionId, no } = seatOf(placeId);
  const found = { sectionId, section: section?.name ?? '', category: section?.category ?? null };
  let before = 0;
  for (const { name, seats } of section?.layout ?? []) {
    if (no <= before + seats) return { ...found, row: name, seat: no - before, seatId: placeId };
    before += seats;
  }
  return { ...found, row: null, seat: null, seatId: null };
}
