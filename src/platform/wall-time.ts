import type { Instant } from './clock.ts';
import { firstAt, lastBefore, MINUTE_MS, readingAt, type Reading } from './zone.ts';

/**
 * What a reading of a clock means: one moment, or, where the clocks are changed over it, a choice of two. In a gap the
 * earlier one counts with the time that holds after the change (02:30 becomes 01:30), the later one with the time
 * before it (03:30).
 */
export type Meaning =
  | { at: Instant }
  | {
      reason: 'nonexistent_local_time' | 'ambiguous_local_time';
      earlier: Instant;
      later: Instant;
    };

export function meaningOf(timezone: string, reading: Reading): Meaning {
  const first = firstAt(timezone, reading);
  if (readingAt(timezone, first) !== reading)
    return {
      reason: 'nonexistent_local_time',
      earlier: reading - offsetAt(timezone, first),
      later: reading - offsetAt(timezone, first - 1),
    };
  // Of the millisecond after it: the first reading of a repeated hour is shown again at the very change of the clocks.
  const last = lastBefore(timezone, reading + 1) - 1;
  return first === last ? { at: first } : { reason: 'ambiguous_local_time', earlier: first, later: last };
}

/** A reading as people write it, `2027-03-28T02:30:00`. */
export function localText(reading: Reading): string {
  return new Date(reading).toISOString().slice(0, 19);
}

export function parseLocal(text: string): Reading {
  return Date.parse(`${text}Z`);
}

/** A moment as the clock of the zone shows it, with its offset: `2027-03-29T08:00:00+02:00`. */
export function withOffset(timezone: string, at: Instant): string {
  const minutes = Math.round(offsetAt(timezone, at) / MINUTE_MS);
  const size = Math.abs(minutes);
  const two = (count: number) => String(count).padStart(2, '0');
  const sign = minutes < 0 ? '-' : '+';
  return `${localText(at + minutes * MINUTE_MS)}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function offsetAt(timezone: string, at: Instant): number {
  return readingAt(timezone, at) - at;
}
