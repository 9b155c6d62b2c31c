import { busy, type Stretch } from '../../engine/calendar.ts';
import { can, type Actor } from '../../people/access.ts';
import type { KeyRole } from '../../people/key.ts';
import { writtenAlready, type App } from '../../people/route.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import type { Database } from '../../platform/db.ts';
import { resourceTag, tagsWithin } from '../../platform/cache/tags.ts';
import { notFound } from '../../platform/errors.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import { FIRST_INSTANT, IdPath, LAST_INSTANT, parseInstant, strict } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import { Window, windowOf } from '../../platform/window.ts';
import { DAY_MS } from '../../platform/zone.ts';
import { roomsForSale, zoneOf } from './catalogue.ts';
import { freeBetween } from './free.ts';
import { Grid, GridQuery, gridBytes, LONGEST_GRID_DAYS } from './grid.ts';
import { weekHours } from './opening.ts';
import * as sql from './queries.ts';
import { toRoom } from './room.ts';
import { refusals } from './rules.ts';
import * as schema from './schema.ts';
import { roomFilters } from './filters.ts';

const LONGEST_LOOK_DAYS = 366;

const tags = ['Rooms'];
const permission = 'catalogue.read';

/** What is free and what is taken: of all rooms for one stretch, of one room, of many rooms side by side. */
export function availabilityRoutes(app: App, db: Database): void {
  app.get(
    '/rooms/availability',
    {
      schema: {
        tags,
        summary: 'Find rooms that are free for a whole stretch of time and may be booked for it',
        operationId: 'findFreeRooms',
        querystring: listQuery(sql.freeRoomList, schema.Room, { ...schema.RoomFilters, ...Window }),
        response: { 200: listAnswer(schema.Room) },
      },
      config: {
        permission,
        kept: { name: 'free rooms', dated: true, madeOf: ofAllRooms, variesBy: rulesFor },
      },
    },
    ({ actor, query }) => {
      const window = windowOf(query, LONGEST_LOOK_DAYS);
      const filters = [...roomFilters(query), window.startsAt, window.endsAt] as const;
      const keep = mayBeBooked(actor, window, db.now());
      return answerList(db, actor.tenant.id, sql.freeRoomList, query, filters, toRoom, keep);
    },
  );

  app.get(
    '/rooms/:id/availability',
    {
      schema: {
        tags,
        summary: 'See when a room is free and when it is taken',
        operationId: 'getRoomAvailability',
        params: IdPath,
        querystring: strict(Window),
        response: { 200: schema.RoomAvailability },
      },
      config: {
        permission,
        kept: {
          name: 'room availability',
          dated: true,
          madeOf: ({ id = '' }, query) => within(resourceTag(id), query),
        },
      },
    },
    async ({ actor, params, query }) => {
      const window = windowOf(query, LONGEST_LOOK_DAYS);
      const { tenant } = actor;
      // Both at once, so before the buffers of the room are known: as far as the longest of them reach. Past the cache of
      // entries: the answer is kept, and must not outlive what it was made of.
      const [rooms, around] = await Promise.all([
        roomsForSale(db, tenant.id, [params.id], true),
        busy(db, tenant.id, params.id, withSurroundings(window)),
      ]);
      const room = rooms.get(params.id);
      if (room === undefined) throw notFound('room');
      return {
        roomId: room.id,
        free: freeBetween(room, zoneOf(room, tenant), window, around).map(toStretch),
        busy: around.flatMap((each) => cut(each, window)).map(toStretch),
      };
    },
  );

  gridRoute(app, db);
}

function gridRoute(app: App, db: Database): void {
  app.get(
    '/rooms/grid',
    {
      schema: {
        tags,
        summary: 'See many rooms side by side: when each is taken in a day, a week or a month',
        description:
          'Staff see whose each stretch is, by the id of its booking; everybody else sees "taken".',
        operationId: 'getRoomGrid',
        querystring: GridQuery,
        response: { 200: Grid },
      },
      config: {
        permission,
        kept: {
          name: 'room grid',
          dated: true,
          madeOf: ofAllRooms,
          variesBy: (actor) => String(seesBookings(actor)),
        },
      },
    },
    async ({ actor, query }, reply) => {
      const window = windowOf(query, LONGEST_GRID_DAYS);
      const asked = { ...query, window, named: seesBookings(actor) };
      return writtenAlready(reply, await gridBytes(db, actor.tenant.id, asked));
    },
  );
}

function ofAllRooms(_params: object, query: Asked): string[] {
  return ['room', ...within('booking', query)];
}

type Asked = Readonly<Record<string, unknown>>;

/** What is booked in the time that is asked for. */
function within(tag: string, { from, to }: Asked): string[] {
  const asked = { startsAt: parseInstant(String(from)), endsAt: parseInstant(String(to)) };
  const { startsAt, endsAt } = withSurroundings(asked);
  return tagsWithin(tag, startsAt, endsAt);
}

/** With the time from which buffers, a day at most, can reach into it. */
function withSurroundings({ startsAt, endsAt }: Stretch): Stretch {
  return {
    startsAt: Math.max(startsAt - DAY_MS, FIRST_INSTANT),
    endsAt: Math.min(endsAt + DAY_MS, LAST_INSTANT),
  };
}

function seesBookings({ role }: Actor): boolean {
  return can(role, 'booking.all');
}

/** Whose rules hold: whoever comes without a key is asked as a client. */
function rulesFor({ role }: Actor): KeyRole {
  return role === 'public' ? 'client' : role;
}

/** Whether the rules of a free room let it be booked for the stretch. */
function mayBeBooked(actor: Actor, asked: Stretch, now: Instant) {
  const { tenant } = actor;
  const asks = rulesFor(actor);
  return (row: Row<typeof sql.roomsById.columns>): boolean => {
    const room = {
      ...row,
      archived: false, // neither those nor what is blacked out is among the rows
      blackouts: [],
      hours: weekHours(row.openingHours as schema.OpeningHours | null),
      rules: row.rules as schema.Rules,
    };
    return refusals({ room, timezone: zoneOf(room, tenant), asked, role: asks, now }).length === 0;
  };
}

function cut({ startsAt, endsAt }: Stretch, window: Stretch): Stretch[] {
  const inside = { startsAt: Math.max(startsAt, window.startsAt), endsAt: Math.min(endsAt, window.endsAt) };
  return inside.startsAt < inside.endsAt ? [inside] : [];
}

function toStretch({ startsAt, endsAt }: Stretch): { start: string; end: string } {
  return { start: iso(startsAt), end: iso(endsAt) };
}
