import type { Booking } from './booking.ts';
import type { Outcome, Pay, Renew } from './command.ts';
import { expiredChange, type Ledger } from './ledger.ts';
import { NOWHERE } from './reach.ts';

/** However often it is renewed, a hold is over an hour after it was made: nobody keeps capacity without buying it. */
const LONGEST_HOLD_MS = 3_600_000;

/** The sweeper's: ends a hold or request that is past its expiry; leaves any other booking as it is. */
export function expire(booking: Booking, ledger: Ledger): Outcome {
  return { result: 'done', booking: endIfDue(booking, ledger) ?? booking };
}

/** Ends the booking when its time is over: the ended booking, or undefined when it is not due. */
export function endIfDue(booking: Booking, ledger: Ledger): Booking | undefined {
  if (booking.expiresAt === null || booking.expiresAt > ledger.now) return undefined;
  ledger.record(expiredChange(booking.id, ledger.release(booking.id)));
  return ledger.move(booking, 'expired');
}

/** Lets a hold live on for `ttlSeconds` from now, but for no longer than it was given at first, and within the bound. */
export function renew(booking: Booking, { ttlSeconds, actor }: Renew, ledger: Ledger): Outcome {
  if (booking.state !== 'held') return { result: 'wrongState', state: booking.state };
  const longest = booking.createdAt + LONGEST_HOLD_MS;
  if ((booking.expiresAt ?? 0) >= longest) return { result: 'renewalSpent' };
  const seconds = Math.min(ttlSeconds, booking.holdSeconds);
  const expiresAt = Math.min(ledger.now + seconds * 1000, longest);
  if (expiresAt <= (booking.expiresAt ?? 0)) return { result: 'done', booking }; // it lives longer already
  return redate({ ...booking, expiresAt }, 'booking.renewed', actor, ledger);
}

/** A payment is under way: the hold waits for it until `ttlSeconds` from now, within the bound. */
export function pay(booking: Booking, { ttlSeconds, actor }: Pay, ledger: Ledger): Outcome {
  if (booking.state === 'paying') return { result: 'done', booking };
  if (booking.state !== 'held') return { result: 'wrongState', state: booking.state };
  const expiresAt = ledger.now + Math.min(ttlSeconds * 1000, LONGEST_HOLD_MS);
  return redate({ ...booking, state: 'paying', expiresAt }, 'booking.paying', actor, ledger);
}

/** Writes a booking whose lines were changed: a request expires when the first of those it has now begins. */
export function redateRequest(booking: Booking, ledger: Ledger): Booking {
  if (booking.state !== 'requested') return ledger.update(booking);
  const expiresAt = ledger.firstStart(booking.id);
  ledger.redate(booking.id, expiresAt);
  return ledger.update({ ...booking, expiresAt });
}

function redate(booking: Booking, type: string, actor: string, ledger: Ledger): Outcome {
  const redated = ledger.update(booking);
  ledger.redate(booking.id, booking.expiresAt);
  ledger.record({ type, bookingId: booking.id, ...NOWHERE, actor, payload: {} });
  return { result: 'done', booking: redated };
}
