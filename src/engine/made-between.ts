import type { Instant } from '../platform/clock.ts';
import { uuidV7, type Uuid } from '../platform/id.ts';
import { DAY_MS } from '../platform/zone.ts';

/** Ids are made by the program's clock before the database's stamps the booking: they may differ by this much. */
const CLOCKS_APART_MS = DAY_MS;

/** Between these ids lie all bookings that were made in this time, and some that were made a little before or after. */
export function idsMadeBetween(from: Instant, to: Instant): { from: Uuid; before: Uuid } {
  return { from: idAt(from - CLOCKS_APART_MS), before: idAt(to + CLOCKS_APART_MS) };
}

/** An id that sorts with those made at that moment. */
export function idAt(at: Instant): Uuid {
  return uuidV7(Math.min(Math.max(0, at), LAST_MS));
}

/** What 48 bits can say. */
const LAST_MS = 2 ** 48 - 1;
