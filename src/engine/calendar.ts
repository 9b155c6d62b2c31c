import type { Database, Transaction } from '../platform/db.ts';
import type { Instant } from '../platform/clock.ts';
import type { Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';
import { lockCalendars } from './queries.ts';

const insertCalendar = statement('engine.insertCalendar', {
  params: ['uuid', 'uuid'],
  columns: {},
  text: `insert into engine.calendar as c (tenant_id, resource_id) values ($1, $2)`,
});

const deleteCalendar = statement('engine.deleteCalendar', {
  params: ['uuid', 'uuid'],
  columns: {},
  text: `delete from engine.calendar c where c.tenant_id = $1 and c.resource_id = $2`,
});

const isWanted = statement('engine.calendarIsWanted', {
  params: ['uuid', 'uuid'],
  columns: { claims: 'int8' },
  text: `select count(*) as claims from (
      (select from engine.interval_claim i where i.tenant_id = $1 and i.resource_id = $2 and i.ends_at > '-infinity' limit 1)
      union all
      (select from engine.wish w where w.tenant_id = $1 and w.calendar_id = $2 and w.ends_at > '-infinity' limit 1)) c`,
});

/** Rides interval_claim_by_end: everything that ends inside the window, and the one claim that reaches over its end. */
const busyBetween = statement('engine.busyBetween', {
  params: ['uuid', 'uuid', 'timestamptz', 'timestamptz'],
  columns: { startsAt: 'timestamptz', endsAt: 'timestamptz' },
  text: `select c.starts_at as "startsAt", c.ends_at as "endsAt" from (
      select i.starts_at, i.ends_at, i.expires_at from engine.interval_claim i
      where i.tenant_id = $1 and i.resource_id = $2 and i.ends_at > '-infinity'
        and i.ends_at > $3 and i.ends_at <= $4
      union all
      (select i.starts_at, i.ends_at, i.expires_at from engine.interval_claim i
       where i.tenant_id = $1 and i.resource_id = $2 and i.ends_at > '-infinity' and i.ends_at > $4
       order by i.ends_at limit 1)
    ) c
    where c.starts_at < $4 and (c.expires_at is null or c.expires_at > now())
    order by c.starts_at`,
});

/** A half-open stretch of time `[startsAt, endsAt)`. */
export interface Stretch {
  startsAt: Instant;
  endsAt: Instant;
}

/** Opens the time lines of new resources. */
export async function openCalendar(tx: Transaction, ...resourceIds: readonly Uuid[]): Promise<void> {
  await Promise.all(resourceIds.map((id) => tx.run(insertCalendar, id)));
}

/**
 * Waits for the sales on this time line that are under way and holds off new ones until the transaction ends: for
 * writers that must see every sale, or none after them.
 */
export async function lockCalendar(tx: Transaction, resourceId: Uuid): Promise<void> {
  await tx.run(lockCalendars, [resourceId]);
}

/**
 * Removes time lines, all or none: false when a booking still needs one. The foreign key of the claims has the last word.
 */
export async function closeCalendar(tx: Transaction, ...resourceIds: readonly Uuid[]): Promise<boolean> {
  const wanted = await Promise.all(resourceIds.map((id) => tx.run(isWanted, id)));
  if (wanted.flat().some(({ claims }) => claims > 0)) return false;
  await Promise.all(resourceIds.map((id) => tx.run(deleteCalendar, id)));
  return true;
}

/** When a resource is taken between two moments, in order of time, cut to the window; touching stretches are one. */
export async function busy(
  db: Database,
  tenant: Uuid,
  resourceId: Uuid,
  window: Stretch,
): Promise<Stretch[]> {
  const rows = await db.read(tenant, busyBetween, resourceId, window.startsAt, window.endsAt);
  const merged: Stretch[] = [];
  for (const row of rows) {
    const startsAt = Math.max(row.startsAt, window.startsAt);
    const endsAt = Math.min(row.endsAt, window.endsAt);
    const last = merged.at(-1);
    if (last !== undefined && last.endsAt === startsAt) last.endsAt = endsAt;
    else merged.push({ startsAt, endsAt });
  }
  return merged;
}
