import { hash } from 'node:crypto';
import { Type } from 'typebox';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { IdPath, strict } from '../../platform/schema.ts';
import { Door, readDoor } from './door.ts';
import { closeFeed, feedText, openFeed } from './feed.ts';

/** A door may show what was true so long ago; whoever stands before it for that long has seen worse. */
const DOOR_SECONDS = 15;
/** Calendars ask every quarter of an hour at most; two windows of one person need not ask twice. */
const FEED_SECONDS = 300;

const tags = ['Rooms'];
const read = { permission: 'catalogue.read' } as const;
const write = { permission: 'catalogue.write' } as const;

/** What a room shows to those who are not here to book: the display beside its door, and its calendar. */
export function calendarRoutes(app: App, db: Database): void {
  doorRoute(app, db);
  feedRoutes(app, db);
  calendarRoute(app, db);
}

function doorRoute(app: App, db: Database): void {
  app.get(
    '/rooms/:id/door',
    {
      schema: {
        tags,
        summary: 'See what a display beside the door shows: now, next, and until when it is free',
        operationId: 'getRoomDoor',
        params: IdPath,
        response: { 200: Door },
      },
      config: read,
    },
    async ({ actor, params }, reply) => {
      const now = db.now();
      const door = await readDoor(db, actor.tenant, params.id, now);
      const changesIn = door.until === null ? Infinity : (Date.parse(door.until) - now) / 1_000;
      const seconds = Math.max(0, Math.min(DOOR_SECONDS, Math.floor(changesIn)));
      return reply.header('cache-control', `public, max-age=${seconds}`).send(door);
    },
  );
}

function feedRoutes(app: App, db: Database): void {
  app.post(
    '/rooms/:id/feed',
    {
      schema: {
        tags,
        summary: "Give a room's calendar a new secret address; the one before is void",
        description:
          'The address is shown this once, so a repeated call makes a new one, also under the same Idempotency-Key: ' +
          'kept answers would keep the secret. Whoever knows the address sees references and notes of bookings.',
        operationId: 'openRoomFeed',
        params: IdPath,
        body: Type.Optional(strict({})),
        response: {
          201: strict({ url: Type.String({ description: 'Relative to this server' }), token: Type.String() }),
        },
      },
      config: write,
    },
    async ({ actor, params }, reply) => {
      const { tenant, principal } = actor;
      const token = await db.inTenant(tenant.id, (tx) => openFeed(tx, principal, params.id));
      const url = `/api/v1/${tenant.slug}/rooms/${params.id}/calendar.ics?token=${token}`;
      return reply.code(201).send({ url, token });
    },
  );

  app.delete(
    '/rooms/:id/feed',
    {
      schema: {
        tags,
        summary: "Make the secret address of a room's calendar void",
        operationId: 'closeRoomFeed',
        params: IdPath,
        response: { 204: Type.Null({ description: 'There is no such address any more' }) },
      },
      config: write,
    },
    async ({ actor, params }, reply) => {
      await db.inTenant(actor.tenant.id, (tx) => closeFeed(tx, actor.principal, params.id));
      return reply.code(204).send(null);
    },
  );
}

function calendarRoute(app: App, db: Database): void {
  app.get(
    '/rooms/:id/calendar.ics',
    {
      schema: {
        tags,
        summary: "Read a room's calendar as iCalendar, at its secret address",
        operationId: 'getRoomCalendar',
        params: IdPath,
        querystring: strict({ token: Type.String({ minLength: 1, maxLength: 100 }) }),
        response: {
          200: { content: { 'text/calendar': { schema: Type.String() } } },
          304: Type.Null({ description: 'Nothing changed' }),
        },
      },
      config: read,
    },
    async ({ actor, params, query, headers }, reply) => {
      const text = await feedText(db, actor.tenant.id, params.id, query.token, db.now());
      const tag = `W/"${hash('sha256', text, 'base64url')}"`;
      void reply.header('etag', tag).header('cache-control', `private, max-age=${FEED_SECONDS}`);
      const known = headers['if-none-match']?.split(',').map((each) => each.trim()) ?? [];
      if (known.includes(tag)) return reply.code(304).send(null);
      return reply.type('text/calendar; charset=utf-8').send(text);
    },
  );
}
