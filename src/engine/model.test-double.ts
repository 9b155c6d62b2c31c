import type { Conflict } from '../platform/errors.ts';
import type { Approval, BookingState } from './booking.ts';
import { isPicked, NOTHING_PICKED, notPicked } from './choice.ts';
import { ONLY_BUCKET, overlaps, type IntervalNeed, type Needs, type UnitsNeed } from './claim.ts';
import type {
  Approve,
  Command,
  Guards,
  Hold,
  HoldLine,
  OnBookingCommand,
  Outcome,
  Release,
  Reschedule,
} from './command.ts';
import { memberId } from './groups.ts';

const LONGEST_HOLD_MS = 3_600_000;

/** What the model expects: the result and, of a refusal, each conflict. */
export interface Expected {
  result: Outcome['result'];
  conflicts?: readonly Conflict[];
}

interface ToldLine {
  kind: string;
  needs: Needs;
  stays: boolean;
  totalMinor: number;
  isCancelled: boolean;
  hasArrived: boolean;
}

interface Told {
  id: string;
  owner: string;
  state: BookingState;
  version: number;
  createdAt: number;
  holdSeconds: number;
  expiresAt: number;
  approval: Approval;
  lines: Map<number, ToldLine>;
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
    return { result: onLive(booking, command, now) };
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
    return { result: 'done' };
  }

  #approve(booking: Told, command: Approve, now: number): Expected {
    if (!isWishing(booking)) return { result: goIf(booking, 'confirmed', booking.state === 'requested') };
    if (command.wishes?.version !== booking.version) return { result: 'stale' };
    const { conflicts } = this.#fit(command.wishes.lines, now, booking);
    if (conflicts.length > 0) return { result: 'refused', conflicts };
    go(booking, 'confirmed');
    for (const rival of this.#bookings.values())
      if (isWishing(rival) && losesTo(rival, booking)) go(rival, isDue(rival, now) ? 'expired' : 'declined');
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

const KEEPING: readonly BookingState[] = ['held', 'paying', 'requested', 'confirmed', 'completed', 'noShow'];

function onLive(
  booking: Told,
  command: Exclude<OnBookingCommand, Reschedule | Approve>,
  now: number,
): Outcome['result'] {
  const { state } = booking;
  switch (command.verb) {
    case 'confirm':
      if (booking.approval !== 'none' && state !== 'confirmed') {
        if (state === 'held' && begins(standing(booking)) <= now) return 'tooLate';
        return goIf(booking, 'requested', state === 'held');
      }
      return goIf(booking, 'confirmed', state === 'held' || state === 'paying');
    case 'decline':
      return goIf(booking, 'declined', state === 'requested');
    case 'complete':
      return goIf(booking, 'completed', state === 'confirmed');
    case 'noShow':
      return goIf(booking, 'noShow', state === 'confirmed' && !hasCome(booking));
    case 'cancel':
      return cancel(booking, command.lineNos);
    case 'release':
      return release(booking, command, now);
    case 'checkIn':
      return checkIn(booking, command.lineNos);
    case 'renew':
      return renew(booking, command.ttlSeconds, now);
    case 'pay':
      if (state === 'held') booking.expiresAt = now + Math.min(command.ttlSeconds * 1000, LONGEST_HOLD_MS);
      return goIf(booking, 'paying', state === 'held');
    case 'expire':
      throw new Error('answered before');
  }
}

function go(booking: Told, state: BookingState): void {
  if (booking.state === 'requested' && state === 'expired')
    booking.expiresAt = isWishing(booking) ? -Infinity : begins(standing(booking)); // until when it kept anything
  booking.state = state;
  booking.version += 1;
  if (state !== 'confirmed' && state !== 'requested') return;
  for (const line of booking.lines.values())
    line.needs = { ...line.needs, units: line.needs.units.filter((need) => need.until !== 'confirm') };
}

function goIf(booking: Told, state: BookingState, isLegal: boolean): Outcome['result'] {
  if (booking.state === state) return 'done';
  if (!isLegal) return 'wrongState';
  go(booking, state);
  return 'done';
}

function cancel(booking: Told, lineNos: readonly number[] | null): Outcome['result'] {
  if (booking.state === 'cancelled') return 'done';
  if (!['held', 'paying', 'requested', 'confirmed'].includes(booking.state)) return 'wrongState';
  if (lineNos?.some((no) => !booking.lines.has(no)) === true) return 'noSuchLine';
  const standing = [...booking.lines].filter(([, line]) => !line.isCancelled);
  const going = standing.filter(([no]) => lineNos?.includes(no) ?? true);
  if (going.length === standing.length) go(booking, 'cancelled');
  else if (going.length > 0) {
    for (const [, line] of going) line.isCancelled = true;
    booking.version += 1;
  }
  return 'done';
}

function release(booking: Told, command: Release, now: number): Outcome['result'] {
  if (booking.state !== 'confirmed' || booking.version !== command.version) return 'done';
  const standing = [...booking.lines].filter(([, line]) => !line.isCancelled);
  const absent = standing.filter(
    ([no, line]) =>
      command.lineNos.includes(no) &&
      !line.hasArrived &&
      line.needs.intervals.every(({ startsAt }) => startsAt < now),
  );
  if (absent.length === 0) return 'done';
  if (absent.length < standing.length)
    return cancel(
      booking,
      absent.map(([no]) => no),
    );
  for (const [, line] of absent) {
    const intervals = line.needs.intervals.map((slot) => ({ ...slot, endsAt: Math.min(slot.endsAt, now) }));
    line.needs = { ...line.needs, intervals };
  }
  return goIf(booking, 'noShow', true);
}

function checkIn(booking: Told, lineNos: readonly number[] | null): Outcome['result'] {
  if (booking.state !== 'confirmed') return 'wrongState';
  const standing = [...booking.lines].filter(([, line]) => !line.isCancelled);
  if (lineNos?.some((no) => !standing.some(([known]) => known === no)) === true) return 'noSuchLine';
  const coming = standing.filter(([no, line]) => !line.hasArrived && (lineNos?.includes(no) ?? true));
  for (const [, line] of coming) line.hasArrived = true;
  if (coming.length > 0) booking.version += 1;
  return 'done';
}

function renew(booking: Told, ttlSeconds: number, now: number): Outcome['result'] {
  if (booking.state !== 'held') return 'wrongState';
  const longest = booking.createdAt + LONGEST_HOLD_MS;
  if (booking.expiresAt >= longest) return 'renewalSpent';
  const until = Math.min(now + Math.min(ttlSeconds, booking.holdSeconds) * 1000, longest);
  if (until <= booking.expiresAt) return 'done';
  booking.expiresAt = until;
  booking.version += 1;
  return 'done';
}

/** The booking is marked as having come with its last line. */
function hasCome(booking: Told): boolean {
  return [...booking.lines.values()].every((line) => line.isCancelled || line.hasArrived);
}

/** One batch may look at an earlier moment than another that committed before it and has swept an expired hold aside. */
function stoodAt(booking: Told, now: number): boolean {
  const { state, expiresAt } = booking;
  if (state === 'requested') return !isWishing(booking) && !isDue(booking, now);
  return state === 'held' || state === 'paying' || state === 'expired' ? expiresAt > now : true;
}

function isDue(booking: Told, now: number): boolean {
  const { state, expiresAt } = booking;
  if (state === 'requested') return begins(standing(booking)) <= now;
  return (state === 'held' || state === 'paying') && expiresAt <= now;
}

/** A line that asks for what it has; the details of all lines are alike here. */
function isSame(line: HoldLine, was: ToldLine | undefined): boolean {
  const written = ({ intervals, units }: Needs) =>
    [
      ...intervals.map((slot) => `${slot.resourceId} ${slot.startsAt} ${slot.endsAt}`),
      ...units.map((need) => `${need.resourceId} ${need.bucket} ${need.units}`),
    ].sort();
  return was?.totalMinor === line.totalMinor && written(was.needs).join() === written(line).join();
}

/** A competing request waits for somebody's yes and keeps nothing meanwhile. */
function isWishing({ state, approval }: Told): boolean {
  return state === 'requested' && approval === 'competing';
}

function keeps(booking: Told): boolean {
  return KEEPING.includes(booking.state) && !isWishing(booking);
}

function losesTo(rival: Told, winner: Told): boolean {
  const slots = standing(winner);
  return [...rival.lines.values()].some(
    (line) => !line.isCancelled && !line.stays && line.needs.intervals.some((slot) => isTaken(slot, slots)),
  );
}

function standing(booking: Told): Needs[] {
  return [...booking.lines.values()].flatMap((line) => (line.isCancelled ? [] : [line.needs]));
}

/** When the first of what is asked for begins; never, when it has no time of its own. */
function begins(needs: readonly Needs[]): number {
  return Math.min(...needs.flatMap(({ intervals }) => intervals.map((slot) => slot.startsAt)));
}

function isStale(command: Hold | Reschedule, guards: Guards): boolean {
  return [...command.guards].some(([guardId, version]) => guards.get(guardId) !== version);
}

function guardsOf(command: Command): Guards {
  return 'guards' in command ? command.guards : new Map();
}

function isTaken(slot: IntervalNeed, needs: readonly Needs[]): boolean {
  return needs.some(({ intervals }) =>
    intervals.some((other) => other.resourceId === slot.resourceId && overlaps(other, slot)),
  );
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
