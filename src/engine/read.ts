import type { Database, Transaction } from '../platform/db.ts';
import type { Instant } from '../platform/clock.ts';
import type { Uuid } from '../platform/id.ts';
import type { Row } from '../platform/statement.ts';
import { isWishing, type Approval, type Booking, type BookingLine, type BookingState } from './booking.ts';
import { isDead, type IntervalClaim, type IntervalNeed, type UnitsClaim, type Until } from './claim.ts';
import type { Command } from './command.ts';
import { twinKey } from './decide.ts';
import { memberId, type Group } from './groups.ts';
import * as sql from './queries.ts';
import { openRequests, wishesOf } from './wish-queries.ts';
import type { Snapshot } from './snapshot.ts';
import { distinct, stockKey, wantedBy, type StockKey, type Wanted } from './wanted.ts';
import { toWishes } from './wish-rows.ts';
import { ensureLimits } from './writes.ts';

/**
 * Takes every lock the commands need, in the global order, and reads what deciding needs: one round trip, and a
 * second one only when expired claims were met. `again` says that an earlier try may have committed unseen.
 */
export async function lockAndRead(
  tx: Transaction,
  commands: readonly Command[],
  { again, guarded }: { again: boolean; guarded: boolean },
): Promise<Snapshot> {
  const wanted = wantedBy(commands, again);
  const locks = lock(tx, wanted, guarded);
  const reads = read(tx, wanted); // sent right behind the locks: each begins when they are held
  const [calendars, stock, bookings] = await Promise.all(locks);
  const [
    lines,
    overlapping,
    ownIntervals,
    deadUnits,
    ownUnits,
    guards,
    twins,
    clock,
    groups,
    deadMembers,
    open,
  ] = await Promise.all(reads);

  const now = clock[0]?.now ?? NaN;
  const intervals = distinct([...overlapping, ...ownIntervals], intervalKey);
  const units = distinct([...deadUnits, ...deadMembers, ...ownUnits], unitsKey).map(toUnitsClaim);
  const isCalendar = new Set(calendars.map((row) => row.resourceId));
  const isStock = new Set(stock.map(stockKey));
  const adrift = [
    ...ownIntervals.filter((claim) => !isCalendar.has(claim.resourceId)),
    ...ownUnits.filter((claim) => !isStock.has(stockKey(claim))),
  ];
  const dead = [...intervals, ...units].filter((claim) => isDead(claim, now)).map((claim) => claim.bookingId);
  const wishing = bookings.filter((row) => isWishing(toHeader(row))).map((row) => row.id);
  const [dying, wishes] = await Promise.all([
    dead.length === 0 ? [] : tx.run(sql.lockDying, [...new Set(dead)], now),
    wishing.length === 0 ? [] : tx.run(wishesOf, wishing),
  ]);
  const named = new Set(wanted.bookingIds);
  return {
    now,
    calendars: isCalendar,
    intervals,
    stock,
    groups,
    units,
    bookings: byId(
      assemble(
        bookings.filter((row) => named.has(row.id)),
        lines,
      ),
    ),
    rivals: byId(
      assemble(
        bookings.filter((row) => !named.has(row.id)),
        [],
      ),
    ),
    wishes: toWishes(wishes),
    dying: new Map(
      dying.map(({ resourceIds, ...row }) => [
        row.id,
        { booking: { ...toHeader(row), lines: [] }, resourceIds },
      ]),
    ),
    adrift: new Set(adrift.map((claim) => claim.bookingId)),
    guards: new Map(guards.map((row) => [row.guardId, row.version])),
    openRequests: new Map(open.map((row) => [row.actor, row.requests])),
    twins: new Map(twins.map((row) => [twinKey(row), row])),
  };
}

const NOTHING = Promise.resolve([]);

function lock(tx: Transaction, wanted: Wanted, guarded: boolean) {
  const { bookingIds, slots, calendarIds, stock, limits, granted, grantedTo } = wanted;
  if (limits.length > 0)
    void tx.run(
      ensureLimits,
      ...columns(limits),
      limits.map((limit) => limit.cap),
    );
  if (bookingIds.length > 0)
    return [
      tx.run(sql.lockCalendarsOf, calendarIds, bookingIds),
      tx.run(sql.lockStockOf, ...columns(stock), bookingIds),
      granted.length + grantedTo.length === 0
        ? tx.run(sql.lockBookings, bookingIds)
        : tx.run(sql.lockBookingsAndRivals, bookingIds, ...columnsOfSlots(granted), grantedTo),
    ] as const;
  return [
    slots.length > 0 ? tx.run(guarded ? sql.lockCalendars : sql.seeCalendars, calendarIds) : NOTHING,
    stock.length > 0 ? tx.run(guarded ? sql.lockStock : sql.seeStock, ...columns(stock)) : NOTHING,
    NOTHING,
  ] as const;
}

