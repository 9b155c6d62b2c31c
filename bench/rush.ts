import { besideLimit } from './beside-limit.ts';
import type { Bench } from './result.ts';

/** 1 000 clients, all holding one place of the same section, beside the limit. */
export const rush: Bench = (options) =>
  besideLimit({ bench: 'rush', traffic: 'admissions', connections: 1_000, places: 1, goal: 0.6 }, options);

/** The same over 20 000 sections. */
export const rushSpread: Bench = (options) =>
  besideLimit(
    { bench: 'rush-spread', traffic: 'admissions', connections: 1_000, places: 20_000, goal: 0.5 },
    options,
  );
