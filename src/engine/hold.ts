import type { Instant } from '../platform/clock.ts';
import type { Conflict } from '../platform/errors.ts';
import { isWishing, totalOf, type Booking, type BookingLine } from './booking.ts';
import { earliest, isOfHold, lasting } from './claim.ts';
import type { ChosenLine, Guards, Hold, HoldLine, Outcome } from './command.ts';
import type { Fit, Ledger } from './ledger.ts';
import { NOWHERE, reachOf } from './reach.ts';
import { isBounded, requestsOf } from './wanted.ts';

/** Takes what all lines need, all or nothing; or asks for it, where requests compete. */
export function hold(command: Hold, ledger: Ledger): Outcome {
  const ghost = ledger.bookings.get(command.bookingId);
  if (ghost !== undefined) return { result: 'done', booking: ghost }; // an earlier try did commit after all
  if (isStale(command.guards, ledger)) return { result: 'stale' };
  const asked = command.approval === 'competing' ? command.lines.map(lasting) : command.lines;
  const { chosen, conflicts } = fitWhole(asked, command, ledger);
  if (conflicts.length > 0) return { result: 'refused', conflicts };
  const bound = overRequests(command, ledger);
  if (bound !== undefined) return { result: 'refused', conflicts: [bound] };
  const slots = chosen.flatMap((line) => line.intervals);
  const begins = earliest(slots.map((slot) => slot.startsAt));
  if (command.approval !== 'none' && begins !== null && begins <= ledger.now) return { result: 'tooLate' };
  const booking = newBooking(command, chosen, begins, ledger.now);
  ledger.create(booking);
  ledger.take(booking, chosen);
  const units = chosen.flatMap((line) => line.units);
  ledger.record({
    type: `booking.${booking.state}`,
    bookingId: booking.id,
    ...(isWishing(booking) ? NOWHERE : reachOf(slots, units)),
    actor: command.actor,
    payload: {},
  });
  return { result: 'done', booking };
}

/** What a bound on the requests that wait is called towards whoever reaches it. */
export const OPEN_REQUESTS = 'openRequests';

/** A request holds nothing, so without a bound one person could ask for all times of all rooms. */
function overRequests(command: Hold, ledger: Ledger): Conflict | undefined {
  if (!isBounded(command) || ledger.openRequests(command.actor) < command.mostRequests) return undefined;
  return {
    line: command.lines[0]?.no ?? 1,
    resource: requestsOf(command.actor),
    ...{ reason: 'limit_reached', rule: OPEN_REQUESTS, limit: command.mostRequests, available: 0 },
  };
}

/** The lines with their choices made; the first that is not left out bears what the booking takes as a whole. */
function fitWhole(asked: readonly HoldLine[], { units = [], approval }: Hold, ledger: Ledger): Fit {
  const fit = ledger.fit(asked);
  const bearer = fit.chosen.find((line) => line.skipped === undefined);
  if (bearer === undefined || units.length === 0) return fit;
  const ofBooking = approval === 'competing' ? units.filter(({ until }) => !isOfHold(until)) : units;
  const { conflicts } = ledger.fit([{ ...bearer, intervals: [], units: ofBooking }]);
  return {
    chosen: fit.chosen.map((line) =>
      line === bearer ? { ...line, units: [...line.units, ...ofBooking] } : line,
    ),
    conflicts: [...fit.conflicts, ...conflicts],
  };
}

export function isStale(guards: Guards, ledger: Ledger): boolean {
  for (const [guardId, version] of guards) if (ledger.guards.get(guardId) !== version) return true;
  return false;
}

/** A line that was left out is a cancelled one from the start. */
export function toBookingLine(line: ChosenLine, now: Instant): BookingLine {
  const { no, kind, details, quantity, unitMinor, taxMinor, totalMinor } = line;
  return {
    no,
    kind,
    details,
    quantity,
    unitMinor,
    taxMinor,
    totalMinor,
    checkedInAt: null,
    cancelledAt: line.skipped === undefined ? null : now,
  };
}

function newBooking(
  command: Hold,
  chosen: readonly ChosenLine[],
  begins: Instant | null,
  now: Instant,
): Booking {
  const competes = command.approval === 'competing';
  const lines = chosen.map((line) => toBookingLine(line, now));
  return {
    id: command.bookingId,
    reference: command.reference,
    state: competes ? 'requested' : 'held',
    expiresAt: competes ? begins : now + command.ttlSeconds * 1000,
    holdSeconds: command.ttlSeconds,
    approval: command.approval,
    checkedInAt: null,
    clientId: command.clientId,
    note: command.note,
    currency: command.currency,
    totalMinor: totalOf(lines),
    version: 1,
    createdAt: now,
    createdBy: command.actor,
    lines,
  };
}
