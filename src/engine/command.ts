import type { Conflict } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import type { Approval, Booking, BookingLine, BookingState } from './booking.ts';
import type { Choice } from './choice.ts';
import type { Needs, UnitsNeed } from './claim.ts';

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

/** One reason for which a line of a hold was left out: a conflict's, or one of its kind's. */
export interface Skipped {
  reason: string;
  detail: string;
}

/** A line that is asked for, with what it needs and, when something is left to choose, how. */
export type HoldLine = Omit<BookingLine, 'checkedInAt' | 'cancelledAt'> &
  Needs & {
    choice?: Choice;
    /** Of a competing request: it goes on waiting when another gets its time; otherwise it is declined. */
    stays?: boolean;
    /** A line of a hold that is left out when it does not fit: it stays in the booking as a cancelled one. */
    isOptional?: boolean;
    /** Why the line is left out whatever is free; kept in its details, where people read it. */
    skipped?: readonly Skipped[];
  };

/** What a request wants, with every choice made. A line that is `skipped` is left out and needs nothing. */
export type ChosenLine = Omit<HoldLine, 'choice' | 'isOptional'>;

/** Catalogue entries that lines were resolved from, with the versions relied on. */
export type Guards = ReadonlyMap<Uuid, number>;

/**
 * Take what all lines need, all or nothing, until `ttlSeconds` after the database's now. `competing` takes nothing: it
 * makes a request, if what it wishes for is free now.
 */
export interface Hold extends Common {
  verb: 'hold';
  /** Made by the caller: the same hold sent again after an unknown COMMIT finds itself by it. */
  bookingId: Uuid;
  reference: string;
  clientId: Uuid | null;
  note: string | null;
  currency: string;
  ttlSeconds: number;
  approval: Approval;
  /** So many competing requests of this actor may wait for an answer at once; no bound when not given. */
  mostRequests?: number | undefined;
  lines: readonly HoldLine[];
  /** Limits that the booking counts for as a whole, however many of its lines are left. */
  units?: readonly UnitsNeed[];
  guards: Guards;
}

interface OnBooking extends Common {
  bookingId: Uuid;
  /** Only this principal's own bookings exist for the caller; null sees all of the tenant. */
  ownedBy: string | null;
}

/** Verbs that only move a booking: their rules stand in `move.ts`. */
export interface Move extends OnBooking {
  verb: 'confirm' | 'complete' | 'noShow';
}

/** Says yes to a request. */
export interface Approve extends OnBooking {
  verb: 'approve';
  /** What a competing request wishes for, as it was read in this version; another one answers `stale`. */
  wishes?: { version: number; lines: readonly HoldLine[] };
  /** What the yes relies on: a version that has moved on answers `stale`. */
  guards?: Guards;
}

export interface Decline extends OnBooking {
  verb: 'decline';
  reason: string;
}

/** The whole booking, or only some of its lines. */
export interface Cancel extends OnBooking {
  verb: 'cancel';
  reason: string | null;
  lineNos: readonly number[] | null;
}

/** A mark on the whole booking, or on some of its lines. */
export interface CheckIn extends OnBooking {
  verb: 'checkIn';
  lineNos: readonly number[] | null;
}

/** A payment is under way: the hold stands until `ttlSeconds` from now. */
export interface Pay extends OnBooking {
  verb: 'pay';
  ttlSeconds: number;
}

/** A hold lives `ttlSeconds` from now, but never longer than an hour in all. */
export interface Renew extends OnBooking {
  verb: 'renew';
  ttlSeconds: number;
}

/** Other times or places for some lines: the new is taken and the old given back, or nothing happens. */
export interface Reschedule extends OnBooking {
  verb: 'reschedule';
  /** The booking's version that the lines were made from: another one sends them back as `stale`. Null: any. */
  version: number | null;
  lines: readonly HoldLine[];
  guards: Guards;
}

/** The sweeper's: ends a hold that is past its expiry and gives back what it still claims. */
export interface Expire extends OnBooking {
  verb: 'expire';
}

/** Nobody came: frees what the lines would keep from now on, if the booking is still as it was looked at. */
export interface Release extends OnBooking {
  verb: 'release';
  version: number;
  lineNos: readonly number[];
}

/** New capacities of stock buckets; refused when more is taken than they would hold. */
export interface Resize extends Common {
  verb: 'resize';
  rows: readonly { resourceId: Uuid; bucket: string; capacity: number; overbook: number }[];
}

export type OnBookingCommand =
  Move | Approve | Decline | Cancel | CheckIn | Pay | Renew | Reschedule | Expire | Release;
export type Command = Hold | OnBookingCommand | Resize;

export type Outcome =
  | { result: 'done'; booking: Booking }
  | { result: 'refused'; conflicts: readonly Conflict[] }
  | { result: 'wrongState'; state: BookingState }
  | { result: 'holdExpired' }
  /** Its time has begun, so nobody could approve it any more. */
  | { result: 'tooLate' }
  | { result: 'notFound' }
  /** A line that the booking does not have, or no longer. */
  | { result: 'noSuchLine'; no: number }
  /** The hold has been renewed for as long as a hold may live. */
  | { result: 'renewalSpent' }
  | { result: 'resized' }
  /** More is taken than the new capacity would hold: by how many units, per bucket. */
  | { result: 'belowTaken'; short: readonly { resourceId: Uuid; bucket: string; by: number }[] }
  /** A guard or the booking moved on: make the command once more from the database and come again. */
  | { result: 'stale' }
  | { result: 'replayed'; status: number; body: string }
  | { result: 'keyReused' };
