import { Type } from 'typebox';
import type { Engine } from '../../engine/index.ts';
import type { App } from '../../people/route.ts';
import { iso } from '../../platform/clock.ts';
import type { Database } from '../../platform/db.ts';
import { entryTag } from '../../platform/cache/tags.ts';
import { notFound } from '../../platform/errors.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import type { Reads } from '../../platform/replica.ts';
import { IdPath } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import { entryRoutes, summariesOf } from '../entry.ts';
import { availabilityRoutes } from './availability-routes.ts';
import { blackoutRoutes } from './blackout-routes.ts';
import { calendarRoutes } from './calendar-routes.ts';
import { importRoutes } from './import-routes.ts';
import * as sql from './queries.ts';
import { reportRoutes } from './report-routes.ts';
import { roomShelf, toRoom } from './room.ts';
import * as schema from './schema.ts';
import { termRoutes } from './term-routes.ts';
import { roomFilters } from './filters.ts';

const tags = ['Rooms'];

export function roomRoutes(
  app: App,
  { db, reads, engine }: { db: Database; reads: Reads; engine: Engine },
): void {
  listRoute(app, db);
  availabilityRoutes(app, db);
  reportRoutes(app, { db, reads });
  calendarRoutes(app, db);
  termRoutes(app, { db, reads });
  importRoutes(app, { db, engine });
  roomRoute(app, db);
  buildingRoutes(app, { db, reads });
  blackoutRoutes(app, { db });
}

function listRoute(app: App, db: Database): void {
  app.get(
    '/rooms',
    {
      schema: {
        tags,
        summary: 'List rooms',
        operationId: 'listRooms',
        querystring: listQuery(sql.roomList, schema.Room, {
          ...schema.RoomFilters,
          archived: Type.Optional(
            Type.Boolean({ default: false, description: 'Show the archived rooms instead' }),
          ),
        }),
        response: { 200: listAnswer(schema.Room) },
      },
      config: {
        permission: 'catalogue.read',
        kept: { name: 'rooms', dated: false, madeOf: () => ['room'] },
      },
    },
    ({ actor, query }) =>
      answerList(
        db,
        actor.tenant.id,
        sql.roomList,
        query,
        [...roomFilters(query), query.archived ?? false],
        toRoom,
      ),
  );
}

function roomRoute(app: App, db: Database): void {
  entryRoutes(app, db, {
    path: '/rooms',
    name: 'Room',
    tags,
    entry: schema.Room,
    made: schema.NewRoom,
    patch: schema.RoomPatch,
    summaries: summariesOf('a room'),
    kept: { name: 'room', dated: false, madeOf: ({ id = '' }) => [entryTag(id)] },
    ...roomShelf,
  });
}

function buildingRoutes(app: App, { db, reads }: { db: Database; reads: Reads }): void {
  app.get(
    '/buildings',
    {
      schema: {
        tags,
        summary: 'List buildings',
        operationId: 'listBuildings',
        querystring: listQuery(sql.buildingList, schema.Building, {}),
        response: { 200: listAnswer(schema.Building) },
      },
      config: { permission: 'catalogue.read' },
    },
    ({ actor, query }) => answerList(reads, actor.tenant.id, sql.buildingList, query, [], toBuilding),
  );

  app.get(
    '/buildings/:id',
    {
      schema: {
        tags,
        summary: 'Read a building',
        operationId: 'getBuilding',
        params: IdPath,
        response: { 200: schema.Building },
      },
      config: { permission: 'catalogue.read' },
    },
    async ({ actor, params }) => {
      const [row] = await db.read(actor.tenant.id, sql.buildingById, params.id);
      if (row === undefined) throw notFound('building');
      return toBuilding(row);
    },
  );
}

function toBuilding({ createdAt, ...row }: Row<typeof sql.buildingById.columns>): schema.Building {
  return { ...row, createdAt: iso(createdAt) };
}
