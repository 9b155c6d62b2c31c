import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Booking } from './booking.ts';
import type { Needs } from './claim.ts';
import type { Command, Hold } from './command.ts';
import { decide } from './decide.ts';
import { holdOf, newWorld } from './small-world.test-double.ts';
import { wishedLines } from './wish.ts';

test('a hold of several lines takes all or nothing', () => {
  const world = newWorld();
  const free: Needs = { intervals: [{ resourceId: 'room-1', startsAt: 0, endsAt: 1 }], units: [] };
  const tooMany: Needs = { intervals: [], units: [{ resourceId: 'seats', bucket: '-infinity', units: 6 }] };
  const commands = [holdOf('a', [free, tooMany]), holdOf('b', [free])];
  const { outcomes, writes } = decide(commands, world.snapshot(commands, 0));
  assert.deepEqual(outcomes[0], {
    result: 'refused',
    conflicts: [{ line: 2, resource: 'seats', reason: 'sold_out', available: 5 }],
  });
  assert.equal(outcomes[1]?.result, 'done');
  assert.equal(writes.intervals.size, 1);
});

test('two lines that fit singly but not together are refused', () => {
  const world = newWorld();
  const three: Needs = { intervals: [], units: [{ resourceId: 'seats', bucket: '-infinity', units: 3 }] };
  const { outcomes, writes } = decide(
    [holdOf('a', [three, three])],
    world.snapshot([holdOf('a', [three])], 0),
  );
  assert.equal(outcomes[0]?.result, 'refused');
  assert.equal(writes.bookings.length, 0);
});

test('neighbours with no gap between them both fit, an overlap of one millisecond does not', () => {
  const world = newWorld();
  const slotOf = (startsAt: number, endsAt: number): Needs => ({
    intervals: [{ resourceId: 'room-1', startsAt, endsAt }],
    units: [],
  });
  const commands = [
    holdOf('a', [slotOf(0, 10)]),
    holdOf('b', [slotOf(10, 20)]),
    holdOf('c', [slotOf(19, 30)]),
  ];
  const { outcomes } = decide(commands, world.snapshot(commands, 0));
  assert.deepEqual(
    outcomes.map((outcome) => outcome.result),
    ['done', 'done', 'refused'],
  );
});

test('twins under one idempotency key inside a batch are one booking, and another request under it is refused', () => {
  const world = newWorld();
  const render = (booking: Booking) => booking.id;
  const keyed = (id: string, fingerprint: string): Hold => ({
    ...holdOf(id, [{ intervals: [], units: [{ resourceId: 'seats', bucket: '-infinity', units: 1 }] }]),
    idempotency: {
      principal: 'p',
      route: 'r',
      key: 'k',
      fingerprint: Buffer.from(fingerprint),
      status: 201,
      render,
    },
  });
  const commands = [keyed('a', 'same'), keyed('b', 'same'), keyed('c', 'other')];
  const { outcomes, writes } = decide(commands, world.snapshot(commands, 0));
  assert.deepEqual(outcomes.slice(1), [
    { result: 'replayed', status: 201, body: 'a' },
    { result: 'keyReused' },
  ]);
  assert.equal(writes.bookings.length, 1);
});

test('a hold whose earlier try committed unseen is answered with that booking and taken only once', () => {
  const world = newWorld();
  const again = [holdOf('a', [{ intervals: [{ resourceId: 'room-1', startsAt: 0, endsAt: 1 }], units: [] }])];
  world.apply(decide(again, world.snapshot(again, 0)).writes);
  const { outcomes, writes } = decide(again, world.snapshot(again, 0));
  assert.equal(outcomes[0]?.result, 'done');
  assert.equal(writes.bookings.length, 0);
});

