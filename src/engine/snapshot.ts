import type { Instant } from '../platform/clock.ts';
import type { Uuid } from '../platform/id.ts';
import type { Booking, BookingLine } from './booking.ts';
import type { IntervalClaim, UnitsClaim, Wish } from './claim.ts';
import type { Guards } from './command.ts';
import type { GroupRead } from './groups.ts';
import type { Reach } from './reach.ts';

/** One row of `engine.stock`, locked. */
export interface StockRow {
  resourceId: Uuid;
  bucket: string;
  capacity: number;
  overbook: number;
  taken: number;
}

export interface Twin {
  fingerprint: Buffer;
  status: number;
  body: string;
}

/** A booking that is over, without its lines, and every resource of which it still has a claim. */
export interface Dying {
  booking: Booking;
  resourceIds: readonly Uuid[];
}

/** What a batch read after its locks were held; nothing in it can change until the batch commits. */
export interface Snapshot {
  /** The database's clock, read after the wait for the locks: the only `now` of the batch. */
  now: Instant;
  /** The calendars that exist among those asked for. */
  calendars: ReadonlySet<Uuid>;
  /** Claims on locked calendars that overlap what is asked for, and those of the locked bookings. */
  intervals: readonly IntervalClaim[];
  stock: readonly StockRow[];
  /** Rows of stock that are not locked themselves, but what they stand under is. */
  groups: readonly GroupRead[];
  /** Expired claims on locked stock rows and in groups, and all claims of the locked bookings. */
  units: readonly UnitsClaim[];
  bookings: ReadonlyMap<Uuid, Booking>;
  /** Of the bookings behind expired claims, those that could be locked without waiting. */
  dying: ReadonlyMap<Uuid, Dying>;
  /** The requests that collide with one that is to be approved, locked too; without their lines. */
  rivals: ReadonlyMap<Uuid, Booking>;
  /** What the competing requests among `bookings` and `rivals` wish for. */
  wishes: readonly Wish[];
  /** Bookings that moved to other resources while their locks were waited for: to be decided by the next batch. */
  adrift: ReadonlySet<Uuid>;
  guards: Guards;
  /** How many competing requests wait of each who makes one now and may have only so many. */
  openRequests: ReadonlyMap<string, number>;
  twins: ReadonlyMap<string, Twin>;
}

export interface ChangeDraft extends Reach {
  type: string;
  bookingId: Uuid | null;
  actor: string;
  payload: Readonly<Record<string, unknown>>;
}

export interface KeptAnswer extends Twin {
  principal: string;
  route: string;
  key: string;
}

/** A stock row as it is to be written: `taken` changes by `delta`; a limit's capacity becomes its cap. */
export interface StockWrite {
  resourceId: Uuid;
  bucket: string;
  delta: number;
  capacity: number | null;
  overbook: number | null;
}

/** Everything a batch writes, in the order in which it is written. */
export interface Writes {
  releasedIntervals: IntervalClaim[];
  releasedUnits: UnitsClaim[];
  stock: Map<string, StockWrite>;
  /** Headers of bookings as they are now. */
  moved: Map<Uuid, Booking>;
  /** Lines that were changed, by `bookingId lineNo`. */
  changedLines: Map<string, { bookingId: Uuid; line: BookingLine }>;
  /** Bookings whose claims take on the booking's expiry. */
  redated: Map<Uuid, Instant | null>;
  bookings: Booking[];
  /** Claims that are new; one that is let go again in the same batch is never written. */
  intervals: Set<IntervalClaim>;
  units: Set<UnitsClaim>;
  droppedWishes: Pick<Wish, 'bookingId' | 'lineNo'>[];
  wishes: Set<Wish>;
  answers: KeptAnswer[];
  changes: ChangeDraft[];
}

export function emptyWrites(): Writes {
  return {
    releasedIntervals: [],
    releasedUnits: [],
    stock: new Map(),
    moved: new Map(),
    changedLines: new Map(),
    redated: new Map(),
    bookings: [],
    intervals: new Set(),
    units: new Set(),
    droppedWishes: [],
    wishes: new Set(),
    answers: [],
    changes: [],
  };
}
