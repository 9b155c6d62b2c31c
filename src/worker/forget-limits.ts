import type { Database } from '../platform/db.ts';
import { statement } from '../platform/statement.ts';
import { inEachTenant } from './each-tenant.ts';

/** What one may have in a day or a week is nobody's question when it is over; a month is far from every zone and week. */
const KEPT_DAYS = 31;
/** Rows that one statement forgets, so that none runs for long. */
const AT_ONCE = 1_000;

/**
 * Rows of limits (ids of version 8, `limitId`) of days gone by, with the claims on them. Nothing can be booked on such a
 * day any more, so nobody takes from a row while it goes; who gives back to it holds its lock, and then it is left for the
 * next turn. Rides stock_by_day and stock_claim_by_day.
 */
const forgetOld = statement('engine.forgetOldLimits', {
  params: ['uuid', 'int4', 'int8'],
  columns: { resourceId: 'uuid' },
  text: `with old as (
      select s.resource_id, s.bucket from engine.stock s
      where s.tenant_id = $1 and s.bucket > '-infinity' and s.bucket < current_date - $2::int
        and substr(s.resource_id::text, 15, 1) = '8'
      order by s.bucket limit $3 for update skip locked
    ), claims as (
      delete from engine.stock_claim c using old
      where c.tenant_id = $1 and c.resource_id = old.resource_id and c.bucket = old.bucket and c.bucket > '-infinity'
    )
    delete from engine.stock s using old
    where s.tenant_id = $1 and s.resource_id = old.resource_id and s.bucket = old.bucket
    returning s.resource_id as "resourceId"`,
});

/** Forgets what counted towards limits of days that are long over; returns how many rows. */
export function forgetLimits(db: Database): Promise<number> {
  return inEachTenant(
    db,
    async (tenant) => (await db.inTenant(tenant, (tx) => tx.run(forgetOld, KEPT_DAYS, AT_ONCE))).length,
  );
}
