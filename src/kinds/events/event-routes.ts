import { Type } from 'typebox';
import { once } from '../../engine/idempotency.ts';
import { can, type Actor } from '../../people/access.ts';
import type { Guesses } from '../../people/guesses.ts';
import { repeatable, sendAnswer } from '../../people/repeat.ts';
import { writtenAlready, type App } from '../../people/route.ts';
import { entryTag, resourceTag } from '../../platform/cache/tags.ts';
import type { Database } from '../../platform/db.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import { AccessCode, IdPath, Note, parseInstant, strict } from '../../platform/schema.ts';
import { looking, type Viewer } from './access-code.ts';
import { updateEvent } from './change-event.ts';
import { eventList, eventsOfSeries } from './event-queries.ts';
import { createEvent, deleteEvent, lookAtEvent, toEvent } from './event.ts';
import { lookAtSeatMap } from './event-seat-map.ts';
import { inventoryBytes } from './inventory.ts';
import { EventSeatMap, Inventory } from './inventory-schema.ts';
import { cancelEvent, moveEvent, type EventMove } from './life.ts';
import { entryRoutes } from '../entry.ts';
import { seriesRoute } from './series-routes.ts';
import * as schema from './schema.ts';

const tags = ['Events'];
const read = { permission: 'catalogue.read' } as const;
const write = { permission: 'catalogue.write' } as const;

interface Deps {
  db: Database;
  guesses?: Guesses | undefined;
}

export function eventRoutes(app: App, deps: Deps): void {
  const { db } = deps;
  listRoute(app, db);
  inventoryRoute(app, deps);
  seatMapRoute(app, deps);
  eventEntryRoutes(app, deps);
  seriesRoute(app, db);
  moveRoute(app, db, 'publish', 'Put a draft on sale');
  moveRoute(app, db, 'pause', 'Pause the sale of an event');
  moveRoute(app, db, 'resume', 'Go on with the sale of an event');
  cancelRoute(app, db);
}

/** Customers see an event once it was published, and of it what is not hidden or what their code unlocks. */
function viewerOf({ role }: Actor, accessCode?: string): Viewer {
  return { seesAll: can(role, 'booking.all'), accessCode };
}

function variesBy(actor: Actor): string {
  return String(viewerOf(actor).seesAll);
}

const byCode = {
  accessCode: Type.Optional({ ...AccessCode, description: 'Shows the tiers that it unlocks too' }),
};

/** What a code unlocks is kept for nobody, and neither is what codes that are guessed do not. */
function isPrivate(query: Readonly<Record<string, unknown>>): boolean {
  return query['accessCode'] !== undefined;
}

function listRoute(app: App, db: Database): void {
  app.get(
    '/events',
    {
      schema: {
        tags,
        summary: 'List events',
        operationId: 'listEvents',
        querystring: listQuery(eventList, schema.Event, schema.EventFilters),
        response: { 200: listAnswer(schema.Event) },
      },
      config: {
        ...read,
        // Whether an event is sold out depends on every sale and on holds that expire.
        kept: { name: 'events', dated: true, madeOf: () => ['event', 'venue', 'booking', 'stock'], variesBy },
      },
    },
    ({ actor, query }) => {
      const tenant = actor.tenant.id;
      const viewer = viewerOf(actor);
      const filters = [...eventFilters(query), viewer.seesAll] as const;
      const show = (row: Parameters<typeof toEvent>[0]) => toEvent(row, viewer);
      return query.seriesId === undefined
        ? answerList(db, tenant, eventList, query, filters, show)
        : answerList(db, tenant, eventsOfSeries, query, [...filters, query.seriesId], show);
    },
  );
}

function eventFilters({ venueId, state, from, to, search }: schema.EventFilters) {
  const instant = (text: string | undefined) => (text === undefined ? null : parseInstant(text));
  return [venueId ?? null, state ?? null, instant(from), instant(to), search ?? null] as const;
}

