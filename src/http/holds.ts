import { Type } from 'typebox';
import { orKept } from '../engine/idempotency.ts';
import type { UnitsNeed } from '../engine/claim.ts';
import { OPEN_REQUESTS } from '../engine/hold.ts';
import { limitId } from '../engine/limit-id.ts';
import { ONLY_BUCKET, type Engine, type HoldLine, type Outcome } from '../engine/index.ts';
import type { Kind } from '../kinds/kind.ts';
import { can, type Actor } from '../people/access.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App } from '../people/route.ts';
import type { Database } from '../platform/db.ts';
import { Problem, type Conflict } from '../platform/errors.ts';
import { newReference, uuidV7, type Uuid } from '../platform/id.ts';
import { AccessCode, Note, oneOfBy, strict, Whole } from '../platform/schema.ts';
import { BookingBody } from './booking-answer.ts';
import { bookedFor, forClient, orNoSuchClient } from './clients.ts';
import { CodeText } from '../sales/code-schema.ts';
import { withCode } from './with-code.ts';
import { alternatives, performResolved, type Context, type ResolvedLines } from './resolve.ts';
import { answerOf, kept } from './outcome.ts';
import type { Guesses } from '../people/guesses.ts';

const DEFAULT_TTL_SECONDS = 600;
const LONGEST_TTL_SECONDS = 3_600;
const MOST_LINES = 50;
/**
 * Requests of one client that may wait for an answer at once: they hold nothing, so nothing else bounds them. Staff ask for
 * many people.
 */
const MOST_REQUESTS = 50;

export interface HoldDeps {
  db: Database;
  engine: Engine;
  kinds: readonly Kind[];
  /** Holds that one client may have open at a time; unset: as many as he likes. */
  openHolds?: number | undefined;
  /** Bounds the guessing of codes; unset: nobody counts. */
  guesses?: Guesses | undefined;
}

/** The body of `POST /holds`: lines of every kind, mixed. */
export function holdBody(kinds: readonly Kind[]) {
  const lineSchemas = kinds.flatMap((kind) => Object.values(kind.lines));
  return strict({
    lines: Type.Array(oneOfBy('kind', lineSchemas), { minItems: 1, maxItems: MOST_LINES }),
    ttlSeconds: Type.Optional(Whole(1, LONGEST_TTL_SECONDS)),
    note: Type.Optional(Note()),
    ...forClient,
    discountCode: Type.Optional(CodeText),
    accessCode: Type.Optional({ ...AccessCode, description: 'Unlocks tiers that are hidden' }),
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
      const repeat = repeatable(request);
      const answer = await orKept(db, actor.tenant.id, repeat, async () => {
        const order = askedBy(deps, actor, body, { clientId: await bookedFor(db, actor, body) });
        const { context, asked, command } = order;
        const hold = { ...command, idempotency: kept(repeat, 201) };
        const perform = () =>
          performResolved(
            engine,
            kinds,
            context,
            asked,
            withCode(context, body.discountCode),
            (resolved) => ({
              ...hold,
              lines: resolved.lines,
              guards: resolved.guards,
              approval: resolved.approval,
              units: [...command.units, ...(resolved.units ?? [])],
              ttlSeconds: ttl(body.ttlSeconds, resolved.ttls),
            }),
          );
        const made = tryCode(deps, actor, context, body.discountCode, perform);
        const { outcome, lines, units } = await made.catch(orNoSuchClient);
        await explainRefusal(deps, context, outcome, lines, [...command.units, ...units]);
        return answerOf(outcome, 201);
      });
      return sendAnswer(reply, answer);
    },
  );
}

/** What a body asks for: its lines with their numbers, how they are to be judged, and the hold but for its lines. */
export function askedBy(
  { db, openHolds }: HoldDeps,
  { tenant, principal, role }: Actor,
  body: { lines: unknown[]; note?: string | undefined; accessCode?: string | undefined },
  { clientId, newcomer }: { clientId: Uuid | null; newcomer?: string },
) {
  const client = clientId ?? newcomer ?? principal;
  const isCounted = openHolds !== undefined && (client !== principal || role === 'client');
  return {
    context: { db, tenant, client, role, now: db.now(), others: [], accessCode: body.accessCode },
    asked: (body.lines as { kind: string }[]).map((line, i) => ({ no: i + 1, line })),
    command: {
      verb: 'hold',
      actor: principal,
      bookingId: uuidV7(),
      reference: newReference(),
      clientId,
      note: body.note ?? null,
      mostRequests: can(role, 'booking.all') ? undefined : MOST_REQUESTS,
      currency: tenant.currency,
      units: isCounted ? [amongOpenHolds(client, openHolds)] : [],
    } as const,
  };
}

