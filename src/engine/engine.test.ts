import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  cancelling,
  hold,
  on,
  openFixture,
  slot,
  units,
  untilExpired,
  type Fixture,
} from '../../test/engine-fixture.ts';
import { openDatabase } from '../platform/db.ts';
import { silentLog } from '../../test/database.ts';
import { examine, type Finding } from './examine.ts';
import { invariants } from './invariants.ts';
import { openEngine, type Booking, type Engine, type Outcome } from './index.ts';

let fixture: Fixture;
before(async () => {
  fixture = await openFixture();
});
after(() => fixture.close());

test('hold, confirm and cancel move a booking and its claims together', async () => {
  const room = await fixture.newCalendar();
  const asked = hold([slot(room, 0)]);
  const claims = `select count(*) from engine.interval_claim where booking_id = '${asked.bookingId}'`;

  const held = booking(await fixture.perform(asked));
  assert.equal(held.state, 'held');
  assert.equal(held.expiresAt, held.createdAt + 600_000);
  assert.equal(await fixture.count(`${claims} and expires_at is not null`), 1);

  const confirmed = booking(await fixture.perform(on('confirm', asked.bookingId)));
  assert.deepEqual([confirmed.state, confirmed.expiresAt, confirmed.version], ['confirmed', null, 2]);
  assert.equal(await fixture.count(`${claims} and expires_at is null`), 1);

  const cancelled = booking(await fixture.perform(cancelling(asked.bookingId)));
  assert.deepEqual([cancelled.state, cancelled.version], ['cancelled', 3]);
  assert.equal(await fixture.count(claims), 0);
  assert.equal((await fixture.perform(hold([slot(room, 0)]))).result, 'done');
});

test('a repeated confirm or cancel answers the same, an impossible one names the state', async () => {
  const asked = hold([slot(await fixture.newCalendar(), 0)]);
  await fixture.perform(asked);
  const first = await fixture.perform(on('confirm', asked.bookingId));
  assert.deepEqual(await fixture.perform(on('confirm', asked.bookingId)), first);
  const gone = await fixture.perform(cancelling(asked.bookingId));
  assert.deepEqual(await fixture.perform(cancelling(asked.bookingId)), gone);
  assert.deepEqual(await fixture.perform(on('confirm', asked.bookingId)), {
    result: 'wrongState',
    state: 'cancelled',
  });
});

test('an expired hold gives its time back at once, with nothing running in the background', async () => {
  const room = await fixture.newCalendar();
  const late = hold([slot(room, 0)], { ttlSeconds: 1 });
  await fixture.perform(late);
  assert.equal((await fixture.perform(hold([slot(room, 0)]))).result, 'refused');
  await untilExpired(fixture, late.bookingId);
  assert.equal((await fixture.perform(hold([slot(room, 0)]))).result, 'done');
  assert.deepEqual(await fixture.perform(on('confirm', late.bookingId)), { result: 'holdExpired' });
  assert.equal(
    await fixture.count(
      `select count(*) from engine.booking where id = '${late.bookingId}' and state = 'expired'`,
    ),
    1,
  );
});

test('expired units are sold again at once, and the counter follows', async () => {
  const seats = await fixture.newStock(3);
  const late = hold([units(seats, 3)], { ttlSeconds: 1 });
  await fixture.perform(late);
  assert.equal((await fixture.perform(hold([units(seats, 1)]))).result, 'refused');
  await untilExpired(fixture, late.bookingId);
  assert.equal((await fixture.perform(hold([units(seats, 2)]))).result, 'done');
  assert.equal(await fixture.count(`select taken from engine.stock where resource_id = '${seats}'`), 2);
});

test('confirming an expired hold that nobody else wanted still answers that it has expired, and frees it', async () => {
  const late = hold([slot(await fixture.newCalendar(), 0)], { ttlSeconds: 1 });
  await fixture.perform(late);
  await untilExpired(fixture, late.bookingId);
  assert.deepEqual(await fixture.perform(on('confirm', late.bookingId)), { result: 'holdExpired' });
  assert.equal(
    await fixture.count(`select count(*) from engine.interval_claim where booking_id = '${late.bookingId}'`),
    0,
  );
});

