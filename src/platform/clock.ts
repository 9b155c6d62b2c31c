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

export function isoOrNull(at: Instant | null): string | null {
  return at === null ? null : iso(at);
}

// The bookings of a batch are made at one moment and mostly expire at one: the same two texts come up hundreds of times.
let last = { at: 0, text: '1970-01-01T00:00:00.000Z' };
let before = last;

/** How long a hearing counts: longer than any delay, short enough to follow a clock that is put back. */
const HEARD_FOR_MS = 5_000;

/**
 * The database's clock as this process last heard it, carried on by a clock that only moves forward: what the machine
 * takes for the time of day, and how it is put right meanwhile, changes nothing. A hearing arrives late and never
 * early, so of several the one that is furthest ahead is the best.
 */
export function openHeardClock(watch: Stopwatch = performance) {
  let [earlier, latest] = [-Infinity, -Infinity]; // how far the database is ahead of `watch`, in two stretches of time
  let since = -Infinity;
  return {
    heard: (at: Instant): void => {
      const ahead = at - watch.now();
      if (watch.now() - since > HEARD_FOR_MS) [earlier, latest, since] = [latest, ahead, watch.now()];
      else latest = Math.max(latest, ahead);
    },
    /** The machine's own time until the first hearing. */
    now: (): Instant =>
      latest === -Infinity ? Date.now() : Math.floor(watch.now() + Math.max(earlier, latest)),
  };
}

/** How caches age: a clock that only moves forward, in ms from anywhere. Tests bring their own. */
export interface Stopwatch {
  now(): number;
}
