import type { Uuid } from '../platform/id.ts';
import type { Booking } from './booking.ts';
import type { IntervalNeed } from './claim.ts';
import { endIfDue } from './expire.ts';
import type { Ledger } from './ledger.ts';
import { NOWHERE } from './reach.ts';

const REASONS = {
  approved: 'Another request for this time was approved.',
  booked: 'Somebody else has booked this time.',
};

/**
 * Declines the competing requests that lost their time to a booking, but for those whose room lets them wait. Each as a
 * whole, though only some of its lines lost: half of what was asked for was never asked for.
 */
export function settleLosers(
  winner: Uuid,
  slots: readonly IntervalNeed[],
  how: { by: keyof typeof REASONS; actor: string },
  ledger: Ledger,
): void {
  for (const loser of ledger.losersTo(slots)) settle(loser, winner, how, ledger);
}

function settle(
  loser: Booking,
  winner: Uuid,
  { by, actor }: { by: keyof typeof REASONS; actor: string },
  ledger: Ledger,
): void {
  if (loser.state !== 'requested' || endIfDue(loser, ledger) !== undefined) return;
  ledger.release(loser.id);
  ledger.move(loser, 'declined');
  const payload = { reason: REASONS[by], settledBy: winner };
  ledger.record({ type: 'booking.declined', bookingId: loser.id, ...NOWHERE, actor, payload });
}
