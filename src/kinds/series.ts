import type { BookingLine } from '../engine/index.ts';

/** What the details of a line tell, as `series`, when it is an occurrence of one. */
export interface SeriesMark {
  /** Tells the series of one booking apart. */
  id: number;
  /** Its place in the series, from 1; it stays when the occurrence is moved. */
  occurrence: number;
}

/** Whom a change of one occurrence is for: it alone, it and all later ones, or the whole series. */
export const SCOPES = ['this', 'following', 'all'] as const;
export type Scope = (typeof SCOPES)[number];

function markOf(line: BookingLine): SeriesMark | undefined {
  return line.details['series'] as SeriesMark | undefined; // kinds that have series write it so
}

/** The lines that a change of `named` in this scope is for, itself among them. A line of no series is all of its own. */
export function inScope(
  lines: readonly BookingLine[],
  named: BookingLine,
  scope: Scope,
): readonly BookingLine[] {
  const mark = markOf(named);
  if (mark === undefined || scope === 'this') return [named];
  return lines.filter((line) => {
    const other = markOf(line);
    if (other?.id !== mark.id) return false;
    return scope === 'all' || other.occurrence >= mark.occurrence;
  });
}
