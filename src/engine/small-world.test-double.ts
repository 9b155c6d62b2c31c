import type { Needs } from './claim.ts';
import type { Hold, HoldLine } from './command.ts';
import { World } from './world.test-double.ts';

/** A world of two rooms and a few things that are counted, for tests of `decide`. */
export const ROOMS = ['room-1', 'room-2'];
export const STOCK = [
  { resourceId: 'seats', bucket: '-infinity', capacity: 5 },
  { resourceId: 'nights', bucket: '2030-01-01', capacity: 2 },
  { resourceId: 'nights', bucket: '2030-01-02', capacity: 3 },
];

export function newWorld(): World {
  const world = new World();
  for (const room of ROOMS) world.calendars.add(room);
  for (const { resourceId, bucket, capacity } of STOCK) world.addStock(resourceId, bucket, capacity);
  return world;
}

export function linesOf(needs: readonly Needs[]): HoldLine[] {
  const price = { kind: 'test', details: {}, quantity: 1, unitMinor: 100, taxMinor: 0, totalMinor: 100 };
  return needs.map((each, i) => ({ ...price, no: i + 1, ...each }));
}

export function holdOf(bookingId: string, needs: readonly Needs[], ttlSeconds = 600): Hold {
  return {
    verb: 'hold',
    bookingId,
    reference: bookingId,
    clientId: null,
    note: null,
    currency: 'EUR',
    ttlSeconds,
    approval: 'none',
    lines: linesOf(needs),
    guards: new Map(),
    actor: 'test',
  };
}
