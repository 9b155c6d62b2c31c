import { closeCalendar } from '../../src/engine/calendar.ts';
import { raiseGuard } from '../../src/engine/guard.ts';
import type { Command, Idempotency, Needs, OnBookingCommand } from '../../src/engine/index.ts';
import { ONLY_BUCKET, readBookings } from '../../src/engine/index.ts';
import { readWishes } from '../../src/engine/request.ts';
import { closeStock, lockStock } from '../../src/engine/stock.ts';
import type { Uuid } from '../../src/platform/id.ts';
import { cancelling, on, slot, units } from '../engine-fixture.ts';
import type { Deed } from './session.ts';
import type { Play, Props } from './stage.ts';

/** Each pair of verbs that can meet on one resource or booking, as small as it can be. */
export const plays: Readonly<Record<string, Play>> = {
  'hold x hold of one interval': async (props) => {
    const room = await props.room('room');
    return together(props.hold('first', [slot(room, 0, 2)]), props.hold('second', [slot(room, 1, 2)]));
  },
  'hold x hold of neighbouring intervals': async (props) => {
    const room = await props.room('room');
    return together(props.hold('first', [slot(room, 0)]), props.hold('second', [slot(room, 1)]));
  },
  'hold x hold of the last unit': async (props) => {
    const seats = await props.seats('seats', 3);
    return together(props.hold('first', [units(seats, 2)]), props.hold('second', [units(seats, 2)]));
  },
  'hold x hold of two things in opposite order': async (props) => {
    const [left, right] = [await props.seats('left', 1), await props.seats('right', 1)];
    const both = [units(left, 1), units(right, 1)];
    return together(props.hold('first', both), props.hold('second', both.toReversed()));
  },
  'hold x hold under a limit that nobody has needed yet': async (props) => {
    const [seats, limit] = [await props.seats('seats', 9), props.named('limit')];
    const capped = { intervals: [], units: [...units(seats, 2).units, { ...need(limit, 2), cap: 3 }] };
    return together(props.hold('first', [capped]), props.hold('second', [capped]));
  },
  'hold x hold of any room': async (props) => {
    const rooms = [await props.room('room 1'), await props.room('room 2')];
    const any = (name: string) => {
      const asked = props.hold(name, [{ intervals: [], units: [] }]);
      return { ...asked, lines: asked.lines.map((line) => ({ ...line, choice: anyOf(rooms) })) };
    };
    return [does(any('first')), does(any('second'))];
  },
  'hold x confirm': async (props) => {
    const room = await props.room('room');
    const held = props.hold('held', [slot(room, 0)]);
    await props.before(held);
    return [does(props.hold('rival', [slot(room, 0)])), does(on('confirm', held.bookingId))];
  },
  'hold x confirm of an expired hold': async (props) => {
    const room = await props.room('room');
    const held = await overdue(props, slot(room, 0));
    return [does(props.hold('rival', [slot(room, 0)])), does(on('confirm', held))];
  },
  'hold x hold of what has expired': async (props) => {
    const seats = await props.seats('seats', 1);
    await overdue(props, units(seats, 1));
    return together(props.hold('first', [units(seats, 1)]), props.hold('second', [units(seats, 1)]));
  },
  'hold x hold of two things that one hold has left': async (props) => {
    const [room, seats] = [await props.room('room'), await props.seats('seats', 1)];
    await overdue(props, { ...slot(room, 0), units: units(seats, 1).units });
    return together(props.hold('first', [slot(room, 0)]), props.hold('second', [units(seats, 1)]));
  },
  'hold x expire': async (props) => {
    const room = await props.room('room');
    const held = await overdue(props, slot(room, 0));
    return [does(props.hold('rival', [slot(room, 0)])), does(on('expire', held))];
  },
  'hold x cancel': async (props) => {
    const seats = await props.seats('seats', 1);
    const held = props.hold('held', [units(seats, 1)]);
    await props.before(held, on('confirm', held.bookingId));
    return [does(props.hold('rival', [units(seats, 1)])), does(cancelling(held.bookingId))];
  },
  'confirm x expire': (props) => onOne(props, 'confirm', 'expire'),
  'confirm x expire of an expired hold': (props) => onOne(props, 'confirm', 'expire', 'overdue'),
  'confirm x confirm': (props) => onOne(props, 'confirm', 'confirm'),
  'cancel x confirm': (props) => onOne(props, 'cancel', 'confirm'),
  'cancel x cancel': (props) => onOne(props, 'cancel', 'cancel'),
  'cancel x expire of an expired hold': (props) => onOne(props, 'cancel', 'expire', 'overdue'),
  'renew x expire': (props) => onOne(props, 'renew', 'expire'),
  'renew x expire of an expired hold': (props) => onOne(props, 'renew', 'expire', 'overdue'),
  'pay x cancel': (props) => onOne(props, 'pay', 'cancel'),
  'approve x approve': (props) => onOne(props, 'approve', 'approve', 'requested'),
  'approve x decline': (props) => onOne(props, 'approve', 'decline', 'requested'),
  'approve x approve of requests that compete': async (props) => {
    const room = await props.room('room');
    const [left, right] = [await competing(props, 'left', room), await competing(props, 'right', room)];
    return together(await granting(props, left), await granting(props, right));
  },
  'approve x hold of what the request wishes for': async (props) => {
    const room = await props.room('room');
    const request = await competing(props, 'request', room);
    return together(await granting(props, request), props.hold('rival', [slot(room, 0)]));
  },
  'approve x cancel of the request that loses': async (props) => {
    const room = await props.room('room');
    const [left, right] = [await competing(props, 'left', room), await competing(props, 'right', room)];
    return [does(await granting(props, left)), does(cancelling(right))];
  },
  'check-in x no-show': (props) => onOne(props, 'checkIn', 'noShow', 'confirmed'),
  'reschedule x hold of the new time': async (props) => {
    const room = await props.room('room');
    const held = props.hold('held', [slot(room, 0)]);
    await props.before(held);
    return [moving(held.bookingId, slot(room, 1)), does(props.hold('rival', [slot(room, 1)]))];
  },
  'reschedule x hold of the old time': async (props) => {
    const room = await props.room('room');
    const held = props.hold('held', [slot(room, 0)]);
    await props.before(held);
    return [moving(held.bookingId, slot(room, 1)), does(props.hold('rival', [slot(room, 0)]))];
  },
  'reschedule x reschedule that want to swap': async (props) => {
    const room = await props.room('room');
    const [left, right] = [props.hold('left', [slot(room, 0)]), props.hold('right', [slot(room, 1)])];
    await props.before(left, right);
    return [moving(left.bookingId, slot(room, 1)), moving(right.bookingId, slot(room, 0))];
  },
  'reschedule x reschedule of one booking to two rooms': async (props) => {
    const rooms = [await props.room('room 1'), await props.room('room 2'), await props.room('room 3')];
    const held = props.hold('held', [slot(rooms[0] ?? '', 0)]);
    await props.before(held);
    return [moving(held.bookingId, slot(rooms[1] ?? '', 0)), moving(held.bookingId, slot(rooms[2] ?? '', 0))];
  },
  'reschedule to another room x confirm': async (props) => {
    const [here, there] = [await props.room('here'), await props.room('there')];
    const held = props.hold('held', [slot(here, 0)]);
    await props.before(held);
    return [moving(held.bookingId, slot(there, 0)), does(on('confirm', held.bookingId))];
  },
  'reschedule to another room x cancel': async (props) => {
    const [here, there] = [await props.room('here'), await props.room('there')];
    const held = props.hold('held', [slot(here, 0)]);
    await props.before(held, on('confirm', held.bookingId));
    return [moving(held.bookingId, slot(there, 0)), does(cancelling(held.bookingId))];
  },
  'a cut of capacity x hold': async (props) => {
    const seats = await props.seats('seats', 4);
    await props.before(props.hold('sold', [units(seats, 2)]));
    const row = { resourceId: seats, bucket: ONLY_BUCKET, capacity: 3, overbook: 0 };
    return [
      does({ verb: 'resize', rows: [row], actor: 'test' }),
      does(props.hold('rival', [units(seats, 2)])),
    ];
  },
  'the same key x the same key': async (props) => {
    const seats = await props.seats('seats', 2);
    const idempotency = keyed(props, 'one');
    const twin = (name: string) => props.hold(name, [units(seats, 1)], { idempotency });
    return [does(twin('booking')), does(twin('booking'))];
  },
  'one key x the same key for something else': async (props) => {
    const [left, right] = [await props.seats('left', 1), await props.seats('right', 1)];
    const [one, other] = [keyed(props, 'one'), keyed(props, 'other')];
    return [
      does(props.hold('first', [units(left, 1)], { idempotency: one })),
      does(props.hold('second', [units(right, 1)], { idempotency: { ...other, key: one.key } })),
    ];
  },
  'hold x removal of its room': async (props) => {
    const room = await props.room('room');
    const close: Deed = { edit: (tx) => closeCalendar(tx, room) };
    return [does(props.hold('first', [slot(room, 0)])), close];
  },
  'hold x removal of its seats': async (props) => {
    const seats = await props.seats('seats', 1);
    const close: Deed = {
      edit: async (tx) => {
        const taken = await lockStock(tx, [seats]);
        if (taken === 0) await closeStock(tx, [seats]);
        return taken;
      },
    };
    return [does(props.hold('first', [units(seats, 1)])), close];
  },
  'hold x an edit of what it relies on': async (props) => {
    const [seats, guard] = [await props.seats('seats', 1), props.named('guard')];
    const { database, tenant } = props.fixture;
    await database.db.inTenant(tenant, (tx) => raiseGuard(tx, guard, 1));
    const guards = new Map([[guard, 1]]);
    return [
      does(props.hold('first', [units(seats, 1)], { guards })),
      { edit: (tx) => raiseGuard(tx, guard, 2) },
    ];
  },
};

