import { exportAnswer, exportQuery, sendExport } from '../../people/exported.ts';
import type { App } from '../../people/route.ts';
import type { Exports } from '../../platform/export/exports.ts';
import type { Reads } from '../../platform/replica.ts';
import { IdPath, strict } from '../../platform/schema.ts';
import { attendeeExport } from './attendees.ts';

export function attendeeRoutes(app: App, { reads, exports }: { reads: Reads; exports: Exports }): void {
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
