/** What the actors did and were told, and what the database says happened: all that the check knows. */
export interface History {
  ops: readonly Op[];
  /** The tenant's changes about bookings in their order, which is the order of their commits. */
  changes: readonly Change[];
  /** Units of every stock row, by resource. */
  capacities: ReadonlyMap<string, number>;
}

/** One intention of one actor. An actor starts its next one when this has an answer. */
export interface Op {
  no: number;
  /** The principal, as the changes name it. */
  actor: string;
  intent: Intent;
  /** Every time it was sent: at once as twins, again after an unknown outcome, or long after it was answered. */
  sends: Send[];
}

export type Intent =
  | { verb: 'hold'; lines: readonly Line[]; ttlSeconds: number }
  | { verb: 'confirm'; bookingId: string }
  | { verb: 'cancel'; bookingId: string }
  /** Its only moved line, whole: number 1 of the booking. */
  | { verb: 'reschedule'; bookingId: string; line: Line }
  | { verb: 'read'; bookingId: string }
  | { verb: 'list' };

/** A line as it is asked for over HTTP, and what of rooms and stock that means. */
export interface Line {
  body: Readonly<Record<string, unknown>>;
  slot?: Slot;
  units: readonly { resource: string; count: number }[];
}

export interface Slot {
  resource: string;
  startsAt: number;
  endsAt: number;
}

/** One request. Times on the monotonic clock order requests; those on the wall clock are compared with expiries. */
export interface Send {
  calledAt: number;
  calledAtWall: number;
  /** Undefined when no answer came or the answer left the outcome open: it may have taken effect, or still will. */
  answer?: Answer;
}

export interface Answer {
  at: number;
  atWall: number;
  status: number;
  replayed: boolean;
  text: string;
}

export interface Change {
  type: string;
  bookingId: string;
  actor: string;
  /** The database's clock when it was decided. */
  at: number;
  /** The name of the hold that made the booking. */
  asked: string | null;
}

/** What a hold carries as its note, so that its booking is known even when nobody heard the answer. */
export function nameFor(no: number): string {
  return `op ${no}`;
}

/** A booking as answers show it: what the check compares. */
export interface BookingSeen {
  id: string;
  state: string;
  version: number;
  expiresAt: string | null;
  lines: readonly Readonly<Record<string, unknown>>[];
}
