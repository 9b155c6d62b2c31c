import type { Conflict } from '../platform/errors.ts';
import { isPicked, NOTHING_PICKED, notPicked } from './choice.ts';
import { ONLY_BUCKET, type IntervalNeed, type Needs, type UnitsNeed } from './claim.ts';
import type { Approve, Command, Guards, Hold, HoldLine, Outcome, Reschedule } from './command.ts';
import { memberId } from './groups.ts';
import {
  begins,
  cancel,
  go,
  goIf,
  isDue,
  isSame,
  isTaken,
  isWishing,
  keeps,
  losesTo,
  onLive,
  stoodAt,
  type Told,
} from './told.test-double.ts';

/** What the model expects: the result and, of a refusal, each conflict. */
export interface Expected {
  result: Outcome['result'];
  conflicts?: readonly Conflict[];
}

/**
 * The same promises, told as naively as possible: one command at a time over a list of who has what. It knows of no
 * claims, no counters and no batches; what is taken is added up each time it is asked for.
 */
export class Model {
  readonly #calendars: ReadonlySet<string>;
  readonly #capacity: Map<string, number>;
  readonly #bookings = new Map<string, Told>();
  /** Who has or had a line on a resource, so that the others need not be looked at. */
  readonly #seenOn = new Map<string, Set<Told>>();

  constructor(
    calendars: Iterable<string>,
    stock: Iterable<{ resourceId: string; bucket: string; capacity: number }>,
  ) {
    this.#calendars = new Set(calendars);
    this.#capacity = new Map([...stock].map((row) => [`${row.resourceId} ${row.bucket}`, row.capacity]));
  }

  answer(command: Command, now: number, guards: Guards = guardsOf(command)): Expected {
    if (command.verb === 'hold') return this.#hold(command, now, guards);
    if (command.verb === 'resize') return this.#resize(command.rows, now);
    const booking = this.#bookings.get(command.bookingId);
    if (booking === undefined) return { result: 'notFound' };
    if (command.ownedBy !== null && command.ownedBy !== booking.owner) return { result: 'notFound' };
    if (command.verb === 'cancel' && command.lineNos === null) return { result: cancel(booking, null) };
    if (isDue(booking, now)) go(booking, 'expired');
    if (command.verb === 'expire') return { result: 'done' };
    if (booking.state === 'expired') return { result: 'holdExpired' };
    if (command.verb === 'reschedule') return this.#reschedule(booking, command, now, guards);
    if (command.verb === 'approve') return this.#approve(booking, command, now);
    const was = booking.state;
    const result = onLive(booking, command, now);
    if (was !== 'confirmed' && booking.state === 'confirmed') this.#settleLosersTo(booking, now);
    return { result };
  }

  /** Whoever has the time for good wins over all who only asked for it. */
  #settleLosersTo(winner: Told, now: number): void {
    for (const rival of this.#bookings.values())
      if (isWishing(rival) && losesTo(rival, winner)) go(rival, isDue(rival, now) ? 'expired' : 'declined');
  }

  /** Somebody else's booking swept a hold aside; false when its time was not over. */
  bury(bookingId: string, now: number): boolean {
    const booking = this.#bookings.get(bookingId);
    if (booking === undefined || !isDue(booking, now)) return false;
    go(booking, 'expired');
    return true;
  }

  /** What a booking has now, in the words of the claims that should stand for it. */
  holdings(bookingId: string): Pick<Told, 'state' | 'version'> & {
    needs: [number, Needs][];
    totalMinor: number;
  } {
    const booking = this.#bookings.get(bookingId);
    if (booking === undefined) throw new Error(`the model knows no booking ${bookingId}`);
    const standing = [...booking.lines].filter(([, line]) => !line.isCancelled);
    return {
      state: booking.state,
      version: booking.version,
      needs: keeps(booking) ? standing.map(([no, line]) => [no, line.needs]) : [],
      totalMinor: standing.reduce((sum, [, line]) => sum + line.totalMinor, 0),
    };
  }

  #hold(command: Hold, now: number, guards: Guards): Expected {
    if (this.#bookings.has(command.bookingId)) return { result: 'done' };
    if (isStale(command, guards)) return { result: 'stale' };
    const { chosen, conflicts } = this.#fit(wantedBy(command.approval !== 'competing', command.lines), now);
    if (conflicts.length > 0) return { result: 'refused', conflicts };
    if (command.approval !== 'none' && begins(chosen) <= now) return { result: 'tooLate' };
    const booking: Told = {
      id: command.bookingId,
      owner: command.actor,
      state: command.approval === 'competing' ? 'requested' : 'held',
      version: 1,
      createdAt: now,
      holdSeconds: command.ttlSeconds,
      expiresAt: now + command.ttlSeconds * 1000,
      approval: command.approval,
      lines: new Map(),
    };
    this.#bookings.set(booking.id, booking);
    this.#give(booking, chosen);
    return { result: 'done' };
  }

