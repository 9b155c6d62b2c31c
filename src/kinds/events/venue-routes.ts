import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import { entryRoutes } from '../entry.ts';
import type { Reads } from '../../platform/replica.ts';
import * as schema from './venue-schema.ts';
import { venueList } from './venue-queries.ts';
import { toVenue, venueShelf } from './venue.ts';

const tags = ['Venues'];

export function venueRoutes(app: App, { db, reads }: { db: Database; reads: Reads }): void {
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
      config: { permission: 'catalogue.read' },
    },
    ({ actor, query }) => {
      const filters = [query.search ?? null, query.archived ?? false] as const;
      return answerList(reads, actor.tenant.id, venueList, query, filters, toVenue);
    },
  );

  entryRoutes(app, db, {
    path: '/venues',
    name: 'Venue',
    tags,
    entry: schema.Venue,
    made: schema.NewVenue,
    patch: schema.VenuePatch,
    summaries: {
      create: 'Add a venue with its sections',
      read: 'Read a venue with its sections and rows',
      update: 'Change a venue; events that exist keep their sections',
      remove: 'Remove a venue at which no event takes place',
    },
    ...venueShelf,
  });
}
