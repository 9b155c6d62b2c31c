import { isDeepStrictEqual } from 'node:util';
import { isWishing, standingLines, totalOf, type Booking, type BookingState } from './booking.ts';
import { earliest, lasting, type NeedsOfLines } from './claim.ts';
import type { ChosenLine, Outcome, Reschedule } from './command.ts';
import { redateRequest } from './expire.ts';
import { isStale, toBookingLine } from './hold.ts';
import type { Ledger } from './ledger.ts';
import { reachOf, together, type Reach } from './reach.ts';
import { settleLosers } from './settle.ts';

const CAN_BE_RESCHEDULED: readonly BookingState[] = ['held', 'requested', 'confirmed'];

/** Takes the new capacity of some lines and gives back the old in one commit, or leaves everything as it is. */
export function reschedule(booking: Booking, command: Reschedule, ledger: Ledger): Outcome {
  if (!CAN_BE_RESCHEDULED.includes(booking.state)) return { result: 'wrongState', state: booking.state };
  const standing = standingLines(booking.lines);
  const unknown = command.lines.find(
    (line) => !standing.some((old) => old.no === line.no && old.kind === line.kind),
  );
  if (unknown !== undefined) return { result: 'noSuchLine', no: unknown.no };
  const nos = command.lines.map((line) => line.no);
  if (new Set(nos).size < nos.length) throw new Error('a line was rescheduled to two places at once');
  if (command.version !== null && booking.version !== command.version) return { result: 'stale' };
  if (isStale(command.guards, ledger)) return { result: 'stale' };
  const old = ledger.claimsOf(booking.id, nos);
  const asked = booking.state === 'held' ? command.lines : command.lines.map(lasting);
  const { chosen, conflicts } = ledger.fit(asked, old.units, new Set(old.intervals));
  if (conflicts.length > 0) return { result: 'refused', conflicts };
  const had = isWishing(booking) ? ledger.wishesOf(booking.id, nos) : old;
  if (chosen.every((line) => isAsIs(line, booking, had))) return { result: 'done', booking };
  const begins = earliest(chosen.flatMap((line) => line.intervals).map((slot) => slot.startsAt));
  if (booking.state === 'requested' && begins !== null && begins <= ledger.now) return { result: 'tooLate' };
  const freed = ledger.release(booking.id, nos);
  ledger.take(booking, chosen);
  const rewritten = rewrite(booking, command.actor, chosen, freed, ledger);
  if (booking.state === 'confirmed') {
    const slots = chosen.flatMap((line) => line.intervals);
    settleLosers(booking.id, slots, { by: 'booked', actor: command.actor }, ledger);
  }
  return { result: 'done', booking: rewritten };
}

/** Whether a line asks for what it is and has already: then asking again changes nothing. */
function isAsIs(line: ChosenLine, { lines }: Booking, old: NeedsOfLines): boolean {
  const was = lines.find(({ no }) => no === line.no);
  if (was?.totalMinor !== line.totalMinor || !isDeepStrictEqual(was.details, line.details)) return false;
  const slots = old.intervals.filter(({ lineNo }) => lineNo === line.no);
  const units = old.units.filter(({ lineNo }) => lineNo === line.no);
  return (
    slots.length === line.intervals.length &&
    line.intervals.every((need) =>
      slots.some(
        (claim) =>
          claim.resourceId === need.resourceId &&
          claim.startsAt === need.startsAt &&
          claim.endsAt === need.endsAt,
      ),
    ) &&
    units.length === line.units.length &&
    line.units.every((need) =>
      units.some(
        (claim) =>
          claim.resourceId === need.resourceId && claim.bucket === need.bucket && claim.units === need.units,
      ),
    )
  );
}

function rewrite(
  booking: Booking,
  actor: string,
  chosen: readonly ChosenLine[],
  freed: Reach,
  ledger: Ledger,
): Booking {
  const before = booking.lines.filter((line) => chosen.some(({ no }) => no === line.no));
  const lines = booking.lines.map((line) => {
    const other = chosen.find(({ no }) => no === line.no);
    return other === undefined ? line : toBookingLine(other, ledger.now);
  });
  for (const line of lines) if (!booking.lines.includes(line)) ledger.changeLine(booking.id, line);
  // Whoever had come has not come to the new time.
  const rescheduled = redateRequest(
    { ...booking, lines, totalMinor: totalOf(lines), checkedInAt: null },
    ledger,
  );
  const needs = isWishing(booking) ? [] : chosen;
  const taken = reachOf(
    needs.flatMap((line) => line.intervals),
    needs.flatMap((line) => line.units),
  );
  ledger.record({
    type: 'booking.rescheduled',
    bookingId: booking.id,
    ...together(freed, taken),
    actor,
    payload: {
      before: before.map(({ no, kind, details, totalMinor }) => ({ no, kind, details, totalMinor })),
    },
  });
  return rescheduled;
}
