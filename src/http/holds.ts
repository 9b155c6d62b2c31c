import { Type, type TSchema } from 'typebox';
import { readBookings, type Booking, type Engine, type HoldLine, type Outcome } from '../engine/index.ts';
import type { Kind } from '../kinds/kind.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App } from '../people/route.ts';
import type { Database } from '../platform/db.ts';
import { notFound, Problem, ruleViolated } from '../platform/errors.ts';
import { newReference, uuidV7 } from '../platform/id.ts';
import { IdPath, Note, oneOfBy, strict, Whole } from '../platform/schema.ts';
import { BookingBody } from './booking-answer.ts';
import { alternatives, kindOf, performResolved, type Context, type ResolvedLines } from './resolve.ts';
import { answerOf, kept, ownedBy } from './outcome.ts';
import { asProblem } from './validation.ts';

const DEFAULT_TTL_SECONDS = 600;
const LONGEST_TTL_SECONDS = 3_600;
const MOST_LINES = 50;

export interface HoldDeps {
  db: Database;
  engine: Engine;
  kinds: readonly Kind[];
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

/** Takes capacity for lines of any kinds, mixed, all or nothing. */
export function holdRoute(app: App, deps: HoldDeps): void {
  const { db, engine, kinds } = deps;
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
      const context = { db, tenant: actor.tenant, client: actor.principal, now: Date.now() };
      const asked = (body.lines as { kind: string }[]).map((line, i) => ({ no: i + 1, line }));
      const hold = {
        verb: 'hold',
        actor: actor.principal,
        bookingId: uuidV7(),
        reference: newReference(),
        clientId: null,
        note: body.note ?? null,
        currency: actor.tenant.currency,
        approval: 'none',
        idempotency: kept(repeatable(request), 201),
      } as const;
      const { outcome, lines } = await performResolved(engine, kinds, context, asked, (resolved) => ({
        ...hold,
        lines: resolved.lines,
        guards: resolved.guards,
        ttlSeconds: ttl(body.ttlSeconds, resolved.ttls),
      }));
      await explainRefusal(deps, context, outcome, lines);
      return sendAnswer(reply, answerOf(outcome, 201));
    },
  );
}

/** The shortest of what the kinds give; who asks for a time gets no more of it than they allow. */
function ttl(asked: number | undefined, ofKinds: ResolvedLines['ttls']): number {
  if (asked === undefined) return Math.min(...ofKinds.map((own) => own ?? DEFAULT_TTL_SECONDS));
  return Math.min(asked, ...ofKinds.filter((own) => own !== undefined));
}

/** Moves lines of a booking to other times or places: takes the new and gives back the old, or changes nothing. */
export function rescheduleRoute(app: App, deps: HoldDeps): void {
  const { db, engine, kinds } = deps;
  const Line = Type.Object(
    { no: Whole(1, 1_000) },
    { additionalProperties: true, description: 'The number of a line and what changes in it' },
  );
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
      const [booking] = await readBookings(db, actor.tenant.id, [params.id]);
      const owner = ownedBy(actor);
      if (booking === undefined || (owner !== null && booking.createdBy !== owner)) throw notFound('booking');
      const context = { db, tenant: actor.tenant, client: booking.createdBy, now: Date.now() };
      const asked = body.lines.map((change, i) => {
        const { schema, line } = changedLine(kinds, booking, change);
        const valid = request.compileValidationSchema(schema);
        if (!valid(line)) throw asProblem('body', valid.errors ?? [], `/lines/${i}`);
        return { no: change.no, line };
      });
      const { outcome, lines } = await performResolved(engine, kinds, context, asked, (resolved) => ({
        verb: 'reschedule',
        bookingId: params.id,
        actor: actor.principal,
        ownedBy: owner,
        idempotency: kept(repeatable(request), 200),
        lines: resolved.lines,
        guards: resolved.guards,
      }));
      await explainRefusal(deps, context, outcome, lines);
      return sendAnswer(reply, answerOf(outcome, 200));
    },
  );
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

async function explainRefusal(
  { engine, kinds }: HoldDeps,
  context: Context,
  outcome: Outcome,
  lines: readonly HoldLine[],
): Promise<void> {
  if (outcome.result !== 'refused') return;
  const isLimit = outcome.conflicts.some(({ reason }) => reason === 'limit_reached');
  const first = lines.find((line) => line.no === outcome.conflicts[0]?.line && !isLimit); // no other place would do
  throw new Problem('capacity_unavailable', 'Somebody else has what you asked for. Nothing was changed.', {
    conflicts: outcome.conflicts,
    alternatives: await alternatives(engine, kinds, { ...context, fresh: false }, first),
  });
}
