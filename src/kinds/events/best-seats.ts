import { freeStretches, isIn, type MapRow, type SeatMap, type Stretch } from './seat-map.ts';

export interface Wish {
  quantity: number;
  /** At least one of the seats is for those who need it; otherwise none is. */
  accessible: boolean;
  /** Neighbouring rows will do when no row has all of them side by side. */
  split: boolean;
}

/** Rows that a group which cannot sit together is spread over at most. */
const MOST_ROWS = 4;

/** Seats that are found; the lower the cost, the better they are. */
export interface Found {
  seats: number[];
  cost: number;
}

/** Seats side by side. */
interface Block {
  from: number;
  quantity: number;
  cost: number;
}

/**
 * What counts, in this order, as one number, since 20 000 places are compared: in how many rows, how many seats are left
 * alone, how many taken that are for those who need them, and how far it is from the middle of the first row, in half seats;
 * a row further back counts as a seat to the side. Each weighs more than all after it can.
 */
const ROW = 2 ** 26;
const STRANDED = 2 ** 22;
const ACCESSIBLE = 2 ** 16;
const BACK = 2;

/**
 * The indexes of the best free seats of a section, or null when it has none that fit. `free` has a 1 for each free seat.
 * Linear in the seats of the section, and in a rush, where most that is free is further back, in those up to the best ones.
 */
export function bestSeats(map: SeatMap, free: Uint8Array, wish: Wish): Found | null {
  const sold = wish.accessible ? free : without(free, map.accessible);
  const { quantity, accessible } = wish;
  let best: Block | undefined;
  for (const [no, row] of map.rows.entries()) {
    if (best !== undefined && best.cost <= BACK * no) break; // no row from here on costs less than that
    const found = bestBlock(map, { row, no }, { free, sold, quantity, accessible });
    if (found !== undefined && (best === undefined || found.cost < best.cost)) best = found;
  }
  if (best !== undefined) return { seats: seatsOf(best), cost: best.cost + ROW };
  return wish.split ? bestSplit(map, { free, sold }, wish) : null;
}

function seatsOf({ from, quantity }: Block): number[] {
  return Array.from({ length: quantity }, (_, i) => from + i);
}

interface Search {
  free: Uint8Array;
  /** Those of `free` that may be taken. */
  sold: Uint8Array;
  quantity: number;
  accessible: boolean;
}

/** The best place in one row, or undefined. */
function bestBlock(
  map: SeatMap,
  { row, no }: { row: MapRow; no: number },
  { free, sold, quantity, accessible }: Search,
): Block | undefined {
  let [at, least] = [-1, Infinity];
  const hasSpecial = map.accessible.size > 0; // or else nobody asks 20 000 times
  for (const stretch of row.stretches) {
    let [run, special] = [0, 0];
    for (let index = stretch.from; index < stretch.from + stretch.seats; index++) {
      run = sold[index] === 1 ? run + 1 : 0;
      const from = index - quantity + 1;
      if (hasSpecial && map.accessible.has(index)) special += 1;
      if (hasSpecial && from > stretch.from && map.accessible.has(from - 1)) special -= 1;
      if (run < quantity || (accessible && special === 0)) continue;
      const distance = Math.abs(2 * (from - row.from) + quantity - row.seats) + BACK * no;
      const stranded = strandedBeside(map, stretch, free, from, quantity);
      const cost = stranded * STRANDED + special * ACCESSIBLE + distance;
      if (cost < least) [at, least] = [from, cost];
    }
  }
  return at === -1 ? undefined : { from: at, quantity, cost: least };
}

/** How many seats a block of free seats leaves alone: only the two beside it can be. */
function strandedBeside(
  map: SeatMap,
  stretch: Stretch,
  free: Uint8Array,
  from: number,
  quantity: number,
): number {
  const isFree = (index: number) => isIn(stretch, index) && free[index] === 1;
  const isAlone = (index: number, beyond: number) =>
    isFree(index) && !isFree(beyond) && !map.accessible.has(index);
  const after = from + quantity;
  return Number(isAlone(from - 1, from - 2)) + Number(isAlone(after, after + 1));
}

/** Over as few neighbouring rows as possible, and as evenly as they allow: nobody is to sit alone who need not. */
function bestSplit(map: SeatMap, { free, sold }: Pick<Search, 'free' | 'sold'>, wish: Wish): Found | null {
  const longest = map.rows.map((row) => longestRun(row, sold));
  for (let over = 2; over <= Math.min(MOST_ROWS, wish.quantity, map.rows.length); over++) {
    let best: Found | null = null;
    for (let first = 0; first + over <= map.rows.length; first++) {
      const sizes = shares(longest.slice(first, first + over), wish.quantity);
      const found = sizes && parts(map, first, sizes, { free, sold, accessible: wish.accessible });
      if (found !== null && (best === null || found.cost < best.cost)) best = found;
    }
    if (best !== null) return { ...best, cost: best.cost + over * ROW };
  }
  return null;
}

/** So many seats in each of the rows from `first` on. */
function parts(
  map: SeatMap,
  first: number,
  sizes: readonly number[],
  search: Omit<Search, 'quantity'>,
): Found | null {
  const partOf = (i: number, accessible: boolean) => {
    const row = map.rows[first + i];
    return row && bestBlock(map, { row, no: first + i }, { ...search, quantity: sizes[i] ?? 0, accessible });
  };
  const found = sizes.flatMap((_, i) => partOf(i, false) ?? []);
  if (search.accessible && !found.some((each) => seatsOf(each).some((seat) => map.accessible.has(seat)))) {
    const at = sizes.findIndex((_, i) => partOf(i, true) !== undefined);
    const special = partOf(at, true);
    if (special === undefined) return null;
    found[at] = special;
  }
  return {
    seats: found.flatMap(seatsOf),
    cost: found.reduce((sum, { cost }) => sum + cost, 0),
  };
}

/** How many sit in each row, at least one and at most as many as fit; null when they are too many. */
function shares(rooms: readonly number[], quantity: number): number[] | null {
  if (rooms.includes(0) || rooms.reduce((sum, room) => sum + room, 0) < quantity) return null;
  const sizes = rooms.map(() => 0);
  for (let left = quantity; left > 0; left--) {
    const [least] = [...sizes.keys()]
      .filter((i) => (sizes[i] ?? 0) < (rooms[i] ?? 0))
      .sort((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0));
    if (least !== undefined) sizes[least] = (sizes[least] ?? 0) + 1;
  }
  return sizes;
}

function longestRun(row: MapRow, free: Uint8Array): number {
  return Math.max(0, ...freeStretches(row, free).map(({ seats }) => seats));
}

function without(free: Uint8Array, seats: ReadonlySet<number>): Uint8Array {
  if (seats.size === 0) return free;
  const others = free.slice();
  for (const index of seats) others[index] = 0;
  return others;
}
