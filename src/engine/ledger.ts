import type { Instant } from '../platform/clock.ts';
import type { Conflict } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import { Asked } from './asked.ts';
import { canMove, isWishing, type Booking, type BookingLine, type BookingState } from './booking.ts';
import { earliest, isDead, isOfHold, isOfLine, overlaps } from './claim.ts';
import type { IntervalClaim, IntervalNeed, NeedsOfLines, UnitsClaim, UnitsNeed } from './claim.ts';
import { isPicked, NOTHING_PICKED, notPicked, type FreeView } from './choice.ts';
import type { ChosenLine, HoldLine } from './command.ts';
import { Groups } from './groups.ts';
import { leftOut, told } from './left-out.ts';
import { NOWHERE, reachOf, together, type Reach } from './reach.ts';
import { emptyWrites, type ChangeDraft, type Snapshot, type StockRow, type StockWrite } from './snapshot.ts';
import { stockKey } from './wanted.ts';
import { Wishes } from './wish.ts';

interface Claims {
  intervals: Set<IntervalClaim>;
  units: Set<UnitsClaim>;
}

/**
 * The capacity of one batch while it is being decided: starts as the snapshot, changes with each accepted command,
 * and remembers what must be written. Pure: no clock, no random, no I/O.
 */
export class Ledger {
  readonly now: Instant;
  readonly bookings: Map<Uuid, Booking>;
  readonly guards: Snapshot['guards'];
  readonly twins: Map<string, Snapshot['twins'] extends ReadonlyMap<string, infer T> ? T : never>;
  readonly adrift: ReadonlySet<Uuid>;
  readonly writes = emptyWrites();
  readonly #rivals: Snapshot['rivals'];
  readonly #wishes: Wishes;
  readonly #calendars: ReadonlySet<Uuid>;
  readonly #standing = new Map<Uuid, Set<IntervalClaim>>();
  readonly #claimsOf = new Map<Uuid, Claims>();
  readonly #buried = new Map<Uuid, Reach>();
  readonly #stock = new Map<string, StockRow>();
  readonly #groups: Groups;
  readonly #openRequests: Map<string, number>;

