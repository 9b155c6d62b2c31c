import type { Instant } from '../platform/clock.ts';
import type { Database, Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import type { Log } from '../platform/log.ts';
import type { WakeUp } from '../platform/wake.ts';
import * as sql from './feed-queries.ts';

/** One record of what happened; `seq` counts a tenant's changes from 1 without a gap and in the order of commits. */
export interface Change {
  seq: number;
  at: Instant;
  type: string;
  bookingId: Uuid | null;
  resourceIds: Uuid[];
  actor: string;
  payload: unknown;
}

/**
 * Somebody who follows the changes. `read` gets a tenant's next changes in order, in the transaction that moves the
 * reader on: what it writes there happens exactly once, what it does outside may be repeated after a crash.
 */
export interface Reader {
  /** Under this name the position is kept; two processes with one name share the work. */
  name: string;
  read(tx: Transaction, changes: readonly Change[]): Promise<void>;
  /** It was so far behind that changes up to this one are gone unread: what it made of them must be made anew. */
  missed(tx: Transaction, until: number): Promise<void>;
}

/** Changes that a reader gets at a time. */
const PAGE_CHANGES = 500;
/** Changes that one call drops: a long history goes in steps that hold the tenant's clock only for a moment. */
const DROPPED_AT_ONCE = 10_000;
/** Tenants that one look finds; those left over are found by the next look, which follows at once. */
const TENANTS_AT_ONCE = 200;

/**
 * Brings a reader up to date with every tenant; returns how many changes it read. A tenant whose changes it fails on
 * holds up nobody else's; its error is thrown at the end.
 */
export async function readOn(db: Database, reader: Reader): Promise<number> {
  const failed = new Map<Uuid, unknown>();
  let total = 0;
  for (;;) {
    const behind = await db.asWorker((reads) => reads.run(sql.behind, reader.name, TENANTS_AT_ONCE));
    let read = 0;
    for (const { tenantId } of behind) {
      if (failed.has(tenantId)) continue;
      try {
        read += await readPage(db, tenantId, reader);
      } catch (error) {
        failed.set(tenantId, error);
      }
    }
    total += read;
    if (read > 0) continue;
    for (const error of failed.values()) throw error;
    return total; // nothing new, or another process has it in hand
  }
}

/**
 * Reads one page of one tenant. The position is locked without waiting, so of two processes one reads and the other
 * goes on; the change after the last one read cannot be missed, because numbers become visible in their order.
 */
function readPage(db: Database, tenant: Uuid, reader: Reader): Promise<number> {
  return db.inTenant(tenant, async (tx) => {
    void tx.run(sql.ensurePosition, reader.name);
    const [position] = await tx.run(sql.lockPosition, reader.name);
    if (position === undefined) return 0;
    const changes = await tx.run(sql.changesAfter, position.seq, PAGE_CHANGES);
    const [clock] = await tx.run(sql.keptFrom); // read after the changes: what is missing of them lies before it
    const gone = (changes[0]?.seq ?? clock?.keptFrom ?? 0) - 1;
    if (gone > position.seq) await reader.missed(tx, gone);
    if (changes.length > 0) await reader.read(tx, changes);
    const last = changes.at(-1)?.seq ?? gone;
    if (last > position.seq) await tx.run(sql.movePosition, reader.name, last);
    return Math.max(last - position.seq, 0);
  });
}

/** From when on changes may go. */
export interface Retention {
  /** Those from before this, once every reader has read them. */
  read: Instant;
  /** Those from before this, in any case: a reader that is so far behind is told that it missed them. */
  unread: Instant;
}

/**
 * Drops changes of a tenant that are old enough, the oldest first and at most `atOnce`; returns how many. `kept_from` says
 * from then on where the feed begins. The clock, on which every sale waits, is taken when the rest is done.
 */
export function dropOld(
  db: Pick<Database, 'inTenant'>,
  tenant: Uuid,
  { read, unread }: Retention,
  atOnce = DROPPED_AT_ONCE,
): Promise<number> {
  return db.inTenant(tenant, async (tx) => {
    const [clock] = await tx.run(sql.keptFrom);
    if (clock === undefined) return 0;
    const { keptFrom } = clock;
    const [drop] = await tx.run(sql.lastToDrop, read, unread, keptFrom, keptFrom + atOnce);
    const last = drop?.seq ?? null;
    if (last === null) return 0;
    await tx.run(sql.dropUntil, keptFrom, last);
    await tx.run(sql.moveKeptFrom, last + 1);
    return last + 1 - keptFrom;
  });
}

/**
 * Keeps readers up to date: looks when woken and every `everyMs`. A reader that fails is tried again with the next
 * look and holds up nobody else. Returns a function that stops and waits for the reading under way.
 */
export function startFeed(options: {
  db: Database;
  log: Log;
  readers: readonly Reader[];
  wake: Pick<WakeUp, 'onWake'>;
  everyMs: number;
}): () => Promise<void> {
  const { db, log, readers, wake, everyMs } = options;
  const stops = readers.map((reader) => {
    let stopped = false;
    let running: Promise<void> | undefined;
    let again = false;
    const look = async () => {
      do {
        again = false;
        await readOn(db, reader).catch((error: unknown) =>
          log.warn(
            { err: error, reader: reader.name },
            'reading the changes failed; the next look tries again',
          ),
        );
      } while (again && !stopped);
      running = undefined;
    };
    const next = () => {
      if (stopped) return;
      if (running === undefined) running = look();
      else again = true; // something came while we looked, perhaps behind our look
    };
    wake.onWake(next);
    const timer = setInterval(next, everyMs);
    next();
    return async () => {
      stopped = true;
      clearInterval(timer);
      await running;
    };
  });
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}
