import type { Engine } from '../engine/index.ts';
import type { Database } from '../platform/db.ts';
import type { Log } from '../platform/log.ts';
import { statement } from '../platform/statement.ts';

/** Holds of one look; more are found by the next look, which follows at once. */
const DUE_AT_ONCE = 500;

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

/** Ends every hold that is due now, through the engine; returns how many bookings it looked at. */
export async function sweep(db: Database, engine: Engine): Promise<number> {
  const found = await db.asWorker((reads) => reads.run(due, DUE_AT_ONCE));
  const ended = found.map(({ tenantId, bookingId }) =>
    engine.perform(tenantId, { verb: 'expire', bookingId, ownedBy: null, actor: 'sweeper' }),
  );
  await Promise.all(ended);
  return found.length;
}

/**
 * Tidies up behind expired holds every `everyMs`. Nothing depends on it: an expired hold's capacity can be sold
 * without it. Returns a function that stops it and waits for the look under way.
 */
export function startSweeper(deps: {
  db: Database;
  engine: Engine;
  log: Log;
  everyMs: number;
}): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let look = Promise.resolve();

  async function tidy(): Promise<void> {
    try {
      while (!stopped && (await sweep(deps.db, deps.engine)) >= DUE_AT_ONCE);
    } catch (error) {
      deps.log.warn({ err: error }, 'sweeping failed; the next look tries again');
    }
    if (!stopped) timer = setTimeout(next, deps.everyMs);
  }
  const next = () => void (look = tidy());
  next();

  return () => {
    stopped = true;
    clearTimeout(timer);
    return look;
  };
}
