import type { Transaction } from '../platform/db.ts';
import type { Instant } from '../platform/clock.ts';
import type { Uuid } from '../platform/id.ts';
import type { BookingState } from './booking.ts';
import type { Writes } from './ledger.ts';
import * as sql from './writes.ts';

/** Sends everything a batch decided, in fixed order and without waiting in between; the commit waits for all. */
export function write(tx: Transaction, writes: Writes, now: Instant): Promise<unknown>[] {
  return [...release(tx, writes), ...move(tx, writes), ...take(tx, writes), ...keep(tx, writes, now)];
}

/** True when there is nothing to write: every command was refused or had been done before. */
export function isEmpty(writes: Writes): boolean {
  const { stockDeltas, ...lists } = writes;
  return stockDeltas.size === 0 && Object.values(lists).every((list) => list.length === 0);
}

// Claims go before others come: in one statement the constraint would see both.
function* release(tx: Transaction, { releasedIntervals: slots, releasedUnits: units, stockDeltas }: Writes) {
  if (slots.length > 0)
    yield tx.run(
      sql.releaseIntervals,
      slots.map((c) => c.bookingId),
      slots.map((c) => c.lineNo),
      slots.map((c) => c.resourceId),
      slots.map((c) => c.startsAt),
    );
  if (units.length > 0)
    yield tx.run(
      sql.releaseUnits,
      units.map((c) => c.bookingId),
      units.map((c) => c.lineNo),
      units.map((c) => c.resourceId),
      units.map((c) => c.bucket),
    );
  const deltas = [...stockDeltas.values()].filter((delta) => delta.units !== 0);
  if (deltas.length > 0)
    yield tx.run(
      sql.countUnits,
      deltas.map((d) => d.resourceId),
      deltas.map((d) => d.bucket),
      deltas.map((d) => d.units),
    );
}

function* move(tx: Transaction, { moves, secured }: Writes) {
  if (moves.length > 0) {
    const last = new Map<Uuid, { state: BookingState; steps: number }>(); // a booking may move twice in one batch
    for (const { bookingId, state } of moves)
      last.set(bookingId, { state, steps: (last.get(bookingId)?.steps ?? 0) + 1 });
    yield tx.run(
      sql.moveBookings,
      [...last.keys()],
      [...last.values()].map((move) => move.state),
      [...last.values()].map((move) => move.steps),
    );
  }
  if (secured.length > 0) {
    yield tx.run(sql.secureIntervals, secured);
    yield tx.run(sql.secureUnits, secured);
  }
}

function* take(tx: Transaction, { bookings, intervals, units }: Writes) {
  if (bookings.length === 0) return;
  yield tx.run(
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
  );
  const lines = bookings.flatMap((b) => b.lines.map((line) => ({ bookingId: b.id, ...line })));
  yield tx.run(
    sql.insertLines,
    lines.map((l) => l.bookingId),
    lines.map((l) => l.no),
    lines.map((l) => l.kind),
    lines.map((l) => l.details),
    lines.map((l) => l.quantity),
    lines.map((l) => l.unitMinor),
    lines.map((l) => l.taxMinor),
    lines.map((l) => l.totalMinor),
  );
  if (intervals.length > 0)
    yield tx.run(
      sql.insertIntervals,
      intervals.map((c) => c.resourceId),
      intervals.map((c) => c.bookingId),
      intervals.map((c) => c.lineNo),
      intervals.map((c) => c.startsAt),
      intervals.map((c) => c.endsAt),
      intervals.map((c) => c.expiresAt),
    );
  if (units.length > 0)
    yield tx.run(
      sql.insertUnits,
      units.map((c) => c.resourceId),
      units.map((c) => c.bucket),
      units.map((c) => c.bookingId),
      units.map((c) => c.lineNo),
      units.map((c) => c.units),
      units.map((c) => c.expiresAt),
    );
}

function* keep(tx: Transaction, { answers, changes }: Writes, now: Instant) {
  if (answers.length > 0)
    yield tx.run(
      sql.insertAnswers,
      answers.map((a) => a.principal),
      answers.map((a) => a.route),
      answers.map((a) => a.key),
      answers.map((a) => a.fingerprint),
      answers.map((a) => a.status),
      answers.map((a) => a.body),
      now,
    );
  if (changes.length > 0)
    yield tx.run(
      sql.appendChanges,
      changes.length,
      now,
      changes.map((c) => c.type),
      changes.map((c) => c.bookingId),
      changes.map((c) => `{${c.resourceIds.join(',')}}`),
      changes.map((c) => c.actor),
      changes.map((c) => c.payload),
    );
}