/** Does what looks at a code, if there is one, within the bounds of guessing. */
export function tryCode<T>(
  { guesses }: Pick<HoldDeps, 'guesses'>,
  actor: Actor,
  { client }: Pick<Context, 'client'>,
  code: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  return code === undefined || guesses === undefined ? work() : guesses.bounded(actor, client, work);
}

/** Keys that serve others are not counted, unless they say whom: a shop has many holds open in a rush. */
function amongOpenHolds(client: string, cap: number): UnitsNeed {
  const resourceId = limitId('open holds', client);
  return { resourceId, bucket: ONLY_BUCKET, units: 1, cap, rule: 'openHolds', until: 'bookingConfirm' };
}

/** The shortest of what the kinds give; who asks for a time gets no more of it than they allow. */
function ttl(asked: number | undefined, ofKinds: ResolvedLines['ttls']): number {
  if (asked === undefined) return Math.min(...ofKinds.map((own) => own ?? DEFAULT_TTL_SECONDS));
  return Math.min(asked, ...ofKinds.filter((own) => own !== undefined));
}

/** A refusal, with what could be had instead. */
export async function explainRefusal(
  { engine, kinds }: HoldDeps,
  context: Context,
  outcome: Outcome,
  lines: readonly HoldLine[],
  ofBooking: readonly UnitsNeed[] = [],
): Promise<void> {
  if (outcome.result !== 'refused') return;
  const needs = (line: number) => [...(lines.find(({ no }) => no === line)?.units ?? []), ...ofBooking];
  const { conflicts } = outcome;
  const limits = conflicts.filter(({ reason }) => reason === 'limit_reached');
  // At a limit for good no other place would do; at one of a day or a week another day may.
  const isFinal = limits.some((conflict) => (needOf(conflict, needs)?.bucket ?? ONLY_BUCKET) === ONLY_BUCKET);
  const first = isFinal ? undefined : lines.find((line) => line.no === conflicts[0]?.line);
  const told = conflicts.map((conflict) => ({ ...conflict, ...limitOf(conflict, needs) }));
  throw new Problem('capacity_unavailable', `${summary(told)} Nothing was changed.`, {
    conflicts: told,
    alternatives: await alternatives(engine, kinds, { ...context, fresh: false }, first),
  });
}

function summary(conflicts: readonly Conflict[]): string {
  const areAll = (reason: Conflict['reason']) => conflicts.every((conflict) => conflict.reason === reason);
  if (conflicts.some(({ rule }) => rule === OPEN_REQUESTS))
    return 'Too many of your requests wait for an answer. Take one back, or wait.';
  if (conflicts.some(({ rule }) => rule === 'codeUses'))
    return 'This code has been used as often as it may be.';
  if (conflicts.some(({ rule }) => rule === 'tierCapacity' || rule === 'groupCapacity'))
    return 'Not so many places are left at this price.';
  if (areAll('limit_reached')) return 'You have as much of this as one may have.';
  if (areAll('strands_seat')) return 'A single seat would be left alone: take it too, or others.';
  return 'Somebody else has what you asked for.';
}

/** What the limit behind a conflict is called and allows; nothing for other conflicts. */
function limitOf(conflict: Conflict, needs: NeedsOf): Pick<Conflict, 'rule' | 'limit'> {
  if (conflict.reason !== 'limit_reached') return {};
  const { rule, cap } = needOf(conflict, needs) ?? {};
  return { ...(rule !== undefined && { rule }), ...(cap !== undefined && { limit: cap }) };
}

type NeedsOf = (line: number) => readonly UnitsNeed[];

function needOf({ line, resource }: Conflict, needs: NeedsOf): UnitsNeed | undefined {
  return needs(line).find((need) => need.resourceId === resource);
}
