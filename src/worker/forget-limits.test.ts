import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FrontDesk, type Done } from '../../test/front-desk.ts';
import { uuidV7 } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';
import { forgetLimits } from './forget-limits.ts';

const lockOld = statement('test.lockOldStock', {
  params: ['uuid'],
  columns: { resourceId: 'uuid' },
  text: `select s.resource_id as "resourceId" from engine.stock s where s.tenant_id = $1 for update`,
});

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

const at = (hour: number, day: number) => new Date(Date.UTC(2031, 0, day, hour)).toISOString();
const count = async (table: string) =>
  (await desk.asOwner(`select from engine.${table} where tenant_id = $1`)).length;

/** A booking of a room in which one person may have two hours a day and three a week. */
async function booked(roomId: string, day: number): Promise<Done> {
  return desk.booked([{ kind: 'room', roomId, start: at(9, day), end: at(10, day) }], 'client');
}

/** As if what counted on these days had been days ago, around the program. */
async function age(days: number): Promise<void> {
  await desk.asOwner(
    `with moved as (
       insert into engine.stock select s.tenant_id, s.resource_id, current_date - $2::int, s.capacity, s.overbook, s.taken
       from engine.stock s where s.tenant_id = $1 and s.bucket > '2031-01-01' on conflict do nothing
     ) select 1`,
    [days],
  );
  await desk.asOwner(
    `update engine.stock_claim set bucket = current_date - $2::int where tenant_id = $1 and bucket > '2031-01-01'`,
    [days],
  );
  await desk.asOwner(`delete from engine.stock where tenant_id = $1 and bucket > '2031-01-01'`);
}

test('limits of days long over are forgotten with what counted towards them; those of today and other stock stay', async () => {
  const rules = { quota: { perDay: { minutes: 120 } } };
  const roomId = await desk.room({ rules });
  const old = await booked(roomId, 7);
  await age(32);
  await booked(await desk.room({ rules }), 8);
  await desk.asOwner(
    `insert into engine.stock (tenant_id, resource_id, bucket, capacity) values ($1, $2, current_date - 100, 3)`,
    [uuidV7()],
  );
  assert.deepEqual([await count('stock'), await count('stock_claim')], [3, 2]);
  assert.equal(await forgetLimits(desk.web.database.db), 1);
  assert.deepEqual([await count('stock'), await count('stock_claim')], [2, 1]);
  assert.equal(await forgetLimits(desk.web.database.db), 0);
  assert.equal((await desk.read(old.id)).state, 'confirmed');
  assert.equal(
    (await desk.done(`/bookings/${old.id}/cancel`)).state,
    'cancelled',
    'there is nothing left to give back',
  );
});

test('a row that somebody is giving back to is left for the next turn', async () => {
  const roomId = await desk.room({ rules: { quota: { perDay: { bookings: 2 } } } });
  const { id } = await booked(roomId, 9);
  await age(40);
  const { db } = desk.web.database;
  let during = -1;
  await db.inTenant(desk.tenant.id, async (tx) => {
    await tx.run(lockOld);
    during = await forgetLimits(db);
  });
  assert.equal(during, 0);
  await desk.done(`/bookings/${id}/cancel`);
  assert.equal(await forgetLimits(db), 2, 'with that of the test before');
});
