import type { Database, Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import type { Row } from '../platform/statement.ts';
import type { Booking, BookingLine, BookingState } from './booking.ts';
import { isDead } from './claim.ts';
import type { Command, Hold } from './command.ts';
import { twinKey } from './decide.ts';
import type { Snapshot } from './ledger.ts';
import * as sql from './queries.ts';

/**
 * Takes every lock the commands need, in the global order, and reads what deciding needs: one round trip, and a
 * second one only when expired claims were met. `again` says that an earlier try may have committed unseen.
 */
export async function lockAndRead(
  tx: Transaction,
  commands: readonly Command[],
  { again, guarded }: { again: boolean; guarded: boolean },
): Promise<Snapshot> {
  const holds = commands.filter((command) => command.verb === 'hold');
  const lines = holds.flatMap((hold) => hold.lines);
  const slots = lines.flatMap((line) => line.intervals);
  const units = lines.flatMap((line) => line.units);
  const others = commands.filter((command) => command.verb !== 'hold').map((command) => command.bookingId);
  const bookingIds = again ? [...others, ...holds.map((hold) => hold.bookingId)] : others;
  const calendarIds = [...new Set(slots.map((slot) => slot.resourceId))];
  const stockKeys: [Uuid[], string[]] = [
    units.map((need) => need.resourceId),
    units.map((need) => need.bucket),
  ];
  const guardIds = [...new Set(holds.flatMap((hold) => [...hold.guards.keys()]))];
  const asked = commands.flatMap((command) => command.idempotency ?? []);
  const touches = bookingIds.length > 0;
  const none = Promise.resolve([]);

  const locked = [
    slots.length > 0 || touches
      ? tx.run(guarded ? sql.lockCalendars : sql.seeCalendars, calendarIds, bookingIds)
      : none,
    units.length > 0 || touches
      ? tx.run(guarded ? sql.lockStock : sql.seeStock, ...stockKeys, bookingIds)
      : none,
    touches ? tx.run(sql.lockBookings, bookingIds) : none,
  ] as const;
  const read = [
    touches ? tx.run(sql.linesOf, bookingIds) : none,
    slots.length > 0
      ? tx.run(
          sql.overlapping,
          calendarsOf(slots),
          slots.map((slot) => slot.startsAt),
          slots.map((slot) => slot.endsAt),
        )
      : none,
    touches ? tx.run(sql.intervalsOf, bookingIds) : none,
    units.length > 0 ? tx.run(sql.deadUnits, ...stockKeys) : none,
    touches ? tx.run(sql.unitsOf, bookingIds) : none,
    guardIds.length > 0 ? tx.run(sql.guardVersions, guardIds) : none,
    asked.length > 0
      ? tx.run(
          sql.twinsOf,
          asked.map((a) => a.principal),
          asked.map((a) => a.route),
          asked.map((a) => a.key),
        )
      : none,
    tx.run(sql.databaseClock),
  ] as const;
  const [calendars, stock, bookings] = await Promise.all(locked);
  const [bookingLines, overlapping, ownIntervals, deadUnits, ownUnits, guards, twins, clock] =
    await Promise.all(read);

  const now = clock[0]?.now ?? NaN;
  const intervals = distinct(
    [...overlapping, ...ownIntervals],
    (c) => `${c.bookingId} ${c.lineNo} ${c.resourceId} ${c.startsAt}`,
  );
  const standingUnits = distinct(
    [...deadUnits, ...ownUnits],
    (c) => `${c.bookingId} ${c.lineNo} ${c.resourceId} ${c.bucket}`,
  );
  const dead = [...intervals, ...standingUnits].filter((claim) => isDead(claim, now));
  return {
    now,
    calendars: new Set(calendars.map((row) => row.resourceId)),
    intervals,
    stock,
    units: standingUnits,
    bookings: new Map(assemble(bookings, bookingLines).map((booking) => [booking.id, booking])),
    dying:
      dead.length === 0
        ? new Set()
        : await lockDying(
            tx,
            dead.map((claim) => claim.bookingId),
            now,
          ),
    guards: new Map(guards.map((row) => [row.guardId, row.version])),
    twins: new Map(twins.map((row) => [twinKey(row), row])),
  };
}

/** The tenant's bookings with their lines, in the order of `ids`; unknown ids are left out. */
export async function readBookings(db: Database, tenant: Uuid, ids: readonly Uuid[]): Promise<Booking[]> {
  if (ids.length === 0) return [];
  const [bookings, lines] = await db.inTenant(tenant, (tx) =>
    Promise.all([tx.run(sql.bookingsById, ids), tx.run(sql.linesOf, ids)]),
  );
  const byId = new Map(assemble(bookings, lines).map((booking) => [booking.id, booking]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

async function lockDying(tx: Transaction, bookingIds: readonly Uuid[], now: number): Promise<Set<Uuid>> {
  const rows = await tx.run(sql.lockDying, [...new Set(bookingIds)], now);
  return new Set(rows.map((row) => row.id));
}

function assemble(
  bookings: readonly Row<typeof sql.lockBookings.columns>[],
  lines: readonly Row<typeof sql.linesOf.columns>[],
): Booking[] {
  const linesById = new Map<Uuid, BookingLine[]>();
  for (const { bookingId, details, ...line } of lines) {
    const known = linesById.get(bookingId) ?? [];
    known.push({ ...line, details: details as BookingLine['details'] });
    linesById.set(bookingId, known);
  }
  return bookings.map((row) => ({
    ...row,
    state: row.state as BookingState,
    lines: linesById.get(row.id) ?? [],
  }));
}

function calendarsOf(slots: Hold['lines'][number]['intervals']): Uuid[] {
  return slots.map((slot) => slot.resourceId);
}

function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
