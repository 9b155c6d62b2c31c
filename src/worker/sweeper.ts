import type { Engine } from '../engine/index.ts';
import type { Database } from '../platform/db.ts';
import { statement } from '../platform/statement.ts';

/** Holds of one look; more are found by the next look, which follows at once. */
export const DUE_AT_ONCE = 500;

/** What is past its expiry, over all tenants: rides booking_due, interval_claim_due and stock_claim_due. */
const due = statement('worker.due', {
  params: ['int8'],
  columns: { tenantId: 'uuid', bookingId: 'uuid' },
  text: `select tenant_id as "tenantId", id as "bookingId" from (
      (select b.tenant_id, b.id from engine.booking b where b.expires_at > '-infinity' and b.expires_at <= now() order by b.expires_at limit $1)
      union
      (select c.tenant_id, c.booking_id from engine.interval_claim c where c.expires_at > '-infinity' and c.expires_at <= now() order by c.expires_at limit $1)
      union
      (select c.tenant_id, c.booking_id from engine.stock_claim c where c.expires_at > '-infinity' and c.expires_at <= now() order by c.expires_at limit $1)
    ) d`,
});

/**
 * Ends every hold that is due now, through the engine; returns how many bookings it looked at. Nothing depends on it: an
 * expired hold's capacity can be sold without it.
 */
export async function sweep(db: Database, engine: Engine): Promise<number> {
  const found = await db.asWorker((reads) => reads.run(due, DUE_AT_ONCE));
  const ended = found.map(({ tenantId, bookingId }) =>
    engine.perform(tenantId, { verb: 'expire', bookingId, ownedBy: null, actor: 'sweeper' }),
  );
  await Promise.all(ended);
  return found.length;
}
