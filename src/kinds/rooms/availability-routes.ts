import { busy, freeBetween, type Stretch } from '../../engine/calendar.ts';
import { can } from '../../people/access.ts';
import { sendAnswer } from '../../people/repeat.ts';
import type { App } from '../../people/route.ts';
import { iso } from '../../platform/clock.ts';
import type { Database } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import { IdPath, strict } from '../../platform/schema.ts';
import { Grid, GridQuery, gridText, LONGEST_GRID_DAYS } from './grid.ts';
import * as sql from './queries.ts';
import { toRoom } from './room.ts';
import * as schema from './schema.ts';
import { roomFilters, windowOf } from './window.ts';

const LONGEST_LOOK_DAYS = 366;

const tags = ['Rooms'];
const config = { permission: 'catalogue.read' } as const;

/** What is free and what is taken: of all rooms for one stretch, of one room, of many rooms side by side. */
export function availabilityRoutes(app: App, db: Database): void {
  app.get(
    '/rooms/availability',
    {
      schema: {
        tags,
        summary: 'Find rooms that are free for a whole stretch of time',
        operationId: 'findFreeRooms',
        querystring: listQuery(sql.freeRoomList, schema.Room, { ...schema.RoomFilters, ...schema.Window }),
        response: { 200: listAnswer(schema.Room) },
      },
      config,
    },
    ({ actor, query }) => {
      const { startsAt, endsAt } = windowOf(query, LONGEST_LOOK_DAYS);
      const filters = [...roomFilters(query), startsAt, endsAt] as const;
      return answerList(db, actor.tenant.id, sql.freeRoomList, query, filters, toRoom);
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
        querystring: strict(schema.Window),
        response: { 200: schema.RoomAvailability },
      },
      config,
    },
    async ({ actor, params, query }) => {
      const window = windowOf(query, LONGEST_LOOK_DAYS);
      const [room, taken] = await Promise.all([
        db.read(actor.tenant.id, sql.roomsById, [params.id]),
        busy(db, actor.tenant.id, params.id, window),
      ]);
      if (room.length === 0) throw notFound('room');
      return {
        roomId: params.id,
        free: freeBetween(taken, window).map(toStretch),
        busy: taken.map(toStretch),
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
      config,
    },
    async ({ actor, query }, reply) => {
      const window = windowOf(query, LONGEST_GRID_DAYS);
      const body = await gridText(db, actor.tenant.id, {
        ...query,
        window,
        named: can(actor.role, 'booking.all'),
      });
      return sendAnswer(reply, { status: 200, body, replayed: false });
    },
  );
}

function toStretch({ startsAt, endsAt }: Stretch): { start: string; end: string } {
  return { start: iso(startsAt), end: iso(endsAt) };
}
