import { besideLimit } from './beside-limit.ts';
import type { Bench } from './result.ts';

/** Hold, confirm, cancel of rooms in a circle, beside the limit with the same three calls. */
export const confirm: Bench = (options) =>
  besideLimit({ bench: 'confirm', traffic: 'cycles', connections: 1_000, rooms: 1_000, goal: 0.45 }, options);
