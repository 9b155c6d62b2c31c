import { Type } from 'typebox';
import type { FastifyRequest } from 'fastify';
import { countsFor } from '../engine/booking.ts';
import { orKept } from '../engine/idempotency.ts';
import { collidingList, toBooking } from '../engine/lists.ts';
import type { Guards } from '../engine/command.ts';
import { standingLines, type Booking } from '../engine/index.ts';
import { readWishes } from '../engine/request.ts';
import type { Kind, ResolveContext } from '../kinds/kind.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App } from '../people/route.ts';
import { Problem, reasons } from '../platform/errors.ts';
import { answerList, listAnswer, listQuery } from '../platform/list.ts';
import { IdPath, strict } from '../platform/schema.ts';
import { BookingBody, bookingAnswer } from './booking-answer.ts';
import { explainRefusal, type HoldDeps } from './holds.ts';
import { answerOf, kept, ownedBy, readOwn } from './outcome.ts';
import { kindOf } from './resolve.ts';

const tags = ['Bookings'];
/** A series can lie under a long blackout with every occurrence. */
const MOST_FAULTS = 20;

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
        // What it wishes for, and what stands against it, is read before; what has changed since is read once more.
        const first = await approve(deps, request, request.params.id, false);
        const { outcome, lines, context } =
          first.outcome.result === 'stale' ? await approve(deps, request, request.params.id, true) : first;
        await explainRefusal(deps, context, outcome, lines);
        return answerOf(outcome, 200);
      });
      return sendAnswer(reply, answer);
    },
  );
}

async function approve(
  { db, engine, kinds }: HoldDeps,
  request: FastifyRequest,
  bookingId: string,
  fresh: boolean,
) {
  const { actor } = request;
  const { tenant, role, principal } = actor;
  const booking = await readOwn(db, actor, bookingId);
  const { wishes } = await readWishes(db, tenant.id, booking);
  const guards =
    booking.state === 'requested' ? await unopposed(kinds, { db, tenant, fresh }, booking) : undefined;
  const outcome = await engine.perform(tenant.id, {
    verb: 'approve',
    bookingId,
    actor: principal,
    ownedBy: ownedBy(actor),
    idempotency: kept(repeatable(request), 200),
    ...(wishes !== undefined && { wishes }),
    ...(guards !== undefined && { guards }),
  });
  const context = { db, tenant, client: countsFor(booking), role, now: db.now(), others: [] };
  return { outcome, lines: wishes?.lines ?? [], context };
}

/** The versions a yes relies on. Throws `rule_violated` when something has come to stand against it. */
async function unopposed(
  kinds: readonly Kind[],
  context: Pick<ResolveContext, 'db' | 'tenant' | 'fresh'>,
  booking: Booking,
): Promise<Guards> {
  const lines = standingLines(booking.lines);
  const all = await Promise.all(
    kinds.flatMap((kind) => {
      const own = lines.filter((line) => kindOf([kind], line.kind) !== undefined);
      return own.length === 0 || kind.against === undefined ? [] : [kind.against(context, own)];
    }),
  );
  const faults = all.flatMap((each) => each.faults).slice(0, MOST_FAULTS);
  const [first] = faults;
  if (first === undefined) return new Map(all.flatMap((each) => [...each.guards]));
  if (!context.fresh) return unopposed(kinds, { ...context, fresh: true }, booking); // never refused from a cache
  throw new Problem('rule_violated', first.detail ?? reasons[first.reason], { errors: faults });
}
