import { asOwner } from '../../src/platform/migrate.ts';

export interface Sale {
  tenant: string;
  /** All seats of the hall, row by row; rows are alike. */
  seats: readonly string[];
  rows: number;
  holdSeconds: number;
}

interface Step {
  at: number;
  state: 'held' | 'confirmed';
  booking: string;
  seats: string[];
}

/**
 * Sales that left a seat alone although their row had others that leave none: found out from the changes, in the order in
 * which they were decided, by a rule written a second time and as plainly as can be.
 */
export async function orphansMade(ownerUrl: string, sale: Sale): Promise<string[]> {
  const inRow = sale.seats.length / sale.rows;
  const places = new Map(sale.seats.map((seat, i) => [seat, { row: Math.floor(i / inRow), no: i % inRow }]));
  const takenUntil = Array.from({ length: sale.rows }, () => Array.from({ length: inRow }, () => 0));
  const found: string[] = [];
  for (const { at, state, booking, seats } of await stepsOf(ownerUrl, sale.tenant)) {
    const until = state === 'confirmed' ? Infinity : at + sale.holdSeconds * 1_000;
    const taken = seats.flatMap((seat) => places.get(seat) ?? []);
    for (const [row, of] of Map.groupBy(taken, (place) => place.row)) {
      const times = takenUntil[row] ?? [];
      const free = times.map((each) => each <= at);
      const chosen = of.map(({ no }) => no);
      if (state === 'held' && strands(free, chosen) && someOther(free, chosen.length))
        found.push(`${booking}: seats ${chosen.join(', ')} of row ${row + 1}`);
      for (const no of chosen) times[no] = until;
    }
  }
  return found;
}

async function stepsOf(ownerUrl: string, tenant: string): Promise<Step[]> {
  return asOwner(ownerUrl, async (client) => {
    await client.query('select engine.set_tenant($1)', [tenant]);
    const { rows } = await client.query<Step>(
      `select (extract(epoch from c.at) * 1000)::float8 as at, substr(c.type, 9) as state, c.booking_id as booking,
          array(select jsonb_array_elements_text(l.details -> 'seatIds')) as seats
        from engine.change c join engine.booking_line l on l.tenant_id = c.tenant_id and l.booking_id = c.booking_id
        where c.tenant_id = $1 and c.type in ('booking.held', 'booking.confirmed') and l.kind = 'seat'
        order by c.seq`,
      [tenant],
    );
    return rows;
  });
}

/** Whether a free seat that had a free neighbour would have none when these are taken. */
function strands(free: readonly boolean[], chosen: readonly number[]): boolean {
  const left = free.map((isFree, no) => isFree && !chosen.includes(no));
  return left.some((isFree, no) => isFree && isAlone(left, no) && !isAlone(free, no));
}

function isAlone(free: readonly boolean[], no: number): boolean {
  return free[no - 1] !== true && free[no + 1] !== true;
}

/** Whether as many seats side by side could be had in the row that strand nobody. */
function someOther(free: readonly boolean[], count: number): boolean {
  return free.some((_, from) => {
    const block = Array.from({ length: count }, (__, i) => from + i);
    return block.every((no) => free[no] === true) && !strands(free, block);
  });
}
