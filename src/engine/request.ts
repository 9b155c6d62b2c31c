import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { isWishing, type Booking } from './booking.ts';
import type { Approve } from './command.ts';
import { wishedLines } from './wish.ts';
import { wishesOf } from './wish-queries.ts';
import { toWishes } from './wish-rows.ts';

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
