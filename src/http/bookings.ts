import { Type } from 'typebox';
import {
  bookingByReference,
  bookingList,
  bookingsForClient,
  requestList,
  toBooking,
} from '../engine/lists.ts';
import type { App } from '../people/route.ts';
import { answerList, listAnswer, listQuery } from '../platform/list.ts';
import { etag } from '../platform/precondition.ts';
import { Id, IdPath } from '../platform/schema.ts';
import { approvalRoutes } from './approval.ts';
import { BookingBody, bookingAnswer, bookingFilters } from './booking-answer.ts';
import { holdRoute, type HoldDeps } from './holds.ts';
import { ownedBy, readOwn } from './outcome.ts';
import { previewRoute } from './preview.ts';
import { rescheduleRoute } from './reschedule.ts';
import { verbRoutes } from './verbs.ts';

/** One set of URLs for all kinds: hold, look, move, give back. */
export function bookingRoutes(app: App, deps: HoldDeps): void {
  holdRoute(app, deps);
  previewRoute(app, deps);
  readRoutes(app, deps);
  verbRoutes(app, deps);
  rescheduleRoute(app, deps);
  approvalRoutes(app, deps);
}

function readRoutes(app: App, { db }: HoldDeps): void {
  const tags = ['Bookings'];
  app.get(
    '/bookings',
    {
      schema: {
        tags,
        summary: 'List bookings, newest first',
        operationId: 'listBookings',
        querystring: listQuery(bookingList, BookingBody, { ...bookingFilters, clientId: Type.Optional(Id) }),
        response: { 200: listAnswer(BookingBody) },
      },
      config: { permission: 'booking.read' },
    },
    ({ actor, query }) => {
      const tenant = actor.tenant.id;
      const filters = [query.state ?? null, ownedBy(actor)] as const;
      const toItem = (row: Parameters<typeof toBooking>[0]) => bookingAnswer(toBooking(row));
      const clientId = query.clientId ?? actor.clientId; // who is a client sees what is his own
      if (query.reference === undefined && clientId !== null)
        return answerList(db, tenant, bookingsForClient, query, [...filters, clientId], toItem);
      if (query.reference === undefined && query.state === 'requested')
        return answerList(db, tenant, requestList, query, [ownedBy(actor)], toItem);
      if (query.reference === undefined) return answerList(db, tenant, bookingList, query, filters, toItem);
      const named = [...filters, query.reference.toUpperCase(), query.clientId ?? null] as const;
      return answerList(db, tenant, bookingByReference, query, named, toItem);
    },
  );

  app.get(
    '/bookings/:id',
    {
      schema: {
        tags,
        summary: 'Read a booking',
        operationId: 'getBooking',
        params: IdPath,
        response: { 200: BookingBody },
      },
      config: { permission: 'booking.read' },
    },
    async ({ actor, params }, reply) => {
      const booking = await readOwn(db, actor, params.id);
      return reply.header('etag', etag(booking.version)).send(bookingAnswer(booking));
    },
  );
}
