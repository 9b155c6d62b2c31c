import type { BookingState } from './booking.ts';
import { overlaps, type Needs } from './claim.ts';
import type { Command, Hold, HoldLine, OnBookingCommand, Outcome } from './command.ts';
import type { World } from './world.test-double.ts';

export const ROOMS = ['room-1', 'room-2'];
export const STOCK = [
  { resourceId: 'seats', bucket: '-infinity', capacity: 5 },
  { resourceId: 'nights', bucket: '2030-01-01', capacity: 2 },
  { resourceId: 'nights', bucket: '2030-01-02', capacity: 3 },
];

interface Told {
  state: BookingState;
  holdSeconds: number;
  expiresAt: number;
  lineCount: number;
  needs: Map<number, Needs>;
  exclusive: boolean;
  arrived: Set<number>;
}

/** The same promises, told as naively as possible: one command at a time over a list of what everybody has. */
export class Model {
  readonly #bookings = new Map<string, Told>();

  answer(command: Command, now: number): Outcome['result'] {
    if (command.verb === 'hold') return this.#hold(command, now);
    if (command.verb === 'resize') throw new Error('not in this model');
    const booking = this.#bookings.get(command.bookingId);
    if (booking === undefined) return 'notFound';
    const isDue = (booking.state === 'held' || booking.state === 'paying') && booking.expiresAt <= now;
    if (command.verb === 'cancel' && command.lineNos === null) return this.#cancel(booking, null);
    if (isDue) booking.state = 'expired';
    if (command.verb === 'expire') return 'done';
    return booking.state === 'expired' ? 'holdExpired' : this.#onLive(booking, command, now);
  }

  #onLive(booking: Told, command: OnBookingCommand, now: number): Outcome['result'] {
    const { state } = booking;
    const go = (to: BookingState, isLegal: boolean): Outcome['result'] => {
      if (state === to) return 'done';
      if (!isLegal) return 'wrongState';
      booking.state = to;
      return 'done';
    };
    switch (command.verb) {
      case 'confirm':
        if (booking.exclusive && state !== 'confirmed') return go('requested', state === 'held');
        return go('confirmed', state === 'held' || state === 'paying');
      case 'approve':
        return go('confirmed', state === 'requested');
      case 'cancel':
        return this.#cancel(booking, command.lineNos);
      case 'decline':
        return go('declined', state === 'requested');
      case 'complete':
        return go('completed', state === 'confirmed');
      case 'noShow':
        return go('noShow', state === 'confirmed' && booking.arrived.size < booking.needs.size);
      case 'checkIn':
        if (state !== 'confirmed') return 'wrongState';
        if (command.lineNos?.some((no) => !booking.needs.has(no))) return 'noSuchLine';
        for (const no of command.lineNos ?? booking.needs.keys()) booking.arrived.add(no);
        return 'done';
      case 'renew': {
        if (state !== 'held') return 'wrongState';
        const until = now + Math.min(command.ttlSeconds, booking.holdSeconds) * 1000; // far from its hour here
        if (until <= booking.expiresAt) return 'done';
        booking.expiresAt = until;
        return 'done';
      }
      case 'pay':
        if (state === 'held') booking.expiresAt = now + command.ttlSeconds * 1000;
        return go('paying', state === 'held');
      case 'reschedule':
        return this.#reschedule(booking, command.lines, now);
      default:
        throw new Error(`${command.verb} was answered before`);
    }
  }

  #cancel(booking: Told, lineNos: readonly number[] | null): Outcome['result'] {
    if (booking.state === 'cancelled') return 'done';
    if (!['held', 'paying', 'requested', 'confirmed'].includes(booking.state)) return 'wrongState';
    if (lineNos?.some((no) => no > booking.lineCount)) return 'noSuchLine';
    for (const no of lineNos ?? booking.needs.keys()) booking.needs.delete(no);
    for (const no of lineNos ?? []) booking.arrived.delete(no);
    if (booking.needs.size === 0) booking.state = 'cancelled';
    return 'done';
  }

  #reschedule(booking: Told, lines: readonly HoldLine[], now: number): Outcome['result'] {
    if (!['held', 'requested', 'confirmed'].includes(booking.state)) return 'wrongState';
    if (lines.some((line) => !booking.needs.has(line.no))) return 'noSuchLine';
    const before = new Map(booking.needs);
    for (const line of lines) booking.needs.delete(line.no);
    const isFree = fits([...this.#standing(now), ...lines], lines);
    booking.needs = before;
    if (!isFree) return 'refused';
    for (const line of lines) {
      booking.needs.set(line.no, line);
      booking.arrived.delete(line.no);
    }
    return 'done';
  }

  #hold(command: Hold, now: number): Outcome['result'] {
    if (!fits([...this.#standing(now), ...command.lines], command.lines)) return 'refused';
    this.#bookings.set(command.bookingId, {
      state: 'held',
      holdSeconds: command.ttlSeconds,
      expiresAt: now + command.ttlSeconds * 1000,
      lineCount: command.lines.length,
      needs: new Map(command.lines.map((line) => [line.no, line])),
      exclusive: command.approval === 'exclusive',
      arrived: new Set(),
    });
    return 'done';
  }

  #standing(now: number): Needs[] {
    const holds = ({ state, expiresAt }: Told) =>
      ['requested', 'confirmed', 'completed', 'noShow'].includes(state) ||
      (['held', 'paying'].includes(state) && expiresAt > now);
    return [...this.#bookings.values()].filter(holds).flatMap((booking) => [...booking.needs.values()]);
  }

  /** A due hold that somebody else's booking has swept aside counts as expired from then on. */
  forgetExpired(world: World): void {
    for (const [id, booking] of this.#bookings)
      if (world.bookings.get(id)?.state === 'expired') booking.state = 'expired';
  }
}

function fits(all: readonly Needs[], asked: readonly Needs[]): boolean {
  const slots = all.flatMap((needs) => needs.intervals);
  const shared = slots.some((a, i) =>
    slots.some((b, j) => i < j && a.resourceId === b.resourceId && overlaps(a, b)),
  );
  const touched = asked.flatMap((needs) => needs.units);
  return (
    !shared &&
    touched.every(
      ({ resourceId, bucket }) => usedOf(all, resourceId, bucket) <= capacityOf(resourceId, bucket),
    )
  );
}

function usedOf(all: readonly Needs[], resourceId: string, bucket: string): number {
  const units = all
    .flatMap((needs) => needs.units)
    .filter((u) => u.resourceId === resourceId && u.bucket === bucket);
  return units.reduce((sum, need) => sum + need.units, 0);
}

function capacityOf(resourceId: string, bucket: string): number {
  return STOCK.find((row) => row.resourceId === resourceId && row.bucket === bucket)?.capacity ?? 0;
}
