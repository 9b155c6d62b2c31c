import type { Stretch } from '../../engine/calendar.ts';
import type { Instant } from '../../platform/clock.ts';
import { DAY_MS, dayOf, firstAt, lastBefore, MINUTE_MS, readingAt, weekdayOf } from '../../platform/zone.ts';
import type { Reading } from '../../platform/zone.ts';
import type { OpeningHours } from './schema.ts';

/** Minutes after the midnight that a weekday begins with; more than 1 440 lie on the next day. */
interface Open {
  from: number;
  to: number;
}

/** When a room is open in each week, Monday first, each day in order of time. */
export type WeekHours = readonly (readonly Open[])[];

const DAY_MINUTES = 1_440;
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** The hours ready to be asked; null for a room that never closes. */
export function weekHours(hours: OpeningHours | null): WeekHours | null {
  if (hours === null) return null;
  const week = WEEKDAYS.map((day) => (hours[day] ?? []).map(toOpen).sort((a, b) => a.from - b.from));
  return neverCloses(week) ? null : week;
}

/** The minute of the day that a text such as `08:30` means. */
export function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

/**
 * The first moment of the stretch at which the room is closed; undefined when it is open throughout. Looks at no more
 * than two weeks, however long the stretch: whoever is closed at all is closed at some time of each week, and only
 * where a clock jumps over that time for once it takes another week to find.
 */
export function firstClosed(
  hours: WeekHours,
  timezone: string,
  { startsAt, endsAt }: Stretch,
): Instant | undefined {
  let open = startsAt;
  const yesterday = dayOf(readingAt(timezone, startsAt)) - DAY_MS;
  for (let day = yesterday; open < endsAt && day <= readingAt(timezone, open); day += DAY_MS)
    for (const stretch of openOn(hours, timezone, day))
      if (stretch.startsAt <= open) open = Math.max(open, stretch.endsAt);
  return open < endsAt ? open : undefined;
}

/** When the room is open inside the window, in order of time; touching stretches are one. */
export function openBetween(hours: WeekHours, timezone: string, window: Stretch): Stretch[] {
  const open: Stretch[] = [];
  const yesterday = dayOf(readingAt(timezone, window.startsAt)) - DAY_MS;
  for (let day = yesterday; day <= readingAt(timezone, window.endsAt); day += DAY_MS)
    for (const stretch of openOn(hours, timezone, day)) {
      const startsAt = Math.max(stretch.startsAt, window.startsAt);
      const endsAt = Math.min(stretch.endsAt, window.endsAt);
      const last = open.at(-1);
      if (last !== undefined && startsAt <= last.endsAt) last.endsAt = Math.max(last.endsAt, endsAt);
      else if (startsAt < endsAt) open.push({ startsAt, endsAt });
    }
  return open;
}

/** The hours of the day on which the clock of the room shows the reading, as people write them. */
export function hoursText(hours: WeekHours, reading: Reading): string {
  const open = hours[weekdayOf(reading)] ?? [];
  return open.map(({ from, to }) => `${timeText(from)}-${timeText(to)}`).join(', ');
}

/**
 * From the first moment at which the clock shows the opening time or a later one to the last at which it shows an
 * earlier one than the closing time: an hour that is skipped shortens a night and one that is repeated prolongs it.
 */
function openOn(hours: WeekHours, timezone: string, day: Reading): Stretch[] {
  return (hours[weekdayOf(day)] ?? [])
    .map(({ from, to }) => ({
      startsAt: firstAt(timezone, day + from * MINUTE_MS),
      endsAt: lastBefore(timezone, day + to * MINUTE_MS),
    }))
    .filter(({ startsAt, endsAt }) => startsAt < endsAt);
}

function toOpen([opens = '', closes = '']: readonly string[]): Open {
  const from = minuteOf(opens);
  const to = minuteOf(closes);
  return { from, to: to <= from ? to + DAY_MINUTES : to };
}

function neverCloses(week: WeekHours): boolean {
  let open = 0;
  for (const [day, hours] of [...week, ...week].entries()) {
    const midnight = (day - week.length) * DAY_MINUTES; // a night of the week before reaches into Monday
    for (const { from, to } of hours) if (midnight + from <= open) open = Math.max(open, midnight + to);
  }
  return open >= week.length * DAY_MINUTES;
}

function timeText(minute: number): string {
  const ofDay = minute > DAY_MINUTES ? minute - DAY_MINUTES : minute;
  return `${String(Math.floor(ofDay / 60)).padStart(2, '0')}:${String(ofDay % 60).padStart(2, '0')}`;
}
