import type { Instant } from '../platform/clock.ts';
import type { Uuid } from '../platform/id.ts';
import { isWishing, type Booking } from './booking.ts';
import {
  isDead,
  ONLY_BUCKET,
  overlaps,
  type IntervalClaim,
  type IntervalNeed,
  type UnitsClaim,
} from './claim.ts';
import type { Command } from './command.ts';
import { twinKey } from './decide.ts';
import { memberId } from './groups.ts';
import type { ChangeDraft, Dying, Snapshot, StockRow, Twin, Writes } from './snapshot.ts';
import { distinct, stockKey, wantedBy, type StockKey, type Wanted } from './wanted.ts';
import type { Wish } from './claim.ts';

/** What a batch holds when it reads. Without it everything is held, as when batches come one after the other. */
export interface Held {
  /** An earlier try may have committed unseen, so the holds are looked for too. */
  again: boolean;
  calendar(resourceId: Uuid): boolean;
  stock(key: string): boolean;
  /** Somebody else is working on this booking: `skip locked` leaves it out. */
  isBusy(bookingId: Uuid): boolean;
}

const EVERYTHING: Held = { again: true, calendar: () => true, stock: () => true, isBusy: () => false };

/** What a booking claims. */
interface Claims {
  intervals: Set<IntervalClaim>;
  units: Set<UnitsClaim>;
}

/**
 * The engine's tables in memory, with their constraints and indexes: gives a batch the snapshot that `lockAndRead`
 * would, and applies its writes as `write` would. For tests of `decide` without a database.
 */
export class World {
  readonly calendars = new Set<Uuid>();
  readonly stock = new Map<string, StockRow>();
  readonly bookings = new Map<Uuid, Booking>();
  readonly guards = new Map<Uuid, number>();
  readonly twins = new Map<string, Twin>();
  readonly changes: ChangeDraft[] = [];
  wishes: Wish[] = [];
  readonly #onCalendar = new Map<Uuid, Set<IntervalClaim>>();
  readonly #onStock = new Map<string, Set<UnitsClaim>>();
  readonly #ofBooking = new Map<Uuid, Claims>();

  addStock(resourceId: Uuid, bucket: string, capacity: number): void {
    this.stock.set(`${resourceId} ${bucket}`, { resourceId, bucket, capacity, overbook: 0, taken: 0 });
  }

