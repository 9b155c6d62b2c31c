import { overlaps, type IntervalNeed } from '../../engine/claim.ts';
import type { Hold } from '../../engine/index.ts';
import { DAY_MS } from '../../platform/zone.ts';
import { fault, type RowFault, type TimetableRow } from './timetable.ts';

/** A row of a timetable with the hold that books it. */
export interface Wanted {
  row: TimetableRow;
  hold: Hold;
}

/** The rows of a file that clash with none before them; the others as what stands in their way. */
export function withoutClashes(rows: readonly (Wanted | RowFault)[]): (Wanted | RowFault)[] {
  const taken = new Map<string, { row: number; slot: IntervalNeed }[]>();
  return rows.map((each) => {
    if (!('hold' in each)) return each;
    const slots = each.hold.lines.flatMap((line) => line.intervals);
    for (const slot of slots)
      for (const key of daysOf(slot)) {
        const other = taken.get(key)?.find((known) => overlaps(known.slot, slot));
        if (other !== undefined) return fault('slot_taken', `Row ${other.row} of this file takes the time.`);
      }
    for (const slot of slots)
      for (const key of daysOf(slot))
        taken.set(key, [...(taken.get(key) ?? []), { row: each.row.row, slot }]);
    return each;
  });
}

/** The room with each day that the slot touches: only what shares one of them can overlap. */
function daysOf({ resourceId, startsAt, endsAt }: IntervalNeed): string[] {
  const days: string[] = [];
  for (let day = Math.floor(startsAt / DAY_MS); day * DAY_MS < endsAt; day++)
    days.push(`${resourceId} ${day}`);
  return days;
}
