import { Type } from 'typebox';
import { bookingExport } from '../engine/booking-export.ts';
import { exportAnswer, exportQuery, sendExport } from '../people/exported.ts';
import type { App } from '../people/route.ts';
import type { Database } from '../platform/db.ts';
import type { Exports } from '../platform/export/exports.ts';
import type { Reads } from '../platform/replica.ts';
import { Id, InstantText, parseInstant, strict } from '../platform/schema.ts';
import { bookingFilters } from './booking-answer.ts';

/** All bookings that the filters leave, as a file. */
export function bookingExportRoute(
  app: App,
  { db, reads, exports }: { db: Pick<Database, 'now'>; reads: Reads; exports: Exports },
): void {
  app.get(
    '/bookings/export',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['Bookings'],
        summary: 'Export bookings, oldest first',
        operationId: 'exportBookings',
        querystring: strict({
          ...exportQuery,
          ...bookingFilters,
          clientId: Type.Optional(Id),
          from: Type.Optional(InstantText),
          to: Type.Optional(InstantText),
        }),
        response: exportAnswer,
      },
      config: { permission: 'booking.all' },
    },
    async ({ actor, query }, reply) => {
      const began = db.now();
      const { format = 'csv', state, reference, clientId, from, to } = query;
      const source = bookingExport(reads, actor.tenant.id, format, {
        state,
        reference: reference?.toUpperCase(),
        clientId,
        from: from === undefined ? 0 : parseInstant(from),
        to: to === undefined ? began : Math.min(parseInstant(to), began),
      });
      return sendExport(reply, 'bookings', format, await exports.begin(actor.tenant.id, source));
    },
  );
}
