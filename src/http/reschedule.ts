import { Type, type TSchema } from 'typebox';
import type { FastifyRequest } from 'fastify';
import { orKept } from '../engine/idempotency.ts';
import { standingLines, type Booking } from '../engine/index.ts';
import type { Kind } from '../kinds/kind.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App } from '../people/route.ts';
import { ruleViolated } from '../platform/errors.ts';
import { IdPath, strict, Whole } from '../platform/schema.ts';
import { BookingBody } from './booking-answer.ts';
import { explainRefusal, MOST_LINES, type HoldDeps } from './holds.ts';
import { answerOf, kept, ownedBy, readOwn } from './outcome.ts';
import { kindOf, performResolved } from './resolve.ts';
import { asProblem } from './validation.ts';

const Line = Type.Object(
  { no: Whole(1, 1_000) },
  { additionalProperties: true, description: 'The number of a line and what changes in it' },
);
type Change = { no: number };

/** Moves lines of a booking to other times or places: takes the new and gives back the old, or changes nothing. */
export function rescheduleRoute(app: App, deps: HoldDeps): void {
  app.post(
    '/bookings/:id/reschedule',
    {
      schema: {
        tags: ['Bookings'],
        summary: 'Move lines of a booking to other times or places',
        operationId: 'rescheduleBooking',
        params: IdPath,
        body: strict({ lines: Type.Array(Line, { minItems: 1, maxItems: MOST_LINES }) }),
        response: { 200: BookingBody },
      },
      config: { permission: 'booking.manage' },
    },
    async (request, reply) => {
      const { actor, body, params } = request;
      requireDistinct(body.lines);
      const answer = await orKept(deps.db, actor.tenant.id, repeatable(request), async () => {
        // The lines are made from the booking as it was read; when it has changed since, they are made once more.
        const first = await reschedule(deps, request, params.id, body.lines);
        const { outcome, lines, context } =
          first.outcome.result === 'stale' ? await reschedule(deps, request, params.id, body.lines) : first;
        await explainRefusal(deps, context, outcome, lines);
        return answerOf(outcome, 200);
      });
      return sendAnswer(reply, answer);
    },
  );
}

async function reschedule(
  { db, engine, kinds }: HoldDeps,
  request: FastifyRequest,
  bookingId: string,
  changes: readonly Change[],
) {
  const { actor } = request;
  const booking = await readOwn(db, actor, bookingId);
  const others = standingLines(booking.lines).filter((line) => !changes.some(({ no }) => no === line.no));
  const { tenant, role } = actor;
  const context = { db, tenant, client: booking.createdBy, role, now: Date.now(), others };
  const asked = changes.map((change, i) => {
    const { schema, line } = changedLine(kinds, booking, change);
    const valid = request.compileValidationSchema(schema);
    if (!valid(line)) throw asProblem('body', valid.errors ?? [], `/lines/${i}`);
    return { no: change.no, line };
  });
  const done = await performResolved(engine, kinds, context, asked, (resolved) => ({
    verb: 'reschedule',
    bookingId,
    version: booking.version,
    actor: actor.principal,
    ownedBy: ownedBy(actor),
    idempotency: kept(repeatable(request), 200),
    lines: resolved.lines,
    guards: resolved.guards,
  }));
  return { ...done, context };
}

function requireDistinct(changes: readonly Change[]): void {
  const again = changes.findIndex(({ no }, i) => changes.some((other, j) => j < i && other.no === no));
  if (again >= 0)
    throw ruleViolated(`/lines/${again}/no`, 'duplicate_item', 'A line can only move once at a time.');
}

/** What the line was, with the fields that change put over it, and what a new line of its kind must be. */
function changedLine(
  kinds: readonly Kind[],
  booking: Booking,
  { no, ...change }: { no: number },
): { schema: TSchema; line: { kind: string } } {
  const old = booking.lines.find((line) => line.no === no);
  const schema = old === undefined ? undefined : kindOf(kinds, old.kind)?.lines[old.kind];
  if (old === undefined || schema === undefined)
    throw ruleViolated('/lines', 'unknown_line', `The booking has no line ${no}.`);
  return { schema, line: { ...old.details, ...change, kind: old.kind } };
}
