import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isWishing, standingLines } from './booking.ts';
import type { Needs } from './claim.ts';
import type { Command, HoldLine } from './command.ts';
import { decide } from './decide.ts';
import { Model } from './model.test-double.ts';
import { holdOf, linesOf, newWorld, ROOMS, STOCK } from './small-world.test-double.ts';
import { wishedLines } from './wish.ts';
import type { World } from './world.test-double.ts';

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
