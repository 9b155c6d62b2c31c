import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isWishing, standingLines, type Booking } from './booking.ts';
import type { Needs } from './claim.ts';
import type { Command, Hold, HoldLine } from './command.ts';
import { decide } from './decide.ts';
import { Model } from './model.test-double.ts';
import { wishedLines } from './wish.ts';
import { World } from './world.test-double.ts';

const ROOMS = ['room-1', 'room-2'];
const STOCK = [
  { resourceId: 'seats', bucket: '-infinity', capacity: 5 },
  { resourceId: 'nights', bucket: '2030-01-01', capacity: 2 },
  { resourceId: 'nights', bucket: '2030-01-02', capacity: 3 },
];

function newWorld(): World {
  const world = new World();
  for (const room of ROOMS) world.calendars.add(room);
  for (const { resourceId, bucket, capacity } of STOCK) world.addStock(resourceId, bucket, capacity);
  return world;
}

const slot = fc
  .record({
    resourceId: fc.constantFrom(...ROOMS),
    from: fc.integer({ min: 0, max: 12 }),
    length: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ resourceId, from, length }): Needs => ({
    intervals: [{ resourceId, startsAt: from * 1500, endsAt: (from + length) * 1500 }],
    units: [],
  }));
const count = fc
  .record({ row: fc.constantFrom(...STOCK), units: fc.integer({ min: 1, max: 4 }) })
  .map(({ row, units }): Needs => ({
    intervals: [],
    units: [{ resourceId: row.resourceId, bucket: row.bucket, units }],
  }));
