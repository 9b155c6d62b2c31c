import { Type, type Static, type TSchema } from 'typebox';
import type { Engine, OnBookingCommand } from '../engine/index.ts';
import type { Permission } from '../people/access.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App } from '../people/route.ts';
import type { Database } from '../platform/db.ts';
import { IdPath, Name, Note, strict, Whole } from '../platform/schema.ts';
import { BookingBody } from './booking-answer.ts';
import { answerOf, kept, ownedBy, readOwn } from './outcome.ts';
import { MOST_LINES_HELD } from './resolve.ts';
import { ScopeWord, withScope } from './scope.ts';

/** A verb of one booking: its URL, who may call it, what it takes and the engine's command that it means. */
interface Verb<Body extends TSchema> {
  path: string;
  operationId: string;
  summary: string;
  permission: Permission;
  body: Body;
  command(body: Partial<Static<Body>>): Own<OnBookingCommand>;
}

/** What is left of a command to say when booking, actor and owner are known. */
type Own<C> = C extends OnBookingCommand ? Omit<C, 'bookingId' | 'ownedBy' | 'actor' | 'idempotency'> : never;

const LineNos = Type.Array(Whole(1, 1_000), {
  minItems: 1,
  maxItems: MOST_LINES_HELD,
  uniqueItems: true,
  description: 'Only these lines',
});
const Nothing = strict({});

function verb<Body extends TSchema>(of: Verb<Body>): Verb<TSchema> {
  return of;
}

const verbs: readonly Verb<TSchema>[] = [
  verb({
    path: 'confirm',
    operationId: 'confirmBooking',
    summary: 'Confirm a hold; where approval is needed, ask for it',
    permission: 'booking.manage',
    body: Nothing,
    command: () => ({ verb: 'confirm' }),
  }),
  verb({
    path: 'cancel',
    operationId: 'cancelBooking',
    summary: 'Cancel a booking, some of its lines, or of a series these and the following',
    permission: 'booking.manage',
    body: strict({
      lines: Type.Optional(LineNos),
      scope: Type.Optional(ScopeWord),
      reason: Type.Optional(Note(500)),
    }),
    command: ({ lines, reason }) => ({ verb: 'cancel', lineNos: lines ?? null, reason: reason ?? null }),
  }),
  verb({
    path: 'renew',
    operationId: 'renewHold',
    summary: 'Let a hold live longer, up to an hour in all',
    permission: 'booking.manage',
    body: strict({ ttlSeconds: Type.Optional(Whole(1, 3_600)) }),
    command: ({ ttlSeconds }) => ({ verb: 'renew', ttlSeconds: ttlSeconds ?? 600 }),
  }),
  verb({
    path: 'decline',
    operationId: 'declineBooking',
    summary: 'Decline a request; what it kept is free again',
    permission: 'booking.all',
    body: strict({ reason: Name(500) }),
    command: ({ reason = '' }) => ({ verb: 'decline', reason }),
  }),
  verb({
    path: 'check-in',
    operationId: 'checkInBooking',
    summary: 'Mark a confirmed booking, or some of its lines, as having come',
    permission: 'booking.all',
    body: strict({ lines: Type.Optional(LineNos) }),
    command: ({ lines }) => ({ verb: 'checkIn', lineNos: lines ?? null }),
  }),
  verb({
    path: 'complete',
    operationId: 'completeBooking',
    summary: 'Say that a confirmed booking took place',
    permission: 'booking.all',
    body: Nothing,
    command: () => ({ verb: 'complete' }),
  }),
  verb({
    path: 'no-show',
    operationId: 'noShowBooking',
    summary: 'Say that nobody came to a confirmed booking',
    permission: 'booking.all',
    body: Nothing,
    command: () => ({ verb: 'noShow' }),
  }),
];

/** `POST /bookings/{id}/<verb>`: the same road for every verb that moves one booking. */
export function verbRoutes(app: App, { db, engine }: { db: Database; engine: Engine }): void {
  for (const { path, operationId, summary, permission, body, command } of verbs)
    app.post(
      `/bookings/:id/${path}`,
      {
        schema: {
          tags: ['Bookings'],
          summary,
          operationId,
          params: IdPath,
          body: 'required' in body ? body : Type.Optional(body),
          response: { 200: BookingBody },
        },
        config: { permission },
      },
      async (request, reply) => {
        const { actor, params } = request;
        const asked = await withScope(request.body ?? {}, () => readOwn(db, actor, params.id));
        const outcome = await engine.perform(actor.tenant.id, {
          ...command(asked),
          bookingId: params.id,
          actor: actor.principal,
          ownedBy: ownedBy(actor),
          idempotency: kept(repeatable(request), 200),
        });
        return sendAnswer(reply, answerOf(outcome, 200));
      },
    );
}
