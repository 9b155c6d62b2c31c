import { approve } from './approve.ts';
import { isOwn, type Booking } from './booking.ts';
import { cancel, decline } from './cancel.ts';
import { checkIn } from './check-in.ts';
import type { Command, Idempotency, OnBookingCommand, Outcome } from './command.ts';
import { expire, endIfDue, pay, renew } from './expire.ts';
import { hold } from './hold.ts';
import { Ledger } from './ledger.ts';
import { move } from './move.ts';
import { release } from './release.ts';
import { reschedule } from './reschedule.ts';
import { resize } from './resize.ts';
import type { Snapshot, Writes } from './snapshot.ts';

/** An outcome, or `adrift`: the booking moved while its locks were waited for, so the next batch decides. */
export type Decided = Outcome | { result: 'adrift' };

export interface Decision {
  /** One for each command, in the same order. */
  outcomes: Decided[];
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
function answer(command: Command, ledger: Ledger): Decided {
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

function perform(command: Command, ledger: Ledger): Decided {
  if (command.verb === 'hold') return hold(command, ledger);
  if (command.verb === 'resize') return resize(command, ledger);
  if (ledger.adrift.has(command.bookingId)) return { result: 'adrift' };
  const booking = ledger.bookings.get(command.bookingId);
  const { ownedBy } = command;
  if (booking === undefined || (ownedBy !== null && !isOwn(booking, ownedBy))) return { result: 'notFound' };
  return performOn(booking, command, ledger);
}

function performOn(booking: Booking, command: OnBookingCommand, ledger: Ledger): Outcome {
  if (command.verb === 'expire') return expire(booking, ledger);
  // Letting go of the whole is right even when it is too late to keep it.
  if (command.verb === 'cancel' && command.lineNos === null) return cancel(booking, command, ledger);
  if (endIfDue(booking, ledger) || booking.state === 'expired') return { result: 'holdExpired' };
  switch (command.verb) {
    case 'confirm':
    case 'complete':
    case 'noShow':
      return move(booking, command, ledger);
    case 'approve':
      return approve(booking, command, ledger);
    case 'cancel':
      return cancel(booking, command, ledger);
    case 'decline':
      return decline(booking, command, ledger);
    case 'checkIn':
      return checkIn(booking, command, ledger);
    case 'pay':
      return pay(booking, command, ledger);
    case 'renew':
      return renew(booking, command, ledger);
    case 'release':
      return release(booking, command, ledger);
    case 'reschedule':
      return reschedule(booking, command, ledger);
  }
}
