import type { BookingLine } from '../../engine/index.ts';
import type { Instant } from '../../platform/clock.ts';
import { Problem, ruleViolated } from '../../platform/errors.ts';
import { parseInstant } from '../../platform/schema.ts';
import { readingAt } from '../../platform/zone.ts';
import type { AskedLine, MovedLine } from '../kind.ts';
import { inScope, type Scope } from '../series.ts';
import type { RoomLine } from './schema.ts';
import { timesOf, type Series, type Single } from './series.ts';
import { localText, parseLocal } from '../../platform/wall-time.ts';

/**
 * Moves a line, or with it the following or all occurrences of its series: each by the same change of the clock, from the
 * time that the rule gives it, in the zone in which the series was booked. What has begun stays as it was.
 */
export function moveRoomLine(
  { was, line, changed }: MovedLine<RoomLine>,
  scope: Scope,
  standing: readonly BookingLine[],
  now: Instant,
): AskedLine<Single>[] {
  const { rrule, dst, onConflict, ...single } = line;
  if (rrule !== undefined || dst !== undefined || onConflict !== undefined)
    throw ruleViolated(
      '/lines',
      'unknown_field',
      'A rule cannot be changed. Cancel the series and book another.',
    );
  const series = seriesOf(was);
  if (series === undefined) return [{ no: was.no, line: single }];
  if (scope === 'this') return [{ no: was.no, line: alone(was, single, series) }];
  const isTimed = changed.includes('start') || changed.includes('end');
  const shift = isTimed ? shiftOf(single, series) : NO_SHIFT;
  const others = inScope(standing, was, scope).filter(
    (other) => other.no !== was.no && isMoved(other, scope, now),
  );
  const { start: _, end: __, ...rest } = single;
  const follow = others.map((other): AskedLine<Single> => {
    const own = other.details as unknown as Single & { series: Series }; // lines of one series are of this kind
    const moved = shifted(own.series, shift);
    return { no: other.no, line: { ...own, ...rest, ...timesAfter(other.no, moved), series: moved } };
  });
  const named =
    isTimed || series.exception !== true
      ? { ...single, series: shifted(series, shift) }
      : untimed(was.no, single, series, scope);
  return [{ no: was.no, line: named }, ...follow];
}

/** An exception for which no time was sent: its own change is not that of the others. */
function untimed(no: number, line: Single, series: Series, scope: Scope): Single {
  if (scope === 'following') return { ...line, series };
  return { ...line, ...timesAfter(no, series), series: shifted(series, NO_SHIFT) };
}

interface Shift {
  startMs: number;
  endMs: number;
}
const NO_SHIFT: Shift = { startMs: 0, endMs: 0 };

/** Occurrences that were changed alone keep their change unless the whole series is moved. */
function isMoved(other: BookingLine, scope: Scope, now: Instant): boolean {
  if (parseInstant(String(other.details['start'])) < now) return false;
  return scope === 'all' || seriesOf(other)?.exception !== true;
}

function seriesOf(line: BookingLine): Series | undefined {
  return line.details['series'] as Series | undefined; // as `series.ts` wrote it
}

/** An occurrence that is changed alone remembers what its rule says. */
function alone(was: BookingLine, line: Single, series: Series): Single {
  const { roomId, start, end } = was.details;
  const isSame =
    roomId === line.roomId &&
    parseInstant(String(start)) === parseInstant(line.start) &&
    parseInstant(String(end)) === parseInstant(line.end);
  return { ...line, series: isSame ? series : { ...series, exception: true } };
}

/** How far the clock times move, counted from what the rule says. */
function shiftOf({ start, end }: Single, { timezone, localStart, localEnd }: Series): Shift {
  return {
    startMs: readingAt(timezone, parseInstant(start)) - parseLocal(localStart),
    endMs: readingAt(timezone, parseInstant(end)) - parseLocal(localEnd),
  };
}

/** With the whole series an exception is one no more. */
function shifted({ exception: _, ...series }: Series, { startMs, endMs }: Shift): Series {
  return {
    ...series,
    localStart: localText(parseLocal(series.localStart) + startMs),
    localEnd: localText(parseLocal(series.localEnd) + endMs),
  };
}

/** Throws `rule_violated` where the clocks are changed over the new time: no occurrence is dropped by moving it. */
function timesAfter(no: number, series: Series): { start: string; end: string } {
  const { fault, ...times } = timesOf(no, series);
  if (fault !== undefined) throw new Problem('rule_violated', fault.detail ?? '', { errors: [fault] });
  return times;
}
