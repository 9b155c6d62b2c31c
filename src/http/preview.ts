import { Type } from 'typebox';
import type { BookingLine, HoldLine, Outcome } from '../engine/index.ts';
import type { AskedLine, Kind, ResolveContext } from '../kinds/kind.ts';
import { readLosers } from '../engine/request.ts';
import { can, type Actor } from '../people/access.ts';
import type { App } from '../people/route.ts';
import { conflictReasons, Problem, reasons, unavailable, type Fault } from '../platform/errors.ts';
import { AmountMinor, Id, strict } from '../platform/schema.ts';
import { wouldBeBookedFor, type ForClient } from './clients.ts';
import { askedBy, holdBody, tryCode, type HoldDeps } from './holds.ts';
import { withCode } from './with-code.ts';
import { kindOf, requireFew, resolve, type Context, type ResolvedLines } from './resolve.ts';

type Asked = AskedLine<{ kind: string }>;
type Reason = { reason: string } & Record<string, unknown>;

const PreviewLine = Type.Object(
  {
    no: Type.Integer({ description: 'The number that the line would have in the booking' }),
    kind: Type.String(),
    free: Type.Boolean(),
    colliding: Type.Optional(
      Type.Array(Id, { description: 'For staff: the requests that are declined when this is confirmed' }),
    ),
    reasons: Type.Array(Type.Object({ reason: Type.String() }, { additionalProperties: true }), {
      description: 'Why it could not be had: conflicts and broken rules',
    }),
  },
  { additionalProperties: true },
);
const PreviewBody = strict(
  {
    possible: Type.Boolean({ description: 'Whether the same body sent to /holds would be held now' }),
    lines: Type.Array(PreviewLine),
    totalMinor: AmountMinor,
    currency: Type.String(),
  },
  { title: 'Preview' },
);

/** What a hold would do at this moment, line by line and occurrence by occurrence; changes nothing. */
export function previewRoute(app: App, deps: HoldDeps): void {
  app.post(
    '/holds/preview',
    {
      schema: {
        tags: ['Bookings'],
        summary: 'Say what a hold would do now, for each line and occurrence',
        operationId: 'previewHold',
        body: holdBody(deps.kinds),
        response: { 200: PreviewBody },
      },
      config: { permission: 'booking.create' },
    },
    async ({ actor, body }) => {
      // The catalogue is read anew each time, so a second look is needed only when it changes in between.
      const answer = (await preview(deps, actor, body)) ?? (await preview(deps, actor, body));
      if (answer === undefined)
        throw unavailable('What you want to book is being changed. Please try again.');
      return answer;
    },
  );
}

const NOBODY = new Map<number, readonly string[]>();

/** Undefined when the catalogue changed between the rules and the look at what is free. */
async function preview(
  deps: HoldDeps,
  actor: Actor,
  body: { lines: unknown[]; note?: string; discountCode?: string; accessCode?: string } & ForClient,
) {
  const { db, engine, kinds } = deps;
  const { context, asked, command } = askedBy(deps, actor, body, await wouldBeBookedFor(db, actor, body));
  const { refused, ...found } = await resolveEach(kinds, context, asked);
  // What a code is for is told of whole orders only.
  const code = refused.length === 0 ? body.discountCode : undefined;
  const finish = withCode(context, code);
  const resolving = () => finish({ ...found, ttls: [] }, true);
  const {
    lines: resolved,
    guards,
    approval,
    units = [],
  } = await tryCode(deps, actor, context, code, resolving);
  requireFew(resolved.length + refused.length);
  const lines = [...resolved, ...refused]
    .sort((a, b) => a.no - b.no)
    .map((line, i) => ({ ...line, no: i + 1 }));
  // Each line is looked at, whatever becomes of the others.
  const takeable = lines.flatMap((line) => ('intervals' in line ? { ...line, isOptional: true } : []));
  const outcome = await engine.preview(context.tenant.id, {
    ...command,
    ttlSeconds: 1,
    lines: takeable,
    units: [...command.units, ...units],
    guards,
    approval,
  });
  if (outcome.result === 'stale') return undefined;
  const losers = can(actor.role, 'booking.all') ? await readLosers(db, actor.tenant.id, takeable) : NOBODY;
  const told = lines.map((line) => {
    if (!('intervals' in line)) return tellRefused(line);
    const colliding = losers.get(line.no);
    return { ...tell(line, outcome), ...(colliding !== undefined && { colliding }) };
  });
  const free = told.filter((line) => line.free);
  return {
    possible: free.length > 0 && told.every((line) => line.free || line.isOptional),
    lines: told.map(({ isOptional: _, ...line }) => line),
    totalMinor: free.reduce((sum, line) => sum + line.totalMinor, 0),
    currency: command.currency,
  };
}

