import { keyReused } from '../engine/idempotency.ts';
import type { Booking, Idempotency, Outcome } from '../engine/index.ts';
import { can, type Actor } from '../people/access.ts';
import type { Repeatable } from '../people/repeat.ts';
import { notFound, Problem, ruleViolated, unavailable } from '../platform/errors.ts';
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

/** The engine's outcome as an answer, or thrown as the problem it is. A refused line is its caller's to explain. */
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
        'The hold has expired and its places are free again. Make a new hold.',
      );
    case 'wrongState':
      throw new Problem('wrong_state', `The booking is ${outcome.state}, so this is not possible.`);
    case 'noSuchLine':
      throw ruleViolated('/lines', 'unknown_line', `The booking has no line ${outcome.no}, or no longer.`);
    case 'renewalSpent':
      throw ruleViolated('', 'renewal_spent');
    case 'stale':
      throw unavailable('What you want to book is being changed at this moment. Please try again.');
    case 'refused':
      throw new Problem(
        'capacity_unavailable',
        'Somebody else has what you asked for. Nothing was changed.',
        {
          conflicts: outcome.conflicts,
        },
      );
    case 'resized':
    case 'belowTaken':
      throw new Error(`${outcome.result} is not an answer about a booking`);
  }
}
