import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '../../test/database.ts';
import { cancelling, hold, on, openFixture, slot, units, type Fixture } from '../../test/engine-fixture.ts';
import { openDatabase } from '../platform/db.ts';
import { uuidV7, type Uuid } from '../platform/id.ts';
import type { Needs, Until } from './claim.ts';
import type { HoldLine, Outcome } from './command.ts';
import { examine } from './examine.ts';
import { ONLY_BUCKET, openEngine, type Engine } from './index.ts';
import { invariants } from './invariants.ts';

let fixture: Fixture;
before(async () => {
  fixture = await openFixture();
});
after(() => fixture.close());

/** One of a limit of `cap`, together with one of `stock`. */
function capped(stock: Uuid, limit: Uuid, cap: number, until: Until = 'end', count = 1): Needs {
  const { units: wanted } = units(stock, count);
  return {
    intervals: [],
    units: [...wanted, { resourceId: limit, bucket: ONLY_BUCKET, units: count, cap, until }],
  };
}

const taken = (id: Uuid) => fixture.count(`select taken from engine.stock where resource_id = '${id}'`);
const reasonsOf = (outcome: Outcome) =>
  (outcome.result === 'refused' ? outcome.conflicts : []).map(({ reason, available }) => [reason, available]);

test('a limit is counted with the hold, over many holds, and comes back with a cancellation', async () => {
  const [seats, limit] = [await fixture.newStock(100), uuidV7()];
  const first = hold([capped(seats, limit, 4, 'end', 3)]);
  assert.equal((await fixture.perform(first)).result, 'done');
  assert.deepEqual(reasonsOf(await fixture.perform(hold([capped(seats, limit, 4, 'end', 2)]))), [
    ['limit_reached', 1],
  ]);
  assert.equal(await taken(seats), 3, 'nothing of the refused hold was taken');
  await fixture.perform(cancelling(first.bookingId));
  assert.equal((await fixture.perform(hold([capped(seats, limit, 4, 'end', 4)]))).result, 'done');
});

test('the cap travels with the request: raised it lets more in, lowered it takes nothing away', async () => {
  const [seats, limit] = [await fixture.newStock(100), uuidV7()];
  const asking = (cap: number) => fixture.perform(hold([capped(seats, limit, cap)]));
  assert.equal((await asking(1)).result, 'done');
  assert.equal((await asking(1)).result, 'refused');
  assert.equal((await asking(3)).result, 'done');
  assert.equal((await asking(3)).result, 'done');
  assert.deepEqual(reasonsOf(await asking(1)), [['limit_reached', 0]]);
  assert.equal(await taken(limit), 3);
});

test('a cap on open holds comes back when a hold is confirmed', async () => {
  const [seats, open] = [await fixture.newStock(100), uuidV7()];
  const first = hold([capped(seats, open, 1, 'confirm')]);
  await fixture.perform(first);
  assert.equal((await fixture.perform(hold([capped(seats, open, 1, 'confirm')]))).result, 'refused');
  await fixture.perform(on('confirm', first.bookingId));
  assert.deepEqual([await taken(seats), await taken(open)], [1, 0]);
  assert.equal((await fixture.perform(hold([capped(seats, open, 1, 'confirm')]))).result, 'done');
});

test('whoever is no hold is not refused by a cap on open holds: a booking that moves, a request that competes', async () => {
  const [seats, open] = [await fixture.newStock(100), uuidV7()];
  const [first, second] = [1, 2].map(() => hold([capped(seats, open, 1, 'confirm')]));
  assert.ok(first !== undefined && second !== undefined);
  await fixture.perform(first);
  await fixture.perform(on('confirm', first.bookingId));
  await fixture.perform(second);
  const by = { ownedBy: null, actor: 'test', version: null, guards: new Map() };
  const { lines } = hold([capped(seats, open, 1, 'confirm', 2)]);
  const moving = (bookingId: Uuid) =>
    fixture.perform({ verb: 'reschedule', bookingId, ...by, lines: [...lines] });
  assert.equal((await moving(first.bookingId)).result, 'done');
  assert.deepEqual(reasonsOf(await moving(second.bookingId)), [['limit_reached', 1]]);
  const request = hold([capped(seats, open, 1, 'confirm')], { approval: 'competing' });
  assert.equal((await fixture.perform(request)).result, 'done');
  assert.deepEqual([await taken(seats), await taken(open)], [3, 1]);
});

test('two processes that need a limit for the first time at the same moment never exceed it', async () => {
  const { servingUrl } = fixture.database;
  const pools = [1, 2].map(() => openDatabase({ url: servingUrl, size: 3, named: true, log: silentLog }));
  const engines = pools.map((db) => openEngine({ db, log: silentLog, width: 2, guarded: true }));
  const seats = await fixture.newStock(1_000);
  for (let round = 0; round < 10; round++) {
    const limit = uuidV7();
    const sales = Array.from({ length: 30 }, (_, i) =>
      (engines[i % 2] as Engine).perform(fixture.tenant, hold([capped(seats, limit, 7)])),
    );
    const outcomes = await Promise.all(sales);
    assert.equal(outcomes.filter((outcome) => outcome.result === 'done').length, 7);
  }
  await Promise.all(pools.map((pool) => pool.close()));
});

