import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { isWishing, type Booking } from './booking.ts';
import type { Approve, HoldLine } from './command.ts';
import { wishedLines } from './wish.ts';
import { losersTo, wishesOf } from './wish-queries.ts';
import { toWishes } from './wish-rows.ts';

/** As many as one batch settles. */
const MOST_LOSERS = 1_000;

/** The requests that would be declined if these lines were booked, by the number of the line; for advice. */
export async function readLosers(
  db: Database,
  tenant: Uuid,
  lines: readonly Pick<HoldLine, 'no' | 'intervals'>[],
): Promise<Map<number, Uuid[]>> {
  const slots = lines.flatMap(({ no, intervals }) => intervals.map((slot) => ({ no, ...slot })));
  if (slots.length === 0) return new Map();
  const rows = await db.read(
    tenant,
    losersTo,
    slots.map((slot) => slot.no),
    slots.map((slot) => slot.resourceId),
    slots.map((slot) => slot.startsAt),
    slots.map((slot) => slot.endsAt),
    MOST_LOSERS,
  );
  const byLine = Map.groupBy(rows, (row) => row.line);
  return new Map([...byLine].map(([line, of]) => [line, of.map(({ bookingId }) => bookingId)]));
}

/**
 * What approving a request must find free, for `approve`; nothing when it holds it already. The booking was read
 * before: when it has moved on since, its version tells.
 */
export async function readWishes(
  db: Database,
  tenant: Uuid,
  request: Booking,
): Promise<Pick<Approve, 'wishes'>> {
  if (!isWishing(request)) return {};
  const rows = await db.read(tenant, wishesOf, [request.id]);
  return { wishes: { version: request.version, lines: wishedLines(request, toWishes(rows)) } };
}
