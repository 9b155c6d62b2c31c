import type { Uuid } from '../platform/id.ts';
import { ONLY_BUCKET, type IntervalNeed, type UnitsNeed } from './claim.ts';
import type { Command, Hold, Idempotency } from './command.ts';
import { joined, type Group } from './groups.ts';
import { limitId } from './limit-id.ts';

/** One row of stock, named. */
export interface StockKey {
  resourceId: Uuid;
  bucket: string;
}

/** Everything a batch must lock and read, each thing once. */
export interface Wanted {
  bookingIds: Uuid[];
  slots: IntervalNeed[];
  calendarIds: Uuid[];
  stock: StockKey[];
  /** Rows of stock under one of `stock`, which is locked for them. */
  groups: Group[];
  /** What bookings get for good: the competing requests that collide with it are locked too. */
  granted: IntervalNeed[];
  /** The same of bookings that get for good what they hold. */
  grantedTo: Uuid[];
  /** Who makes competing requests of which so many may wait: those that do are counted under a lock. */
  asking: string[];
  /** Rows of limits, which may not exist yet; in key order. */
  limits: (StockKey & { cap: number })[];
  guardIds: Uuid[];
  keys: Idempotency[];
}

/** What the commands want. `again`: the holds may have been committed by an earlier try, so they are looked for. */
export function wantedBy(commands: readonly Command[], again: boolean): Wanted {
  const slots: IntervalNeed[] = [];
  const granted: IntervalNeed[] = [];
  const grantedTo: Uuid[] = [];
  const asking = new Set<string>();
  const bounds: (StockKey & { cap: number })[] = [];
  const units: UnitsNeed[] = [];
  const guardIds = new Set<Uuid>();
  const bookingIds = new Set<Uuid>();
  const rows: StockKey[] = [];
  const groups: Group[] = [];
  for (const command of commands) {
    if (command.verb === 'resize') rows.push(...command.rows);
    else if (command.verb !== 'hold' || again) bookingIds.add(command.bookingId);
    if (command.verb === 'confirm' || command.verb === 'approve') grantedTo.push(command.bookingId);
    if (command.verb === 'approve') {
      for (const guardId of command.guards?.keys() ?? []) guardIds.add(guardId);
      granted.push(...(command.wishes?.lines ?? []).flatMap((line) => line.intervals));
      units.push(...(command.wishes?.lines ?? []).flatMap((line) => line.units));
    }
    if (command.verb !== 'hold' && command.verb !== 'reschedule') continue;
    if (command.verb === 'hold' && isBounded(command)) {
      asking.add(command.actor);
      bounds.push({ resourceId: requestsOf(command.actor), bucket: ONLY_BUCKET, cap: command.mostRequests });
    }
    if (command.verb === 'hold') units.push(...(command.units ?? []));
    for (const guardId of command.guards.keys()) guardIds.add(guardId);
    for (const line of command.lines) {
      const intervals = [...line.intervals, ...(line.choice?.from.intervals ?? [])];
      slots.push(...intervals);
      if (command.verb === 'reschedule') granted.push(...intervals);
      units.push(...line.units, ...(line.choice?.from.units ?? []));
      groups.push(...(line.choice?.from.groups ?? []));
    }
  }
  slots.push(...granted);
  const capped = units.flatMap(({ resourceId, bucket, cap }) =>
    cap === undefined ? [] : { resourceId, bucket, cap },
  );
  const limits = distinct([...capped, ...bounds], stockKey);
  return {
    bookingIds: [...bookingIds],
    slots: distinct(slots, (slot) => `${slot.resourceId} ${slot.startsAt} ${slot.endsAt}`),
    calendarIds: [...new Set(slots.map((slot) => slot.resourceId))],
    granted,
    grantedTo,
    asking: [...asking],
    stock: distinct([...units, ...rows, ...bounds], stockKey),
    groups: joined(groups),
    limits: limits.sort((a, b) => (stockKey(a) < stockKey(b) ? -1 : 1)),
    guardIds: [...guardIds],
    keys: commands.flatMap((command) => command.idempotency ?? []),
  };
}

/** The row whose lock lets one batch at a time count how many requests of a person wait; nothing is taken of it. */
export function requestsOf(actor: string): Uuid {
  return limitId('openRequests', actor);
}

export function isBounded(hold: Hold): hold is Hold & { mostRequests: number } {
  return hold.approval === 'competing' && hold.mostRequests !== undefined;
}

export function stockKey(at: StockKey): string {
  return `${at.resourceId} ${at.bucket}`;
}

export function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
