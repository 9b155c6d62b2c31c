import { besideLimit } from './beside-limit.ts';
import type { Bench } from './result.ts';

/** Random room bookings, 30 % of which collide with another, beside the limit. */
export const intervals: Bench = (options) =>
  besideLimit(
    { bench: 'intervals', traffic: 'intervals', connections: 1_000, rooms: 1_000, goal: 0.35 },
    options,
  );
