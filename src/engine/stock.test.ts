import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cancelling, hold, on, openFixture, units, type Fixture } from '../../test/engine-fixture.ts';
import { isUuid } from '../platform/schema.ts';
import { uuidV7, type Uuid } from '../platform/id.ts';
import { ONLY_BUCKET, type Booking } from './index.ts';
import { affectedBy } from './affected.ts';
import { limitId } from './limit-id.ts';
import { closeStock, lockStock, openStock } from './stock.ts';

let fixture: Fixture;
before(async () => {
  fixture = await openFixture();
});
after(() => fixture.close());

const inTenant = <T>(work: Parameters<typeof fixture.database.db.inTenant<T>>[1]) =>
  fixture.database.db.inTenant(fixture.tenant, work);

async function newStock(...capacities: number[]): Promise<Uuid[]> {
  const rows = capacities.map((capacity) => ({ resourceId: uuidV7(), capacity }));
  await inTenant((tx) => openStock(tx, rows));
  return rows.map((row) => row.resourceId);
}

test('stock is opened with its capacity, more rows than one statement takes', async () => {
  const ids = await newStock(...Array.from({ length: 5_001 }, () => 2));
  const [first = '', last = ''] = [ids[0], ids.at(-1)];
  for (const id of [first, last]) {
    assert.equal((await fixture.perform(hold([units(id, 3)]))).result, 'refused');
    assert.equal((await fixture.perform(hold([units(id, 2)]))).result, 'done');
  }
});

test('what is held now counts holds and bookings, and neither what was given back nor what expired', async () => {
  const [id = ''] = await newStock(10);
  const [held, confirmed, cancelled] = [1, 2, 3].map((count) => hold([units(id, count)]));
  assert.ok(held && confirmed && cancelled);
  const expiring = hold([units(id, 4)], { ttlSeconds: 1 });
  for (const command of [held, confirmed, cancelled, expiring]) await fixture.perform(command);
  await fixture.perform(on('confirm', confirmed.bookingId));
  await fixture.perform(cancelling(cancelled.bookingId));
  const now = () =>
    inTenant(async (tx) => {
      const { bookings, places } = await affectedBy(tx, [id]);
      return { bookings, places };
    });
  assert.equal(await inTenant((tx) => lockStock(tx, [id])), 7, 'what expired is still counted as taken');
  while ((await now()).bookings === 3);
  assert.deepEqual(await now(), { bookings: 2, places: 3 });
});

test('closed stock is sold out for good', async () => {
  const [id = '', other = ''] = await newStock(1, 1);
  await inTenant((tx) => closeStock(tx, [id]));
  assert.equal((await fixture.perform(hold([units(id, 1)]))).result, 'refused');
  assert.equal((await fixture.perform(hold([units(other, 1)]))).result, 'done');
});

test('a sale waits for whoever locked its stock, and is decided by what he left', async () => {
  const [id = ''] = await newStock(1);
  let sold: Promise<unknown> | undefined;
  await inTenant(async (tx) => {
    assert.equal(await lockStock(tx, [id]), 0);
    sold = fixture.perform(hold([units(id, 1)]));
    const waiting = `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    while ((await fixture.count(waiting)) === 0);
    await closeStock(tx, [id]);
  });
  assert.deepEqual(await sold, {
    result: 'refused',
    conflicts: [{ line: 1, resource: id, reason: 'sold_out', available: 0 }],
  });
});

test('a limit has one id for the same words, and another for any others', async () => {
  const id = limitId('event', 'key:1');
  assert.ok(isUuid(id));
  assert.match(id, /^.{14}8.{4}a/, 'a UUID of version 8');
  assert.equal(limitId('event', 'key:1'), id);
  const others = [limitId('event', 'key:2'), limitId('even', 'tkey:1'), limitId('event,key:1')];
  assert.ok(!others.includes(id));
});

test('a limit is made when it is first needed, counts all bookings under it and comes back with them', async () => {
  const [id = ''] = await newStock(100);
  const limited = (count: number, cap: number) =>
    hold([
      {
        intervals: [],
        units: [
          { resourceId: id, bucket: ONLY_BUCKET, units: count },
          { resourceId: limitId(id, 'somebody'), bucket: ONLY_BUCKET, units: count, cap },
        ],
      },
    ]);
  const first = await fixture.perform(limited(3, 4));
  assert.equal((await fixture.perform(limited(2, 4))).result, 'refused');
  assert.equal((await fixture.perform(limited(2, 5))).result, 'done', 'the cap is that of the request');
  assert.ok(first.result === 'done');
  const { id: bookingId }: Booking = first.booking;
  await fixture.perform(cancelling(bookingId));
  assert.equal((await fixture.perform(limited(2, 4))).result, 'done');
});
