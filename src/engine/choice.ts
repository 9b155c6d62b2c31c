import type { Conflict, ConflictReason } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import type { BookingLine } from './booking.ts';
import type { IntervalNeed, Needs, UnitsNeed } from './claim.ts';
import type { Group } from './groups.ts';

/** What is free at the moment of deciding, after everything decided before and the earlier lines of the request. */
export interface FreeView {
  isFree(slot: IntervalNeed): boolean;
  /** Units left in a bucket; 0 for one that does not exist. */
  unitsLeft(at: Pick<UnitsNeed, 'resourceId' | 'bucket'>): number;
  /** Of a group in `from` a 1 for each member that is free, in order; the caller's own to write in. */
  freeIn(group: Group): Uint8Array;
}

/** What was chosen. It is added to what the line needs and says already. */
export type Picked = Needs & { details: BookingLine['details'] };

/** Why something that is free is not to be had after all. */
export interface NotPicked {
  because: readonly { resource: Uuid; reason: ConflictReason }[];
}

/**
 * Needs that are chosen under the lock (the first fitting room, the best seats): `from` names everything the choice
 * may touch, so that it is locked and read; `pick` is pure and answers null when nothing fits.
 */
export interface Choice {
  from: Needs & { groups?: readonly Group[] };
  pick(free: FreeView): Picked | NotPicked | null;
}

/** So many of these stretches, whichever are free, so that nobody is refused what another one would do for. */
export function anyOf(slots: readonly IntervalNeed[], quantity: number): Choice {
  return {
    from: { intervals: slots, units: [] },
    pick: ({ isFree }) => {
      const intervals = slots.filter(isFree).slice(0, quantity);
      return intervals.length < quantity ? null : { intervals, units: [], details: {} };
    },
  };
}

export const NOTHING_PICKED: Picked = { intervals: [], units: [], details: {} };

export function isPicked(picked: Picked | NotPicked | null | undefined): picked is Picked {
  return picked !== null && picked !== undefined && 'units' in picked;
}

/** The conflicts of a line whose choice came to nothing. */
export function notPicked(picked: NotPicked | null, { from }: Choice, line: number): Conflict[] {
  if (picked !== null) return picked.because.map((each) => ({ line, ...each }));
  const [first] = [...from.intervals, ...from.units];
  return [{ line, resource: first?.resourceId ?? '', reason: 'nothing_fits' }];
}
