import { Type } from 'typebox';
import type { Booking } from '../engine/index.ts';
import { inScope, SCOPES, type Scope } from '../kinds/series.ts';
import { ruleViolated } from '../platform/errors.ts';

export const ScopeWord = Type.Unsafe<Scope>({
  type: 'string',
  enum: [...SCOPES],
  description:
    'Of a series: only the lines named, those and the following ones, or all; "this" when not given',
});

interface Scoped {
  lines?: readonly number[];
  scope?: Scope;
}

/**
 * A body with the numbers of all lines that it is for. Which occurrences a series has never changes, so they may be read
 * before the booking is locked.
 */
export async function withScope<B extends object>(body: B, read: () => Promise<Booking>): Promise<B> {
  const { lines, scope } = body as Scoped; // bodies of other verbs have none
  if (scope === undefined) return body;
  if (lines !== undefined) return { ...body, lines: linesInScope(await read(), lines, scope) };
  if (scope === 'all') return body;
  throw ruleViolated('/lines', 'missing_field', 'Name the line from which on the series is meant.');
}

/** Numbers that the booking does not have stay, for the engine to refuse. */
function linesInScope({ lines }: Booking, nos: readonly number[], scope: Scope): number[] {
  const named = lines.filter((line) => nos.includes(line.no));
  const meant = named.flatMap((line) => inScope(lines, line, scope));
  return [...new Set([...nos, ...meant.map((line) => line.no)])];
}
