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

/** The numbers of all lines that a body is for; undefined when it is for the whole booking. */
export function linesMeant(
  { lines, scope }: { lines?: readonly number[] | undefined; scope?: Scope | undefined },
  booking: Booking,
): readonly number[] | undefined {
  if (scope === undefined) return lines;
  if (lines !== undefined) return linesInScope(booking, lines, scope);
  if (scope === 'all') return undefined;
  throw ruleViolated('/lines', 'missing_field', 'Name the line from which on the series is meant.');
}

/** Numbers that the booking does not have stay, for the engine to refuse. */
function linesInScope({ lines }: Booking, nos: readonly number[], scope: Scope): number[] {
  const named = lines.filter((line) => nos.includes(line.no));
  const meant = named.flatMap((line) => inScope(lines, line, scope));
  return [...new Set([...nos, ...meant.map((line) => line.no)])];
}
