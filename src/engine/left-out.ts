import { conflictReasons, type Conflict } from '../platform/errors.ts';
import type { ChosenLine, HoldLine, Skipped } from './command.ts';

/** A line that is left out: it needs nothing, and its details say why. */
export function leftOut(
  { choice: _, isOptional: __, ...line }: HoldLine,
  why: readonly Skipped[],
): ChosenLine {
  const skipped = why.map(({ reason, detail }) => ({ reason, detail }));
  return { ...line, details: { ...line.details, skipped }, skipped, intervals: [], units: [] };
}

/** Why a line could not be had, as it is kept in its details. */
export function told({ reason }: Conflict): Skipped {
  return { reason, detail: conflictReasons[reason] };
}
