import { busy, type Stretch } from '../../engine/calendar.ts';
import type { HoldLine } from '../../engine/index.ts';
import { unitsTaken } from '../../engine/stock.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import { LAST_INSTANT } from '../../platform/schema.ts';
import { DAY_MS, dayOf, firstAt, MINUTE_MS, readingAt } from '../../platform/zone.ts';
import type { ResolveContext } from '../kind.ts';
import { roomsForSale, zoneOf, type RoomForSale } from './catalogue.ts';
import { freeBetween } from './free.ts';
import { askedOf, withBuffers } from './line.ts';
import { freeRoomsLike } from './queries.ts';
import { quotaUnits } from './quota.ts';
import { lengths, refusals, startsWithin, type Asked, type Case } from './rules.ts';
import type { RoomLine } from './schema.ts';

/** How far around the wanted time the same room is searched. */
const REACH_MS = 7 * DAY_MS;
const OTHER_TIMES = 3;
const OTHER_ROOMS = 3;
/** Free rooms that are looked at until enough of them may be booked as well: rooms of a building are ruled alike. */
const ROOMS_LOOKED_AT = 12;

/** What may be booked and is free: a room and a time. */
interface Offer {
  room: RoomForSale;
  asked: Asked;
}

/**
 * The nearest times at which the same room is free and may be booked, for as long as was asked or as near to that as its
 * rules allow, and rooms as large that are free and may be booked at that very time.
 */
export async function roomAlternatives(context: ResolveContext, refused: HoldLine): Promise<object[]> {
  const details = refused.details as Omit<RoomLine, 'kind'>;
  const asked = askedOf(details);
  if (asked.endsAt <= asked.startsAt) return [];
  const room = (await roomsForSale(context.db, context.tenant.id, [details.roomId], false)).get(
    details.roomId,
  );
  if (room === undefined) return [];
  const [times, rooms] = await Promise.all([
    otherTimes(context, room, asked),
    otherRooms(context, room, asked),
  ]);
  return [...times.slice(0, OTHER_TIMES), ...rooms.slice(0, OTHER_ROOMS)].map((offer) => toLine(offer));
}

async function otherTimes(context: ResolveContext, room: RoomForSale, asked: Asked): Promise<Offer[]> {
  const { db, tenant, role, now } = context;
  const given = { room, timezone: zoneOf(room, tenant), asked, role, now };
  const lengthMs = allowedLength(room, asked.endsAt - asked.startsAt);
  const within = startsWithin(given);
  const wanted = Math.max(within.startsAt, Math.min(asked.startsAt, within.endsAt - 1));
  const window = {
    startsAt: Math.ceil(Math.max(within.startsAt, wanted - REACH_MS) / MINUTE_MS) * MINUTE_MS,
    endsAt: Math.min(wanted + lengthMs + REACH_MS, LAST_INSTANT),
  };
  const { startsAt, endsAt } = withBuffers(room, window);
  const taken = await busy(db, tenant.id, room.id, { startsAt, endsAt });
  const starts = freeBetween(room, given.timezone, window, taken).flatMap((free) =>
    nearestStarts(given, free, wanted, lengthMs),
  );
  const offers = starts
    .sort((a, b) => Math.abs(a - asked.startsAt) - Math.abs(b - asked.startsAt) || a - b)
    .map((start) => ({ room, asked: { ...asked, startsAt: start, endsAt: start + lengthMs } }));
  return withinQuotas(
    context,
    offers.filter((offer) => refusals({ ...given, ...offer }).length === 0),
  );
}

async function otherRooms(context: ResolveContext, room: RoomForSale, asked: Asked): Promise<Offer[]> {
  const { db, tenant, role, now } = context;
  const { startsAt, endsAt, attendees = room.capacity, equipment = [] } = asked;
  const filters = [room.id, attendees, equipment, startsAt, endsAt, ROOMS_LOOKED_AT] as const;
  const found = await db.read(tenant.id, freeRoomsLike, ...filters);
  const rooms = await roomsForSale(
    db,
    tenant.id,
    found.map(({ id }) => id),
    false,
  );
  const offers = found
    .flatMap(({ id }) => rooms.get(id) ?? [])
    .map((other): Offer => ({ room: other, asked }));
  const allowed = offers.filter(
    (offer) => refusals({ ...offer, timezone: zoneOf(offer.room, tenant), role, now }).length === 0,
  );
  return withinQuotas(context, allowed);
}

/** The length nearest to the wanted one that the rules of the room allow. */
function allowedLength(room: RoomForSale, wantedMs: number): number {
  const { leastMs, mostMs } = lengths(room.rules);
  const lengthMs = Math.min(Math.max(wantedMs, leastMs), mostMs);
  const stepMs = (room.rules.stepMinutes ?? 0) * MINUTE_MS;
  if (stepMs === 0) return lengthMs;
  const longer = Math.ceil(lengthMs / stepMs) * stepMs;
  return longer <= mostMs ? longer : Math.floor(lengthMs / stepMs) * stepMs;
}

/** The starts in a free stretch that lie nearest to the wanted one: that itself, or those on the grid around it. */
function nearestStarts(
  { room, timezone }: Case,
  free: Stretch,
  wanted: Instant,
  lengthMs: number,
): Instant[] {
  const last = free.endsAt - lengthMs;
  if (last < free.startsAt) return [];
  const nearest = Math.min(Math.max(wanted, free.startsAt), last);
  const stepMs = (room.rules.stepMinutes ?? 0) * MINUTE_MS;
  if (stepMs === 0) return [nearest];
  const reading = readingAt(timezone, nearest);
  const midnight = dayOf(reading);
  const steps = (reading - midnight) / stepMs;
  const around = new Set([Math.floor(steps), Math.ceil(steps)]);
  return [...around]
    .map((step) => firstAt(timezone, midnight + Math.min(step * stepMs, DAY_MS)))
    .filter((start) => free.startsAt <= start && start <= last);
}

/** Those for which the person has something left of what one may have. */
async function withinQuotas(
  { db, tenant, client }: ResolveContext,
  offers: readonly Offer[],
): Promise<Offer[]> {
  const needs = offers.map(({ room, asked }) => quotaUnits(room, zoneOf(room, tenant), client, asked));
  const taken = await unitsTaken(db, tenant.id, needs.flat());
  return offers.filter((_, i) =>
    (needs[i] ?? []).every((need) => taken(need) + need.units <= (need.cap ?? Infinity)),
  );
}

/** A line as it can be sent to be held. */
function toLine({ room, asked: { startsAt, endsAt, attendees, equipment } }: Offer): object {
  return {
    kind: 'room',
    roomId: room.id,
    start: iso(startsAt),
    end: iso(endsAt),
    ...(attendees !== undefined && { attendees }),
    ...(equipment !== undefined && { equipment }),
  };
}
