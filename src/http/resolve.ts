import type { UnitsNeed } from '../engine/claim.ts';
import type { Approval, Command, Engine, HoldLine, Outcome } from '../engine/index.ts';
import { RefusedLine } from '../kinds/kind.ts';
import type { AskedLine, Kind, ResolveContext, Resolved, ResolvedLine } from '../kinds/kind.ts';
import { Problem, ruleViolated } from '../platform/errors.ts';
import { DatabaseFault } from '../platform/fault.ts';

/** Refusals that look for alternatives at the same time; the rest are answered without. */
const SEARCHES_AT_ONCE = 4;
/** With more requests than this waiting it is a rush, and nobody looks: the answer matters more than the advice. */
const CALM = 16;
let searching = 0;
/** Lines of one booking, each occurrence being one. */
export const MOST_LINES_HELD = 366;

export type Context = Omit<ResolveContext, 'fresh'>;

/** Lines of all kinds together, and how long each kind of them may be held. */
export type ResolvedLines = Omit<Resolved, 'ttlSeconds'> & {
  ttls: readonly Resolved['ttlSeconds'][];
  /** Whether somebody must approve them, the same for all. */
  approval: Approval;
  /** What the booking takes as a whole. */
  units?: readonly UnitsNeed[];
};

/** What becomes of resolved lines before they are asked for; `fresh` as for a kind. */
export type Finish = (resolved: ResolvedLines, fresh: boolean) => Promise<ResolvedLines>;

/**
 * Resolves the lines and performs the command made of them. The catalogue may come from a cache: when the engine says
 * that it moved on, the lines are resolved once more from the database.
 */
export async function performResolved(
  engine: Engine,
  kinds: readonly Kind[],
  context: Context,
  asked: readonly AskedLine<{ kind: string }>[],
  finish: Finish,
  command: (resolved: ResolvedLines) => Command,
): Promise<Performed> {
  const resolved = async (fresh: boolean) =>
    finish(await resolve(kinds, { ...context, fresh }, asked), fresh);
  const anew = () =>
    resolved(true).catch(async (error: unknown) => {
      throw error instanceof RefusedLine ? await advised(engine, kinds, context, error) : error;
    });
  const perform = async (of: ResolvedLines) => {
    const lines = numbered(of.lines);
    const outcome = await engine.perform(context.tenant.id, command({ ...of, lines }));
    return { outcome, lines, units: of.units ?? [] };
  };
  const kept = await resolved(false).catch((error: unknown) => {
    if (error instanceof Problem) return anew(); // what stood in the way may be gone: never refused from a cache
    throw error;
  });
  const first = await perform(kept);
  return first.outcome.result === 'stale' ? perform(await anew()) : first;
}

interface Performed {
  outcome: Outcome;
  lines: readonly HoldLine[];
  units: readonly UnitsNeed[];
}

/** The same refusal, with what could be had instead. */
async function advised(
  engine: Engine,
  kinds: readonly Kind[],
  context: Context,
  refusal: RefusedLine,
): Promise<Problem> {
  const instead = await alternatives(engine, kinds, { ...context, fresh: false }, refusal.line);
  return new Problem(refusal.code, refusal.message, { ...refusal.details, alternatives: instead });
}

/** What could be had instead of the first line that was refused; empty in a rush. */
export async function alternatives(
  engine: Engine,
  kinds: readonly Kind[],
  context: ResolveContext,
  refused: HoldLine | undefined,
): Promise<readonly object[]> {
  const kind = refused === undefined ? undefined : kindOf(kinds, refused.kind);
  if (kind === undefined || refused === undefined) return [];
  if (searching >= SEARCHES_AT_ONCE || engine.waiting(context.tenant.id) > CALM) return [];
  searching += 1;
  try {
    return await kind.alternatives(context, refused);
  } catch (error) {
    // Advice that cannot be had is no reason to hide the refusal. A database that is gone is: before a refusal is told the
    // key is looked up, and whoever has waited for the one would wait for the other.
    if (error instanceof DatabaseFault && error.kind !== 'lost') return [];
    throw error;
  } finally {
    searching -= 1;
  }
}

/** The kind that takes lines of this word. */
export function kindOf(kinds: readonly Kind[], word: string): Kind | undefined {
  return kinds.find((kind) => Object.hasOwn(kind.lines, word));
}

export async function resolve(
  kinds: readonly Kind[],
  context: ResolveContext,
  asked: readonly AskedLine<{ kind: string }>[],
): Promise<ResolvedLines> {
  const byKind = new Map<Kind, AskedLine[]>();
  for (const each of asked) {
    const kind = kindOf(kinds, each.line.kind);
    if (kind === undefined)
      throw new Error(`the schema let a line of the unknown kind ${each.line.kind} pass`);
    const lines = byKind.get(kind);
    if (lines === undefined) byKind.set(kind, [each]);
    else lines.push(each);
  }
  const resolved = await Promise.all([...byKind].map(([kind, lines]) => kind.resolve(context, lines)));
  const lines = resolved.flatMap((each) => each.lines).sort((a, b) => a.no - b.no);
  return {
    lines,
    approval: approvalOf(lines),
    guards: new Map(resolved.flatMap((each) => [...each.guards])),
    ttls: resolved.map((each) => each.ttlSeconds),
  };
}

/** Occurrences of a line that recurs come under its number: then all lines are numbered anew. */
function numbered(lines: ResolvedLine[]): ResolvedLine[] {
  if (lines.every((line, i) => line.no !== lines[i - 1]?.no)) return lines;
  requireFew(lines.length);
  return lines.map((line, i) => ({ ...line, no: i + 1 }));
}

export function requireFew(lines: number): void {
  if (lines > MOST_LINES_HELD)
    throw ruleViolated(
      '/lines',
      'too_many_occurrences',
      `A booking has at most ${MOST_LINES_HELD} lines, and these would be ${lines}. Book some of them apart.`,
    );
}

/** One booking is answered with one yes or no, so its lines must all need the same approval. */
function approvalOf(lines: readonly ResolvedLine[]): Approval {
  const [first = 'none', ...others] = new Set(lines.map((line) => line.approval ?? 'none'));
  if (others.length > 0) throw ruleViolated('/lines', 'mixed_approval');
  return first;
}
