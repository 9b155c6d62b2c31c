import { once } from '../../engine/idempotency.ts';
import { repeatable, sendAnswer } from '../../people/repeat.ts';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import { etag } from '../../platform/precondition.ts';
import { IdPath } from '../../platform/schema.ts';
import { changeRoutes } from '../entry.ts';
import * as schema from './schema.ts';
import { venueList } from './venue-queries.ts';
import { createVenue, deleteVenue, readVenue, toVenue, updateVenue } from './venue.ts';

const tags = ['Venues'];
const read = { permission: 'catalogue.read' } as const;
const write = { permission: 'catalogue.write' } as const;

export function venueRoutes(app: App, { db }: { db: Database }): void {
  readRoutes(app, db);
  writeRoutes(app, db);
}

function readRoutes(app: App, db: Database): void {
  app.get(
    '/venues',
    {
      schema: {
        tags,
        summary: 'List venues',
        operationId: 'listVenues',
        querystring: listQuery(venueList, schema.Venue, schema.VenueFilters),
        response: { 200: listAnswer(schema.Venue) },
      },
      config: read,
    },
    ({ actor, query }) => {
      const filters = [query.search ?? null, query.archived ?? false] as const;
      return answerList(db, actor.tenant.id, venueList, query, filters, toVenue);
    },
  );

  app.get(
    '/venues/:id',
    {
      schema: {
        tags,
        summary: 'Read a venue with its sections and rows',
        operationId: 'getVenue',
        params: IdPath,
        response: { 200: schema.Venue },
      },
      config: read,
    },
    async ({ actor, params }, reply) => {
      const venue = await db.inTenant(actor.tenant.id, (tx) => readVenue(tx, params.id));
      return reply.header('etag', etag(venue.version)).send(venue);
    },
  );
}

function writeRoutes(app: App, db: Database): void {
  app.post(
    '/venues',
    {
      schema: {
        tags,
        summary: 'Add a venue with its sections',
        operationId: 'createVenue',
        body: schema.NewVenue,
        response: { 201: schema.Venue },
      },
      config: write,
    },
    async (request, reply) => {
      const { actor, body } = request;
      const by = { actor: actor.principal, timezone: actor.tenant.timezone };
      const made = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 201,
        body: JSON.stringify(await createVenue(tx, by, body)),
      }));
      return sendAnswer(reply, made);
    },
  );

  changeRoutes(app, db, {
    path: '/venues/:id',
    name: 'Venue',
    tags,
    entry: schema.Venue,
    patch: schema.VenuePatch,
    summaries: {
      update: 'Change a venue; events that exist keep their sections',
      remove: 'Remove a venue at which no event takes place',
    },
    update: updateVenue,
    remove: deleteVenue,
  });
}
