import { ONLY_BUCKET, type IntervalNeed, type Needs } from '../../src/engine/claim.ts';
import type { Approve, Command, Guards, Hold, HoldLine, Idempotency } from '../../src/engine/command.ts';
import type { Happening } from './happening.ts';
import type { Step } from './steps.ts';

/** Few and hot: nearly every request meets another one. */
export const ROOMS = ['room-1', 'room-2', 'room-3'];
export const STOCK = [
  { resourceId: 'seats', bucket: ONLY_BUCKET, capacity: 6 },
  { resourceId: 'section', bucket: ONLY_BUCKET, capacity: 9 },
  { resourceId: 'nights', bucket: '2030-01-01', capacity: 2 },
  { resourceId: 'nights', bucket: '2030-01-02', capacity: 3 },
  { resourceId: 'nights', bucket: '2030-01-03', capacity: 2 },
];
export const GUARD = 'catalogue';
const HOURS = 40;
/** All of it begins about now: before, requests can be made and answered; after, they are over and nobody came. */
const BEGINS_MS = 1_000_000;
const NO_NEEDS: Needs = { intervals: [], units: [] };

/** A booking that somebody was told of. */
export interface Known {
  id: string;
  owner: string;
}

/** More of those that lead on, fewer of those that end. */
const verbs = [
  ...(['confirm', 'confirm', 'confirm', 'confirm', 'confirm', 'cancel', 'cancel', 'cancel'] as const),
  ...([
    'cancelLine',
    'cancelLine',
    'reschedule',
    'reschedule',
    'reschedule',
    'reschedule',
    'reschedule',
    'reschedule',
  ] as const),
  ...(['renew', 'renew', 'pay', 'pay', 'approve', 'approve', 'approve', 'decline', 'expire'] as const),
  ...([
    'checkIn',
    'checkIn',
    'checkIn',
    'checkIn',
    'complete',
    'noShow',
    'noShow',
    'release',
    'release',
  ] as const),
];

/** What a competing request wishes for, as it is read before it is approved. */
export type WishesOf = (bookingId: string) => Approve['wishes'];

/** What an intention asks for. One that has a key acts under its own name, so that its effects can be counted. */
export function commandOf(
  asking: Extract<Happening, { does: 'ask' }>,
  bookingId: string,
  wishesOf: WishesOf,
): Command {
  const { step, name, key, known, guard } = asking;
  const actor = key === null ? 'somebody' : name;
  const guards = new Map([[GUARD, guard]]);
  if (step.what < 36) return holdOf(step, bookingId, actor, guards);
  return step.what < 79 ? commandOn(known, step, actor, guards, wishesOf) : { ...resizeOf(step), actor };
}

function holdOf(step: Step, bookingId: string, actor: string, guards: Guards): Hold {
  return {
    verb: 'hold',
    bookingId,
    reference: bookingId,
    clientId: null,
    note: null,
    currency: 'EUR',
    ttlSeconds: 1 + step.ttl * 4,
    approval: step.verb < 48 ? 'exclusive' : step.verb < 112 ? 'competing' : 'none',
    lines: linesOf(step, 1 + ((step.how >>> 2) % 3)),
    guards: step.verb % 3 === 0 ? guards : new Map(),
    actor,
  };
}

function commandOn(
  known: Known | null,
  step: Step,
  actor: string,
  guards: Guards,
  wishesOf: WishesOf,
): Command {
  const { how, ttl } = step;
  const owner = how < 8 ? 'a stranger' : how < 40 ? (known?.owner ?? null) : null;
  const on = { bookingId: known?.id ?? 'nobody', ownedBy: owner, actor };
  const some = [1 + (step.size % 3)];
  const verb = verbs[step.verb % verbs.length] ?? 'confirm';
  switch (verb) {
    case 'cancelLine':
      return { verb: 'cancel', ...on, reason: null, lineNos: some };
    case 'cancel':
      return { verb, ...on, reason: 'no need', lineNos: null };
    case 'checkIn':
      return { verb, ...on, lineNos: how % 2 === 0 ? null : some };
    case 'release':
      return { verb, ...on, version: 2 + (ttl % 4), lineNos: how % 2 === 0 ? [1, 2, 3] : some };
    case 'decline':
      return { verb, ...on, reason: 'no' };
    case 'approve':
      return { verb, ...on, wishes: wishesOf(on.bookingId) };
    case 'renew':
    case 'pay':
      return { verb, ...on, ttlSeconds: 1 + ttl * 8 };
    case 'reschedule': {
      const lines = linesOf(step, 1 + (how % 2)).map((line) => ({
        ...line,
        no: line.no + (step.size % 4 === 3 ? 1 : 0),
      }));
      const isGuarded = how % 4 === 0;
      return {
        verb,
        ...on,
        version: ttl < 20 ? 1 + (ttl % 4) : null,
        lines,
        guards: isGuarded ? guards : new Map(),
      };
    }
    default:
      return { verb, ...on };
  }
}

