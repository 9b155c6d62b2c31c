import type { Stretch } from '../../engine/calendar.ts';
import { idsMadeBetween } from '../../engine/made-between.ts';
import type { Tenant } from '../../people/access.ts';
import type { Database } from '../../platform/db.ts';
import type { Uuid } from '../../platform/id.ts';
import { dayOf, MINUTE_MS, readingAt, weekdayOf } from '../../platform/zone.ts';
import { openBetween, weekHours } from './opening.ts';
import * as sql from './report-queries.ts';
import type { OpeningHours, RoomFilters } from './schema.ts';
import { roomFilters } from './filters.ts';

/** A report's question: which rooms, between when. */
export interface Asked {
  db: Pick<Database, 'read'>;
  tenant: Tenant;
  filters: RoomFilters;
  window: Stretch;
}

/** Whole minutes, and the share of the open ones that was kept; a share over 1 was kept outside the opening hours. */
interface Use {
  keptMinutes: number;
  openMinutes: number;
  utilisation: number | null;
}

export type RoomUse = { roomId: Uuid; name: string; building: string; bookings: number } & Use;
export type BuildingUse = { building: string; rooms: number; bookings: number } & Use;
/** `weekday` is 1 for Monday to 7, `hour` 0 to 23, by the clock of each room. */
export type HourUse = { weekday: number; hour: number } & Use;

interface RoomTime {
  roomId: Uuid;
  name: string;
  building: string;
  bookings: number;
  keptMs: number;
  openMs: number;
}

export async function useByRoom(asked: Asked): Promise<RoomUse[]> {
  return (await roomTimes(asked)).map(({ keptMs, openMs, ...room }) => ({ ...room, ...use(keptMs, openMs) }));
}

export async function useByBuilding(asked: Asked): Promise<BuildingUse[]> {
  const byBuilding = Map.groupBy(await roomTimes(asked), ({ building }) => building);
  const uses = [...byBuilding].map(([building, rooms]) => ({
    building,
    rooms: rooms.length,
    bookings: sum(rooms.map((room) => room.bookings)),
    ...use(sum(rooms.map((room) => room.keptMs)), sum(rooms.map((room) => room.openMs))),
  }));
  return uses.sort((a, b) => (a.building < b.building ? -1 : 1));
}

/** All 168 hours of the week. */
export async function useByHour({ db, tenant, filters, window }: Asked): Promise<HourUse[]> {
  const { startsAt, endsAt } = window;
  const rows = await db.read(
    tenant.id,
    sql.usageByHour,
    ...roomFilters(filters),
    startsAt,
    endsAt,
    tenant.timezone,
  );
  const kept = new Float64Array(HOURS);
  const open = new Float64Array(HOURS);
  for (const { weekday, hour, keptMs, timezone, openingHours, rooms } of rows)
    if (weekday !== null && hour !== null) kept[hourOfWeek(weekday - 1, hour)] = keptMs ?? 0;
    else if (timezone !== null)
      addOpenHours(open, timezone, openingHours as OpeningHours | null, window, rooms ?? 0);
  return Array.from(kept, (keptMs, i) => ({
    weekday: Math.floor(i / 24) + 1,
    hour: i % 24,
    ...use(keptMs, open[i] ?? 0),
  }));
}

const HOURS = 168;
/** The smallest step by which a zone's clock changes (Lord Howe): a half hour never lies in two hours of the clock. */
const HALF_HOUR_MS = 30 * MINUTE_MS;

function hourOfWeek(weekday: number, hour: number): number {
  return weekday * 24 + hour;
}

function addOpenHours(
  open: Float64Array,
  timezone: string,
  hours: OpeningHours | null,
  window: Stretch,
  rooms: number,
): void {
  for (const { startsAt, endsAt } of openStretches(timezone, hours, window)) {
    for (let at = startsAt; at < endsAt;) {
      const reading = readingAt(timezone, at);
      const next = Math.min(
        endsAt,
        at + HALF_HOUR_MS - (((reading % HALF_HOUR_MS) + HALF_HOUR_MS) % HALF_HOUR_MS),
      );
      const hour = Math.floor((reading - dayOf(reading)) / (2 * HALF_HOUR_MS));
      const i = hourOfWeek(weekdayOf(reading), hour);
      open[i] = (open[i] ?? 0) + rooms * (next - at);
      at = next;
    }
  }
}

async function roomTimes({ db, tenant, filters, window }: Asked): Promise<RoomTime[]> {
  const { startsAt, endsAt } = window;
  const rows = await db.read(tenant.id, sql.usageByRoom, ...roomFilters(filters), startsAt, endsAt);
  const openMs = new Map<string, number>(); // rooms share their hours with many others
  return rows.map(({ timezone, openingHours, ...room }) => {
    const key = JSON.stringify([timezone, openingHours]);
    const known =
      openMs.get(key) ??
      lengthOf(openStretches(timezone ?? tenant.timezone, openingHours as OpeningHours | null, window));
    openMs.set(key, known);
    return { ...room, openMs: known };
  });
}

function openStretches(timezone: string, openingHours: OpeningHours | null, window: Stretch): Stretch[] {
  const hours = weekHours(openingHours);
  return hours === null ? [window] : openBetween(hours, timezone, window);
}

function lengthOf(stretches: readonly Stretch[]): number {
  return sum(stretches.map(({ startsAt, endsAt }) => endsAt - startsAt));
}

function use(keptMs: number, openMs: number): Use {
  return {
    keptMinutes: Math.round(keptMs / MINUTE_MS),
    openMinutes: Math.round(openMs / MINUTE_MS),
    utilisation: openMs === 0 ? null : Number((keptMs / openMs).toFixed(4)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export interface Activity {
  /** The first day of the period, by the clock of the tenant. */
  period: string;
  /** Lines for rooms that were booked in it; the columns after it say what became of them. */
  bookings: number;
  standing: number;
  cancelled: number;
  declined: number;
  noShows: number;
  checkedIn: number;
  bookedMinutes: number;
  /** How long before they begin those that stand were booked; null where none does. */
  meanLeadHours: number | null;
  medianLeadHours: number | null;
}

export type Per = 'day' | 'week' | 'month';

export async function bookingActivity({ db, tenant, filters, window }: Asked, per: Per): Promise<Activity[]> {
  const { startsAt, endsAt } = window;
  const made = idsMadeBetween(startsAt, endsAt);
  const rows = await db.read(
    tenant.id,
    sql.activity,
    ...roomFilters(filters),
    startsAt,
    endsAt,
    per,
    tenant.timezone,
    made.from,
    made.before,
  );
  return rows.map(({ bookedMs, meanLeadMs, medianLeadMs, ...row }) => ({
    ...row,
    bookedMinutes: Math.round((bookedMs ?? 0) / MINUTE_MS),
    meanLeadHours: hours(meanLeadMs),
    medianLeadHours: hours(medianLeadMs),
  }));
}

function hours(ms: number | null): number | null {
  return ms === null ? null : Number((ms / (60 * MINUTE_MS)).toFixed(2));
}
