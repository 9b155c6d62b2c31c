import { exportAnswer, exportQuery, sendExport } from '../../people/exported.ts';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import type { Exports } from '../../platform/export/exports.ts';
import { listAnswer, pagedQuery } from '../../platform/list.ts';
import type { Reads } from '../../platform/replica.ts';
import { IdPath, strict } from '../../platform/schema.ts';
import { listAttendees } from './attendee-list.ts';
import { Attendee, AttendeeFilters } from './attendee-schema.ts';
import { attendeeExport } from './attendees.ts';

interface Deps {
  db: Database;
  reads: Reads;
  exports: Exports;
}

/** Who has which places: for staff, as it tells of people. */
export function attendeeRoutes(app: App, deps: Deps): void {
  listRoute(app, deps);
  exportRoute(app, deps);
}

function listRoute(app: App, { db }: Deps): void {
  app.get(
    '/events/:id/attendees',
    {
      schema: {
        tags: ['Events'],
        summary: 'List who has which place of an event',
        description: 'One entry for each place that is sold, section by section.',
        operationId: 'listAttendees',
        params: IdPath,
        querystring: strict({ ...AttendeeFilters, ...pagedQuery(Attendee) }),
        response: { 200: listAnswer(Attendee) },
      },
      config: { permission: 'booking.all' },
    },
    ({ actor, params, query }) => listAttendees(db, actor.tenant.id, params.id, query),
  );
}

function exportRoute(app: App, { reads, exports }: Deps): void {
  app.get(
    '/events/:id/attendees/export',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['Events'],
        summary: 'Export who has which place of an event',
        description: 'One row for each place that is sold, section by section.',
        operationId: 'exportAttendees',
        params: IdPath,
        querystring: strict(exportQuery),
        response: exportAnswer,
      },
      config: { permission: 'booking.all' },
    },
    async ({ actor, params, query: { format = 'csv' } }, reply) => {
      const tenant = actor.tenant.id;
      const source = await attendeeExport({ db: reads, tenant }, params.id, format);
      return sendExport(reply, 'attendees', format, await exports.begin(tenant, source));
    },
  );
}
