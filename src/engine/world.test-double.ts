import type { Instant } from '../platform/clock.ts';
import type { Uuid } from '../platform/id.ts';
import type { Booking } from './booking.ts';
import { overlaps, type IntervalClaim, type UnitsClaim } from './claim.ts';
import type { Command } from './command.ts';
import { twinKey } from './decide.ts';
import type { ChangeDraft, Snapshot, StockRow, Twin, Writes } from './snapshot.ts';
import { stockKey, wantedBy } from './wanted.ts';

/**
 * The engine's tables in memory, with their constraints: gives a batch the snapshot that `lockAndRead` would, and
 * applies its writes as `write` would. For tests of `decide` without a database.
 */
export class World {
  readonly calendars = new Set<Uuid>();
  readonly stock = new Map<string, StockRow>();
  readonly bookings = new Map<Uuid, Booking>();
  intervals: IntervalClaim[] = [];
  units: UnitsClaim[] = [];
  readonly twins = new Map<string, Twin>();
  readonly changes: ChangeDraft[] = [];

  addStock(resourceId: Uuid, bucket: string, capacity: number): void {
    this.stock.set(`${resourceId} ${bucket}`, { resourceId, bucket, capacity, overbook: 0, taken: 0 });
  }

  snapshot(commands: readonly Command[], now: Instant): Snapshot {
    const { slots, stock, bookingIds } = wantedBy(commands, true);
    const named = new Set(bookingIds);
    const isWanted = new Set(stock.map(stockKey));
    const intervals = this.intervals.filter(
      (claim) =>
        named.has(claim.bookingId) ||
        slots.some((slot) => slot.resourceId === claim.resourceId && overlaps(slot, claim)),
    );
    const units = this.units.filter(
      (claim) =>
        named.has(claim.bookingId) ||
        (claim.expiresAt !== null && claim.expiresAt <= now && isWanted.has(stockKey(claim))),
    );
    const dead = [...intervals, ...units].filter(
      (claim) => claim.expiresAt !== null && claim.expiresAt <= now,
    );
    const dying = dead.flatMap((claim) => this.bookings.get(claim.bookingId) ?? []);
    return {
      now,
      calendars: this.calendars,
      intervals,
      stock: [...this.stock.values()],
      units,
      bookings: new Map([...this.bookings].filter(([id]) => named.has(id))),
      dying: new Map(dying.filter(({ expiresAt }) => (expiresAt ?? Infinity) <= now).map((b) => [b.id, b])),
      adrift: new Set(),
      guards: new Map(),
      twins: new Map(
        commands.flatMap(({ idempotency }) => {
          const twin = idempotency && this.twins.get(twinKey(idempotency));
          return idempotency && twin ? [[twinKey(idempotency), twin] as const] : [];
        }),
      ),
    };
  }

  /** Throws where PostgreSQL would: a CHECK, the exclusion constraint, a row that is not there. */
  apply(writes: Writes): void {
    this.intervals = without(this.intervals, writes.releasedIntervals);
    this.units = without(this.units, writes.releasedUnits);
    for (const [key, { delta, capacity, overbook }] of writes.stock) {
      const row = this.stock.get(key);
      if (row === undefined) throw new Error(`no stock row ${key}`);
      row.taken += delta;
      row.capacity = capacity ?? row.capacity;
      row.overbook = overbook ?? row.overbook;
      if (row.taken < 0 || row.taken > row.capacity + row.overbook)
        throw new Error(`stock_never_oversold ${key}`);
    }
    for (const [id, { lines: _, ...header }] of writes.moved)
      this.#update(id, (booking) => ({ ...booking, ...header }));
    for (const { bookingId, line } of writes.changedLines.values())
      this.#update(bookingId, (booking) => ({
        ...booking,
        lines: booking.lines.map((old) => (old.no === line.no ? line : old)),
      }));
    const redated = <C extends IntervalClaim | UnitsClaim>(claim: C): C => {
      const expiresAt = writes.redated.get(claim.bookingId);
      return expiresAt === undefined ? claim : { ...claim, expiresAt };
    };
    this.intervals = this.intervals.map(redated);
    this.units = this.units.map(redated);
    for (const booking of writes.bookings) this.bookings.set(booking.id, booking);
    for (const claim of writes.intervals) {
      const shared = this.intervals.some(
        (other) => other.resourceId === claim.resourceId && overlaps(other, claim),
      );
      if (shared) throw new Error('interval_never_shared');
      this.intervals.push(claim);
    }
    this.units.push(...writes.units);
    for (const answer of writes.answers) this.twins.set(twinKey(answer), answer);
    this.changes.push(...writes.changes);
  }

  #update(id: Uuid, change: (booking: Booking) => Booking): void {
    const booking = this.bookings.get(id);
    if (booking === undefined) throw new Error(`no booking ${id}`);
    this.bookings.set(id, change(booking));
  }
}

function without<C extends IntervalClaim | UnitsClaim>(claims: readonly C[], gone: readonly C[]): C[] {
  const names = new Set(gone.map(nameOf));
  const left = claims.filter((claim) => !names.has(nameOf(claim)));
  if (left.length + gone.length !== claims.length) throw new Error('a claim was released that did not stand');
  return left;
}

function nameOf(claim: IntervalClaim | UnitsClaim): string {
  const at = 'bucket' in claim ? claim.bucket : claim.startsAt;
  return `${claim.bookingId} ${claim.lineNo} ${claim.resourceId} ${at}`;
}