function inventoryRoute(app: App, { db, guesses }: Deps): void {
  app.get(
    '/events/:id/inventory',
    {
      schema: {
        tags,
        summary: 'See what can still be had of an event',
        operationId: 'getInventory',
        params: IdPath,
        querystring: strict({
          seats: Type.Optional(Type.Boolean({ default: false, description: 'Show every seat too' })),
          ...byCode,
        }),
        response: { 200: Inventory },
      },
      config: {
        ...read,
        kept: {
          name: 'inventory',
          dated: true,
          madeOf: ({ id = '' }) => [resourceTag(id)],
          variesBy,
          isPrivate,
        },
      },
    },
    async ({ actor, params, query }, reply) => {
      const viewer = viewerOf(actor, query.accessCode);
      const asked = { withSeats: query.seats ?? false, ...viewer };
      const look = () => inventoryBytes(db, actor.tenant.id, params.id, asked);
      return writtenAlready(reply, await looking(guesses, actor, viewer, look));
    },
  );
}

function seatMapRoute(app: App, { db, guesses }: Deps): void {
  app.get(
    '/events/:id/seat-map',
    {
      schema: {
        tags,
        summary: 'See where the seats of an event are',
        operationId: 'getSeatMap',
        params: IdPath,
        querystring: strict(byCode),
        response: { 200: EventSeatMap },
      },
      config: {
        ...read,
        kept: {
          ...{ name: 'seat map', dated: false, madeOf: ({ id = '' }) => [entryTag(id)] },
          ...{ variesBy, isPrivate },
        },
      },
    },
    ({ actor, params, query }) => {
      const viewer = viewerOf(actor, query.accessCode);
      return looking(guesses, actor, viewer, () => lookAtSeatMap(db, actor.tenant.id, params.id, viewer));
    },
  );
}

function eventEntryRoutes(app: App, { db, guesses }: Deps): void {
  entryRoutes(app, db, {
    path: '/events',
    name: 'Event',
    tags,
    entry: schema.Event,
    made: schema.NewEvent,
    patch: schema.EventPatch,
    changed: schema.ChangedEvent,
    summaries: {
      create: 'Add an event as a draft',
      read: 'Read an event',
      update:
        'Change an event, or dates of its series with it; when it is put off, bookings keep their places and are told',
      remove: 'Remove an event that no booking needs',
    },
    kept: {
      ...{ name: 'event', dated: true, madeOf: ({ id = '' }) => [resourceTag(id), 'venue'] },
      ...{ variesBy, isPrivate },
    },
    query: strict(byCode),
    create: createEvent,
    read: (tx, id, actor, { accessCode }) => {
      const viewer = viewerOf(actor, accessCode);
      return looking(guesses, actor, viewer, () => lookAtEvent(tx, id, viewer));
    },
    update: updateEvent,
    remove: deleteEvent,
  });
}

function moveRoute(app: App, db: Database, verb: Exclude<EventMove, 'cancel'>, summary: string): void {
  app.post(
    `/events/:id/${verb}`,
    {
      schema: {
        tags,
        summary,
        operationId: `${verb}Event`,
        params: IdPath,
        body: Type.Optional(strict({ scope: schema.Dates })),
        response: { 200: schema.MovedEvent },
      },
      config: write,
    },
    async (request, reply) => {
      const { actor, params, body } = request;
      const moved = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 200,
        body: JSON.stringify(await moveEvent(tx, actor.principal, params.id, { verb, ...body })),
      }));
      return sendAnswer(reply, moved);
    },
  );
}

function cancelRoute(app: App, db: Database): void {
  app.post(
    '/events/:id/cancel',
    {
      schema: {
        tags,
        summary: 'Cancel an event, end its holds and see which bookings are affected',
        operationId: 'cancelEvent',
        params: IdPath,
        body: Type.Optional(strict({ reason: Type.Optional(Note(500)), scope: schema.Dates })),
        response: { 200: schema.CancelledEvent },
      },
      config: write,
    },
    async (request, reply) => {
      const { actor, params, body } = request;
      const cancelled = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 200,
        body: JSON.stringify(await cancelEvent(tx, actor.principal, params.id, { ...body })),
      }));
      return sendAnswer(reply, cancelled);
    },
  );
}
