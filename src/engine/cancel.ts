import { canMove, haveCome, standingLines, totalOf, type Booking } from './booking.ts';
import type { Cancel, Decline, Outcome } from './command.ts';
import { redateRequest } from './expire.ts';
import type { Ledger } from './ledger.ts';

/** Gives back the whole booking or some of its lines; with its last line a booking is cancelled. */
export function cancel(booking: Booking, command: Cancel, ledger: Ledger): Outcome {
  const { lineNos, reason } = command;
  if (booking.state === 'cancelled') return { result: 'done', booking };
  if (!canMove(booking.state, 'cancelled')) return { result: 'wrongState', state: booking.state };
  const unknown = lineNos?.find((no) => !booking.lines.some((line) => line.no === no));
  if (unknown !== undefined) return { result: 'noSuchLine', no: unknown };
  const left = standingLines(booking.lines).filter((line) => lineNos?.includes(line.no) === false);
  return left.length === 0
    ? end(booking, 'cancelled', command, reason, ledger)
    : cancelLines(booking, command, lineNos ?? [], ledger);
}

/** Refuses a request; what it kept is free again. */
export function decline(booking: Booking, command: Decline, ledger: Ledger): Outcome {
  if (booking.state === 'declined') return { result: 'done', booking };
  if (!canMove(booking.state, 'declined')) return { result: 'wrongState', state: booking.state };
  return end(booking, 'declined', command, command.reason, ledger);
}

function end(
  booking: Booking,
  state: 'cancelled' | 'declined',
  { actor }: { actor: string },
  reason: string | null,
  ledger: Ledger,
): Outcome {
  const reach = ledger.release(booking.id);
  const ended = ledger.move(booking, state);
  const payload = reason === null ? {} : { reason };
  ledger.record({ type: `booking.${state}`, bookingId: booking.id, ...reach, actor, payload });
  return { result: 'done', booking: ended };
}

function cancelLines(
  booking: Booking,
  { actor, reason }: Cancel,
  lineNos: readonly number[],
  ledger: Ledger,
): Outcome {
  const going = standingLines(booking.lines).filter((line) => lineNos.includes(line.no));
  if (going.length === 0) return { result: 'done', booking }; // cancelled before
  const nos = going.map((line) => line.no);
  const reach = ledger.release(booking.id, nos);
  const lines = booking.lines.map((line) =>
    nos.includes(line.no) ? { ...line, cancelledAt: ledger.now } : line,
  );
  for (const line of lines) if (nos.includes(line.no)) ledger.changeLine(booking.id, line);
  // When only those who have come are left, the booking has come: it can no longer be a no-show.
  const checkedInAt = booking.checkedInAt ?? (haveCome(lines) ? ledger.now : null);
  const changed = redateRequest({ ...booking, lines, totalMinor: totalOf(lines), checkedInAt }, ledger);
  const payload = { lines: nos, ...(reason === null ? {} : { reason }) };
  ledger.record({ type: 'booking.linesCancelled', bookingId: booking.id, ...reach, actor, payload });
  return { result: 'done', booking: changed };
}
