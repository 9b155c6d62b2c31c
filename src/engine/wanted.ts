import type { Uuid } from '../platform/id.ts';
import type { IntervalNeed, UnitsNeed } from './claim.ts';
import type { Command, Idempotency } from './command.ts';
import { joined, type Group } from './groups.ts';

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
  /** What is to be granted to competing requests: those that collide with it are locked too. */
  granted: IntervalNeed[];
  /** Rows of limits, which may not exist yet; in key order. */
  limits: (StockKey & { cap: number })[];
  guardIds: Uuid[];
  keys: Idempotency[];
}

/** What the commands want. `again`: the holds may have been committed by an earlier try, so they are looked for. */
export function wantedBy(commands: readonly Command[], again: boolean): Wanted {
  const slots: IntervalNeed[] = [];
  const granted: IntervalNeed[] = [];
  const units: UnitsNeed[] = [];
  const guardIds = new Set<Uuid>();
  const bookingIds = new Set<Uuid>();
  const rows: StockKey[] = [];
  const groups: Group[] = [];
  for (const command of commands) {
    if (command.verb === 'resize') rows.push(...command.rows);
    else if (command.verb !== 'hold' || again) bookingIds.add(command.bookingId);
    if (command.verb === 'approve' && command.wishes !== undefined) {
      granted.push(...command.wishes.lines.flatMap((line) => line.intervals));
      units.push(...command.wishes.lines.flatMap((line) => line.units));
    }
    if (command.verb !== 'hold' && command.verb !== 'reschedule') continue;
    for (const guardId of command.guards.keys()) guardIds.add(guardId);
    for (const line of command.lines) {
      slots.push(...line.intervals, ...(line.choice?.from.intervals ?? []));
      units.push(...line.units, ...(line.choice?.from.units ?? []));
      groups.push(...(line.choice?.from.groups ?? []));
    }
  }
  slots.push(...granted);
  const capped = units.flatMap(({ resourceId, bucket, cap }) =>
    cap === undefined ? [] : { resourceId, bucket, cap },
  );
  return {
    bookingIds: [...bookingIds],
    slots: distinct(slots, (slot) => `${slot.resourceId} ${slot.startsAt} ${slot.endsAt}`),
    calendarIds: [...new Set(slots.map((slot) => slot.resourceId))],
    granted,
    stock: distinct([...units, ...rows], stockKey),
    groups: joined(groups),
    limits: distinct(capped, stockKey).sort((a, b) => (stockKey(a) < stockKey(b) ? -1 : 1)),
    guardIds: [...guardIds],
    keys: commands.flatMap((command) => command.idempotency ?? []),
  };
}

export function stockKey(at: StockKey): string {
  return `${at.resourceId} ${at.bucket}`;
}

export function distinct<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
