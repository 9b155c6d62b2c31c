/**
 * A moment: milliseconds since 1970-01-01T00:00:00Z. Durations and periods derived from one are also in ms.
 * The database's clock is the only one that decides a sale; the process clock only stamps logs and timers.
 */
export type Instant = number;

/** RFC 3339 in UTC with millisecond precision, e.g. `2026-11-20T08:00:00.000Z`. */
export function iso(at: Instant): string {
  if (at === last.at) return last.text;
  [last, before] = [before, last];
  if (at !== last.at) last = { at, text: new Date(at).toISOString() };
  return last.text;
}

// The bookings of a batch are made at one moment and mostly expire at one: the same two texts come up hundreds of times.
let last = { at: 0, text: '1970-01-01T00:00:00.000Z' };
let before = last;

/** How caches age: a clock that only moves forward, in ms from anywhere. Tests bring their own. */
export interface Stopwatch {
  now(): number;
}
