import { Temporal } from 'temporal-polyfill';
import { iso, type Instant } from '../platform/clock.ts';
import { isDate } from '../platform/schema.ts';

const MONDAY = 1;

/** The first Monday that lies at least `daysAhead` days after the local date of `now`, as `YYYY-MM-DD`. */
export function mondayAhead(now: Instant, timezone: string, daysAhead: number): string {
  const earliest = localDate(now, timezone).add({ days: daysAhead });
  return earliest.add({ days: (MONDAY - earliest.dayOfWeek + 7) % 7 }).toString();
}

/** Whether the text is a date of the calendar that is a Monday. */
export function isMonday(text: string): boolean {
  return isDate(text) && Temporal.PlainDate.from(text).dayOfWeek === MONDAY;
}

/**
 * The moment `minutes` after the local `HH:MM` of the day that is `day` days after `monday`. The minutes are
 * counted on the clock that never jumps, so what is planned back to back stays back to back on a day when the
 * clocks change. An `HH:MM` that the change leaves out means the moment it jumps to, a repeated one the first.
 */
export function momentOfWeek(
  monday: string,
  day: number,
  from: string,
  minutes: number,
  timezone: string,
): Instant {
  return Temporal.PlainDate.from(monday)
    .add({ days: day })
    .toPlainDateTime(from)
    .toZonedDateTime(timezone, { disambiguation: 'compatible' })
    .add({ minutes }).epochMilliseconds;
}

/** The moment as people of the zone write it, with its offset: `2026-11-30T08:00:00+01:00`. */
export function withOffset(at: Instant, timezone: string): string {
  return Temporal.Instant.from(iso(at)).toZonedDateTimeISO(timezone).toString({ timeZoneName: 'never' });
}

function localDate(now: Instant, timezone: string): Temporal.PlainDate {
  return Temporal.Instant.from(iso(now)).toZonedDateTimeISO(timezone).toPlainDate();
}
