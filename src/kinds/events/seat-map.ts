import type { Group } from '../../engine/groups.ts';
import type { Uuid } from '../../platform/id.ts';
import { seatId } from './place.ts';
import type { SeatRow } from './schema.ts';

/** One row of seats; `from` is the index of its first seat among all of its section, counted from 0. */
export interface MapRow {
  from: number;
  seats: number;
}

/** Where the seats of a section are, as far as choosing among them needs to know. */
export interface SeatMap {
  rows: readonly MapRow[];
  /** Indexes of the seats for those who need them. */
  accessible: ReadonlySet<number>;
}

export function toSeatMap(layout: readonly SeatRow[]): SeatMap {
  const rows: MapRow[] = [];
  const accessible = new Set<number>();
  let from = 0;
  for (const { seats, accessible: numbers = [] } of layout) {
    for (const number of numbers) accessible.add(from + number - 1);
    rows.push({ from, seats });
    from += seats;
  }
  return { rows, accessible };
}

/** The row that has the seat of this index. */
export function rowOf({ rows }: SeatMap, index: number): MapRow | undefined {
  let [low, high] = [0, rows.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((rows[middle]?.from ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return rows[low];
}

/** The seats of a section from an index on, as the engine reads them under the section's lock. */
export function seatsUnder(section: Uuid, from: number, count: number): Group {
  return { under: section, first: seatId(section, from + 1), count };
}
