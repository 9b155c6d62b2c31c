import type { Group } from '../../engine/groups.ts';
import type { Uuid } from '../../platform/id.ts';
import { seatId } from './place.ts';
import type { SeatRow } from './venue-schema.ts';

/** Seats that follow each other; `from` is the index of the first among all of its section, counted from 0. */
export interface Stretch {
  from: number;
  seats: number;
}

/** One row of seats. Only within one of its stretches, which end where an aisle is, do seats stand side by side. */
export interface MapRow extends Stretch {
  stretches: readonly Stretch[];
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
  for (const { seats, accessible: numbers = [], aisles = [] } of layout) {
    for (const number of numbers) accessible.add(from + number - 1);
    rows.push({ from, seats, stretches: stretchesOf(from, seats, aisles) });
    from += seats;
  }
  return { rows, accessible };
}

function stretchesOf(from: number, seats: number, aisles: readonly number[]): Stretch[] {
  const ends = [...aisles.toSorted((a, b) => a - b), seats];
  return ends.map((end, i) => {
    const begin = ends[i - 1] ?? 0;
    return { from: from + begin, seats: end - begin };
  });
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

export function isIn({ from, seats }: Stretch, index: number): boolean {
  return index >= from && index < from + seats;
}

/** The longest stretches of free seats side by side; `offset` is the index of the first seat that `free` tells of. */
export function freeStretches({ stretches }: MapRow, free: Uint8Array, offset = 0): Stretch[] {
  const found: Stretch[] = [];
  for (const { from, seats } of stretches)
    for (let index = from, run = 0; index < from + seats; index++) {
      run = free[index - offset] === 1 ? run + 1 : 0;
      if (run > 1) found.pop();
      if (run > 0) found.push({ from: index - run + 1, seats: run });
    }
  return found;
}

/** The seats of a section from an index on, as the engine reads them under the section's lock. */
export function seatsUnder(section: Uuid, from: number, count: number): Group {
  return { under: section, first: seatId(section, from + 1), count };
}
