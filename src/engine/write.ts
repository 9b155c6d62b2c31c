import type { Transaction } from '../platform/db.ts';
import type { Instant } from '../platform/clock.ts';
import type { Writes } from './snapshot.ts';
import { writeWishes } from './wish-rows.ts';
import * as sql from './writes.ts';

/** Sends everything a batch decided, in fixed order and without waiting in between; the commit waits for all. */
export function write(tx: Transaction, writes: Writes, now: Instant): void {
  if (writes.bookings.length > 0) create(tx, writes.bookings); // first: one may be declined again in this batch
  release(tx, writes);
  update(tx, writes);
  take(tx, writes);
  writeWishes(tx, writes);
  keep(tx, writes, now);
}

/** True when there is nothing to write: every command was refused or had been done before. */
export function isEmpty(writes: Writes): boolean {
  return Object.values(writes).every((part) => (Array.isArray(part) ? part.length : part.size) === 0);
}

// Claims go before others come: in one statement the constraint would see both.
function release(tx: Transaction, { releasedIntervals: slots, releasedUnits: units, stock }: Writes): void {
  if (slots.length > 0)
    void tx.run(
      sql.releaseIntervals,
      slots.map((c) => c.bookingId),
      slots.map((c) => c.lineNo),
      slots.map((c) => c.resourceId),
      slots.map((c) => c.startsAt),
    );
  if (units.length > 0)
    void tx.run(
      sql.releaseUnits,
      units.map((c) => c.bookingId),
      units.map((c) => c.lineNo),
      units.map((c) => c.resourceId),
      units.map((c) => c.bucket),
    );
  const rows = [...stock.values()].filter((row) => row.delta !== 0 || row.capacity !== null);
  if (rows.length > 0)
    void tx.run(
      sql.writeStock,
      rows.map((r) => r.resourceId),
      rows.map((r) => r.bucket),
      rows.map((r) => r.delta),
      rows.map((r) => r.capacity),
      rows.map((r) => r.overbook),
    );
}

function update(tx: Transaction, { moved, changedLines, redated }: Writes): void {
  const bookings = [...moved.values()];
  if (bookings.length > 0)
    void tx.run(
      sql.updateBookings,
      bookings.map((b) => b.id),
      bookings.map((b) => b.state),
      bookings.map((b) => b.expiresAt),
      bookings.map((b) => b.checkedInAt),
      bookings.map((b) => b.totalMinor),
      bookings.map((b) => b.version),
    );
  const lines = [...changedLines.values()];
  if (lines.length > 0)
    void tx.run(
      sql.updateLines,
      lines.map((l) => l.bookingId),
      lines.map((l) => l.line.no),
      lines.map((l) => l.line.details),
      lines.map((l) => l.line.quantity),
      lines.map((l) => l.line.unitMinor),
      lines.map((l) => l.line.taxMinor),
      lines.map((l) => l.line.totalMinor),
      lines.map((l) => l.line.checkedInAt),
      lines.map((l) => l.line.cancelledAt),
    );
  if (redated.size > 0) {
    void tx.run(sql.redateIntervals, [...redated.keys()], [...redated.values()]);
    void tx.run(sql.redateUnits, [...redated.keys()], [...redated.values()]);
  }
}

function take(tx: Transaction, writes: Writes): void {
  const intervals = [...writes.intervals];
  const units = [...writes.units];
  if (intervals.length > 0)
    void tx.run(
      sql.insertIntervals,
      intervals.map((c) => c.resourceId),
      intervals.map((c) => c.bookingId),
      intervals.map((c) => c.lineNo),
      intervals.map((c) => c.startsAt),
      intervals.map((c) => c.endsAt),
      intervals.map((c) => c.expiresAt),
    );
  if (units.length > 0)
    void tx.run(
      sql.insertUnits,
      units.map((c) => c.resourceId),
      units.map((c) => c.bucket),
      units.map((c) => c.bookingId),
      units.map((c) => c.lineNo),
      units.map((c) => c.units),
      units.map((c) => c.expiresAt),
      units.map((c) => c.until),
    );
}

function create(tx: Transaction, bookings: Writes['bookings']): void {
  void tx.run(
    sql.insertBookings,
    bookings.map((b) => b.id),
    bookings.map((b) => b.reference),
    bookings.map((b) => b.expiresAt),
    bookings.map((b) => b.clientId),
    bookings.map((b) => b.note),
    bookings.map((b) => b.currency),
    bookings.map((b) => b.totalMinor),
    bookings.map((b) => b.createdAt),
    bookings.map((b) => b.createdBy),
    bookings.map((b) => b.approval),
    bookings.map((b) => b.holdSeconds),
  );
  const lines = bookings.flatMap((b) => b.lines.map((line) => ({ bookingId: b.id, ...line })));
  void tx.run(
    sql.insertLines,
    lines.map((l) => l.bookingId),
    lines.map((l) => l.no),
    lines.map((l) => l.kind),
    lines.map((l) => l.details),
    lines.map((l) => l.quantity),
    lines.map((l) => l.unitMinor),
    lines.map((l) => l.taxMinor),
    lines.map((l) => l.totalMinor),
    lines.map((l) => l.cancelledAt),
  );
}

function keep(tx: Transaction, { answers, changes }: Writes, now: Instant): void {
  if (answers.length > 0)
    void tx.run(
      sql.insertAnswers,
      answers.map((a) => a.principal),
      answers.map((a) => a.route),
      answers.map((a) => a.key),
      answers.map((a) => a.fingerprint),
      answers.map((a) => a.status),
      answers.map((a) => a.body),
      now,
    );
  if (changes.length === 0) return;
  const appended = tx.run(
    sql.appendChanges,
    changes.length,
    now,
    changes.map((c) => c.type),
    changes.map((c) => c.bookingId),
    changes.map((c) => `{${c.resourceIds.join(',')}}`),
    changes.map((c) => c.actor),
    changes.map((c) => c.payload),
    changes.map((c) => c.startsAt),
    changes.map((c) => c.endsAt),
  );
  tx.tellsOfChange(changes, appended);
}
