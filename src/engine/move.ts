import { canMove, type Booking, type BookingState } from './booking.ts';
import type { Move, Outcome } from './command.ts';
import type { Ledger } from './ledger.ts';
import { reachOf, type Reach } from './reach.ts';
import { settleLosers } from './settle.ts';

/** Confirm, complete, no-show: the booking keeps its capacity and goes on. Repeated, each answers the same. */
export function move(booking: Booking, command: Move, ledger: Ledger): Outcome {
  const state = target(booking, command.verb);
  if (booking.state === state) return { result: 'done', booking };
  if (!isPossible(booking, command.verb, state)) return { result: 'wrongState', state: booking.state };
  const answerBy = state === 'requested' ? ledger.firstStart(booking.id) : null;
  if (answerBy !== null && answerBy <= ledger.now) return { result: 'tooLate' };
  const reach = booking.expiresAt === null ? claimed(booking, ledger) : ledger.secure(booking.id, answerBy);
  const moved = ledger.move(booking, state, answerBy);
  if (state === 'confirmed') {
    // Whoever needs nobody's yes gets the time now: those who asked for it are told.
    const { intervals } = ledger.claimsOf(booking.id);
    settleLosers(booking.id, intervals, { by: 'booked', actor: command.actor }, ledger);
  }
  const type = `booking.${state}`;
  ledger.record({ type, bookingId: booking.id, ...reach, actor: command.actor, payload: {} });
  return { result: 'done', booking: moved };
}

function target(booking: Booking, verb: Move['verb']): BookingState {
  switch (verb) {
    case 'confirm':
      return booking.approval === 'none' || booking.state === 'confirmed' ? 'confirmed' : 'requested';
    case 'complete':
      return 'completed';
    case 'noShow':
      return 'noShow';
  }
}

function isPossible(booking: Booking, verb: Move['verb'], state: BookingState): boolean {
  if (!canMove(booking.state, state)) return false;
  if (verb === 'noShow') return booking.checkedInAt === null;
  return verb !== 'confirm' || booking.state !== 'requested';
}

function claimed(booking: Booking, ledger: Ledger): Reach {
  const { intervals, units } = ledger.claimsOf(booking.id);
  return reachOf(intervals, units);
}
