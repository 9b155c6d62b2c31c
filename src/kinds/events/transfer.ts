import { recordChange } from '../../engine/change.ts';
import type { Booking } from '../../engine/index.ts';
import type { Actor } from '../../people/access.ts';
import type { Transaction } from '../../platform/db.ts';
import { notFound, Problem, ruleViolated } from '../../platform/errors.ts';
import { lockTicket } from './check-in.ts';
import { toTicketEvent, type TicketEvent } from './entrance.ts';
import { isOwn } from './ticket-answer.ts';
import { ticketEvents, upsertTransfer } from './ticket-queries.ts';
import type { Recipient } from './ticket-schema.ts';
import { ticketId, type Ticket } from './ticket.ts';

/** Versions are counted in two bytes of a token; nobody gives a ticket away so often. */
const MOST_TRANSFERS = 100;

/**
 * Gives a ticket to somebody else: from now on only the token of the new version lets in. Throws when it was used, when
 * the event forbids it or is cancelled, and when it is his already.
 */
export async function transferTicket(
  tx: Transaction,
  actor: Actor,
  id: string,
  to: Recipient,
): Promise<{ booking: Booking; ticket: Ticket; event: TicketEvent }> {
  const { booking, ticket } = await lockTicket(tx, id);
  if (!isOwn(actor, booking)) throw notFound('ticket');
  const [row] = await tx.run(ticketEvents, [ticket.eventId]);
  if (row === undefined) throw notFound('event');
  const event = toTicketEvent(row);
  requireTransferable(booking, ticket, event, to);
  const { bookingId, lineNo, version } = ticket;
  await tx.run(upsertTransfer, bookingId, lineNo, ticket.placeId, to.firstName, to.lastName, to.email);
  const payload = { ticketId: ticketId(ticket), version: version + 1 }; // whose it is stands in the ticket, where it can be erased
  await recordChange(tx, {
    ...{ type: 'ticket.transferred', bookingId, resourceIds: [], actor: actor.principal, payload },
  });
  return { booking, event, ticket: { ...ticket, version: version + 1, holder: to } };
}

function requireTransferable({ state }: Booking, ticket: Ticket, event: TicketEvent, to: Recipient): void {
  if (event.transfer === 'forbidden') throw ruleViolated('', 'transfer_forbidden');
  if (event.state === 'cancelled')
    throw new Problem('wrong_state', 'The event was cancelled, so its tickets cannot be given away.');
  if (state !== 'confirmed')
    throw new Problem('wrong_state', `The booking is ${state}, so this is not possible.`);
  if (ticket.used !== null)
    throw new Problem('wrong_state', 'The ticket has been used, so it cannot be given away any more.');
  if (ticket.holder?.email.toLowerCase() === to.email.toLowerCase())
    throw ruleViolated('/email', 'transfer_to_self');
  if (ticket.version > MOST_TRANSFERS)
    throw ruleViolated('', 'over_limit', 'This ticket was given away too often.');
}
