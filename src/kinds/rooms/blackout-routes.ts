import { Type } from 'typebox';
import { once } from '../../engine/idempotency.ts';
import { repeatable, sendAnswer } from '../../people/repeat.ts';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import { Id, IdPath, InstantText, parseInstant } from '../../platform/schema.ts';
import { blackoutList } from './blackout-queries.ts';
import { createBlackout, deleteBlackout, toBlackout } from './blackout.ts';
import { roomsById } from './queries.ts';
import * as schema from './schema.ts';

const tags = ['Rooms'];
const read = { permission: 'catalogue.read' } as const;
const write = { permission: 'catalogue.write' } as const;

/** Stretches in which a room cannot be booked. */
export function blackoutRoutes(app: App, { db }: { db: Database }): void {
  app.get(
    '/rooms/:id/blackouts',
    {
      schema: {
        tags,
        summary: 'List when a room cannot be booked',
        operationId: 'listBlackouts',
        params: IdPath,
        querystring: listQuery(blackoutList, schema.Blackout, {
          from: Type.Optional({ ...InstantText, description: 'Leave out those that are over by then' }),
        }),
        response: { 200: listAnswer(schema.Blackout) },
      },
      config: read,
    },
    async ({ actor, params, query }) => {
      const rooms = await db.read(actor.tenant.id, roomsById, [params.id]);
      if (rooms.length === 0) throw notFound('room');
      const filters = [params.id, query.from === undefined ? null : parseInstant(query.from)] as const;
      return answerList(db, actor.tenant.id, blackoutList, query, filters, toBlackout);
    },
  );

  app.post(
    '/rooms/:id/blackouts',
    {
      schema: {
        tags,
        summary: 'Take a room out of use for a while, and see which bookings that lies over',
        operationId: 'createBlackout',
        params: IdPath,
        body: schema.NewBlackout,
        response: { 201: schema.MadeBlackout },
      },
      config: write,
    },
    async (request, reply) => {
      const { actor, body, params } = request;
      const made = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 201,
        body: JSON.stringify(await createBlackout(tx, actor.principal, params.id, body, db.now())),
      }));
      return sendAnswer(reply, made);
    },
  );

  app.delete(
    '/rooms/:id/blackouts/:blackoutId',
    {
      schema: {
        tags,
        summary: 'Put a room to use again',
        operationId: 'deleteBlackout',
        params: Type.Object({ ...IdPath.properties, blackoutId: Id }),
        response: { 204: Type.Null({ description: 'Removed' }) },
      },
      config: write,
    },
    async ({ actor, params }, reply) => {
      await db.inTenant(actor.tenant.id, (tx) =>
        deleteBlackout(tx, actor.principal, params.id, params.blackoutId),
      );
      return reply.code(204).send(null);
    },
  );
}
