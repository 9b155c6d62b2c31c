import type { Transaction } from '../platform/db.ts';
import type { Row } from '../platform/statement.ts';
import type { IntervalNeed, UnitsNeed, Wish } from './claim.ts';
import type { Writes } from './snapshot.ts';
import * as sql from './wish-queries.ts';

/** Wishes from their rows, which come in order of booking and line. */
export function toWishes(rows: readonly Row<typeof sql.wishesOf.columns>[]): Wish[] {
  const wishes: (Wish & { intervals: IntervalNeed[]; units: UnitsNeed[] })[] = [];
  for (const row of rows) {
    const { bookingId, lineNo, stays } = row;
    let wish = wishes.at(-1);
    if (wish?.bookingId !== bookingId || wish.lineNo !== lineNo) {
      wish = { bookingId, lineNo, stays, intervals: [], units: [] };
      wishes.push(wish);
    }
    const { calendarId, startsAt, endsAt, stockId, bucket, units, cap, rule } = row;
    if (calendarId !== null && startsAt !== null && endsAt !== null)
      wish.intervals.push({ resourceId: calendarId, startsAt, endsAt });
    if (stockId !== null && bucket !== null && units !== null)
      wish.units.push({
        ...{ resourceId: stockId, bucket, units },
        ...(cap !== null && { cap }),
        ...(rule !== null && { rule }),
      });
  }
  return wishes;
}

/** Drops and writes down wishes; most batches have none. */
export function writeWishes(tx: Transaction, { droppedWishes: gone, wishes }: Writes): void {
  if (gone.length > 0)
    void tx.run(
      sql.dropWishes,
      gone.map((wish) => wish.bookingId),
      gone.map((wish) => wish.lineNo),
    );
  const rows = [...wishes].flatMap(toRows);
  if (rows.length > 0)
    void tx.run(
      sql.insertWishes,
      rows.map((r) => r.bookingId),
      rows.map((r) => r.lineNo),
      rows.map((r) => r.slot?.resourceId ?? null),
      rows.map((r) => r.slot?.startsAt ?? null),
      rows.map((r) => r.slot?.endsAt ?? null),
      rows.map((r) => r.count?.resourceId ?? null),
      rows.map((r) => r.count?.bucket ?? null),
      rows.map((r) => r.count?.units ?? null),
      rows.map((r) => r.count?.cap ?? null),
      rows.map((r) => r.count?.rule ?? null),
      rows.map((r) => r.stays),
    );
}

interface WishRow extends Omit<Wish, 'intervals' | 'units'> {
  slot?: IntervalNeed;
  count?: UnitsNeed;
}

function toRows({ intervals, units, ...of }: Wish): WishRow[] {
  return [...intervals.map((slot) => ({ ...of, slot })), ...units.map((count) => ({ ...of, count }))];
}
