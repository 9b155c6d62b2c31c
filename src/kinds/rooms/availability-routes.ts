import { busy, freeBetween, type Stretch } from '../../engine/calendar.ts';
import { can, type Actor } from '../../people/access.ts';
import { sendAnswer } from '../../people/repeat.ts';
import type { App } from '../../people/route.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import type { Database } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import { IdPath, strict } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import { zoneOf } from './catalogue.ts';
import { Grid, GridQuery, gridText, LONGEST_GRID_DAYS } from './grid.ts';
import { weekHours } from './opening.ts';
import * as sql from './queries.ts';
import { toRoom } from './room.ts';
import { refusals } from './rules.ts';
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
        summary: 'Find rooms that are free for a whole stretch of time and may be booked for it',
        operationId: 'findFreeRooms',
        querystring: listQuery(sql.freeRoomList, schema.Room, { ...schema.RoomFilters, ...schema.Window }),
        response: { 200: listAnswer(schema.Room) },
      },
      config,
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

/** Whether the rules of a free room let it be booked for the stretch; whoever comes without a key is asked as a client. */
function mayBeBooked({ tenant, role }: Actor, asked: Stretch, now: Instant) {
  const asks = role === 'public' ? 'client' : role;
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

function toStretch({ startsAt, endsAt }: Stretch): { start: string; end: string } {
  return { start: iso(startsAt), end: iso(endsAt) };
}