  get intervals(): IntervalClaim[] {
    return [...this.#onCalendar.values()].flatMap((claims) => [...claims]);
  }

  get units(): UnitsClaim[] {
    return [...this.#onStock.values()].flatMap((claims) => [...claims]);
  }

  intervalsOn(calendarId: Uuid): IntervalClaim[] {
    return [...(this.#onCalendar.get(calendarId) ?? [])];
  }

  unitsOn(key: string): UnitsClaim[] {
    return [...(this.#onStock.get(key) ?? [])];
  }

  intervalsOf(bookingId: Uuid): IntervalClaim[] {
    return [...(this.#ofBooking.get(bookingId)?.intervals ?? [])];
  }

  unitsOf(bookingId: Uuid): UnitsClaim[] {
    return [...(this.#ofBooking.get(bookingId)?.units ?? [])];
  }

  /** The requests that lose to whoever gets these slots, or what these bookings hold. */
  rivalsOf({ granted, grantedTo }: Pick<Wanted, 'granted' | 'grantedTo'>): Uuid[] {
    const slots = [...granted, ...grantedTo.flatMap((id) => this.intervalsOf(id))];
    const collides = (own: IntervalNeed) =>
      slots.some((slot) => slot.resourceId === own.resourceId && overlaps(slot, own));
    const losing = this.wishes.filter(({ stays, intervals }) => !stays && intervals.some(collides));
    return losing.map((wish) => wish.bookingId);
  }

  snapshot(commands: readonly Command[], now: Instant, held: Held = EVERYTHING): Snapshot {
    const wanted = wantedBy(commands, held.again);
    const { slots, stock, groups, calendarIds, bookingIds, guardIds, keys } = wanted;
    const ownIntervals = bookingIds.flatMap((id) => this.intervalsOf(id));
    const ownUnits = bookingIds.flatMap((id) => this.unitsOf(id));
    const overlapping = slots.flatMap((slot) =>
      this.intervalsOn(slot.resourceId).filter((claim) => overlaps(slot, claim)),
    );
    const members = groups.map((group) =>
      Array.from({ length: group.count }, (_, i) => ({
        resourceId: memberId(group, i),
        bucket: ONLY_BUCKET,
      })),
    );
    const deadUnits = [...stock, ...members.flat()].flatMap((at) =>
      this.unitsOn(stockKey(at)).filter((claim) => isDead(claim, now)),
    );
    const intervals = [...new Set([...overlapping, ...ownIntervals])];
    const units = [...new Set([...deadUnits, ...ownUnits])];
    const rows: StockKey[] = distinct([...stock, ...ownUnits], stockKey);
    const lostCalendars = ownIntervals.filter((claim) => !held.calendar(claim.resourceId));
    const lostStock = ownUnits.filter((claim) => !held.stock(stockKey(claim)));
    const bookings = this.#pick(bookingIds);
    const rivals = this.#rivals(wanted);
    const calendars = [...calendarIds, ...ownIntervals.map((claim) => claim.resourceId)];
    return {
      now,
      calendars: new Set(calendars.filter((id) => this.calendars.has(id) && held.calendar(id))),
      intervals,
      stock: rows.flatMap((at) => (held.stock(stockKey(at)) ? (this.stock.get(stockKey(at)) ?? []) : [])),
      groups: groups.map(({ first }, i) => ({
        first,
        members: (members[i] ?? []).map((at) => this.#letter(at)).join(''),
      })),
      units,
      bookings,
      rivals,
      wishes: this.wishes.filter(({ bookingId }) => bookings.has(bookingId) || rivals.has(bookingId)),
      dying: this.#dying([...intervals, ...units], now, held),
      adrift: new Set([...lostCalendars, ...lostStock].map((claim) => claim.bookingId)),
      openRequests: new Map(wanted.asking.map((actor) => [actor, this.#openRequests(actor, now)])),
      guards: new Map(guardIds.flatMap((id) => entryOf(this.guards, id))),
      twins: new Map(keys.flatMap((each) => entryOf(this.twins, twinKey(each)))),
    };
  }

  /** Throws where PostgreSQL would: a CHECK, the exclusion constraint, a key that is there, a row that is not. */
  apply(writes: Writes): void {
    for (const booking of writes.bookings) this.#insert(booking);
    for (const gone of writes.releasedIntervals)
      this.#drop(this.intervalsOf(gone.bookingId), (claim) => sameSlot(claim, gone));
    for (const gone of writes.releasedUnits)
      this.#drop(this.unitsOf(gone.bookingId), (claim) => sameUnits(claim, gone));
    for (const [key, write] of writes.stock) this.#writeStock(key, write);
    for (const [id, { lines: _, ...header }] of writes.moved)
      this.#update(id, (booking) => ({ ...booking, ...header }));
    for (const { bookingId, line } of writes.changedLines.values())
      this.#update(bookingId, (booking) => ({
        ...booking,
        lines: booking.lines.map((old) => (old.no === line.no ? line : old)),
      }));
    for (const [bookingId, expiresAt] of writes.redated)
      for (const claim of [...this.intervalsOf(bookingId), ...this.unitsOf(bookingId)])
        claim.expiresAt = expiresAt;
    for (const claim of writes.intervals) this.#takeSlot(claim);
    for (const claim of writes.units) this.#takeUnits(claim);
    this.#writeWishes(writes);
    for (const answer of writes.answers) {
      if (this.twins.has(twinKey(answer))) throw new Error(`idempotency_pkey ${answer.key}`);
      this.twins.set(twinKey(answer), answer);
    }
    this.changes.push(...writes.changes);
  }

  #pick(ids: readonly Uuid[]): Map<Uuid, Booking> {
    return new Map(ids.flatMap((id) => entryOf(this.bookings, id)));
  }

  #letter(at: StockKey): string {
    const row = this.stock.get(stockKey(at));
    return row !== undefined && row.taken < row.capacity + row.overbook ? 'f' : '-';
  }

  #rivals(wanted: Wanted): Map<Uuid, Booking> {
    const { bookingIds } = wanted;
    const hit = this.#pick(this.rivalsOf(wanted).filter((id) => !bookingIds.includes(id)));
    return new Map([...hit].map(([id, booking]) => [id, { ...booking, lines: [] }]));
  }

  #openRequests(actor: string, now: Instant): number {
    const open = [...this.bookings.values()].filter(
      (booking) => isWishing(booking) && booking.createdBy === actor && (booking.expiresAt ?? 0) > now,
    );
    return open.length;
  }

  #dying(
    claims: readonly { bookingId: Uuid; expiresAt: Instant | null; lineNo: number }[],
    now: Instant,
    held: Held,
  ): Map<Uuid, Dying> {
    const dead = claims.filter((claim) => isDead(claim, now)).map((claim) => claim.bookingId);
    const free = [...this.#pick(dead)].filter(
      ([id, booking]) => (booking.expiresAt ?? Infinity) <= now && !held.isBusy(id),
    );
    const resourcesOf = (id: Uuid) => [
      ...new Set([...this.intervalsOf(id), ...this.unitsOf(id)].map((claim) => claim.resourceId)),
    ];
    return new Map(
      free.map(([id, booking]) => [id, { booking: { ...booking, lines: [] }, resourceIds: resourcesOf(id) }]),
    );
  }

  #drop<C extends IntervalClaim | UnitsClaim>(claims: readonly C[], isGone: (claim: C) => boolean): void {
    const gone = claims.find(isGone);
    if (gone === undefined) throw new Error('a claim was released that did not stand');
    const own = entry(this.#ofBooking, gone.bookingId, noClaims);
    if ('bucket' in gone) {
      own.units.delete(gone);
      this.#onStock.get(stockKey(gone))?.delete(gone);
    } else {
      own.intervals.delete(gone);
      this.#onCalendar.get(gone.resourceId)?.delete(gone);
    }
  }

  #writeStock(key: string, write: { delta: number; capacity: number | null; overbook: number | null }): void {
    const row = this.stock.get(key);
    if (row === undefined) throw new Error(`no stock row ${key}`);
    row.taken += write.delta;
    row.capacity = write.capacity ?? row.capacity;
    row.overbook = write.overbook ?? row.overbook;
    if (row.taken < 0 || row.taken > row.capacity + row.overbook)
      throw new Error(`stock_never_oversold ${key}`);
  }

  #writeWishes({ droppedWishes, wishes }: Writes): void {
    for (const gone of droppedWishes) {
      const at = this.wishes.findIndex((wish) => sameWish(wish, gone));
      if (at < 0) throw new Error('a wish was dropped that nobody had');
      this.wishes.splice(at, 1);
    }
    for (const wish of wishes) {
      if (this.wishes.some((other) => sameWish(other, wish))) throw new Error('wish_pkey');
      this.wishes.push(wish);
    }
  }

  #insert(booking: Booking): void {
    if (this.bookings.has(booking.id)) throw new Error(`booking_pkey ${booking.id}`);
    this.bookings.set(booking.id, booking);
  }

  #takeSlot(claim: IntervalClaim): void {
    const standing = entry(this.#onCalendar, claim.resourceId, () => new Set<IntervalClaim>());
    for (const other of standing) if (overlaps(other, claim)) throw new Error('interval_never_shared');
    standing.add(claim);
    entry(this.#ofBooking, claim.bookingId, noClaims).intervals.add(claim);
  }

  #takeUnits(claim: UnitsClaim): void {
    const own = entry(this.#ofBooking, claim.bookingId, noClaims).units;
    for (const other of own) if (sameUnits(other, claim)) throw new Error('stock_claim_pkey');
    own.add(claim);
    entry(this.#onStock, stockKey(claim), () => new Set<UnitsClaim>()).add(claim);
  }

  #update(id: Uuid, change: (booking: Booking) => Booking): void {
    const booking = this.bookings.get(id);
    if (booking === undefined) throw new Error(`no booking ${id}`);
    const changed = change(booking);
    const isHold = changed.state === 'held' || changed.state === 'paying';
    const mayExpire = isHold || changed.state === 'requested';
    if (changed.expiresAt === null ? isHold : !mayExpire) throw new Error(`booking_expiry_with_hold ${id}`);
    this.bookings.set(id, changed);
  }
}

function noClaims(): Claims {
  return { intervals: new Set(), units: new Set() };
}

function sameSlot(a: IntervalClaim, b: IntervalClaim): boolean {
  return a.lineNo === b.lineNo && a.resourceId === b.resourceId && a.startsAt === b.startsAt;
}

function sameWish(a: Pick<Wish, 'bookingId' | 'lineNo'>, b: Pick<Wish, 'bookingId' | 'lineNo'>): boolean {
  return a.bookingId === b.bookingId && a.lineNo === b.lineNo;
}

function sameUnits(a: UnitsClaim, b: UnitsClaim): boolean {
  return a.lineNo === b.lineNo && a.resourceId === b.resourceId && a.bucket === b.bucket;
}

function entryOf<K, V>(map: ReadonlyMap<K, V>, key: K): [[K, V]] | [] {
  const value = map.get(key);
  return value === undefined ? [] : [[key, value]];
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