const hold = fc.record({
  verb: fc.constant('hold' as const),
  needs: fc.array(fc.oneof(slot, count), { minLength: 1, maxLength: 3 }),
  ttlSeconds: fc.integer({ min: 1, max: 3 }),
  approval: fc.constantFrom('none' as const, 'none' as const, 'exclusive' as const, 'competing' as const),
  stays: fc.boolean(),
  // What becomes of each line when it does not fit; a line that breaks a rule is left out beforehand.
  fates: fc.array(fc.constantFrom('needed', 'needed', 'optional', 'skipped'), { minLength: 2, maxLength: 2 }),
});
const VERBS = [
  'confirm',
  'approve',
  'decline',
  'complete',
  'noShow',
  'checkIn',
  'renew',
  'pay',
  'cancel',
  'release',
  'expire',
  'reschedule',
] as const;
const lineNos = fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { minLength: 1 }));
const onBooking = fc.record({
  verb: fc.constantFrom(...VERBS),
  nth: fc.nat({ max: 30 }),
  lineNos,
  needs: fc.array(fc.oneof(slot, count), { minLength: 1, maxLength: 2 }),
  ttlSeconds: fc.integer({ min: 1, max: 4 }),
});
const batches = fc.array(
  fc.record({
    seconds: fc.integer({ min: 0, max: 2 }),
    asked: fc.array(fc.oneof(hold, onBooking), { minLength: 1, maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 8 },
);

type Asked =
  | (typeof hold extends fc.Arbitrary<infer T> ? T : never)
  | (typeof onBooking extends fc.Arbitrary<infer T> ? T : never);

function toCommand(asked: Asked, world: World, known: readonly string[], made: string[]): Command {
  if (asked.verb === 'hold') {
    const bookingId = `booking-${made.length + 1}`;
    made.push(bookingId);
    const whole = holdOf(bookingId, asked.needs, asked.ttlSeconds);
    const lines = whole.lines.map((line, i) => withFate(line, asked.fates[i - 1] ?? asked.fates[0]));
    return {
      ...whole,
      lines: lines.map((line) => ({ ...line, stays: asked.stays })),
      approval: asked.approval,
    };
  }
  const { verb, ttlSeconds } = asked;
  const bookingId = known[asked.nth % Math.max(1, known.length)] ?? 'nobody';
  const by = { bookingId, ownedBy: null, actor: 'test' };
  switch (verb) {
    case 'cancel':
      return { verb, ...by, reason: null, lineNos: asked.lineNos };
    case 'checkIn':
      return { verb, ...by, lineNos: asked.lineNos };
    case 'release':
      return { verb, ...by, version: 1 + (asked.nth % 4), lineNos: asked.lineNos ?? [1, 2, 3] };
    case 'approve': {
      const request = world.bookings.get(bookingId);
      if (request === undefined || !isWishing(request)) return { verb, ...by };
      const { version } = request;
      return { verb, ...by, wishes: { version, lines: wishedLines(request, world.wishes) } };
    }
    case 'decline':
      return { verb, ...by, reason: 'no' };
    case 'renew':
    case 'pay':
      return { verb, ...by, ttlSeconds };
    case 'reschedule': {
      const nos = asked.lineNos ?? [1];
      const lines = linesOf(asked.needs).map((line, i) => ({ ...line, no: nos[i] ?? 0 }));
      return {
        verb,
        ...by,
        lines: lines.filter((line) => line.no > 0),
        guards: new Map(),
        version: null,
      };
    }
    default:
      return { verb, ...by };
  }
}

/** The first line is never left out beforehand: a kind refuses what would leave nothing. */
function withFate(line: HoldLine, fate = 'needed'): HoldLine {
  if (fate === 'skipped' && line.no > 1)
    return { ...line, skipped: [{ reason: 'outside_hours', detail: 'Closed.' }] };
  return fate === 'needed' ? line : { ...line, isOptional: true };
}

function linesOf(needs: readonly Needs[]): HoldLine[] {
  const price = { kind: 'test', details: {}, quantity: 1, unitMinor: 100, taxMinor: 0, totalMinor: 100 };
  return needs.map((each, i) => ({ ...price, no: i + 1, ...each }));
}

function holdOf(bookingId: string, needs: readonly Needs[], ttlSeconds = 600): Hold {
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

test('any batches of any commands are answered as one command at a time would be, and never break a constraint', () => {
  fc.assert(
    fc.property(batches, (rounds) => {
      const world = newWorld();
      const model = new Model(ROOMS, STOCK);
      const made: string[] = [];
      let now = 0;
      for (const { seconds, asked } of rounds) {
        now += seconds * 1000;
        const known = [...made]; // nobody knows the id of a booking before its batch has committed
        const commands = asked.map((each) => toCommand(each, world, known, made));
        const { outcomes, writes } = decide(commands, world.snapshot(commands, now));
        const expected = commands.map((command) => model.answer(command, now).result);
        assert.deepEqual(
          outcomes.map((outcome) => outcome.result),
          expected,
        );
        world.apply(writes); // throws where a constraint of the database would
        for (const [id, { state }] of writes.moved) if (state === 'expired') model.bury(id, now);
        assertAddsUp(world);
        assertSameLines(world, model);
      }
    }),
    { numRuns: 2_000 },
  );
});

function assertSameLines(world: World, model: Model): void {
  for (const [id, booking] of world.bookings) {
    const expected = model.holdings(id);
    if (expected.state !== booking.state || expected.needs.length === 0) continue; // due, and nobody has noticed yet
    assert.equal(booking.version, expected.version);
    const standing = booking.lines.filter((line) => line.cancelledAt === null).map((line) => line.no);
    assert.deepEqual(
      standing,
      expected.needs.map(([no]) => no),
    );
  }
}

const MARKS = new Set(
  ['renewed', 'rescheduled', 'checkedIn', 'linesCancelled'].map((word) => `booking.${word}`),
);

function assertAddsUp(world: World): void {
  for (const row of world.stock.values()) {
    const units = world.units.filter(
      (claim) => claim.resourceId === row.resourceId && claim.bucket === row.bucket,
    );
    assert.equal(
      row.taken,
      units.reduce((sum, claim) => sum + claim.units, 0),
    );
  }
  for (const claim of [...world.intervals, ...world.units]) {
    const booking = world.bookings.get(claim.bookingId);
    assert.ok(booking !== undefined && booking.state !== 'cancelled' && booking.state !== 'declined');
    if (booking.state !== 'expired') assert.equal(claim.expiresAt, booking.expiresAt);
    assert.equal(booking.lines.find((line) => line.no === claim.lineNo)?.cancelledAt, null);
  }
  for (const wish of world.wishes) {
    const booking = world.bookings.get(wish.bookingId);
    assert.ok(booking !== undefined && isWishing(booking));
    assert.equal(booking.lines.find((line) => line.no === wish.lineNo)?.cancelledAt, null);
  }
  for (const [id, booking] of world.bookings) {
    assert.equal(
      booking.state === 'requested' ? firstStart(world, id) : booking.expiresAt,
      booking.expiresAt,
    );
    if (isWishing(booking)) {
      const wished = world.wishes.filter((wish) => wish.bookingId === id);
      assert.equal(wished.length, standingLines(booking.lines).length);
    }
    const told = world.changes.filter((change) => change.bookingId === id).map((change) => change.type);
    const states = told.filter((type) => !MARKS.has(type));
    assert.equal(states.at(-1), `booking.${booking.state}`);
    assert.equal(new Set(states).size, states.length, 'no state is told twice');
    assert.equal(told.length, booking.version, 'each version is told');
    assert.equal(booking.totalMinor, 100 * booking.lines.filter((line) => line.cancelledAt === null).length);
  }
}

function firstStart(world: World, bookingId: string): number | null {
  const wished = world.wishes
    .filter((wish) => wish.bookingId === bookingId)
    .flatMap((wish) => wish.intervals);
  const starts = [...wished, ...world.intervalsOf(bookingId)].map((slot) => slot.startsAt);
  return starts.length === 0 ? null : Math.min(...starts);
}

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