/** A line that its kind refuses outright, with what it says. */
interface RefusedAsked extends Asked {
  faults: Fault[];
}

/** Resolves what can be resolved: lines that their kinds refuse by name are set aside. */
async function resolveEach(
  kinds: HoldDeps['kinds'],
  context: Context,
  asked: readonly Asked[],
): Promise<Omit<ResolvedLines, 'ttls'> & { refused: RefusedAsked[] }> {
  const anew = { ...context, fresh: true, isPreview: true };
  const all = await attempt(kinds, anew, asked);
  if ('lines' in all) return { ...all, refused: [] };
  const refused = (await Promise.all(kinds.map((kind) => refusedBy(kind, anew, asked)))).flat();
  return { ...(await resolve(kinds, anew, without(asked, refused))), refused };
}

/**
 * Those lines of a kind that it refuses. First each alone, since reading a series may take 70 ms: it must not be read
 * again for every other line that is wrong. Then those that only go wrong together, such as places over a limit.
 */
async function refusedBy(
  kind: Kind,
  context: ResolveContext,
  asked: readonly Asked[],
): Promise<RefusedAsked[]> {
  const own = asked.filter(({ line }) => kindOf([kind], line.kind) !== undefined);
  const refused: RefusedAsked[] = [];
  for (const each of own) {
    const alone = await attempt([kind], context, [each]);
    if ('refused' in alone) refused.push(...alone.refused);
  }
  for (;;) {
    const together = await attempt([kind], context, without(own, refused));
    if ('lines' in together) return refused;
    refused.push(...together.refused);
  }
}

/** The lines resolved, or those that the refusal names. Throws a refusal that names none. */
async function attempt(
  kinds: HoldDeps['kinds'],
  context: ResolveContext,
  asked: readonly Asked[],
): Promise<ResolvedLines | { refused: RefusedAsked[] }> {
  try {
    return await resolve(kinds, context, asked);
  } catch (error) {
    const refused = asked
      .map((line) => ({ ...line, faults: faultsOf(line, error) }))
      .filter(({ faults }) => faults.length > 0);
    if (refused.length === 0) throw error;
    return { refused };
  }
}

function without(asked: readonly Asked[], refused: readonly Asked[]): Asked[] {
  return asked.filter(({ no }) => !refused.some((line) => line.no === no));
}

function faultsOf({ no }: Asked, error: unknown): Fault[] {
  const faults = error instanceof Problem ? (error.details.errors ?? []) : [];
  return faults.filter(({ pointer }) => pointer.startsWith(`/lines/${no - 1}/`));
}

function tell(line: HoldLine, outcome: Outcome) {
  const { no, kind, details, quantity, unitMinor, totalMinor, isOptional = false } = line;
  const why = reasonsOf(line, outcome);
  const price = { quantity, unitPriceMinor: unitMinor, totalMinor };
  const chosen = why.length === 0 ? heldLine(no, outcome)?.details : undefined; // what a choice would come to
  return { no, kind, ...(chosen ?? details), ...price, free: why.length === 0, reasons: why, isOptional };
}

function tellRefused({ no, line, faults }: RefusedAsked) {
  const why: Reason[] = faults.map((fault) => ({ ...fault }));
  return { no, ...line, totalMinor: 0, free: false, reasons: why, isOptional: false };
}

function reasonsOf({ no, skipped = [] }: HoldLine, outcome: Outcome): Reason[] {
  if (skipped.length > 0) return skipped.map((each) => ({ ...each }));
  if (outcome.result === 'refused')
    return outcome.conflicts
      .filter(({ line }) => line === no)
      .map(({ line: _, ...conflict }) => ({ ...conflict, detail: conflictReasons[conflict.reason] }));
  if (outcome.result === 'tooLate') return [{ reason: 'too_late', detail: reasons.too_late }];
  const skips = heldLine(no, outcome)?.details['skipped'];
  return (skips as Reason[] | undefined) ?? []; // as the engine wrote it a moment ago
}

function heldLine(no: number, outcome: Outcome): BookingLine | undefined {
  return outcome.result === 'done' ? outcome.booking.lines.find((each) => each.no === no) : undefined;
}
