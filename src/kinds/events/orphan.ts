import { freeStretches, isIn, type MapRow, type SeatMap, type Stretch } from './seat-map.ts';

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
  seats: FreeSeats,
  taken: ReadonlySet<number>,
): number[] {
  return row.stretches.flatMap((stretch) => strandedIn(map, stretch, seats, taken));
}

function strandedIn(
  map: SeatMap,
  stretch: Stretch,
  { free, offset }: FreeSeats,
  taken: ReadonlySet<number>,
): number[] {
  const wasFree = (index: number) => isIn(stretch, index) && free[index - offset] === 1;
  const isFree = (index: number) => wasFree(index) && !taken.has(index);
  const here = [...taken].filter((index) => isIn(stretch, index)); // who sits across the aisle leaves nobody alone
  const besides = here.flatMap((index) => [index - 1, index + 1]);
  const stranded = besides.filter(
    (index) => isFree(index) && !isFree(index - 1) && !isFree(index + 1) && !map.accessible.has(index),
  );
  return [...new Set(stranded)].sort((a, b) => a - b);
}

/** Whether the row has so many free seats side by side that leave none alone. */
export function hasBetter(map: SeatMap, row: MapRow, seats: FreeSeats, quantity: number): boolean {
  return freeStretches(row, seats.free, seats.offset).some((run) =>
    blocksIn(run, quantity).some((from) => strandedBy(map, row, seats, block(from, quantity)).length === 0),
  );
}

/** Where so many seats of a stretch begin. */
export function blocksIn({ from, seats }: Stretch, quantity: number): number[] {
  return Array.from({ length: Math.max(0, seats - quantity + 1) }, (_, i) => from + i);
}

/** The indexes of seats side by side. */
export function block(from: number, quantity: number): Set<number> {
  return new Set(Array.from({ length: quantity }, (_, i) => from + i));
}
