import type { Booking } from './booking.ts';
import type { Approve, Outcome } from './command.ts';
import { endIfDue } from './expire.ts';
import { resourcesOf, type Ledger } from './ledger.ts';

const LOST = 'Another request for this time was approved.';

/** Says yes to a request. An exclusive one keeps its claims; a competing one takes what it wished for, or is refused. */
export function approve(booking: Booking, command: Approve, ledger: Ledger): Outcome {
  if (booking.state === 'confirmed') return { result: 'done', booking };
  if (booking.state !== 'requested') return { result: 'wrongState', state: booking.state };
  if (booking.approval === 'competing') return grant(booking, command, ledger);
  const resourceIds = ledger.secure(booking.id);
  return { result: 'done', booking: confirm(booking, resourceIds, command, ledger) };
}

function grant(booking: Booking, command: Approve, ledger: Ledger): Outcome {
  const { wishes, actor } = command;
  if (wishes?.version !== booking.version) return { result: 'stale' };
  const { chosen, conflicts } = ledger.fit(wishes.lines);
  if (conflicts.length > 0) return { result: 'refused', conflicts };
  const slots = chosen.flatMap((line) => line.intervals);
  const units = chosen.flatMap((line) => line.units);
  ledger.release(booking.id);
  const confirmed = confirm(booking, resourcesOf(slots, units), command, ledger);
  ledger.take(confirmed, chosen);
  for (const loser of ledger.losersTo(slots)) settle(loser, booking, actor, ledger);
  return { result: 'done', booking: confirmed };
}

function confirm(
  booking: Booking,
  resourceIds: readonly string[],
  { actor }: Approve,
  ledger: Ledger,
): Booking {
  const payload = { approved: true };
  ledger.record({ type: 'booking.confirmed', bookingId: booking.id, resourceIds, actor, payload });
  return ledger.move(booking, 'confirmed');
}

/** Declines a request as a whole, though only some of its lines lost: half of what was asked for was never asked for. */
function settle(loser: Booking, winner: Booking, actor: string, ledger: Ledger): void {
  if (loser.state !== 'requested' || endIfDue(loser, ledger) !== undefined) return;
  ledger.release(loser.id);
  ledger.move(loser, 'declined');
  const payload = { reason: LOST, settledBy: winner.id };
  ledger.record({ type: 'booking.declined', bookingId: loser.id, resourceIds: [], actor, payload });
}
