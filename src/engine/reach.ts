import type { Instant } from '../platform/clock.ts';
import type { Uuid } from '../platform/id.ts';

/** What a change of a booking touches: which resources, and the time in which all lies that it touches of their time lines. */
export interface Reach {
  readonly resourceIds: readonly Uuid[];
  /** Null where it touches no time line, or where that is not known. */
  readonly startsAt: Instant | null;
  readonly endsAt: Instant | null;
}

export const NOWHERE: Reach = { resourceIds: [], startsAt: null, endsAt: null };

interface Slot {
  resourceId: Uuid;
  startsAt: Instant;
  endsAt: Instant;
}

export function reachOf(intervals: readonly Slot[], units: readonly { resourceId: Uuid }[]): Reach {
  return {
    resourceIds: [...new Set([...intervals, ...units].map((claim) => claim.resourceId))],
    startsAt: intervals.length === 0 ? null : Math.min(...intervals.map(({ startsAt }) => startsAt)),
    endsAt: intervals.length === 0 ? null : Math.max(...intervals.map(({ endsAt }) => endsAt)),
  };
}

/** What two changes touch that happen as one. */
export function together(one: Reach, other: Reach): Reach {
  const times = (which: 'startsAt' | 'endsAt') => [one[which], other[which]].filter((time) => time !== null);
  const [starts, ends] = [times('startsAt'), times('endsAt')];
  return {
    resourceIds: [...new Set([...one.resourceIds, ...other.resourceIds])],
    startsAt: starts.length === 0 ? null : Math.min(...starts),
    endsAt: ends.length === 0 ? null : Math.max(...ends),
  };
}