test('a hold that relied on an older catalogue entry is sent back', () => {
  const world = newWorld();
  const stale: Hold = {
    ...holdOf('a', [{ intervals: [{ resourceId: 'room-1', startsAt: 0, endsAt: 1 }], units: [] }]),
    guards: new Map([['room-1', 1]]),
  };
  const { outcomes } = decide([stale], { ...world.snapshot([stale], 0), guards: new Map([['room-1', 2]]) });
  assert.deepEqual(outcomes, [{ result: 'stale' }]);
});

test('a booking of which the last absent line is cancelled has come, and is no no-show', () => {
  const world = newWorld();
  const seat: Needs = { intervals: [], units: [{ resourceId: 'seats', bucket: '-infinity', units: 1 }] };
  const on = { bookingId: 'a', ownedBy: null, actor: 'test' };
  const commands: Command[] = [
    holdOf('a', [seat, seat]),
    { verb: 'confirm', ...on },
    { verb: 'checkIn', ...on, lineNos: [1] },
    { verb: 'cancel', ...on, reason: null, lineNos: [2] },
    { verb: 'noShow', ...on },
  ];
  for (const command of commands.slice(0, -1))
    world.apply(decide([command], world.snapshot([command], 0)).writes);
  assert.equal(world.bookings.get('a')?.checkedInAt, 0);
  const { outcomes } = decide(commands.slice(-1), world.snapshot(commands.slice(-1), 0));
  assert.deepEqual(outcomes, [{ result: 'wrongState', state: 'confirmed' }]);
});

test('an expired hold gives back what is locked, also when it has moved on elsewhere meanwhile', () => {
  const world = newWorld();
  const seats: Needs = { intervals: [], units: [{ resourceId: 'seats', bucket: '-infinity', units: 5 }] };
  const room: Needs = { intervals: [{ resourceId: 'room-1', startsAt: 0, endsAt: 1 }], units: [] };
  const first = [holdOf('a', [seats, room], 1)];
  world.apply(decide(first, world.snapshot(first, 0)).writes);
  // The room's calendar was not among the locks that were asked for: whoever moved the line there came in between.
  const commands: Command[] = [
    { verb: 'confirm', bookingId: 'a', ownedBy: null, actor: 'test' },
    holdOf('b', [seats]),
  ];
  const held = { again: false, calendar: () => false, stock: () => true, isBusy: () => false };
  const { outcomes, writes } = decide(commands, world.snapshot(commands, 2_000, held));
  assert.deepEqual(
    outcomes.map((outcome) => outcome.result),
    ['adrift', 'done'],
  );
  world.apply(writes);
  assert.deepEqual(
    [...world.intervals, ...world.units].map((claim) => claim.bookingId),
    ['a', 'b'],
  );
});

test('a request that came earlier in the same batch loses too, and one that stays goes on waiting', () => {
  const world = newWorld();
  const late: Needs = { intervals: [{ resourceId: 'room-1', startsAt: 1_000, endsAt: 2_000 }], units: [] };
  const competing = (id: string, stays = false): Hold => {
    const asked = holdOf(id, [late]);
    return { ...asked, approval: 'competing', lines: asked.lines.map((line) => ({ ...line, stays })) };
  };
  const first = [competing('winner'), competing('patient', true)];
  world.apply(decide(first, world.snapshot(first, 0)).writes);
  const winner = world.bookings.get('winner');
  assert.ok(winner !== undefined);
  const wishes = { version: winner.version, lines: wishedLines(winner, world.wishes) };
  const approve = { verb: 'approve', bookingId: 'winner', ownedBy: null, actor: 'test', wishes } as const;
  const batch = [competing('newcomer'), approve];
  world.apply(decide(batch, world.snapshot(batch, 0)).writes);
  assert.deepEqual(
    [...world.bookings.values()].map(({ id, state }) => [id, state]),
    [
      ['winner', 'confirmed'],
      ['patient', 'requested'],
      ['newcomer', 'declined'],
    ],
  );
  assert.deepEqual(
    world.wishes.map(({ bookingId }) => bookingId),
    ['patient'],
  );
});
