import { SUMS_READER } from '../engine/booked-queries.ts';
import { sumBookings } from '../engine/booked-sums.ts';
import { behind } from '../engine/feed-queries.ts';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { allTenants } from './each-tenant.ts';

/** Companies with news that one look finds; those left over are found by the next. */
const TENANTS_AT_ONCE = 2_000;

/**
 * Makes the step of a task that keeps the sums of bookings up to date: a bounded piece for each company with news or with
 * something left from the step before; true when something is left. The first step takes all companies, for what was booked
 * under a version that kept no sums. One that fails holds up no other, and is tried again.
 */
export function summing(db: Database, sum = sumBookings): () => Promise<boolean> {
  let left: Set<Uuid> | undefined;
  return async () => {
    const found = await db.asWorker((reads) =>
      left === undefined ? reads.run(allTenants) : reads.run(behind, SUMS_READER, TENANTS_AT_ONCE),
    );
    const tenants = new Set([...(left ?? []), ...found.map(({ tenantId }) => tenantId)]);
    left = new Set();
    const failures: unknown[] = [];
    for (const tenant of tenants)
      try {
        if (await sum(db, tenant)) left.add(tenant);
      } catch (error) {
        left.add(tenant);
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
    return left.size > 0;
  };
}