test('a mixed hold takes an interval and units together or neither', async () => {
  const room = await fixture.newCalendar();
  const seats = await fixture.newStock(1);
  assert.equal((await fixture.perform(hold([units(seats, 1)]))).result, 'done');
  const refused = await fixture.perform(hold([slot(room, 0), units(seats, 1)]));
  assert.deepEqual(refused, {
    result: 'refused',
    conflicts: [{ line: 2, resource: seats, reason: 'sold_out', available: 0 }],
  });
  assert.equal(
    await fixture.count(`select count(*) from engine.interval_claim where resource_id = '${room}'`),
    0,
  );
});

test('one key answers once: its twin gets the first answer word for word, later and at the same moment', async () => {
  const seats = await fixture.newStock(10);
  const keyed = (fingerprint: string) =>
    hold([units(seats, 1)], {
      idempotency: {
        ...{ principal: 'p', route: 'POST /holds', key: 'one', status: 201 },
        fingerprint: Buffer.alloc(32, fingerprint),
        render: (made) => JSON.stringify(made.id),
      },
    });
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => fixture.perform(keyed('a'))));
  const first = booking(outcomes.find((outcome) => outcome.result === 'done'));
  const replayed = { result: 'replayed', status: 201, body: JSON.stringify(first.id) };
  assert.equal(outcomes.filter((outcome) => outcome.result === 'done').length, 1);
  for (const outcome of outcomes.filter((each) => each.result !== 'done'))
    assert.deepEqual(outcome, replayed);
  assert.deepEqual(await fixture.perform(keyed('a')), replayed);
  assert.deepEqual(await fixture.perform(keyed('b')), { result: 'keyReused' });
  assert.equal(await fixture.count(`select taken from engine.stock where resource_id = '${seats}'`), 1);
});

test("somebody else's booking does not exist for a principal that sees only its own", async () => {
  const asked = hold([slot(await fixture.newCalendar(), 0)], { actor: 'key:mine' });
  await fixture.perform(asked);
  const confirm = (ownedBy: string) =>
    fixture.perform({ verb: 'confirm', bookingId: asked.bookingId, ownedBy, actor: ownedBy });
  assert.deepEqual(await confirm('key:other'), { result: 'notFound' });
  assert.equal((await confirm('key:mine')).result, 'done');
});

test('two engines on one database, 400 buyers of 100 units and 60 of one hour: sold exactly out, refused cleanly', async () => {
  const seats = await fixture.newStock(100);
  const room = await fixture.newCalendar();
  const { servingUrl, db } = fixture.database;
  const others = [db, openDatabase({ url: servingUrl, size: 4, named: true, log: silentLog })] as const;
  const engines: Engine[] = others.map((each) =>
    openEngine({ db: each, log: silentLog, width: 3, guarded: true }),
  );
  const engineOf = (i: number) => engines[i % 2] as Engine;

  const seatSales = Array.from({ length: 400 }, (_, i) =>
    engineOf(i).perform(fixture.tenant, hold([units(seats, 1)])),
  );
  const roomSales = Array.from({ length: 60 }, (_, i) =>
    engineOf(i).perform(fixture.tenant, hold([slot(room, (i % 7) / 10, 1 + (i % 3))])),
  );
  const sold = (outcomes: Outcome[]) => outcomes.filter((outcome) => outcome.result === 'done').length;
  assert.equal(sold(await Promise.all(seatSales)), 100);
  assert.equal(sold(await Promise.all(roomSales)), 1);
  await others[1].close();
});

test('changes are gapless and in order, and every promise of the doctor holds after all of this', async () => {
  const { rows } = await fixture.tamper((c) =>
    c.query<{ seq: string }>('select seq from engine.change order by seq'),
  );
  assert.deepEqual(
    rows.map((row) => Number(row.seq)),
    rows.map((_, i) => i + 1),
  );
  const broken = (await findings()).filter(
    (finding) => finding.broken > 0 && finding.id !== 'durability-is-on',
  );
  assert.deepEqual(broken, []);
});

async function findings(): Promise<Finding[]> {
  return fixture.tamper((client) => Array.fromAsync(examine(client, invariants)));
}

function booking(outcome: Outcome | undefined): Booking {
  assert.ok(outcome?.result === 'done', JSON.stringify(outcome));
  return outcome.booking;
}
