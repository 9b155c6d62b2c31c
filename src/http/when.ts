import type { Stretch } from '../engine/calendar.ts';
import { standingLines, type Booking, type BookingLine } from '../engine/index.ts';
import type { Scope } from '../kinds/series.ts';
import type { Instant } from '../platform/clock.ts';
import { ruleViolated } from '../platform/errors.ts';

/** When a line takes place; undefined for one that has no time of its own. */
export type When = (line: BookingLine) => Stretch | undefined;

/** People come a little early. */
const CHECK_IN_OPENS_MS = 30 * 60_000;

/** Throws `rule_violated` for a confirmed line whose time is over: what was cannot be moved, by staff neither. */
export function requireNotOver(
  { state }: Booking,
  line: BookingLine,
  pointer: string,
  when: When,
  now: Instant,
): void {
  if (state === 'confirmed' && isOver(line, when, now))
    throw ruleViolated(
      pointer,
      'in_past',
      `Line ${line.no} is over, so it can be neither moved nor cancelled.`,
    );
}

interface Cancelling {
  /** The lines in the body. */
  named: readonly number[] | undefined;
  scope: Scope | undefined;
  /** With those that the scope adds; undefined when the whole booking is meant. */
  meant: readonly number[] | undefined;
}

/**
 * The lines to be cancelled; null is the whole booking. What is over stays as it was: it was kept from everybody else, and
 * reports count it. Throws `rule_violated` when it is named alone, or when nothing else is left.
 */
export function cancellable(
  booking: Booking,
  { named = [], scope = 'this', meant }: Cancelling,
  when: When,
  now: Instant,
): readonly number[] | null {
  if (scope === 'this')
    for (const [i, no] of named.entries())
      for (const line of booking.lines)
        if (line.no === no && line.cancelledAt === null)
          requireNotOver(booking, line, `/lines/${i}`, when, now);
  const over = booking.lines.filter((line) => booking.state === 'confirmed' && isOver(line, when, now));
  if (over.length === 0) return meant ?? null;
  const wanted = meant ?? booking.lines.map((line) => line.no);
  const left = wanted.filter((no) => !over.some((line) => line.no === no));
  if (left.length === 0)
    throw ruleViolated('/lines', 'in_past', 'All of this is over, so there is nothing to cancel.');
  return left;
}

/**
 * Who has come without saying for which of several lines has come for the one under way, or else the next one whose
 * check-in is open. Null where there is no choice. Throws `rule_violated` when nothing takes place now.
 */
export function lineNow(booking: Booking, when: When, now: Instant): readonly number[] | null {
  const standing = standingLines(booking.lines);
  const timed = standing.flatMap((line) => {
    const time = when(line);
    return time === undefined ? [] : [{ no: line.no, ...time }];
  });
  if (booking.state !== 'confirmed' || standing.length < 2 || timed.length === 0) return null;
  const underWay = timed.filter(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
  const opensBy = now + CHECK_IN_OPENS_MS;
  const next = timed.filter(({ startsAt }) => now < startsAt && startsAt <= opensBy);
  const first = Math.min(...next.map(({ startsAt }) => startsAt));
  const arriving = underWay.length > 0 ? underWay : next.filter(({ startsAt }) => startsAt === first);
  const untimed = standing.filter((line) => when(line) === undefined);
  if (arriving.length + untimed.length === 0) throw ruleViolated('/lines', 'not_now');
  return [...arriving, ...untimed].map(({ no }) => no);
}

function isOver(line: BookingLine, when: When, now: Instant): boolean {
  return (when(line)?.endsAt ?? Infinity) <= now;
}
