import type { Instant } from '../platform/clock.ts';
import { standingLines, type Booking, type BookingLine } from './booking.ts';
import { cancel } from './cancel.ts';
import type { ChosenLine, Outcome, Release } from './command.ts';
import type { Ledger } from './ledger.ts';

/**
 * Nobody came: what the lines would keep from now on is free again. A booking that loses its last line so is a no-show
 * and keeps what is over, which was kept from everybody else; of one that goes on the lines are cancelled. A booking
 * that was changed since it was looked at is left as it is: perhaps somebody came.
 */
export function release(booking: Booking, command: Release, ledger: Ledger): Outcome {
  if (booking.state !== 'confirmed' || booking.version !== command.version)
    return { result: 'done', booking };
  const standing = standingLines(booking.lines);
  const absent = standing.filter(
    (line) => command.lineNos.includes(line.no) && isAbsent(booking, line, ledger),
  );
  if (absent.length === 0) return { result: 'done', booking };
  return absent.length === standing.length
    ? endAsNoShow(booking, absent, command.actor, ledger)
    : cancel(
        booking,
        { ...command, verb: 'cancel', lineNos: absent.map(({ no }) => no), reason: NO_SHOW },
        ledger,
      );
}

/** It has begun, and nobody was there. */
function isAbsent(booking: Booking, line: BookingLine, ledger: Ledger): boolean {
  const { intervals } = ledger.claimsOf(booking.id, [line.no]);
  return line.checkedInAt === null && intervals.every(({ startsAt }) => startsAt < ledger.now);
}

/** As it stands in the changes. */
const NO_SHOW = 'no_show';

function endAsNoShow(
  booking: Booking,
  absent: readonly BookingLine[],
  actor: string,
  ledger: Ledger,
): Outcome {
  const over = absent.map((line) => untilNow(booking, line, ledger));
  const reach = ledger.release(booking.id);
  ledger.take(booking, over);
  const moved = ledger.move(booking, 'noShow');
  const payload = { released: true };
  ledger.record({ type: 'booking.noShow', bookingId: booking.id, ...reach, actor, payload });
  return { result: 'done', booking: moved };
}

/** The line with what it has claimed up to this moment. */
function untilNow(booking: Booking, line: BookingLine, ledger: Ledger): ChosenLine {
  const { intervals, units } = ledger.claimsOf(booking.id, [line.no]);
  const cut = (endsAt: Instant) => Math.min(endsAt, ledger.now);
  return {
    ...line,
    intervals: intervals.map(({ resourceId, startsAt, endsAt }) => ({
      resourceId,
      startsAt,
      endsAt: cut(endsAt),
    })),
    units: units.map(({ resourceId, bucket, units, until }) => ({ resourceId, bucket, units, until })),
  };
}
