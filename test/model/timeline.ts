import type { Change, History, Line, Op, Slot } from './history.ts';

/** A booking between two of its changes. Positions count the changes of the tenant's bookings from 0. */
export interface Version {
  bookingId: string;
  version: number;
  state: string;
  expiresAt: number | null;
  lines: readonly Line[];
  /** The position of the change that made it, and of the one that ended it (Infinity when none did). */
  from: number;
  to: number;
}

export interface Conflict {
  line: number;
  resource: string;
  reason: string;
  available?: number;
}

const HOLDING = ['held', 'confirmed'];

/**
 * The naive model: one change at a time, over a plain list of what every booking was and when. It says what was free
 * after any change and at any time, and complains about every change that should not have been possible.
 */
export class Timeline {
  readonly complaints: string[] = [];
  /** The op that made each change; undefined for expiries, which nobody asks for. */
  readonly writers: (Op | undefined)[] = [];
  readonly #capacities: ReadonlyMap<string, number>;
  readonly #versions = new Map<string, Version[]>();
  #held: { id: string; from: number }[] | undefined;
  readonly #touching = new Map<string, Version[]>();

  constructor(history: History, writerOf: (change: Change, version: number) => Op | undefined) {
    this.#capacities = history.capacities;
    history.changes.forEach((change, position) => {
      const before = this.last(change.bookingId);
      const writer = writerOf(change, (before?.version ?? 0) + 1);
      this.writers.push(writer);
      if (writer === undefined && change.type !== 'booking.expired')
        this.#complain(position, change, 'nobody was told of it');
      this.#apply(position, change, before, writer);
    });
  }

  last(bookingId: string): Version | undefined {
    return this.#versions.get(bookingId)?.at(-1);
  }

  version(bookingId: string, version: number): Version | undefined {
    return this.#versions.get(bookingId)?.[version - 1];
  }

  at(bookingId: string, position: number): Version | undefined {
    return this.#versions.get(bookingId)?.find((each) => each.from <= position && position < each.to);
  }

  /** Where each booking began. */
  heldAt(): { id: string; from: number }[] {
    return (this.#held ??= [...this.#versions].map(([id, [first]]) => ({
      id,
      from: first?.from ?? Infinity,
    })));
  }

  /** The versions that held any of what `lines` want, at some position of `from` to `to`. */
  rivals(lines: readonly Line[], from: number, to: number): Version[] {
    const touched = new Set(lines.flatMap(resourcesOf).flatMap((id) => this.#touching.get(id) ?? []));
    return [...touched].filter((each) => each.from <= to && from < each.to);
  }

  /**
   * Why `lines` could not be had beside what stands of `rivals` after the change at `position` and at `now`; empty when
   * they could. `own` gives up its first line for them.
   */
  conflicts(
    lines: readonly Line[],
    rivals: readonly Version[],
    position: number,
    now: number,
    own = '',
  ): Conflict[] {
    const standing = rivals
      .filter((each) => each.from <= position && position < each.to && isHolding(each, now))
      .flatMap((each) => (each.bookingId === own ? each.lines.slice(1) : each.lines));
    const conflicts: Conflict[] = [];
    const asked: Line[] = [];
    for (const [i, line] of lines.entries()) {
      const { slot } = line;
      const reason = slot && slotFault(slot, standing, asked);
      if (slot && reason) conflicts.push({ line: i + 1, resource: slot.resource, reason });
      for (const { resource, count } of line.units) {
        const left = (this.#capacities.get(resource) ?? 0) - unitsOf(resource, [...standing, ...asked]);
        if (count <= left) continue;
        conflicts.push({ line: i + 1, resource, reason: 'sold_out', available: Math.max(0, left) });
      }
      asked.push(line);
    }
    return conflicts;
  }

  #apply(position: number, change: Change, before: Version | undefined, writer: Op | undefined): void {
    const after = this.#after(position, change, before, writer);
    if (typeof after === 'string') return this.#complain(position, change, after);
    if (before !== undefined) before.to = position;
    const version = (before?.version ?? 0) + 1;
    const made = { ...after, bookingId: change.bookingId, version, from: position, to: Infinity };
    append(this.#versions, change.bookingId, made);
    if (HOLDING.includes(made.state))
      for (const resource of new Set(made.lines.flatMap(resourcesOf))) append(this.#touching, resource, made);
  }

  /** What the booking is after the change, or why there cannot have been such a change. */
  #after(
    position: number,
    { type, at, bookingId }: Change,
    before: Version | undefined,
    writer: Op | undefined,
  ): After {
    const intent = writer?.intent;
    if (type === 'booking.held') {
      if (before !== undefined || intent?.verb !== 'hold') return 'held, but nobody asked for it';
      const { lines, ttlSeconds } = intent;
      return this.#sold(position, lines, at) ?? { state: 'held', expiresAt: at + ttlSeconds * 1000, lines };
    }
    if (before === undefined) return 'a booking that was never held';
    const isDue = before.expiresAt !== null && before.expiresAt <= at;
    if (!HOLDING.includes(before.state)) return `it was ${before.state}`;
    switch (type) {
      case 'booking.confirmed':
        if (before.state !== 'held' || isDue) return 'it was not held any more';
        return { ...before, state: 'confirmed', expiresAt: null };
      case 'booking.cancelled':
        return { ...before, state: 'cancelled', expiresAt: null };
      case 'booking.expired':
        return isDue ? { ...before, state: 'expired', expiresAt: null } : 'it was not due';
      case 'booking.rescheduled': {
        if (intent?.verb !== 'reschedule' || isDue) return 'it was not to be moved any more';
        const lines = [intent.line, ...before.lines.slice(1)];
        return this.#sold(position, [intent.line], at, bookingId) ?? { ...before, lines };
      }
      default:
        return 'a change that the model does not know';
    }
  }

  #sold(position: number, lines: readonly Line[], at: number, own?: string): string | undefined {
    const rivals = this.rivals(lines, position - 1, position - 1);
    const conflicts = this.conflicts(lines, rivals, position - 1, at, own);
    return conflicts.length === 0 ? undefined : `sold twice: ${JSON.stringify(conflicts)}`;
  }

  #complain(position: number, { type, bookingId }: Change, why: string): void {
    this.complaints.push(`change ${position} (${type} of ${bookingId}): ${why}`);
  }
}

type After = Pick<Version, 'state' | 'expiresAt' | 'lines'> | string;

function isHolding({ state, expiresAt }: Version, now: number): boolean {
  return HOLDING.includes(state) && (expiresAt === null || expiresAt > now);
}

function slotFault(slot: Slot, standing: readonly Line[], asked: readonly Line[]): string | undefined {
  const overlaps = ({ slot: other }: Line) =>
    other?.resource === slot.resource && other.startsAt < slot.endsAt && slot.startsAt < other.endsAt;
  if (asked.some(overlaps)) return 'overlaps_own_line';
  return standing.some(overlaps) ? 'slot_taken' : undefined;
}

function unitsOf(resource: string, lines: readonly Line[]): number {
  const needs = lines.flatMap((line) => line.units).filter((need) => need.resource === resource);
  return needs.reduce((sum, need) => sum + need.count, 0);
}

function resourcesOf({ slot, units }: Line): string[] {
  return [...(slot ? [slot.resource] : []), ...units.map((need) => need.resource)];
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