function read(tx: Transaction, { bookingIds, slots, stock, groups, guardIds, keys, asking }: Wanted) {
  const touches = bookingIds.length > 0;
  return [
    touches ? tx.run(sql.linesOf, bookingIds) : NOTHING,
    slots.length > 0 ? tx.run(sql.overlapping, ...columnsOfSlots(slots)) : NOTHING,
    touches ? tx.run(sql.intervalsOf, bookingIds) : NOTHING,
    stock.length > 0 ? tx.run(sql.deadUnits, ...columns(stock)) : NOTHING,
    touches ? tx.run(sql.unitsOf, bookingIds) : NOTHING,
    guardIds.length > 0 ? tx.run(sql.guardVersions, guardIds) : NOTHING,
    keys.length > 0 ? tx.run(sql.twinsOf, ...identities(keys)) : NOTHING,
    tx.run(sql.databaseClock),
    groups.length > 0 ? tx.run(sql.groupMembers, ...bounds(groups)) : NOTHING,
    groups.length > 0 ? tx.run(sql.deadUnitsIn, ...bounds(groups)) : NOTHING,
    asking.length > 0 ? tx.run(openRequests, asking) : NOTHING,
  ] as const;
}

function columns(rows: readonly StockKey[]): [Uuid[], string[]] {
  return [rows.map((row) => row.resourceId), rows.map((row) => row.bucket)];
}

/** The first and the last of each group. */
export function bounds(groups: readonly Group[]): [Uuid[], Uuid[]] {
  return [groups.map((group) => group.first), groups.map((group) => memberId(group, group.count - 1))];
}

function columnsOfSlots(slots: readonly IntervalNeed[]): [Uuid[], Instant[], Instant[]] {
  return [
    slots.map((slot) => slot.resourceId),
    slots.map((slot) => slot.startsAt),
    slots.map((slot) => slot.endsAt),
  ];
}

function identities(keys: Wanted['keys']): [string[], string[], string[]] {
  return [keys.map((k) => k.principal), keys.map((k) => k.route), keys.map((k) => k.key)];
}

/** The tenant's bookings with their lines, all of one moment, in the order of `ids`; unknown ids are left out. */
export async function readBookings(db: Database, tenant: Uuid, ids: readonly Uuid[]): Promise<Booking[]> {
  if (ids.length === 0) return [];
  const [bookings, lines] = await db.look(tenant, (tx) =>
    Promise.all([tx.run(sql.bookingsById, ids), tx.run(sql.linesOf, ids)]),
  );
  const found = byId(assemble(bookings, lines));
  return ids.flatMap((id) => found.get(id) ?? []);
}

export function assemble(
  bookings: readonly Row<typeof sql.lockBookings.columns>[],
  lines: readonly Row<typeof sql.linesOf.columns>[],
): Booking[] {
  const linesById = new Map<Uuid, BookingLine[]>();
  for (const { bookingId, details, ...line } of lines) {
    const known = linesById.get(bookingId) ?? [];
    known.push({ ...line, details: details as BookingLine['details'] });
    linesById.set(bookingId, known);
  }
  return bookings.map((row) => ({ ...toHeader(row), lines: linesById.get(row.id) ?? [] }));
}

/** The CHECK constraints of the tables say the same as these types. */
export function toHeader(row: Row<typeof sql.bookingColumns>): Omit<Booking, 'lines'> {
  return { ...row, state: row.state as BookingState, approval: row.approval as Approval };
}

/** The CHECK constraint of the table says the same as this type. */
export function toUnitsClaim(row: Row<typeof sql.unitsOf.columns>): UnitsClaim {
  return { ...row, until: row.until as Until };
}

function byId(bookings: readonly Booking[]): Map<Uuid, Booking> {
  return new Map(bookings.map((booking) => [booking.id, booking]));
}

function intervalKey(claim: IntervalClaim): string {
  return `${claim.bookingId} ${claim.lineNo} ${claim.resourceId} ${claim.startsAt}`;
}

function unitsKey(claim: { bookingId: Uuid; lineNo: number } & StockKey): string {
  return `${claim.bookingId} ${claim.lineNo} ${stockKey(claim)}`;
}