  #reschedule(booking: Told, command: Reschedule, now: number, guards: Guards): Expected {
    const { lines, version } = command;
    if (!['held', 'requested', 'confirmed'].includes(booking.state)) return { result: 'wrongState' };
    const isMine = ({ no, kind }: HoldLine) => {
      const line = booking.lines.get(no);
      return line !== undefined && !line.isCancelled && line.kind === kind;
    };
    if (!lines.every(isMine)) return { result: 'noSuchLine' };
    if ((version ?? booking.version) !== booking.version || isStale(command, guards))
      return { result: 'stale' };
    const { chosen, conflicts } = this.#fit(wantedBy(booking.state === 'held', lines), now, booking);
    if (conflicts.length > 0) return { result: 'refused', conflicts };
    if (chosen.every((line) => isSame(line, booking.lines.get(line.no)))) return { result: 'done' };
    if (booking.state === 'requested' && begins(chosen) <= now) return { result: 'tooLate' };
    this.#give(booking, chosen);
    booking.version += 1;
    if (booking.state === 'confirmed') this.#settleLosersTo(booking, now);
    return { result: 'done' };
  }

  #approve(booking: Told, command: Approve, now: number): Expected {
    if (!isWishing(booking)) {
      const isWon = booking.state === 'requested';
      const result = goIf(booking, 'confirmed', isWon);
      if (isWon) this.#settleLosersTo(booking, now);
      return { result };
    }
    if (command.wishes?.version !== booking.version) return { result: 'stale' };
    const { conflicts } = this.#fit(command.wishes.lines, now, booking);
    if (conflicts.length > 0) return { result: 'refused', conflicts };
    go(booking, 'confirmed');
    this.#settleLosersTo(booking, now);
    return { result: 'done' };
  }

  #resize(
    rows: readonly { resourceId: string; bucket: string; capacity: number; overbook: number }[],
    now: number,
  ): Expected {
    if (rows.some((row) => !this.#capacity.has(keyOf(row)))) return { result: 'notFound' };
    const used = (row: { resourceId: string; bucket: string }) => this.#used(row, now, undefined, []);
    if (rows.some((row) => used(row) > row.capacity + row.overbook)) return { result: 'belowTaken' };
    for (const row of rows) this.#capacity.set(keyOf(row), row.capacity + row.overbook);
    return { result: 'resized' };
  }

  // Line by line: what a line asks for counts against the ones after it, also where it cannot be had; one that may be
  // left out and cannot be had asks for nothing. With no line left, what was forgiven counts after all.
  #fit(
    lines: readonly HoldLine[],
    now: number,
    instead?: Told,
  ): { chosen: HoldLine[]; conflicts: Conflict[] } {
    const going = { booking: instead, nos: lines.map((line) => line.no) };
    let asked: Needs[] = [];
    const conflicts: Conflict[] = [];
    const forgiven: Conflict[] = [];
    const chosen = lines.map((line): HoldLine => {
      if (line.skipped !== undefined) return { ...line, ...NO_NEEDS };
      const { whole, wanted, faults } = this.#fitOne(line, now, going, asked);
      const [first] = faults;
      if (line.isOptional === true && first !== undefined) {
        forgiven.push(...faults);
        return { ...whole, ...NO_NEEDS, skipped: [{ reason: first.reason, detail: '' }] };
      }
      asked = wanted;
      conflicts.push(...faults);
      return whole;
    });
    const isEmpty = chosen.every((line) => line.skipped !== undefined);
    return { chosen, conflicts: isEmpty ? forgiven : conflicts };
  }

  #fitOne({ choice, ...line }: HoldLine, now: number, going: Going, before: readonly Needs[]) {
    const asked = [...before];
    const faults: Conflict[] = [];
    const picked = choice?.pick({
      isFree: (slot) => this.#fault(slot, now, going, asked) === undefined,
      unitsLeft: (at) => Math.max(0, this.#left({ ...at, units: 0 }, now, going, asked)),
      freeIn: (group) =>
        Uint8Array.from({ length: group.count }, (_, i) => {
          const at = { resourceId: memberId(group, i), bucket: ONLY_BUCKET };
          return this.#left({ ...at, units: 0 }, now, going, asked) > 0 ? 1 : 0;
        }),
    });
    const needs = isPicked(picked) ? picked : NOTHING_PICKED;
    if (choice !== undefined && picked !== undefined && !isPicked(picked))
      faults.push(...notPicked(picked, choice, line.no));
    const wanted = {
      intervals: [...line.intervals, ...needs.intervals],
      units: [...line.units, ...needs.units],
    };
    for (const slot of wanted.intervals) {
      const reason = this.#fault(slot, now, going, asked);
      if (reason !== undefined) faults.push({ line: line.no, resource: slot.resourceId, reason });
      asked.push({ intervals: [slot], units: [] });
    }
    for (const need of wanted.units) {
      const available = this.#left(need, now, going, asked);
      asked.push({ intervals: [], units: [need] });
      if (need.units <= available) continue;
      const isThere = this.#capacity.has(keyOf(need));
      const reason = need.cap !== undefined ? 'limit_reached' : isThere ? 'sold_out' : 'not_bookable';
      faults.push({
        line: line.no,
        resource: need.resourceId,
        reason,
        available: Math.max(0, available),
      });
    }
    return { whole: { ...line, ...wanted }, wanted: asked, faults };
  }

  #fault(slot: IntervalNeed, now: number, going: Going, asked: readonly Needs[]) {
    if (!this.#calendars.has(slot.resourceId)) return 'not_bookable';
    if (isTaken(slot, asked)) return 'overlaps_own_line';
    return isTaken(slot, this.#standingOn(slot.resourceId, now, going)) ? 'slot_taken' : undefined;
  }

  #left(need: UnitsNeed, now: number, going: Going, asked: readonly Needs[]): number {
    const capacity = need.cap ?? this.#capacity.get(keyOf(need));
    return capacity === undefined ? -sum(need, asked) : capacity - this.#used(need, now, going, asked);
  }

  #used(
    at: { resourceId: string; bucket: string },
    now: number,
    going: Going | undefined,
    asked: readonly Needs[],
  ) {
    return sum(at, this.#standingOn(at.resourceId, now, going)) + sum(at, asked);
  }

  /** What all others have on a resource, and the booking itself with its other lines. */
  #standingOn(resourceId: string, now: number, going?: Going): Needs[] {
    const standing: Needs[] = [];
    const seen = this.#seenOn.get(resourceId) ?? new Set();
    for (const booking of seen) {
      if (booking.state === 'cancelled' || booking.state === 'declined')
        seen.delete(booking); // never holds again
      else if (stoodAt(booking, now))
        for (const [no, line] of booking.lines)
          if (!line.isCancelled && !(going?.booking === booking && going.nos.includes(no)))
            standing.push(line.needs);
    }
    return standing;
  }

  #give(booking: Told, lines: readonly HoldLine[]): void {
    const isOpen = booking.state === 'held' || booking.state === 'paying';
    for (const { no, kind, intervals, units, totalMinor, skipped, stays = false } of lines) {
      const lasting = units.filter((need) => isOpen || need.until !== 'confirm');
      const needs = { intervals, units: lasting };
      booking.lines.set(no, {
        kind,
        needs,
        stays,
        totalMinor,
        isCancelled: skipped !== undefined,
        hasArrived: false,
      });
      for (const { resourceId } of [...intervals, ...units]) {
        const seen = this.#seenOn.get(resourceId);
        if (seen === undefined) this.#seenOn.set(resourceId, new Set([booking]));
        else seen.add(booking);
      }
    }
  }
}

/** Of what lines need, caps on open holds are counted for those who make or move a hold. */
function wantedBy(isHold: boolean, lines: readonly HoldLine[]): readonly HoldLine[] {
  if (isHold) return lines;
  return lines.map((line) => ({ ...line, units: line.units.filter((need) => need.until !== 'confirm') }));
}

const NO_NEEDS: Needs = { intervals: [], units: [] };

/** A booking that is rescheduled, and the lines for which it asks anew. */
interface Going {
  booking: Told | undefined;
  nos: readonly number[];
}

function isStale(command: Hold | Reschedule, guards: Guards): boolean {
  return [...command.guards].some(([guardId, version]) => guards.get(guardId) !== version);
}

function guardsOf(command: Command): Guards {
  return ('guards' in command ? command.guards : undefined) ?? new Map();
}

function sum(at: { resourceId: string; bucket: string }, needs: readonly Needs[]): number {
  const matching = needs.flatMap(({ units }) =>
    units.filter((need) => need.resourceId === at.resourceId && need.bucket === at.bucket),
  );
  return matching.reduce((total, need) => total + need.units, 0);
}

function keyOf(at: { resourceId: string; bucket: string }): string {
  return `${at.resourceId} ${at.bucket}`;
}
