import { isOwn } from '../engine/booking.ts';
import { gathered } from '../engine/gathered.ts';
import { keyReused } from '../engine/idempotency.ts';
import { readBookings, type Booking, type Idempotency, type Outcome } from '../engine/index.ts';
import { can, type Actor } from '../people/access.ts';
import type { Repeatable } from '../people/repeat.ts';
import type { Database } from '../platform/db.ts';
import { notFound, Problem, ruleViolated, unavailable } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import { bookingText } from './booking-answer.ts';

/** What the engine keeps for whoever repeats a call: the booking as the answer shows it. */
export function kept(asked: Repeatable | undefined, status: number): Idempotency | undefined {
  return asked === undefined
    ? undefined
    : { ...asked, status, render: (booking: Booking) => bookingText(booking) };
}

/** Roles that do not see everybody's bookings see their own. */
export function ownedBy(actor: Actor): string | null {
  return can(actor.role, 'booking.all') ? null : actor.principal;
}

/** In a rush hundreds cancel at the same moment, and each needs to know first what of the booking is over. */
const bookings = gathered<Uuid, Booking>(
  (id) => id,
  async (db, tenant, ids) =>
    new Map((await readBookings(db, tenant, ids)).map((booking) => [booking.id, booking])),
);

/** A booking that exists for this actor. Throws `not_found` for any other. */
export async function readOwn(db: Database, actor: Actor, id: Uuid): Promise<Booking> {
  const booking = (await bookings(db, actor.tenant.id, [id])).get(id);
  const owner = ownedBy(actor);
  if (booking === undefined || (owner !== null && !isOwn(booking, owner))) throw notFound('booking');
  return booking;
}

/** The engine's outcome as an answer, or thrown as the problem it is. A refusal is told before, with alternatives. */
export function answerOf(
  outcome: Outcome,
  status: number,
): { status: number; body: string; replayed: boolean } {
  switch (outcome.result) {
    case 'done':
      return { status, body: bookingText(outcome.booking), replayed: false };
    case 'replayed':
      return { ...outcome, replayed: true };
    case 'keyReused':
      throw keyReused();
    case 'notFound':
      throw notFound('booking');
    case 'holdExpired':
      throw new Problem(
        'hold_expired',
        'The hold or request has expired and keeps nothing any more. Make a new one.',
      );
    case 'wrongState':
      throw new Problem('wrong_state', `The booking is ${outcome.state}, so this is not possible.`);
    case 'noSuchLine':
      throw ruleViolated('/lines', 'unknown_line', `The booking has no line ${outcome.no}, or no longer.`);
    case 'tooLate':
      throw ruleViolated('', 'too_late');
    case 'renewalSpent':
      throw ruleViolated('', 'renewal_spent');
    case 'stale':
      throw unavailable('What you want to book is being changed at this moment. Please try again.');
    case 'refused':
    case 'resized':
    case 'belowTaken':
      throw new Error(`${outcome.result} is not for this call to tell`);
  }
}