  constructor(snapshot: Snapshot) {
    this.now = snapshot.now;
    this.#calendars = snapshot.calendars;
    this.bookings = new Map(snapshot.bookings);
    this.guards = snapshot.guards;
    this.twins = new Map(snapshot.twins);
    this.adrift = snapshot.adrift;
    this.#rivals = snapshot.rivals;
    this.#wishes = new Wishes(snapshot.wishes, this.writes);
    this.#groups = new Groups(snapshot.groups);
    this.#openRequests = new Map(snapshot.openRequests);
    for (const row of snapshot.stock) this.#stock.set(stockKey(row), { ...row });
    // What a booking that is adrift claims on rows that are not locked is none of this batch's business.
    for (const claim of snapshot.intervals)
      if (this.#calendars.has(claim.resourceId)) this.#addInterval({ ...claim });
    for (const claim of snapshot.units)
      if (this.stockRow(claim) !== undefined) this.#of(claim.bookingId).units.add({ ...claim });
    this.#bury(snapshot.dying);
  }

  /** A row of stock; of a member of a group only what is left of it is known, and what is taken from now on. */
  stockRow({ resourceId, bucket }: { resourceId: Uuid; bucket: string }): StockRow | undefined {
    const key = stockKey({ resourceId, bucket });
    const row = this.#stock.get(key);
    const capacity = row === undefined ? this.#groups.left(resourceId) : undefined;
    if (capacity === undefined) return row;
    return entry(this.#stock, key, () => ({ resourceId, bucket, capacity, overbook: 0, taken: 0 }));
  }

  /**
   * Makes the choices of the lines in order and finds why they cannot be had together, line by line. `instead` are
   * claims that would be given back for them. Optional lines that cannot be had are left out, but not all of them.
   */
  fit(lines: readonly HoldLine[], instead: readonly UnitsClaim[] = [], own: Instead = NOTHING): Fit {
    const asked = new Asked(instead);
    const conflicts: Conflict[] = [];
    const forgiven: Conflict[] = [];
    const chosen = lines.map((line): ChosenLine => {
      if (line.skipped !== undefined) return leftOut(line, line.skipped);
      const [whole, found] = this.#fitOne(line, asked, own);
      if (found.length === 0 || line.isOptional !== true) {
        conflicts.push(...found);
        return whole;
      }
      asked.forget(whole);
      forgiven.push(...found);
      return leftOut(whole, found.map(told));
    });
    const isEmpty = chosen.every((line) => line.skipped !== undefined);
    return { chosen, conflicts: isEmpty ? forgiven : conflicts };
  }

  /** Takes what the lines of a booking need, or wishes for it; only after `fit` found no conflict. */
  take(booking: Booking, lines: readonly ChosenLine[]): void {
    if (isWishing(booking)) return this.#wishes.add(booking.id, lines);
    const isHold = booking.state === 'held' || booking.state === 'paying';
    for (const line of lines) {
      const standing = { bookingId: booking.id, lineNo: line.no, expiresAt: booking.expiresAt };
      for (const { resourceId, startsAt, endsAt } of line.intervals) {
        const claim = { resourceId, startsAt, endsAt, ...standing };
        this.#addInterval(claim);
        this.writes.intervals.add(claim);
      }
      for (const { resourceId, bucket, units, cap, until = 'end' } of line.units) {
        if (isOfHold(until) && !isHold) continue; // a cap on open holds, and this is none
        const claim: UnitsClaim = { resourceId, bucket, units, until, ...standing };
        this.#count(claim, units, cap);
        this.#of(booking.id).units.add(claim);
        this.writes.units.add(claim);
      }
    }
  }

  /** Gives back what a booking claims or wishes for, or only some of its lines; returns what it let go. */
  release(bookingId: Uuid, lineNos?: readonly number[]): Reach {
    this.#wishes.drop(bookingId, lineNos);
    const { intervals, units } = this.claimsOf(bookingId, lineNos);
    for (const claim of intervals) {
      this.#of(bookingId).intervals.delete(claim);
      this.#standing.get(claim.resourceId)?.delete(claim);
      if (!this.writes.intervals.delete(claim)) this.writes.releasedIntervals.push(claim);
    }
    for (const claim of units) this.#dropUnits(claim);
    return together(this.#buried.get(bookingId) ?? NOWHERE, reachOf(intervals, units));
  }

  /** Makes the claims of a booking permanent or lasting, but gives back what was only for the time of the hold. */
  secure(bookingId: Uuid, expiresAt: Instant | null = null): Reach {
    const { intervals, units } = this.claimsOf(bookingId);
    const reach = reachOf(intervals, units);
    for (const claim of units) if (isOfHold(claim.until)) this.#dropUnits(claim);
    this.redate(bookingId, expiresAt);
    return reach;
  }

  /** Gives the claims of a booking its new expiry. */
  redate(bookingId: Uuid, expiresAt: Instant | null): void {
    const { intervals, units } = this.claimsOf(bookingId);
    if (intervals.length + units.length > 0) this.writes.redated.set(bookingId, expiresAt);
    for (const claim of [...intervals, ...units]) claim.expiresAt = expiresAt; // also those not written yet
  }

  /** All that a booking claims, or what some of its lines claim for themselves. */
  claimsOf(
    bookingId: Uuid,
    lineNos?: readonly number[],
  ): { intervals: IntervalClaim[]; units: UnitsClaim[] } {
    const claims = this.#claimsOf.get(bookingId);
    const wanted = ({ lineNo }: { lineNo: number }) => !lineNos || lineNos.includes(lineNo);
    return {
      intervals: [...(claims?.intervals ?? [])].filter(wanted),
      units: [...(claims?.units ?? [])].filter((one) => wanted(one) && (!lineNos || isOfLine(one.until))),
    };
  }

  /** When the first of what a booking claims or wishes for begins; null when it has no time of its own. */
  firstStart(bookingId: Uuid): Instant | null {
    const { intervals } = this.claimsOf(bookingId);
    return earliest([...intervals, ...this.#wishes.of(bookingId).intervals].map((slot) => slot.startsAt));
  }

  wishesOf(bookingId: Uuid, lineNos: readonly number[]): NeedsOfLines {
    return this.#wishes.of(bookingId, lineNos);
  }

  /** The locked requests that lose to whoever gets these slots. */
  losersTo(slots: readonly IntervalNeed[]): Booking[] {
    return this.#wishes.losersTo(slots).flatMap((id) => this.bookings.get(id) ?? this.#rivals.get(id) ?? []);
  }

  /** How many competing requests of this actor wait for an answer. */
  openRequests(actor: string): number {
    return this.#openRequests.get(actor) ?? 0;
  }

  create(booking: Booking): void {
    if (isWishing(booking)) this.#countRequest(booking, 1);
    this.bookings.set(booking.id, booking);
    this.writes.bookings.push(booking);
  }

  /** Moves a locked booking. Throws on an illegal move: the verbs check before. */
  move(booking: Booking, state: BookingState, expiresAt: Instant | null = null): Booking {
    if (!canMove(booking.state, state)) throw new Error(`${booking.state} -> ${state} is not a move`);
    return this.update({ ...booking, state, expiresAt });
  }

  /** Writes a locked booking's header, one version on. */
  update(booking: Booking): Booking {
    const updated = { ...booking, version: booking.version + 1 };
    const was = this.bookings.get(booking.id) ?? this.#rivals.get(booking.id);
    if (was !== undefined && isWishing(was) && !isWishing(updated)) this.#countRequest(booking, -1);
    this.bookings.set(booking.id, updated);
    this.writes.moved.set(booking.id, updated);
    return updated;
  }

  changeLine(bookingId: Uuid, line: BookingLine): void {
    this.writes.changedLines.set(`${bookingId} ${line.no}`, { bookingId, line });
  }

  resize(row: { resourceId: Uuid; bucket: string; capacity: number; overbook: number }): void {
    Object.assign(this.#stock.get(stockKey(row)) ?? {}, row);
    Object.assign(this.#stockWrite(row), { capacity: row.capacity, overbook: row.overbook });
  }

  record(change: ChangeDraft): void {
    this.writes.changes.push(change);
  }

  // Everything dead that the batch saw under its locks is given back, whoever asked for it. A hold expires as a
  // whole, so its claims are dead together.
  #bury(dying: Snapshot['dying']): void {
    for (const [bookingId, { intervals, units }] of this.#claimsOf) {
      if (![...intervals, ...units].every((claim) => isDead(claim, this.now))) continue;
      this.#buried.set(bookingId, this.release(bookingId));
      const dead = dying.get(bookingId);
      if (dead === undefined || this.bookings.has(bookingId)) continue; // a verb of this batch decides on that one
      this.writes.moved.set(bookingId, {
        ...dead.booking,
        state: 'expired',
        expiresAt: null,
        version: dead.booking.version + 1,
      });
      this.record(expiredChange(bookingId, { ...NOWHERE, resourceIds: dead.resourceIds }));
    }
  }

  #view(asked: Asked, own: Instead): FreeView {
    return {
      isFree: (slot) => this.#slotFault(slot, asked, own) === undefined,
      unitsLeft: (at) => Math.max(0, this.#left({ ...at, units: 0 }) - asked.units(at)),
      freeIn: (group) => this.#groups.free(group, asked.all()),
    };
  }

  /** A line with its choice made, and why it cannot be had beside the earlier ones. */
  #fitOne({ choice, ...line }: HoldLine, asked: Asked, own: Instead): [ChosenLine, Conflict[]] {
    const picked = choice?.pick(this.#view(asked, own));
    const needs = isPicked(picked) ? picked : NOTHING_PICKED;
    const whole = {
      ...line,
      details: { ...line.details, ...needs.details },
      intervals: [...line.intervals, ...needs.intervals],
      units: [...line.units, ...needs.units],
    };
    const conflicts = this.#conflicts(whole, asked, own);
    if (choice === undefined || picked === undefined || isPicked(picked)) return [whole, conflicts];
    return [whole, [...notPicked(picked, choice, line.no), ...conflicts]];
  }

  #conflicts({ no: line, intervals, units }: ChosenLine, asked: Asked, own: Instead): Conflict[] {
    const conflicts: Conflict[] = [];
    for (const slot of intervals) {
      const reason = this.#slotFault(slot, asked, own);
      if (reason !== undefined) conflicts.push({ line, resource: slot.resourceId, reason });
      asked.slots.push(slot);
    }
    for (const need of units) {
      const available = this.#left(need) - asked.units(need);
      asked.add(need);
      if (need.units <= available) continue;
      const isThere = this.stockRow(need) !== undefined;
      const reason = need.cap !== undefined ? 'limit_reached' : isThere ? 'sold_out' : 'not_bookable';
      conflicts.push({ line, resource: need.resourceId, reason, available: Math.max(0, available) });
    }
    return conflicts;
  }

  #slotFault(slot: IntervalNeed, asked: Asked, own: Instead): Conflict['reason'] | undefined {
    if (!this.#calendars.has(slot.resourceId)) return 'not_bookable';
    if (asked.slots.some((other) => other.resourceId === slot.resourceId && overlaps(other, slot)))
      return 'overlaps_own_line';
    for (const claim of this.#standing.get(slot.resourceId) ?? [])
      if (overlaps(claim, slot) && !own.has(claim)) return 'slot_taken';
    return undefined;
  }

  #left(need: UnitsNeed): number {
    const row = this.stockRow(need);
    if (row === undefined) return 0;
    return (need.cap ?? row.capacity + row.overbook) - row.taken;
  }

  #of(bookingId: Uuid): Claims {
    return entry(this.#claimsOf, bookingId, () => ({ intervals: new Set(), units: new Set() }));
  }

  #addInterval(claim: IntervalClaim): void {
    entry(this.#standing, claim.resourceId, () => new Set()).add(claim);
    this.#of(claim.bookingId).intervals.add(claim);
  }

  #dropUnits(claim: UnitsClaim): void {
    this.#of(claim.bookingId).units.delete(claim);
    this.#count(claim, -claim.units);
    if (!this.writes.units.delete(claim)) this.writes.releasedUnits.push(claim);
  }

  #countRequest({ createdBy }: Booking, by: 1 | -1): void {
    this.#openRequests.set(createdBy, this.openRequests(createdBy) + by);
  }

  #count(at: { resourceId: Uuid; bucket: string }, units: number, cap?: number): void {
    const row = this.stockRow(at);
    if (row === undefined) throw new Error(`the stock row ${stockKey(at)} was not locked`);
    row.taken += units;
    this.#groups.take(at.resourceId, units);
    const written = this.#stockWrite(at);
    written.delta += units;
    if (cap === undefined) return;
    row.capacity = Math.max(cap, row.taken);
    written.capacity = row.capacity;
  }

  #stockWrite({ resourceId, bucket }: { resourceId: Uuid; bucket: string }): StockWrite {
    const empty = { resourceId, bucket, delta: 0, capacity: null, overbook: null };
    return entry(this.writes.stock, stockKey({ resourceId, bucket }), () => empty);
  }
}

export interface Fit {
  chosen: ChosenLine[];
  conflicts: Conflict[];
}

/** Interval claims that do not stand in the way because they would be given back. */
type Instead = ReadonlySet<IntervalClaim>;
const NOTHING: Instead = new Set();

export function expiredChange(bookingId: Uuid, reach: Reach): ChangeDraft {
  return { type: 'booking.expired', bookingId, ...reach, actor: 'engine', payload: {} };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
