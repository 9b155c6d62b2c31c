import type { Instant } from '../platform/clock.ts';
import type { Uuid } from '../platform/id.ts';

/** A half-open interval `[startsAt, endsAt)` that a line needs on a calendar. */
export interface IntervalNeed {
  resourceId: Uuid;
  startsAt: Instant;
  endsAt: Instant;
}

/**
 * How long a claim stands: as long as its line holds capacity, or only until it is confirmed; or the same of the whole
 * booking, whatever becomes of the line that bears it.
 */
export type Until = 'end' | 'confirm' | 'bookingEnd' | 'bookingConfirm';

/** Whether it is given back by confirming: a cap on open holds. */
export function isOfHold(until: Until | undefined): boolean {
  return until === 'confirm' || until === 'bookingConfirm';
}

/** Whether it goes with its line, when that is cancelled or moved. */
export function isOfLine(until: Until): boolean {
  return until === 'end' || until === 'confirm';
}

/** Units that a line needs of one stock bucket; things with only one bucket use ONLY_BUCKET. */
export interface UnitsNeed {
  resourceId: Uuid;
  bucket: string;
  units: number;
  /**
   * Makes it a limit ("at most 4 per client"): the row is made when it is first needed, and this is its capacity from
   * now on, however many are taken already.
   */
  cap?: number;
  /** What the limit is called towards whoever reaches it. */
  rule?: string;
  /** `confirm` for caps on open holds; `end` when not given. */
  until?: Until;
}

export const ONLY_BUCKET = '-infinity';

/** Everything a line needs; all of it or nothing is taken. */
export interface Needs {
  intervals: readonly IntervalNeed[];
  units: readonly UnitsNeed[];
}

/** The same without caps on open holds: whoever is no hold does not count towards them. */
export function lasting<N extends Needs>(needs: N): N {
  return { ...needs, units: needs.units.filter((need) => !isOfHold(need.until)) };
}

interface Standing {
  bookingId: Uuid;
  lineNo: number;
  /** The expiry of the hold it belongs to; null once confirmed. */
  expiresAt: Instant | null;
}

/** Capacity that a booking holds now. A claim exists exactly while it holds capacity. */
export type IntervalClaim = IntervalNeed & Standing;
export type UnitsClaim = Omit<UnitsNeed, 'cap' | 'rule' | 'until'> & Standing & { until: Until };

/** An expired claim stands in the table until somebody needs its row, but it holds nothing any more. */
export function isDead(claim: Standing, now: Instant): boolean {
  return claim.expiresAt !== null && claim.expiresAt <= now;
}

export function overlaps(a: IntervalNeed, b: IntervalNeed): boolean {
  return a.startsAt < b.endsAt && b.startsAt < a.endsAt;
}

/** The first of these moments; null of none. */
export function earliest(starts: readonly Instant[]): Instant | null {
  return starts.length === 0 ? null : starts.reduce((first, next) => Math.min(first, next));
}

/** What one line of a competing request would claim if it were approved. It stands in nobody's way. */
export interface Wish extends Needs {
  bookingId: Uuid;
  lineNo: number;
  /** The request goes on waiting when another gets its time; otherwise it is declined. */
  stays: boolean;
}

/** What lines of a booking claim or wish for. */
export interface NeedsOfLines {
  intervals: readonly (IntervalNeed & { lineNo: number })[];
  units: readonly (UnitsNeed & { lineNo: number })[];
}
