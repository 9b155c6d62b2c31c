import { Type } from 'typebox';
import type { FastifyRequest } from 'fastify';
import { orKept } from '../engine/idempotency.ts';
import { collidingList, toBooking } from '../engine/lists.ts';
import { readWishes } from '../engine/request.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App } from '../people/route.ts';
import { answerList, listAnswer, listQuery } from '../platform/list.ts';
import { IdPath, strict } from '../platform/schema.ts';
import { BookingBody, bookingAnswer } from './booking-answer.ts';
import { explainRefusal, type HoldDeps } from './holds.ts';
import { answerOf, kept, ownedBy, readOwn } from './outcome.ts';

const tags = ['Bookings'];

/** What those who answer requests need: what a yes would cost others, and the yes. `decline` is a verb like others. */
export function approvalRoutes(app: App, deps: HoldDeps): void {
  collidingRoute(app, deps);
  approveRoute(app, deps);
}

const Colliding = strict(
  {
    ...BookingBody.properties,
    withLines: Type.Array(Type.Integer(), {
      description: 'The lines of the request that it is in the way of',
    }),
  },
  { title: 'CollidingBooking' },
);

function collidingRoute(app: App, { db }: HoldDeps): void {
  app.get(
    '/bookings/:id/colliding',
    {
      schema: {
        tags,
        summary: 'List the other requests and bookings that want or have some of the same time',
        operationId: 'listCollidingBookings',
        params: IdPath,
        querystring: listQuery(collidingList, Colliding, {}),
        response: { 200: listAnswer(Colliding) },
      },
      config: { permission: 'booking.all' },
    },
    async ({ actor, params, query }) => {
      await readOwn(db, actor, params.id);
      return answerList(db, actor.tenant.id, collidingList, query, [params.id], ({ withLines, ...row }) => ({
        ...bookingAnswer(toBooking(row)),
        withLines,
      }));
    },
  );
}

function approveRoute(app: App, deps: HoldDeps): void {
  app.post(
    '/bookings/:id/approve',
    {
      schema: {
        tags,
        summary: 'Approve a request; those that collide with it are settled by the rule of what they ask for',
        operationId: 'approveBooking',
        params: IdPath,
        body: Type.Optional(strict({})),
        response: { 200: BookingBody },
      },
      config: { permission: 'booking.all' },
    },
    async (request, reply) => {
      const answer = await orKept(deps.db, request.actor.tenant.id, repeatable(request), async () => {
        // What a competing request wishes for is read before; when it has changed since, it is read once more.
        const first = await approve(deps, request, request.params.id);
        const { outcome, lines, context } =
          first.outcome.result === 'stale' ? await approve(deps, request, request.params.id) : first;
        await explainRefusal(deps, context, outcome, lines);
        return answerOf(outcome, 200);
      });
      return sendAnswer(reply, answer);
    },
  );
}

async function approve({ db, engine }: HoldDeps, request: FastifyRequest, bookingId: string) {
  const { actor } = request;
  const { tenant, role, principal } = actor;
  const booking = await readOwn(db, actor, bookingId);
  const { wishes } = await readWishes(db, tenant.id, booking);
  const outcome = await engine.perform(tenant.id, {
    verb: 'approve',
    bookingId,
    actor: principal,
    ownedBy: ownedBy(actor),
    idempotency: kept(repeatable(request), 200),
    ...(wishes !== undefined && { wishes }),
  });
  const context = { db, tenant, client: booking.createdBy, role, now: db.now(), others: [] };
  return { outcome, lines: wishes?.lines ?? [], context };
}
