import { Type } from 'typebox';
import type { Booking, Cancel, Confirm, Engine, Idempotency, Outcome } from '../engine/index.ts';
import { readBookings } from '../engine/index.ts';
import { keyReused } from '../engine/idempotency.ts';
import { bookingList, toBooking } from '../engine/lists.ts';
import type { Kind } from '../kinds/kind.ts';
import { can, type Actor } from '../people/access.ts';
import { repeatable, sendAnswer, type Repeatable } from '../people/repeat.ts';
import type { App } from '../people/route.ts';
import type { Database } from '../platform/db.ts';
import { notFound, Problem } from '../platform/errors.ts';
import { newReference, uuidV7 } from '../platform/id.ts';
import { answerList, listAnswer, listQuery } from '../platform/list.ts';
import { etag } from '../platform/precondition.ts';
import { IdPath, Note, oneOfBy, strict, Whole } from '../platform/schema.ts';
import { BookingBody, bookingAnswer, bookingText, State } from './booking-answer.ts';
import { alternatives, hold } from './hold.ts';

const DEFAULT_TTL_SECONDS = 600;
const LONGEST_TTL_SECONDS = 3_600;
const MOST_LINES = 50;

export interface BookingDeps {
  db: Database;
  engine: Engine;
  kinds: readonly Kind[];
}

/** One set of URLs for all kinds: hold, look, confirm, cancel. */
export function bookingRoutes(app: App, deps: BookingDeps): void {
  holdRoute(app, deps);
  readRoutes(app, deps);
  verbRoute(app, deps, 'confirm', 'Confirm a hold', strict({}), () => ({ verb: 'confirm' }));
  const CancelBody = strict({ reason: Type.Optional(Note(500)) });
  verbRoute(app, deps, 'cancel', 'Cancel a booking', CancelBody, ({ reason }) => ({
    verb: 'cancel',
    reason: reason ?? null,
  }));
}

/** The body of `POST /holds`: lines of every kind, mixed. */
export function holdBody(kinds: readonly Kind[]) {
  const lineSchemas = kinds.flatMap((kind) => Object.values(kind.lines));
  return strict({
    lines: Type.Array(oneOfBy('kind', lineSchemas), { minItems: 1, maxItems: MOST_LINES }),
    ttlSeconds: Type.Optional(Whole(1, LONGEST_TTL_SECONDS)),
    note: Type.Optional(Note()),
  });
}

function holdRoute(app: App, { db, engine, kinds }: BookingDeps): void {
  app.post(
    '/holds',
    {
      schema: {
        tags: ['Bookings'],
        summary: 'Hold what the lines ask for, all or nothing, until the hold expires',
        operationId: 'createHold',
        body: holdBody(kinds),
        response: { 201: BookingBody },
      },
      config: { permission: 'booking.create' },
    },
    async (request, reply) => {
      const { actor, body } = request;
      const context = { db, tenant: actor.tenant, now: Date.now() };
      const { outcome, lines } = await hold(engine, kinds, context, {
        asked: body.lines as { kind: string }[],
        actor: actor.principal,
        bookingId: uuidV7(),
        reference: newReference(),
        clientId: null,
        note: body.note ?? null,
        currency: actor.tenant.currency,
        ttlSeconds: body.ttlSeconds ?? DEFAULT_TTL_SECONDS,
        idempotency: idempotency(repeatable(request), 201),
      });
      if (outcome.result === 'refused') {
        const first = lines.find((line) => line.no === outcome.conflicts[0]?.line);
        const instead = await alternatives(kinds, { ...context, fresh: false }, first);
        throw new Problem('capacity_unavailable', 'Somebody else has what you asked for. Nothing was held.', {
          conflicts: outcome.conflicts,
          alternatives: instead,
        });
      }
      return sendAnswer(reply, answerOf(outcome, 201));
    },
  );
}

function readRoutes(app: App, { db }: BookingDeps): void {
  const tags = ['Bookings'];
  app.get(
    '/bookings',
    {
      schema: {
        tags,
        summary: 'List bookings, newest first',
        operationId: 'listBookings',
        querystring: listQuery(bookingList, BookingBody, {
          state: Type.Optional(State),
          reference: Type.Optional(Type.String({ maxLength: 20 })),
        }),
        response: { 200: listAnswer(BookingBody) },
      },
      config: { permission: 'booking.read' },
    },
    ({ actor, query }) => {
      const filters = [query.state ?? null, query.reference?.toUpperCase() ?? null, ownedBy(actor)] as const;
      return answerList(db, actor.tenant.id, bookingList, query, filters, (row) =>
        bookingAnswer(toBooking(row)),
      );
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
      const [booking] = await readBookings(db, actor.tenant.id, [params.id]);
      const owner = ownedBy(actor);
      if (booking === undefined || (owner !== null && booking.createdBy !== owner)) throw notFound('booking');
      return reply.header('etag', etag(booking.version)).send(bookingAnswer(booking));
    },
  );
}

type Verb = Pick<Confirm, 'verb'> | Pick<Cancel, 'verb' | 'reason'>;

/** `POST /bookings/{id}/<verb>`: the same road for every verb that moves one booking. */
function verbRoute<Body extends ReturnType<typeof strict>>(
  app: App,
  { engine }: BookingDeps,
  verb: Verb['verb'],
  summary: string,
  body: Body,
  command: (body: { reason?: string }) => Verb,
): void {
  app.post(
    `/bookings/:id/${verb}`,
    {
      schema: {
        tags: ['Bookings'],
        summary,
        operationId: `${verb}Booking`,
        params: IdPath,
        body: Type.Optional(body),
        response: { 200: BookingBody },
      },
      config: { permission: 'booking.manage' },
    },
    async (request, reply) => {
      const { actor, params } = request;
      const outcome = await engine.perform(actor.tenant.id, {
        ...command(request.body ?? {}),
        bookingId: params.id,
        actor: actor.principal,
        ownedBy: ownedBy(actor),
        idempotency: idempotency(repeatable(request), 200),
      });
      return sendAnswer(reply, answerOf(outcome, 200));
    },
  );
}

/** Roles that do not see everybody's bookings see their own. */
function ownedBy(actor: Actor): string | null {
  return can(actor.role, 'booking.all') ? null : actor.principal;
}

function idempotency(asked: Repeatable | undefined, status: number): Idempotency | undefined {
  return asked === undefined
    ? undefined
    : { ...asked, status, render: (booking: Booking) => bookingText(booking) };
}

function answerOf(outcome: Outcome, status: number): { status: number; body: string; replayed: boolean } {
  switch (outcome.result) {
    case 'done':
      return { status, body: bookingText(outcome.booking), replayed: false };
    case 'replayed':
      return { ...outcome, replayed: true };
    case 'keyReused':
      throw keyReused();
    case 'notFound':
      throw notFound('booking');
    case 'holdExpired':
      throw new Problem(
        'hold_expired',
        'The hold has expired and its places are free again. Make a new hold.',
      );
    case 'wrongState':
      throw new Problem('wrong_state', `The booking is ${outcome.state}, so this is not possible.`);
    case 'refused':
    case 'stale':
      throw new Error(`${outcome.result} is not an answer to this call`);
  }
}