type Two = readonly [Deed, Deed];
type Start = 'held' | 'overdue' | 'confirmed' | 'requested';
type Verb = Exclude<OnBookingCommand['verb'], 'reschedule' | 'release' | 'complete'>;

/** Two verbs on one booking that has an hour and a unit. */
async function onOne(props: Props, first: Verb, second: Verb, start: Start = 'held'): Promise<Two> {
  const both = { ...slot(await props.room('room'), 0), units: units(await props.seats('seats', 1), 1).units };
  if (start === 'overdue') {
    const id = await overdue(props, both);
    return [acting(first, id), acting(second, id)];
  }
  const held = props.hold('booking', [both], { approval: start === 'requested' ? 'exclusive' : 'none' });
  await props.before(held);
  if (start !== 'held') await props.before(on('confirm', held.bookingId));
  return [acting(first, held.bookingId), acting(second, held.bookingId)];
}

/** A hold whose time has passed and which nobody has swept. */
async function overdue(props: Props, needs: Needs): Promise<Uuid> {
  const held = props.hold('overdue', [needs]);
  await props.before(held);
  await props.fixture.tamper(async (client) => {
    for (const table of ['booking', 'interval_claim', 'stock_claim'])
      await client.query(
        `update engine.${table} set expires_at = now() - interval '1 second' where ${table === 'booking' ? 'id' : 'booking_id'} = $1`,
        [held.bookingId],
      );
  });
  return held.bookingId;
}

