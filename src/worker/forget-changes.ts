import { dropOld } from '../engine/feed.ts';
import type { Instant } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import { DAY_MS } from '../platform/zone.ts';
import { inEachTenant } from './each-tenant.ts';

/** A reader that did nothing for so long after its time has been given up by whoever ran it: it is not waited for. */
const UNREAD_DAYS = 30;

/**
 * Drops changes that are older than `keptDays`, of each company a bounded number of the oldest; returns how many. Those
 * that a reader of the feed has not read stay for 30 days more.
 */
export function forgetChanges(
  db: Database,
  keptDays: number,
  now: Instant = Date.now(),
  atOnce?: number,
): Promise<number> {
  const read = now - keptDays * DAY_MS;
  const retention = { read, unread: read - UNREAD_DAYS * DAY_MS };
  return inEachTenant(db, (tenant) => dropOld(db, tenant, retention, atOnce));
}