function resizeOf({ place, size, how }: Step): Command {
  const row = STOCK[place % STOCK.length] ?? { resourceId: '', bucket: '', capacity: 0 };
  const { resourceId, bucket } = row;
  const capacity = Math.max(0, row.capacity + (size % 5) - 3);
  return { verb: 'resize', rows: [{ resourceId, bucket, capacity, overbook: how % 3 }], actor: 'admin' };
}

export function keyOf(intention: string, fingerprint: string): Idempotency {
  return {
    principal: 'somebody',
    route: 'POST /',
    key: intention,
    fingerprint: Buffer.from(fingerprint),
    status: 200,
    render: (booking) => booking.id,
  };
}

function linesOf(step: Step, count: number): HoldLine[] {
  return Array.from({ length: count }, (_, i) => {
    const price = 100 + ((step.from + i) % 50);
    return {
      no: i + 1,
      kind: 'thing',
      details: {},
      quantity: 1,
      unitMinor: price,
      taxMinor: 0,
      totalMinor: price,
      stays: step.ttl % 2 === 0,
      ...needsOf(step, step.place + i * (1 + step.nth), step.from + i * 5),
    };
  });
}

function needsOf(step: Step, what: number, from: number): Needs & Pick<HoldLine, 'choice'> {
  const size = 1 + (step.size % 3);
  switch (what % 9) {
    case 0:
    case 1:
    case 2:
      return slotsOf([slot(ROOMS[what % 3] ?? '', from, size)]);
    case 3:
      return unitsOf([{ resourceId: 'seats', bucket: ONLY_BUCKET, units: size }]);
    case 4:
      return unitsOf(
        ['2030-01-01', '2030-01-02', '2030-01-03']
          .slice(from % 2, (from % 2) + 2)
          .map((bucket) => ({ resourceId: 'nights', bucket, units: 1 })),
      );
    case 5: // of a section, at most so many for each of a few clients
      return unitsOf([
        { resourceId: 'section', bucket: ONLY_BUCKET, units: size },
        { resourceId: `limit-${from % 3}`, bucket: ONLY_BUCKET, units: size, cap: 3 + (step.ttl % 3) },
      ]);
    case 6: // at most so many open holds
      return unitsOf([
        { resourceId: 'section', bucket: ONLY_BUCKET, units: 1 },
        { resourceId: `open-${from % 2}`, bucket: ONLY_BUCKET, units: 1, cap: 2, until: 'confirm' },
      ]);
    case 7: // any room that is free then
      return anyOf(ROOMS.map((room) => slotsOf([slot(room, from, size)])));
    default: // an hour and a seat together, or now and then something that does not exist
      return {
        intervals: [slot(step.how === 255 ? 'room-9' : (ROOMS[from % 3] ?? ''), from, 1)],
        units: [{ resourceId: step.how === 254 ? 'chairs' : 'seats', bucket: ONLY_BUCKET, units: 1 }],
      };
  }
}

function anyOf(options: readonly Needs[]): Needs & Pick<HoldLine, 'choice'> {
  const from = { intervals: options.flatMap((each) => each.intervals), units: [] };
  return {
    ...NO_NEEDS,
    choice: {
      from,
      pick: (free) => {
        const found = options.find((each) => each.intervals.every((slot) => free.isFree(slot)));
        return found === undefined ? null : { ...found, details: {} };
      },
    },
  };
}

function slot(resourceId: string, from: number, hours: number): IntervalNeed {
  const startsAt = BEGINS_MS + (from % HOURS);
  return { resourceId, startsAt, endsAt: startsAt + hours };
}

function slotsOf(intervals: Needs['intervals']): Needs {
  return { intervals, units: [] };
}

function unitsOf(units: Needs['units']): Needs {
  return { intervals: [], units };
}
