import { LRUCache } from 'lru-cache';
import { Temporal } from 'temporal-polyfill';
import type { Instant } from './clock.ts';

/**
 * Clocks of IANA zones for code that sells, where building a Temporal object for each question (10 µs) would cost more
 * than the sale. A *reading* is what a clock on the wall shows, as the number that the same reading has in UTC: days,
 * weekdays and times of day come out of it by arithmetic.
 */
export type Reading = number;

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** What the clock of the zone shows at a moment. */
export function readingAt(timezone: string, at: Instant): Reading {
  return at + spanAt(timezone, at).offsetMs;
}

/** The first moment at which the clock shows the reading or a later one: in a gap, when the clock jumps. */
export function firstAt(timezone: string, reading: Reading): Instant {
  let span = spanAt(timezone, reading - WIDEST_OFFSET_MS);
  while (reading - span.offsetMs >= span.until) span = spanAt(timezone, span.until);
  return Math.max(span.from, reading - span.offsetMs);
}

/** The moment after which the clock never again shows less than the reading: of a repeated one the last. */
export function lastBefore(timezone: string, reading: Reading): Instant {
  let span = spanAt(timezone, reading + WIDEST_OFFSET_MS);
  while (reading - span.offsetMs <= span.from) span = spanAt(timezone, span.from - 1);
  return Math.min(span.until, reading - span.offsetMs);
}

/** Midnight at the start of the day that the reading lies in. */
export function dayOf(reading: Reading): Reading {
  return Math.floor(reading / DAY_MS) * DAY_MS;
}

/** The day of the week of a reading; 0 is Monday. */
export function weekdayOf(reading: Reading): number {
  return (((Math.floor(reading / DAY_MS) + THURSDAY) % 7) + 7) % 7;
}

/** The date of a reading, `2026-11-23`. */
export function dateText(reading: Reading): string {
  return new Date(reading).toISOString().slice(0, 10);
}

const THURSDAY = 3; // 1970-01-01
/** No zone is farther from UTC: the widest ever were 15 h 13 min (Manila until 1844) and 14 h. */
const WIDEST_OFFSET_MS = 16 * 3_600_000;
/** A stretch of time in which the clock of a zone does not change. */
interface Span {
  from: Instant;
  until: Instant;
  offsetMs: number;
}

/** More names than there are; callers may also write them in other cases. */
const KEPT_ZONES = 1_000;
/** Bookings of one season look at two or three; who asks for all years of a zone pushes out only that zone's. */
const KEPT_SPANS = 64;
const spans = new LRUCache<string, Span[]>({ max: KEPT_ZONES });

function spanAt(timezone: string, at: Instant): Span {
  let kept = spans.get(timezone);
  if (kept === undefined) spans.set(timezone, (kept = []));
  for (const span of kept) if (span.from <= at && at < span.until) return span;
  if (kept.length === KEPT_SPANS) kept.shift();
  const span = findSpan(timezone, at);
  kept.push(span);
  return span;
}

function findSpan(timezone: string, at: Instant): Span {
  const here = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
  const next = here.getTimeZoneTransition('next');
  // The one before the next moment: a change at this very moment counts.
  const last = here.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
  return {
    from: last?.epochMilliseconds ?? -Infinity,
    until: next?.epochMilliseconds ?? Infinity,
    offsetMs: here.offsetNanoseconds / 1_000_000,
  };
}
