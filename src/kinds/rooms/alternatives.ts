import { busy, freeBetween, type Stretch } from '../../engine/calendar.ts';
import type { HoldLine } from '../../engine/index.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import { LAST_INSTANT } from '../../platform/schema.ts';
import type { ResolveContext } from '../kind.ts';
import { roomsForSale } from './catalogue.ts';
import { freeRoomsLike } from './queries.ts';

const DAY_MS = 86_400_000;
/** How far around the wanted time the same room is searched. */
const REACH_MS = 7 * DAY_MS;
const OTHER_TIMES = 3;
const OTHER_ROOMS = 3;

/** The nearest times at which the same room is free for as long, and rooms as large that are free at that time. */
export async function roomAlternatives(context: ResolveContext, refused: HoldLine): Promise<object[]> {
  const [wanted] = refused.intervals;
  if (wanted === undefined) return [];
  const [times, rooms] = await Promise.all([otherTimes(context, wanted), otherRooms(context, wanted)]);
  return [...times, ...rooms];
}

async function otherTimes({ db, tenant, now }: ResolveContext, wanted: Stretch & { resourceId: string }) {
  const window = {
    startsAt: Math.max(now, wanted.startsAt - REACH_MS),
    endsAt: Math.min(wanted.endsAt + REACH_MS, LAST_INSTANT),
  };
  const taken = await busy(db, tenant.id, wanted.resourceId, window);
  return nearestStarts(freeBetween(taken, window), wanted, OTHER_TIMES).map((startsAt) => ({
    kind: 'room',
    roomId: wanted.resourceId,
    start: iso(startsAt),
    end: iso(startsAt + wanted.endsAt - wanted.startsAt),
  }));
}

/** Of each free stretch that is long enough, the start nearest to the wanted one; nearest first. */
export function nearestStarts(free: readonly Stretch[], wanted: Stretch, most: number): Instant[] {
  const length = wanted.endsAt - wanted.startsAt;
  return free
    .filter((stretch) => stretch.endsAt - stretch.startsAt >= length)
    .map((stretch) => Math.min(Math.max(wanted.startsAt, stretch.startsAt), stretch.endsAt - length))
    .sort((a, b) => Math.abs(a - wanted.startsAt) - Math.abs(b - wanted.startsAt) || a - b)
    .slice(0, most);
}

async function otherRooms({ db, tenant }: ResolveContext, wanted: Stretch & { resourceId: string }) {
  const room = (await roomsForSale(db, tenant.id, [wanted.resourceId], false)).get(wanted.resourceId);
  if (room === undefined) return [];
  const { startsAt, endsAt } = wanted;
  const rows = await db.read(tenant.id, freeRoomsLike, room.capacity, startsAt, endsAt, OTHER_ROOMS);
  return rows.map((row) => ({
    kind: 'room',
    roomId: row.id,
    name: row.name,
    start: iso(startsAt),
    end: iso(endsAt),
  }));
}
