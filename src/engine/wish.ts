import type { Uuid } from '../platform/id.ts';
import { standingLines, type Booking } from './booking.ts';
import { lasting, overlaps, type IntervalNeed, type NeedsOfLines, type Wish } from './claim.ts';
import type { ChosenLine, HoldLine } from './command.ts';
import type { Writes } from './snapshot.ts';

/** The lines of a request with what they would claim. */
export function wishedLines(request: Booking, wishes: readonly Wish[]): HoldLine[] {
  return standingLines(request.lines).flatMap((line) => {
    const wish = wishes.find(({ bookingId, lineNo }) => bookingId === request.id && lineNo === line.no);
    return wish === undefined ? [] : [{ ...line, intervals: wish.intervals, units: wish.units }];
  });
}

/** The wishes of one batch while it is being decided, and what must be written of them. */
export class Wishes {
  readonly #of = new Map<Uuid, Map<number, Wish>>();
  readonly #writes: Pick<Writes, 'wishes' | 'droppedWishes'>;

  constructor(read: readonly Wish[], writes: Pick<Writes, 'wishes' | 'droppedWishes'>) {
    for (const wish of read) this.#put(wish);
    this.#writes = writes;
  }

  /** What lines would claim; a cap on open holds is none of it. */
  add(bookingId: Uuid, lines: readonly ChosenLine[]): void {
    for (const { no, stays = false, skipped, ...needs } of lines) {
      if (skipped !== undefined) continue;
      const { intervals, units } = lasting(needs);
      const wish = { bookingId, lineNo: no, intervals, units, stays };
      this.#put(wish);
      this.#writes.wishes.add(wish);
    }
  }

  /** Drops what a booking wishes for, or only some of its lines. */
  drop(bookingId: Uuid, lineNos?: readonly number[]): void {
    const wishes = this.#of.get(bookingId);
    for (const wish of wishes?.values() ?? []) {
      if (lineNos?.includes(wish.lineNo) === false) continue;
      wishes?.delete(wish.lineNo);
      if (!this.#writes.wishes.delete(wish))
        this.#writes.droppedWishes.push({ bookingId, lineNo: wish.lineNo });
    }
  }

  /** What a booking wishes for, or only some of its lines. */
  of(bookingId: Uuid, lineNos?: readonly number[]): NeedsOfLines {
    const wishes = [...(this.#of.get(bookingId)?.values() ?? [])];
    const wanted = wishes.filter(({ lineNo }) => lineNos?.includes(lineNo) ?? true);
    return {
      intervals: wanted.flatMap(({ lineNo, intervals }) => intervals.map((slot) => ({ lineNo, ...slot }))),
      units: wanted.flatMap(({ lineNo, units }) => units.map((need) => ({ lineNo, ...need }))),
    };
  }

  /** The bookings that would lose to whoever gets these slots. */
  losersTo(slots: readonly IntervalNeed[]): Uuid[] {
    const collides = ({ stays, intervals }: Wish) =>
      !stays &&
      intervals.some((own) =>
        slots.some((slot) => slot.resourceId === own.resourceId && overlaps(slot, own)),
      );
    return [...this.#of].flatMap(([id, wishes]) => ([...wishes.values()].some(collides) ? [id] : []));
  }

  #put(wish: Wish): void {
    const known = this.#of.get(wish.bookingId) ?? new Map<number, Wish>();
    this.#of.set(wish.bookingId, known.set(wish.lineNo, wish));
  }
}
