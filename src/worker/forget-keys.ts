import type { Database } from '../platform/db.ts';
import { statement } from '../platform/statement.ts';
import { inEachTenant } from './each-tenant.ts';

/** Who repeats a call does so within minutes; three days outlast a weekend. */
const KEPT_DAYS = 3;
/** Keys that one statement forgets, so that none runs for long. */
const AT_ONCE = 5_000;

/** Rides idempotency_by_age. */
const forgetOld = statement('engine.forgetOldKeys', {
  params: ['uuid', 'int4', 'int8'],
  columns: { key: 'text' },
  text: `delete from engine.idempotency i
    where i.tenant_id = $1 and (i.principal, i.route, i.key) in (
      select o.principal, o.route, o.key from engine.idempotency o
      where o.tenant_id = $1 and o.at > '-infinity' and o.at < now() - make_interval(days => $2) limit $3)
    returning i.key`,
});

/** Forgets the answers kept for idempotency keys that are older than three days; returns how many. */
export function forgetKeys(db: Database): Promise<number> {
  return inEachTenant(
    db,
    async (tenant) => (await db.inTenant(tenant, (tx) => tx.run(forgetOld, KEPT_DAYS, AT_ONCE))).length,
  );
}