const choosing = (no: number, options: readonly Needs[]): HoldLine => {
  const all = (part: 'intervals' | 'units') => options.flatMap((needs) => needs[part] as never[]);
  return {
    ...{ no, kind: 'test', details: { asked: true }, quantity: 1, unitMinor: 0, taxMinor: 0, totalMinor: 0 },
    ...{ intervals: [], units: [] },
    choice: {
      from: { intervals: all('intervals'), units: all('units') },
      pick: (free) => {
        const index = options.findIndex(
          (needs) =>
            needs.intervals.every((s) => free.isFree(s)) &&
            needs.units.every((u) => free.unitsLeft(u) >= u.units),
        );
        const found = options[index];
        return found === undefined ? null : { ...found, details: { option: index } };
      },
    },
  };
};

test('a choice is made under the lock: many who take "the first that fits" get different ones, the last are refused', async () => {
  const rooms = [await fixture.newCalendar(), await fixture.newCalendar(), await fixture.newCalendar()];
  const line = choosing(
    1,
    rooms.map((room) => slot(room, 0)),
  );
  const outcomes = await Promise.all(
    Array.from({ length: 5 }, () => fixture.perform(hold([], { lines: [line] }))),
  );
  const chosen = outcomes.flatMap((outcome) =>
    outcome.result === 'done' ? [outcome.booking.lines[0]?.details] : [],
  );
  assert.deepEqual(
    chosen,
    [0, 1, 2].map((option) => ({ asked: true, option })),
  );
  assert.deepEqual(outcomes.slice(3).map(reasonsOf), [
    [['nothing_fits', undefined]],
    [['nothing_fits', undefined]],
  ]);
});

test('two choices of one hold never choose the same thing', async () => {
  const rooms = [await fixture.newCalendar(), await fixture.newCalendar()];
  const options = rooms.map((room) => slot(room, 0));
  const outcome = await fixture.perform(hold([], { lines: [choosing(1, options), choosing(2, options)] }));
  assert.ok(outcome.result === 'done');
  assert.deepEqual(
    outcome.booking.lines.map((line) => line.details['option']),
    [0, 1],
  );
});

test('capacity can be raised and overbooked; lowering it below what is sold is refused and says by how much', async () => {
  const seats = await fixture.newStock(2);
  const resize = (capacity: number, overbook = 0) =>
    fixture.perform({
      verb: 'resize',
      actor: 'test',
      rows: [{ resourceId: seats, bucket: ONLY_BUCKET, capacity, overbook }],
    });
  await fixture.perform(hold([units(seats, 2)]));
  assert.equal((await resize(2, 1)).result, 'resized');
  assert.equal((await fixture.perform(hold([units(seats, 1)]))).result, 'done');
  assert.deepEqual(await resize(1), {
    result: 'belowTaken',
    short: [{ resourceId: seats, bucket: ONLY_BUCKET, by: 2 }],
  });
  assert.equal((await resize(10)).result, 'resized');
  assert.equal((await fixture.perform(hold([units(seats, 7)]))).result, 'done');
  assert.equal((await fixture.perform(hold([units(seats, 1)]))).result, 'refused');
});

test('a booking rescheduled back and forth while others confirm and cancel it is always whole', async () => {
  const rooms = [await fixture.newCalendar(), await fixture.newCalendar()];
  const { servingUrl } = fixture.database;
  const pool = openDatabase({ url: servingUrl, size: 3, named: true, log: silentLog });
  const engines = [fixture.engine, openEngine({ db: pool, log: silentLog, width: 2, guarded: true })];
  const asked = hold([slot(rooms[0] ?? '', 0)]);
  await fixture.perform(asked);
  const moveTo = (i: number) => {
    const [line] = hold([slot(rooms[i % 2] ?? '', 0)]).lines;
    assert.ok(line);
    const by = { bookingId: asked.bookingId, ownedBy: null, actor: 'test', guards: new Map(), version: null };
    return (engines[i % 2] as Engine).perform(fixture.tenant, { verb: 'reschedule', ...by, lines: [line] });
  };
  const moves = Array.from({ length: 40 }, (_, i) => moveTo(i));
  const confirms = engines.map((engine) => engine.perform(fixture.tenant, on('confirm', asked.bookingId)));
  for (const outcome of await Promise.all([...moves, ...confirms])) assert.equal(outcome.result, 'done');
  assert.equal(
    await fixture.count(`select count(*) from engine.interval_claim where booking_id = '${asked.bookingId}'`),
    1,
  );
  await pool.close();
});

test('afterwards every promise of the doctor holds', async () => {
  const found = await fixture.tamper((client) => Array.fromAsync(examine(client, invariants)));
  assert.deepEqual(
    found.filter(({ id, broken }) => broken > 0 && id !== 'durability-is-on'),
    [],
  );
});