async function competing(props: Props, name: string, room: Uuid): Promise<Uuid> {
  const request = props.hold(name, [slot(room, 0)], { approval: 'competing' });
  await props.before(request);
  return request.bookingId;
}

/** Approving what a request wishes for now. */
async function granting(props: Props, bookingId: Uuid): Promise<Command> {
  const { database, tenant } = props.fixture;
  const [request] = await readBookings(database.db, tenant, [bookingId]);
  if (request === undefined) throw new Error(`no request ${bookingId}`);
  const wishes = await readWishes(database.db, tenant, request);
  return { verb: 'approve', bookingId, ownedBy: null, actor: 'test', ...wishes };
}

function acting(verb: Verb, bookingId: Uuid): Deed {
  const by = { bookingId, ownedBy: null, actor: 'test' };
  switch (verb) {
    case 'cancel':
      return does(cancelling(bookingId));
    case 'decline':
      return does({ verb, ...by, reason: 'no' });
    case 'checkIn':
      return does({ verb, ...by, lineNos: null });
    case 'renew':
    case 'pay':
      return does({ verb, ...by, ttlSeconds: 600 });
    default:
      return does({ verb, ...by });
  }
}

function moving(bookingId: Uuid, needs: Needs): Deed {
  const price = { kind: 'test', details: {}, quantity: 1, unitMinor: 100, taxMinor: 0, totalMinor: 100 };
  const lines = [{ ...price, no: 1, ...needs }];
  const by = { bookingId, ownedBy: null, actor: 'test' };
  return does({ verb: 'reschedule', ...by, version: null, lines, guards: new Map() });
}

function together(first: Command, second: Command): Two {
  return [does(first), does(second)];
}

function does(command: Command): Deed {
  return { command };
}

function need(resourceId: Uuid, count: number) {
  return { resourceId, bucket: ONLY_BUCKET, units: count };
}

function anyOf(rooms: readonly Uuid[]) {
  const options = rooms.map((room) => slot(room, 0));
  return {
    from: { intervals: options.flatMap((each) => each.intervals), units: [] },
    pick: (free: { isFree(slot: Needs['intervals'][number]): boolean }) => {
      const found = options.find((each) => each.intervals.every((slot) => free.isFree(slot)));
      return found === undefined ? null : { ...found, details: {} };
    },
  };
}

function keyed(props: Props, words: string): Idempotency {
  return {
    principal: 'test',
    route: 'POST /holds',
    key: props.named(words),
    fingerprint: Buffer.alloc(32, words),
    status: 201,
    render: () => 'the answer',
  };
}
