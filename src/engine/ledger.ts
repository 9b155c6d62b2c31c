import type { Instant } from '../platform/clock.ts';
import type { Conflict, ConflictReason } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import { transitions, type Booking, type BookingState } from './booking.ts';
import {
  isDead,
  overlaps,
  type IntervalClaim,
  type IntervalNeed,
  type UnitsClaim,
  type UnitsNeed,
} from './claim.ts';
import type { HoldLine } from './command.ts';

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

/** What a batch read after its locks were held; nothing in it can change until the batch commits. */
export interface Snapshot {
  /** The database's clock, read after the wait for the locks: the only `now` of the batch. */
  now: Instant;
  /** The calendars that exist among those asked for. */
  calendars: ReadonlySet<Uuid>;
  /** Claims on locked calendars that overlap what is asked for, and those of the locked bookings. */
  intervals: readonly IntervalClaim[];
  stock: readonly StockRow[];
  /** Expired claims on locked stock rows, and all claims of the locked bookings. */
  units: readonly UnitsClaim[];
  bookings: ReadonlyMap<Uuid, Booking>;
  /** Of the bookings behind expired claims, those that could be locked without waiting. */
  dying: ReadonlySet<Uuid>;
  guards: ReadonlyMap<Uuid, number>;
  twins: ReadonlyMap<string, Twin>;
}

export interface ChangeDraft {
  type: string;
  bookingId: Uuid;
  resourceIds: readonly Uuid[];
  actor: string;
  payload: Readonly<Record<string, unknown>>;
}

export interface StateMove {
  bookingId: Uuid;
  state: BookingState;
}

export interface KeptAnswer {
  principal: string;
  route: string;
  key: string;
  fingerprint: Buffer;
  status: number;
  body: string;
}

/** Everything a batch writes, in the order in which it is written. */
export interface Writes {
  releasedIntervals: IntervalClaim[];
  releasedUnits: UnitsClaim[];
  /** Net change of `taken` per stock row. */
  stockDeltas: Map<string, UnitsNeed>;
  moves: StateMove[];
  /** Bookings whose claims lose their expiry. */
  secured: Uuid[];
  bookings: Booking[];
  intervals: IntervalClaim[];
  units: UnitsClaim[];
  answers: KeptAnswer[];
  changes: ChangeDraft[];
}

/**
 * The capacity of one batch while it is being decided: starts as the snapshot, changes with each accepted command,
 * and remembers what must be written. Pure: no clock, no random, no I/O.
 */
export class Ledger {
  readonly now: Instant;
  readonly bookings: Map<Uuid, Booking>;
  readonly guards: ReadonlyMap<Uuid, number>;
  readonly twins: Map<string, Twin>;
  readonly writes: Writes = emptyWrites();
  readonly #calendars: ReadonlySet<Uuid>;
  readonly #standing = new Map<Uuid, Set<IntervalClaim>>();
  readonly #claimsOf = new Map<Uuid, { intervals: Set<IntervalClaim>; units: Set<UnitsClaim> }>();
  readonly #buried = new Map<Uuid, Uuid[]>();
  readonly #free = new Map<string, number>();

  constructor(snapshot: Snapshot) {
    this.now = snapshot.now;
    this.#calendars = snapshot.calendars;
    this.bookings = new Map(snapshot.bookings);
    this.guards = snapshot.guards;
    this.twins = new Map(snapshot.twins);
    for (const row of snapshot.stock) this.#free.set(unitsKey(row), row.capacity + row.overbook - row.taken);
    for (const claim of snapshot.intervals) this.#addInterval(claim);
    for (const claim of snapshot.units) this.#of(claim.bookingId).units.add(claim);
    this.#bury(snapshot.dying);
  }

