import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';

/** Every company there is. */
export const allTenants = statement('worker.allTenants', {
  params: [],
  columns: { tenantId: 'uuid' },
  text: `select tenant_id as "tenantId" from people.tenant_slug`,
});

/** Does a step for one company after the other; returns the sum of what they return. */
export async function inEachTenant(db: Database, step: (tenant: Uuid) => Promise<number>): Promise<number> {
  const tenants = await db.asWorker((reads) => reads.run(allTenants));
  let total = 0;
  for (const { tenantId } of tenants) total += await step(tenantId);
  return total;
}
