import { Type, type TObject, type TSchema } from 'typebox';
import type { FastifyRequest } from 'fastify';
import { countsFor } from '../engine/booking.ts';
import { orKept } from '../engine/idempotency.ts';
import type { Reschedule } from '../engine/command.ts';
import {
  standingLines,
  type Approval,
  type Booking,
  type BookingLine,
  type HoldLine,
} from '../engine/index.ts';
import type { Kind, MovedLine } from '../kinds/kind.ts';
import { inScope, type Scope } from '../kinds/series.ts';
import { can, type Actor } from '../people/access.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App } from '../people/route.ts';
import { Problem, ruleViolated } from '../platform/errors.ts';
import { AccessCode, IdPath, strict, Whole } from '../platform/schema.ts';
import { BookingBody } from './booking-answer.ts';
import { explainRefusal, type HoldDeps } from './holds.ts';
import { answerOf, kept, ownedBy, readOwn } from './outcome.ts';
import { kindOf, MOST_LINES_HELD, performResolved, type ResolvedLines } from './resolve.ts';
import { ScopeWord } from './scope.ts';
import { keepingDiscounts } from './with-code.ts';
import { asProblem } from './validation.ts';
import { requireNotOver } from './when.ts';

const Line = Type.Object(
  { no: Whole(1, 1_000) },
  { additionalProperties: true, description: 'The number of a line and what changes in it' },
);
type Change = { no: number };
interface Asked {
  lines: readonly Change[];
  scope?: Scope | undefined;
  accessCode?: string | undefined;
}

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
        body: strict({
          lines: Type.Array(Line, { minItems: 1, maxItems: MOST_LINES_HELD }),
          scope: Type.Optional(ScopeWord),
          accessCode: Type.Optional({ ...AccessCode, description: 'Unlocks tiers that are hidden' }),
        }),
        response: { 200: BookingBody },
      },
      config: { permission: 'booking.manage' },
    },
    async (request, reply) => {
      const { actor, body, params } = request;
      const answer = await orKept(deps.db, actor.tenant.id, repeatable(request), async () => {
        // The lines are made from the booking as it was read; when it has changed since, they are made once more.
        const first = await reschedule(deps, request, params.id, body);
        const { outcome, lines, context } =
          first.outcome.result === 'stale' ? await reschedule(deps, request, params.id, body) : first;
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
  { lines: changes, scope = 'this', accessCode }: Asked,
) {
  const { actor } = request;
  const booking = await readOwn(db, actor, bookingId);
  const standing = standingLines(booking.lines);
  const now = db.now();
  const places = new Map<number, number>(); // by the number of a line, the place in the body that moves it
  const asked = changes.flatMap((change, i) => {
    const { kind, schema, moved } = changedLine(kinds, booking, change);
    requireNotOver(booking, moved.was, `/lines/${i}/no`, (line) => kind.when?.(line), now);
    const valid = request.compileValidationSchema(schema);
    if (!valid(moved.line)) throw asProblem('body', valid.errors ?? [], `/lines/${i}`);
    for (const { no } of inScope(standing, moved.was, scope)) places.set(no, i);
    return (
      naming(places, () => kind.move?.(moved, scope, standing, now)) ?? [{ no: change.no, line: moved.line }]
    );
  });
  requireDistinct(asked);
  const isAsked = (line: BookingLine) => asked.some(({ no }) => no === line.no);
  const others = standing.filter((line) => !isAsked(line));
  const moved = standing.filter(isAsked);
  const { tenant, role } = actor;
  const context = { db, tenant, client: countsFor(booking), role, now, others, moved, accessCode };
  const command = (resolved: ResolvedLines): Reschedule => {
    requireNoNewApproval(booking, resolved.approval, actor);
    requireNotDearer(booking, resolved.lines, actor);
    return {
      verb: 'reschedule',
      bookingId,
      version: booking.version,
      actor: actor.principal,
      ownedBy: ownedBy(actor),
      idempotency: kept(repeatable(request), 200),
      lines: resolved.lines,
      guards: resolved.guards,
    };
  };
  const finish = keepingDiscounts(context, booking);
  const done = await performResolved(engine, kinds, context, asked, finish, command).catch(
    (error: unknown) => {
      throw inBody(error, places);
    },
  );
  return { ...done, context };
}

function naming<T>(places: ReadonlyMap<number, number>, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inBody(error, places);
  }
}

/** Kinds name lines by their numbers in the booking; whoever asked finds them where the body moves them. */
function inBody(error: unknown, places: ReadonlyMap<number, number>): unknown {
  if (!(error instanceof Problem) || error.details.errors === undefined) return error;
  const errors = error.details.errors.map((fault) => ({
    ...fault,
    pointer: fault.pointer.replace(/^\/lines\/(\d+)/, (own, index: string) => {
      const place = places.get(Number(index) + 1);
      return place === undefined ? own : `/lines/${place}`;
    }),
  }));
  return new Problem(error.code, error.message, { ...error.details, errors });
}

/** What was approved, or needed no approval, is not moved to where it does, but by those who could approve it. */
function requireNoNewApproval(booking: Booking, approval: Approval, actor: Actor): void {
  if (approval === 'none' || can(actor.role, 'booking.all')) return;
  if (booking.state === 'confirmed') throw ruleViolated('/lines', 'approval_needed');
  if (approval !== booking.approval) throw ruleViolated('/lines', 'mixed_approval');
}

/**
 * What is confirmed was agreed at its price: whoever takes something dearer instead is told what is missing, and those who
 * serve others take it and move the lines. A hold is paid for when it is confirmed, so it may become dearer.
 */
function requireNotDearer(booking: Booking, lines: readonly HoldLine[], actor: Actor): void {
  if (booking.state !== 'confirmed' || can(actor.role, 'booking.all')) return;
  const sum = (of: readonly { totalMinor: number }[]) => of.reduce((all, line) => all + line.totalMinor, 0);
  const agreed = sum(booking.lines.filter(({ no }) => lines.some((line) => line.no === no)));
  const missing = sum(lines) - agreed;
  if (missing <= 0) return;
  const detail = `This costs ${missing} more (in the smallest unit of ${booking.currency}). Choose something of the same price, or ask those who sell it to move you.`;
  const fault = { pointer: '/lines', reason: 'dearer', detail, limit: agreed } as const;
  throw new Problem('rule_violated', detail, { errors: [fault] });
}

/** Throws when a line is named twice, or named and in the scope of another. */
function requireDistinct(asked: readonly Change[]): void {
  const again = asked.find(({ no }, i) => asked.findIndex((other) => other.no === no) < i);
  if (again !== undefined)
    throw ruleViolated('/lines', 'duplicate_item', `Line ${again.no} can only move once at a time.`);
}

/** What the line was, with the fields of `change` put over it, and what a line of its kind must be. */
function changedLine(
  kinds: readonly Kind[],
  booking: Booking,
  { no, ...change }: { no: number },
): { kind: Kind; schema: TSchema; moved: MovedLine<{ kind: string }> } {
  const was = booking.lines.find((line) => line.no === no);
  const kind = was === undefined ? undefined : kindOf(kinds, was.kind);
  const schema = was === undefined ? undefined : kind?.lines[was.kind];
  if (was === undefined || kind === undefined || schema === undefined)
    throw ruleViolated('/lines', 'unknown_line', `The booking has no line ${no}.`);
  // Of what the line remembers, what one may ask for: the rest is its kind's to carry on.
  const fields = Object.keys((schema as TObject).properties);
  const old = Object.fromEntries(Object.entries(was.details).filter(([name]) => fields.includes(name)));
  const line = { ...old, ...change, kind: was.kind };
  return { kind, schema, moved: { was, line, changed: Object.keys(change) } };
}