  /** Why the lines cannot be had together, line by line; empty when they can. */
  conflicts(lines: readonly HoldLine[]): Conflict[] {
    const asked: IntervalNeed[] = [];
    const units = new Map<string, number>();
    return lines.flatMap((line) => {
      const slots = line.intervals.flatMap((need) => this.#slotConflict(line.no, need, asked));
      const counts = line.units.flatMap((need) => this.#unitsConflict(line.no, need, units));
      return [...slots, ...counts];
    });
  }

  /** Takes what the lines of a new booking need; only after `conflicts` found none. */
  take(booking: Booking, lines: readonly HoldLine[]): void {
    for (const line of lines) {
      const standing = { bookingId: booking.id, lineNo: line.no, expiresAt: booking.expiresAt };
      for (const need of line.intervals) {
        const claim = { ...need, ...standing };
        this.#addInterval(claim);
        this.writes.intervals.push(claim);
      }
      for (const need of line.units) {
        this.#addUnits(need, need.units);
        this.writes.units.push({ ...need, ...standing });
      }
    }
    this.writes.bookings.push(booking);
  }

  /** Gives back everything a booking claims; returns the resources it let go. */
  release(bookingId: Uuid): Uuid[] {
    const freed = [...(this.#buried.get(bookingId) ?? []), ...this.#resourcesOf(bookingId)];
    const claims = this.#claimsOf.get(bookingId);
    this.#claimsOf.delete(bookingId);
    for (const claim of claims?.intervals ?? []) this.#dropInterval(claim);
    for (const claim of claims?.units ?? []) this.#dropUnits(claim);
    return freed;
  }

  /** Makes the claims of a booking permanent; returns their resources. */
  secure(bookingId: Uuid): Uuid[] {
    this.writes.secured.push(bookingId);
    return this.#resourcesOf(bookingId);
  }

  /** Moves a locked booking to a state that ends its expiry. Throws on an illegal move: the verbs check before. */
  move(booking: Booking, state: BookingState): Booking {
    if (!transitions[booking.state].includes(state))
      throw new Error(`${booking.state} -> ${state} is not a move`);
    const moved = { ...booking, state, expiresAt: null, version: booking.version + 1 };
    this.bookings.set(booking.id, moved);
    this.writes.moves.push({ bookingId: booking.id, state });
    return moved;
  }

  record(change: ChangeDraft): void {
    this.writes.changes.push(change);
  }

  // Everything dead that the batch saw under its locks is given back, whoever asked for it. A hold expires as a
  // whole, so its claims are dead together.
  #bury(dying: ReadonlySet<Uuid>): void {
    for (const [bookingId, { intervals, units }] of this.#claimsOf) {
      if (![...intervals, ...units].every((claim) => isDead(claim, this.now))) continue;
      const freed = this.release(bookingId);
      this.#buried.set(bookingId, freed);
      if (!dying.has(bookingId) || this.bookings.has(bookingId)) continue; // a verb of this batch decides on that one
      this.writes.moves.push({ bookingId, state: 'expired' });
      this.record(expiredChange(bookingId, freed));
    }
  }

  #resourcesOf(bookingId: Uuid): Uuid[] {
    const claims = this.#claimsOf.get(bookingId);
    return [
      ...new Set([...(claims?.intervals ?? []), ...(claims?.units ?? [])].map((claim) => claim.resourceId)),
    ];
  }

  #slotConflict(line: number, need: IntervalNeed, asked: IntervalNeed[]): Conflict[] {
    const conflict = (reason: ConflictReason) => [{ line, resource: need.resourceId, reason }];
    if (!this.#calendars.has(need.resourceId)) return conflict('not_bookable');
    const sameRequest = asked.some((other) => other.resourceId === need.resourceId && overlaps(other, need));
    asked.push(need);
    if (sameRequest) return conflict('overlaps_own_line');
    for (const claim of this.#standing.get(need.resourceId) ?? [])
      if (overlaps(claim, need)) return conflict('slot_taken');
    return [];
  }

  #unitsConflict(line: number, need: UnitsNeed, asked: Map<string, number>): Conflict[] {
    const key = unitsKey(need);
    const free = this.#free.get(key);
    const conflict = (reason: ConflictReason) => [{ line, resource: need.resourceId, reason }];
    if (free === undefined) return conflict('not_bookable');
    const before = asked.get(key) ?? 0;
    asked.set(key, before + need.units);
    return before + need.units > free ? conflict('sold_out') : [];
  }

  #of(bookingId: Uuid) {
    return mapEntry(this.#claimsOf, bookingId, () => ({ intervals: new Set(), units: new Set() }));
  }

  #addInterval(claim: IntervalClaim): void {
    mapEntry(this.#standing, claim.resourceId, () => new Set()).add(claim);
    this.#of(claim.bookingId).intervals.add(claim);
  }

  #dropInterval(claim: IntervalClaim): void {
    this.#standing.get(claim.resourceId)?.delete(claim);
    this.writes.releasedIntervals.push(claim);
  }

  #dropUnits(claim: UnitsClaim): void {
    this.#addUnits(claim, -claim.units);
    this.writes.releasedUnits.push(claim);
  }

  #addUnits({ resourceId, bucket }: UnitsNeed, units: number): void {
    const key = unitsKey({ resourceId, bucket });
    this.#free.set(key, (this.#free.get(key) ?? 0) - units);
    mapEntry(this.writes.stockDeltas, key, () => ({ resourceId, bucket, units: 0 })).units += units;
  }
}

export function expiredChange(bookingId: Uuid, resourceIds: readonly Uuid[]): ChangeDraft {
  return { type: 'booking.expired', bookingId, resourceIds, actor: 'engine', payload: {} };
}

function emptyWrites(): Writes {
  return {
    releasedIntervals: [],
    releasedUnits: [],
    stockDeltas: new Map(),
    moves: [],
    secured: [],
    bookings: [],
    intervals: [],
    units: [],
    answers: [],
    changes: [],
  };
}

function mapEntry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function unitsKey(at: { resourceId: Uuid; bucket: string }): string {
  return `${at.resourceId} ${at.bucket}`;
}
