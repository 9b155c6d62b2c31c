import { Type, type Static, type TSchema } from 'typebox';
import { orKept } from '../engine/idempotency.ts';
import type { Booking, OnBookingCommand } from '../engine/index.ts';
import type { Permission } from '../people/access.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App } from '../people/route.ts';
import type { Instant } from '../platform/clock.ts';
import { IdPath, Name, Note, strict, Whole } from '../platform/schema.ts';
import { BookingBody } from './booking-answer.ts';
import type { HoldDeps } from './holds.ts';
import { answerOf, kept, ownedBy, readOwn } from './outcome.ts';
import { kindOf, MOST_LINES_HELD } from './resolve.ts';
import { linesMeant, ScopeWord } from './scope.ts';
import { cancellable, lineNow, type When } from './when.ts';

/** A verb of one booking: its URL, who may call it, what it takes and the engine's command that it means. */
interface Verb<Body extends TSchema> {
  path: string;
  operationId: string;
  summary: string;
  permission: Permission;
  body: Body;
  /** The lines that it is for, where the booking or the hour tells; null is the whole booking. */
  lines?(body: Partial<Static<Body>>, booking: Booking, when: When, now: Instant): readonly number[] | null;
  command(body: Partial<Static<Body>>, lineNos: readonly number[] | null): Own<OnBookingCommand>;
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
    lines: ({ lines, scope }, booking, when, now) =>
      cancellable(booking, { named: lines, scope, meant: linesMeant({ lines, scope }, booking) }, when, now),
    command: ({ reason }, lineNos) => ({ verb: 'cancel', lineNos, reason: reason ?? null }),
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
    summary: 'Mark a confirmed booking as having come: the line that takes place now, or those named',
    permission: 'booking.all',
    body: strict({ lines: Type.Optional(LineNos) }),
    lines: ({ lines }, booking, when, now) => lines ?? lineNow(booking, when, now),
    command: (_, lineNos) => ({ verb: 'checkIn', lineNos }),
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
export function verbRoutes(app: App, { db, engine, kinds }: HoldDeps): void {
  const when: When = (line) => kindOf(kinds, line.kind)?.when?.(line);
  for (const { path, operationId, summary, permission, body, lines, command } of verbs)
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
        const asked = request.body ?? {};
        const repeat = repeatable(request);
        const answer = await orKept(db, actor.tenant.id, repeat, async () => {
          const booking = lines === undefined ? undefined : await readOwn(db, actor, params.id);
          const lineNos = booking === undefined ? null : lines?.(asked, booking, when, db.now());
          const outcome = await engine.perform(actor.tenant.id, {
            ...command(asked, lineNos ?? null),
            bookingId: params.id,
            actor: actor.principal,
            ownedBy: ownedBy(actor),
            idempotency: kept(repeat, 200),
          });
          return answerOf(outcome, 200);
        });
        return sendAnswer(reply, answer);
      },
    );
}
