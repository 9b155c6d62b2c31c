import type { Stretch } from '../../engine/calendar.ts';
import type { RoomForSale } from './catalogue.ts';
import { withBuffers } from './line.ts';
import { openBetween } from './opening.ts';

/**
 * When a booking may lie, from its own start to its own end: open, not blacked out, and as far from what is taken as the
 * buffers of the room say.
 */
export function freeBetween(
  room: RoomForSale,
  timezone: string,
  window: Stretch,
  taken: readonly Stretch[],
): Stretch[] {
  const none = withBuffers(room, { startsAt: 0, endsAt: 0 });
  const kept = taken.map(({ startsAt, endsAt }) => ({
    startsAt: startsAt - none.endsAt,
    endsAt: endsAt - none.startsAt,
  }));
  return openTimes(room, timezone, window, kept);
}

/** When the room is open and neither blacked out nor taken, in order of time; an archived one never is. */
export function openTimes(
  { archived, hours, blackouts }: RoomForSale,
  timezone: string,
  window: Stretch,
  taken: readonly Stretch[] = [],
): Stretch[] {
  if (archived) return [];
  const closed = [...taken, ...blackouts].sort((a, b) => a.startsAt - b.startsAt);
  const open = hours === null ? [window] : openBetween(hours, timezone, window);
  return open.flatMap((stretch) => without(stretch, closed));
}

/** What the taken stretches, in order of their start, leave of a stretch. */
function without(stretch: Stretch, taken: readonly Stretch[]): Stretch[] {
  const left: Stretch[] = [];
  let startsAt = stretch.startsAt;
  for (const each of taken) {
    if (each.startsAt >= stretch.endsAt) break;
    if (each.startsAt > startsAt) left.push({ startsAt, endsAt: each.startsAt });
    startsAt = Math.max(startsAt, each.endsAt);
    if (startsAt >= stretch.endsAt) return left;
  }
  return [...left, { startsAt, endsAt: stretch.endsAt }];
}
