import { haveCome, standingLines, type Booking } from './booking.ts';
import type { CheckIn, Outcome } from './command.ts';
import type { Ledger } from './ledger.ts';
import { NOWHERE } from './reach.ts';

/** Marks a confirmed booking, or some of its lines, as having come; the booking is marked with its last line. */
export function checkIn(booking: Booking, { lineNos, actor }: CheckIn, ledger: Ledger): Outcome {
  if (booking.state !== 'confirmed') return { result: 'wrongState', state: booking.state };
  const standing = standingLines(booking.lines);
  const unknown = lineNos?.find((no) => !standing.some((line) => line.no === no));
  if (unknown !== undefined) return { result: 'noSuchLine', no: unknown };
  const arriving = standing.filter(
    (line) => line.checkedInAt === null && (lineNos?.includes(line.no) ?? true),
  );
  if (arriving.length === 0) return { result: 'done', booking };
  const lines = booking.lines.map((line) =>
    arriving.includes(line) ? { ...line, checkedInAt: ledger.now } : line,
  );
  for (const line of lines)
    if (arriving.some(({ no }) => no === line.no)) ledger.changeLine(booking.id, line);
  const checkedIn = ledger.update({
    ...booking,
    lines,
    checkedInAt: haveCome(lines) ? ledger.now : booking.checkedInAt,
  });
  const payload = { lines: arriving.map((line) => line.no) };
  ledger.record({ type: 'booking.checkedIn', bookingId: booking.id, ...NOWHERE, actor, payload });
  return { result: 'done', booking: checkedIn };
}
