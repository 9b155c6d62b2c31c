import type { Engine, Hold, HoldLine, Outcome } from '../engine/index.ts';
import type { AskedLine, Kind, ResolveContext, Resolved } from '../kinds/kind.ts';
import { unavailable } from '../platform/errors.ts';

/** Refusals that look for alternatives at the same time; in a rush the rest are answered without. */
const SEARCHES_AT_ONCE = 4;
let searching = 0;

export type HoldRequest = Omit<Hold, 'verb' | 'lines' | 'guards'> & { asked: readonly { kind: string }[] };

export interface Held {
  outcome: Outcome;
  /** The lines as they were resolved, for looking around when one was refused. */
  lines: readonly HoldLine[];
}

/**
 * Resolves the lines and holds them. The catalogue may come from a cache: when the engine says that it moved on, the
 * lines are resolved once more from the database.
 */
export async function hold(
  engine: Engine,
  kinds: readonly Kind[],
  context: Omit<ResolveContext, 'fresh'>,
  { asked, ...request }: HoldRequest,
): Promise<Held> {
  for (const fresh of [false, true]) {
    const { lines, guards } = await resolve(kinds, { ...context, fresh }, asked);
    const outcome = await engine.perform(context.tenant.id, { verb: 'hold', ...request, lines, guards });
    if (outcome.result !== 'stale') return { outcome, lines };
  }
  throw unavailable('What you want to book is being changed at this moment. Please try again.');
}

/** What could be had instead of the first line that was refused; empty when too many ask at once. */
export async function alternatives(
  kinds: readonly Kind[],
  context: ResolveContext,
  refused: HoldLine | undefined,
): Promise<readonly object[]> {
  const kind = refused === undefined ? undefined : kindOf(kinds, refused.kind);
  if (kind === undefined || refused === undefined || searching >= SEARCHES_AT_ONCE) return [];
  searching += 1;
  try {
    return await kind.alternatives(context, refused);
  } finally {
    searching -= 1;
  }
}

async function resolve(
  kinds: readonly Kind[],
  context: ResolveContext,
  asked: readonly { kind: string }[],
): Promise<Resolved> {
  const byKind = new Map<Kind, AskedLine[]>();
  asked.forEach((line, i) => {
    const kind = kindOf(kinds, line.kind);
    if (kind === undefined) throw new Error(`the schema let a line of the unknown kind ${line.kind} pass`);
    byKind.set(kind, [...(byKind.get(kind) ?? []), { no: i + 1, line }]);
  });
  const resolved = await Promise.all([...byKind].map(([kind, lines]) => kind.resolve(context, lines)));
  return {
    lines: resolved.flatMap((each) => each.lines).sort((a, b) => a.no - b.no),
    guards: new Map(resolved.flatMap((each) => [...each.guards])),
  };
}

function kindOf(kinds: readonly Kind[], word: string): Kind | undefined {
  return kinds.find((kind) => word in kind.lines);
}
