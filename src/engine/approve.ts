import type { Booking } from './booking.ts';
import type { IntervalNeed } from './claim.ts';
import type { Approve, Outcome } from './command.ts';
import { isStale } from './hold.ts';
import type { Ledger } from './ledger.ts';
import { reachOf, type Reach } from './reach.ts';
import { settleLosers } from './settle.ts';

/** Says yes to a request. An exclusive one keeps its claims; a competing one takes what it wished for, or is refused. */
export function approve(booking: Booking, command: Approve, ledger: Ledger): Outcome {
  if (booking.state === 'confirmed') return { result: 'done', booking };
  if (booking.state !== 'requested') return { result: 'wrongState', state: booking.state };
  if (command.guards !== undefined && isStale(command.guards, ledger)) return { result: 'stale' };
  if (booking.approval === 'competing') return grant(booking, command, ledger);
  const slots = ledger.claimsOf(booking.id).intervals;
  const confirmed = confirm(booking, ledger.secure(booking.id), command, ledger);
  settle(confirmed, slots, command, ledger);
  return { result: 'done', booking: confirmed };
}

function grant(booking: Booking, command: Approve, ledger: Ledger): Outcome {
  const { wishes } = command;
  if (wishes?.version !== booking.version) return { result: 'stale' };
  const { chosen, conflicts } = ledger.fit(wishes.lines);
  if (conflicts.length > 0) return { result: 'refused', conflicts };
  const slots = chosen.flatMap((line) => line.intervals);
  const units = chosen.flatMap((line) => line.units);
  ledger.release(booking.id);
  const confirmed = confirm(booking, reachOf(slots, units), command, ledger);
  ledger.take(confirmed, chosen);
  settle(confirmed, slots, command, ledger);
  return { result: 'done', booking: confirmed };
}

function confirm(booking: Booking, reach: Reach, { actor }: Approve, ledger: Ledger): Booking {
  const payload = { approved: true };
  ledger.record({ type: 'booking.confirmed', bookingId: booking.id, ...reach, actor, payload });
  return ledger.move(booking, 'confirmed');
}

function settle({ id }: Booking, slots: readonly IntervalNeed[], { actor }: Approve, ledger: Ledger): void {
  settleLosers(id, slots, { by: 'approved', actor }, ledger);
}
