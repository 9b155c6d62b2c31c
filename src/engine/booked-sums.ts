import type { Instant } from '../platform/clock.ts';
import type { Database, Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import * as sql from './booked-queries.ts';
import { ensurePosition, keptFrom, lockPosition, movePosition } from './feed-queries.ts';
import { idAt } from './made-between.ts';

/** How bookings are cut into what is summed at a time. */
export interface Cut {
  /** Bookings of a stretch: a change of one of them sums all of them again, in some 8 ms. */
  bookings: number;
  /** Younger bookings are left alone: they are about to be confirmed, or to expire. */
  ageMs: number;
  /** Stretches that one step cuts, and sums, at most. */
  atOnce: number;
}

const CUT: Cut = { bookings: 1_000, ageMs: 15 * 60_000, atOnce: 20 };

/**
 * One bounded step towards sums that are up to date with a company's bookings; true when there is more to do at once. False
 * as well when another process has it in hand.
 *
 * A reader of the changes, but one that wants no more of them than the database can do with them by itself, twenty thousand
 * at a time. The position is locked until the commit: a change that a sum does not see is one that is yet to be read, and
 * outdates it.
 */
export function sumBookings(
  db: Pick<Database, 'inTenant'>,
  tenant: Uuid,
  now: Instant = Date.now(),
  { bookings, ageMs, atOnce }: Cut = CUT,
): Promise<boolean> {
  return db.inTenant(tenant, async (tx) => {
    void tx.run(sql.beginAtNow, sql.SUMS_READER);
    void tx.run(ensurePosition, sql.SUMS_READER);
    const [position] = await tx.run(lockPosition, sql.SUMS_READER);
    if (position === undefined) return false;
    const read = await outdate(tx, position.seq);
    void tx.run(sql.cutStretches, idAt(now - ageMs), bookings, atOnce);
    const summed = await sum(tx, atOnce);
    return summed === atOnce || read === sql.MOST_BEHIND;
  });
}

/** Notes which sums the next changes outdate, and moves on past them; returns how many there were. */
async function outdate(tx: Transaction, position: number): Promise<number> {
  const [told] = await tx.run(sql.outdateSums, position, sql.MOST_BEHIND);
  const [clock] = await tx.run(keptFrom); // read after the changes: what is missing of them lies before it
  const gone = (told?.first ?? clock?.keptFrom ?? 0) - 1;
  if (gone > position) await tx.run(sql.outdateAllSums);
  const last = told?.last ?? gone;
  if (last <= position) return 0;
  await tx.run(movePosition, sql.SUMS_READER, last);
  return last - position;
}

async function sum(tx: Transaction, atOnce: number): Promise<number> {
  const stretches = await tx.run(sql.unsummed, atOnce);
  if (stretches.length === 0) return 0;
  const [after, until] = [stretches.map((each) => each.after), stretches.map((each) => each.until)];
  void tx.run(sql.dropSums, until);
  void tx.run(sql.insertSums, after, until);
  await tx.run(sql.markSummed, after, until);
  return stretches.length;
}
