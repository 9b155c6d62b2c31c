import type { Uuid } from '../platform/id.ts';
import type { Conflict } from '../platform/errors.ts';
import type { Booking, BookingLine, BookingState } from './booking.ts';
import type { Needs } from './claim.ts';

/** What a caller who may repeat himself sends along; the answer is kept in the same transaction as its effect. */
export interface Idempotency {
  principal: string;
  route: string;
  key: string;
  /** SHA-256 of the request: another request under the same key is refused. */
  fingerprint: Buffer;
  /** The answer as it goes out, written down word for word for whoever asks again. */
  status: number;
  render(booking: Booking): string;
}

interface Common {
  actor: string;
  idempotency?: Idempotency;
}

export type HoldLine = BookingLine & Needs;

/** Take what all lines need, all or nothing, until `ttlSeconds` after the database's now. */
export interface Hold extends Common {
  verb: 'hold';
  /** Made by the caller: the same hold sent again after an unknown COMMIT finds itself by it. */
  bookingId: Uuid;
  reference: string;
  clientId: Uuid | null;
  note: string | null;
  currency: string;
  ttlSeconds: number;
  lines: readonly HoldLine[];
  /** Catalogue entries that the lines were resolved from, with the versions relied on. */
  guards: ReadonlyMap<Uuid, number>;
}

interface OnBooking extends Common {
  bookingId: Uuid;
  /** Only bookings of this principal exist for the caller; null sees all of the tenant. */
  ownedBy: string | null;
}

export interface Confirm extends OnBooking {
  verb: 'confirm';
}

export interface Cancel extends OnBooking {
  verb: 'cancel';
  reason: string | null;
}

/** The sweeper's: ends a hold that is past its expiry and gives back what it still claims. */
export interface Expire extends OnBooking {
  verb: 'expire';
}

export type Command = Hold | Confirm | Cancel | Expire;

export type Outcome =
  | { result: 'done'; booking: Booking }
  | { result: 'refused'; conflicts: readonly Conflict[] }
  | { result: 'wrongState'; state: BookingState }
  | { result: 'holdExpired' }
  | { result: 'notFound' }
  /** A guard moved on: resolve the lines once more from the database and come again. */
  | { result: 'stale' }
  | { result: 'replayed'; status: number; body: string }
  | { result: 'keyReused' };
