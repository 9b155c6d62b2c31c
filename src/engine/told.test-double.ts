import type { Approval, BookingState } from './booking.ts';
import { overlaps, type IntervalNeed, type Needs } from './claim.ts';
import type { Approve, HoldLine, OnBookingCommand, Outcome, Release, Reschedule } from './command.ts';

const LONGEST_HOLD_MS = 3_600_000;

/** A line of a booking as the naive model has it. */
interface ToldLine {
  kind: string;
  needs: Needs;
  stays: boolean;
  totalMinor: number;
  isCancelled: boolean;
  hasArrived: boolean;
}

/** A booking as the naive model has it; the functions below are its life. */
export interface Told {
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

const KEEPING: readonly BookingState[] = ['held', 'paying', 'requested', 'confirmed', 'completed', 'noShow'];

export function onLive(
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

export function go(booking: Told, state: BookingState): void {
  if (booking.state === 'requested' && state === 'expired')
    booking.expiresAt = isWishing(booking) ? -Infinity : begins(standing(booking)); // until when it kept anything
  booking.state = state;
  booking.version += 1;
  if (state !== 'confirmed' && state !== 'requested') return;
  for (const line of booking.lines.values())
    line.needs = { ...line.needs, units: line.needs.units.filter((need) => need.until !== 'confirm') };
}

export function goIf(booking: Told, state: BookingState, isLegal: boolean): Outcome['result'] {
  if (booking.state === state) return 'done';
  if (!isLegal) return 'wrongState';
  go(booking, state);
  return 'done';
}

export function cancel(booking: Told, lineNos: readonly number[] | null): Outcome['result'] {
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
export function stoodAt(booking: Told, now: number): boolean {
  const { state, expiresAt } = booking;
  if (state === 'requested') return !isWishing(booking) && !isDue(booking, now);
  return state === 'held' || state === 'paying' || state === 'expired' ? expiresAt > now : true;
}

export function isDue(booking: Told, now: number): boolean {
  const { state, expiresAt } = booking;
  if (state === 'requested') return begins(standing(booking)) <= now;
  return (state === 'held' || state === 'paying') && expiresAt <= now;
}

/** A line that asks for what it has; the details of all lines are alike here. */
export function isSame(line: HoldLine, was: ToldLine | undefined): boolean {
  const written = ({ intervals, units }: Needs) =>
    [
      ...intervals.map((slot) => `${slot.resourceId} ${slot.startsAt} ${slot.endsAt}`),
      ...units.map((need) => `${need.resourceId} ${need.bucket} ${need.units}`),
    ].sort();
  return was?.totalMinor === line.totalMinor && written(was.needs).join() === written(line).join();
}

/** A competing request waits for somebody's yes and keeps nothing meanwhile. */
export function isWishing({ state, approval }: Told): boolean {
  return state === 'requested' && approval === 'competing';
}

export function keeps(booking: Told): boolean {
  return KEEPING.includes(booking.state) && !isWishing(booking);
}

export function losesTo(rival: Told, winner: Told): boolean {
  const slots = standing(winner);
  return [...rival.lines.values()].some(
    (line) => !line.isCancelled && !line.stays && line.needs.intervals.some((slot) => isTaken(slot, slots)),
  );
}

function standing(booking: Told): Needs[] {
  return [...booking.lines.values()].flatMap((line) => (line.isCancelled ? [] : [line.needs]));
}

/** When the first of what is asked for begins; never, when it has no time of its own. */
export function begins(needs: readonly Needs[]): number {
  return Math.min(...needs.flatMap(({ intervals }) => intervals.map((slot) => slot.startsAt)));
}

export function isTaken(slot: IntervalNeed, needs: readonly Needs[]): boolean {
  return needs.some(({ intervals }) =>
    intervals.some((other) => other.resourceId === slot.resourceId && overlaps(other, slot)),
  );
}
