import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import type { Hold, Outcome } from './command.ts';
import { decide, type Decided } from './decide.ts';
import * as sql from './queries.ts';
import { bounds, toUnitsClaim } from './read.ts';
import type { Snapshot, StockRow } from './snapshot.ts';
import { stockKey, wantedBy, type Wanted } from './wanted.ts';
import { openRequests } from './wish-queries.ts';

/**
 * What a hold would be answered at this moment: the same reads without their locks, the same decision, and nothing is
 * written. Waits for nobody and nobody waits for it; a moment later the answer may be another.
 */
export async function previewHold(db: Database, tenant: Uuid, command: Hold): Promise<Outcome> {
  const wanted = wantedBy([command], false);
  const snapshot = await db.look(tenant, (tx) => lookAt(tx, wanted));
  const [outcome] = decide([command], snapshot).outcomes;
  return requireDecided(outcome);
}

async function lookAt(
  tx: Parameters<Parameters<Database['look']>[1]>[0],
  { slots, calendarIds, stock, groups, limits, guardIds, asking }: Wanted,
): Promise<Snapshot> {
  const rows = [stock.map((row) => row.resourceId), stock.map((row) => row.bucket)] as const;
  const starts = slots.map((slot) => slot.startsAt);
  const ends = slots.map((slot) => slot.endsAt);
  const resources = slots.map((slot) => slot.resourceId);
  const [calendars, found, intervals, dead, guards, clock, members, deadMembers, open] = await Promise.all([
    tx.run(sql.seeCalendars, calendarIds),
    tx.run(sql.seeStock, ...rows),
    tx.run(sql.overlapping, resources, starts, ends),
    tx.run(sql.deadUnits, ...rows),
    tx.run(sql.guardVersions, guardIds),
    tx.run(sql.databaseClock),
    tx.run(sql.groupMembers, ...bounds(groups)),
    tx.run(sql.deadUnitsIn, ...bounds(groups)),
    tx.run(openRequests, asking),
  ]);
  return {
    now: clock[0]?.now ?? NaN,
    calendars: new Set(calendars.map((row) => row.resourceId)),
    intervals,
    stock: [...found, ...missing(limits, found)],
    groups: members,
    units: [...dead, ...deadMembers].map(toUnitsClaim),
    bookings: new Map(),
    dying: new Map(),
    rivals: new Map(),
    wishes: [],
    adrift: new Set(),
    guards: new Map(guards.map((row) => [row.guardId, row.version])),
    openRequests: new Map(open.map((row) => [row.actor, row.requests])),
    twins: new Map(),
  };
}

/** Rows of limits that a hold would make. */
function missing(limits: Wanted['limits'], found: readonly StockRow[]): StockRow[] {
  const there = new Set(found.map(stockKey));
  return limits
    .filter((limit) => !there.has(stockKey(limit)))
    .map(({ resourceId, bucket, cap }) => ({ resourceId, bucket, capacity: cap, overbook: 0, taken: 0 }));
}

function requireDecided(outcome: Decided | undefined): Outcome {
  if (outcome === undefined || outcome.result === 'adrift') throw new Error('a hold was not decided');
  return outcome;
}
