import type { MapRow, SeatMap } from './seat-map.ts';

/** Of the seats of a section a 1 for each that is free; `offset` is the index of the first one that is told. */
export interface FreeSeats {
  free: Uint8Array;
  offset: number;
}

/**
 * The seats that would be left alone if `taken` were taken too: free ones, with no free one beside them in their row, that
 * had one before. A seat for those who need it is kept alone on purpose and does not count.
 */
export function strandedBy(
  map: SeatMap,
  row: MapRow,
  { free, offset }: FreeSeats,
  taken: ReadonlySet<number>,
): number[] {
  const wasFree = (index: number) => isIn(row, index) && free[index - offset] === 1;
  const isFree = (index: number) => wasFree(index) && !taken.has(index);
  const besides = [...taken].flatMap((index) => [index - 1, index + 1]);
  const stranded = besides.filter(
    (index) => isFree(index) && !isFree(index - 1) && !isFree(index + 1) && !map.accessible.has(index),
  );
  return [...new Set(stranded)].sort((a, b) => a - b);
}

/** Whether the row has so many free seats side by side that leave none alone. */
export function hasBetter(map: SeatMap, row: MapRow, seats: FreeSeats, quantity: number): boolean {
  const { free, offset } = seats;
  let run = 0;
  for (let index = row.from; index < row.from + row.seats; index++) {
    run = free[index - offset] === 1 ? run + 1 : 0;
    if (run >= quantity && strandedBy(map, row, seats, block(index - quantity + 1, quantity)).length === 0)
      return true;
  }
  return false;
}

/** The indexes of seats side by side. */
export function block(from: number, quantity: number): Set<number> {
  return new Set(Array.from({ length: quantity }, (_, i) => from + i));
}

function isIn({ from, seats }: MapRow, index: number): boolean {
  return index >= from && index < from + seats;
}
