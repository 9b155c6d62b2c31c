import type { Instant } from '../platform/clock.ts';
import type { Uuid } from '../platform/id.ts';

export type BookingState =
  | 'held'
  | 'paying'
  | 'requested'
  | 'confirmed'
  | 'completed'
  | 'noShow'
  | 'expired'
  | 'cancelled'
  | 'declined';

/** Every legal move of a booking; anything else is refused as `wrong_state`. The CHECK in SQL names the same states. */
const transitions: Readonly<Record<BookingState, readonly BookingState[]>> = {
  held: ['paying', 'confirmed', 'requested', 'expired', 'cancelled'],
  paying: ['confirmed', 'expired', 'cancelled'],
  requested: ['confirmed', 'declined', 'expired', 'cancelled'],
  confirmed: ['completed', 'noShow', 'cancelled'],
  expired: ['confirmed'], // only by a late payment that takes the capacity again
  completed: [],
  noShow: [],
  cancelled: [],
  declined: [],
};

export function canMove(from: BookingState, to: BookingState): boolean {
  return transitions[from].includes(to);
}

/** Every legal move as `[from, to]`. */
export function stateMoves(): [BookingState, BookingState][] {
  const states = Object.keys(transitions) as BookingState[];
  return states.flatMap((from) => transitions[from].map((to): [BookingState, BookingState] => [from, to]));
}

/**
 * Whether somebody must approve. `exclusive`: confirming a hold asks for it, and the request keeps its claims.
 * `competing`: asking for capacity makes a request at once, which holds nothing; approving it takes what it wishes for.
 */
export type Approval = 'none' | 'exclusive' | 'competing';

/** One thing that was asked for, as it was last agreed and priced; what it was before stands in the changes. Amounts are integer minor units. */
export interface BookingLine {
  no: number;
  kind: string;
  /** The line in its kind's own words, e.g. `{roomId, start, end}`. */
  details: Readonly<Record<string, unknown>>;
  quantity: number;
  unitMinor: number;
  taxMinor: number;
  totalMinor: number;
  checkedInAt: Instant | null;
  /** A cancelled line claims nothing and is not in the booking's total. */
  cancelledAt: Instant | null;
}

export interface Booking {
  id: Uuid;
  reference: string;
  state: BookingState;
  /** Set while the booking is held or paying; of a request, when its time begins: unanswered, it expires then. */
  expiresAt: Instant | null;
  /** How long the hold was given at first; a renewal gives no more at a time. */
  holdSeconds: number;
  approval: Approval;
  checkedInAt: Instant | null;
  clientId: Uuid | null;
  note: string | null;
  currency: string;
  totalMinor: number;
  version: number;
  createdAt: Instant;
  /** The principal that made it, e.g. `key:<id>`, or `client:<id>`. */
  createdBy: string;
  lines: readonly BookingLine[];
}

/** What a client is called who makes bookings himself. */
export function clientPrincipal(clientId: Uuid): string {
  return `client:${clientId}`;
}

/** Whether a booking is a principal's own: he made it, or somebody made it for him. */
export function isOwn({ createdBy, clientId }: Booking, principal: string): boolean {
  return createdBy === principal || (clientId !== null && clientPrincipal(clientId) === principal);
}

/** Whom limits per client count a booking for: its client under any key, or whoever made one without a client. */
export function countsFor({ createdBy, clientId }: Booking): string {
  return clientId ?? createdBy;
}

/** A request that holds nothing: what it would claim are wishes. */
export function isWishing({ state, approval }: Pick<Booking, 'state' | 'approval'>): boolean {
  return state === 'requested' && approval === 'competing';
}

/** The lines that still count, and what they cost together. */
export function standingLines(lines: readonly BookingLine[]): BookingLine[] {
  return lines.filter((line) => line.cancelledAt === null);
}

/** Whether everybody who still counts has come. */
export function haveCome(lines: readonly BookingLine[]): boolean {
  return standingLines(lines).every((line) => line.checkedInAt !== null);
}

export function totalOf(lines: readonly BookingLine[]): number {
  return standingLines(lines).reduce((sum, line) => sum + line.totalMinor, 0);
}
