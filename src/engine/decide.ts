import type { Uuid } from '../platform/id.ts';
import { canMove, type Booking, type BookingState } from './booking.ts';
import type { Cancel, Command, Confirm, Expire, Hold, Idempotency, Outcome } from './command.ts';
import { expiredChange, Ledger, type Snapshot, type Writes } from './ledger.ts';

export interface Decision {
  /** One for each command, in the same order. */
  outcomes: Outcome[];
  writes: Writes;
}

/**
 * Decides a batch: each command in order of arrival, each all or nothing, against what the ones before it left.
 * Pure, so it is tested with properties against a naive model; everything it knows stands in its arguments.
 */
export function decide(commands: readonly Command[], snapshot: Snapshot): Decision {
  const ledger = new Ledger(snapshot);
  const outcomes = commands.map((command) => answer(command, ledger));
  return { outcomes, writes: ledger.writes };
}

export function twinKey(of: Pick<Idempotency, 'principal' | 'route' | 'key'>): string {
  return JSON.stringify([of.principal, of.route, of.key]);
}

// The first answer to a key is the only one: a twin in the table or earlier in this batch is answered with it.
function answer(command: Command, ledger: Ledger): Outcome {
  const asked = command.idempotency;
  if (asked === undefined) return perform(command, ledger);
  const twin = ledger.twins.get(twinKey(asked));
  if (twin !== undefined) {
    if (!twin.fingerprint.equals(asked.fingerprint)) return { result: 'keyReused' };
    return { result: 'replayed', status: twin.status, body: twin.body };
  }
  const outcome = perform(command, ledger);
  if (outcome.result === 'done') {
    const { principal, route, key, fingerprint, status } = asked;
    const kept = { principal, route, key, fingerprint, status, body: asked.render(outcome.booking) };
    ledger.twins.set(twinKey(asked), kept);
    ledger.writes.answers.push(kept);
  }
  return outcome;
}

function perform(command: Command, ledger: Ledger): Outcome {
  switch (command.verb) {
    case 'hold':
      return hold(command, ledger);
    case 'confirm':
      return confirm(command, ledger);
    case 'cancel':
      return cancel(command, ledger);
    case 'expire':
      return expire(command, ledger);
  }
}

function hold(command: Hold, ledger: Ledger): Outcome {
  const ghost = ledger.bookings.get(command.bookingId);
  if (ghost !== undefined) return { result: 'done', booking: ghost }; // an earlier try did commit after all
  for (const [guardId, version] of command.guards)
    if (ledger.guards.get(guardId) !== version) return { result: 'stale' };
  const conflicts = ledger.conflicts(command.lines);
  if (conflicts.length > 0) return { result: 'refused', conflicts };
  const booking = newBooking(command, ledger.now);
  ledger.take(booking, command.lines);
  ledger.record({
    type: 'booking.held',
    bookingId: booking.id,
    resourceIds: resourcesOf(command),
    actor: command.actor,
    payload: {},
  });
  return { result: 'done', booking };
}

function confirm(command: Confirm, ledger: Ledger): Outcome {
  const booking = visible(command, ledger);
  if (booking === undefined) return { result: 'notFound' };
  if (booking.state === 'confirmed') return { result: 'done', booking };
  if (isDue(booking, ledger)) end(booking, 'expired', ledger);
  if (booking.state === 'expired' || isDue(booking, ledger)) return { result: 'holdExpired' };
  if (!canMove(booking.state, 'confirmed')) return { result: 'wrongState', state: booking.state };
  const resourceIds = ledger.secure(booking.id);
  const confirmed = ledger.move(booking, 'confirmed');
  ledger.record({
    type: 'booking.confirmed',
    bookingId: booking.id,
    resourceIds,
    actor: command.actor,
    payload: {},
  });
  return { result: 'done', booking: confirmed };
}

function cancel(command: Cancel, ledger: Ledger): Outcome {
  const booking = visible(command, ledger);
  if (booking === undefined) return { result: 'notFound' };
  if (booking.state === 'cancelled') return { result: 'done', booking };
  if (!canMove(booking.state, 'cancelled')) return { result: 'wrongState', state: booking.state };
  const resourceIds = ledger.release(booking.id);
  const cancelled = ledger.move(booking, 'cancelled');
  const payload = command.reason === null ? {} : { reason: command.reason };
  ledger.record({
    type: 'booking.cancelled',
    bookingId: booking.id,
    resourceIds,
    actor: command.actor,
    payload,
  });
  return { result: 'done', booking: cancelled };
}

function expire(command: Expire, ledger: Ledger): Outcome {
  const booking = visible(command, ledger);
  if (booking === undefined) return { result: 'notFound' };
  if (!isDue(booking, ledger)) return { result: 'done', booking };
  return { result: 'done', booking: end(booking, 'expired', ledger) };
}

function visible(command: Confirm | Cancel | Expire, ledger: Ledger): Booking | undefined {
  const booking = ledger.bookings.get(command.bookingId);
  return command.ownedBy === null || booking?.createdBy === command.ownedBy ? booking : undefined;
}

function isDue(booking: Booking, ledger: Ledger): boolean {
  return booking.expiresAt !== null && booking.expiresAt <= ledger.now;
}

function end(booking: Booking, state: BookingState, ledger: Ledger): Booking {
  ledger.record(expiredChange(booking.id, ledger.release(booking.id)));
  return ledger.move(booking, state);
}

function newBooking(command: Hold, now: number): Booking {
  return {
    id: command.bookingId,
    reference: command.reference,
    state: 'held',
    expiresAt: now + command.ttlSeconds * 1000,
    clientId: command.clientId,
    note: command.note,
    currency: command.currency,
    totalMinor: command.lines.reduce((sum, line) => sum + line.totalMinor, 0),
    version: 1,
    createdAt: now,
    createdBy: command.actor,
    lines: command.lines.map(({ no, kind, details, quantity, unitMinor, taxMinor, totalMinor }) => ({
      no,
      kind,
      details,
      quantity,
      unitMinor,
      taxMinor,
      totalMinor,
    })),
  };
}

function resourcesOf(command: Hold): Uuid[] {
  const needs = command.lines.flatMap((line) => [...line.intervals, ...line.units]);
  return [...new Set(needs.map((need) => need.resourceId))];
}
