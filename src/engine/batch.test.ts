import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '../../test/database.ts';
import { hold, openFixture, slot, units, type Fixture } from '../../test/engine-fixture.ts';
import { openDatabase, type Database } from '../platform/db.ts';
import { Problem } from '../platform/errors.ts';
import { asOwner } from '../platform/migrate.ts';
import { openEngine, type Engine } from './index.ts';

let fixture: Fixture;
let impatient: Database;
let engine: Engine;
before(async () => {
  fixture = await openFixture();
  const { ownerUrl, servingUrl, servingLogin } = fixture.database;
  await asOwner(ownerUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    await client.query(`alter role ${servingLogin} in database ${rows[0]?.name} set lock_timeout = '200ms'`);
  });
  impatient = openDatabase({ url: servingUrl, size: 4, named: true, log: silentLog });
  engine = openEngine({ db: impatient, log: silentLog, width: 3, guarded: true });
});
after(async () => {
  await impatient.close();
  await fixture.close();
});

test('a row locked by somebody else ends in one clean answer and a time to come again', async () => {
  const seats = await fixture.newStock(5);
  await fixture.tamper(async (client) => {
    await client.query('begin');
    await client.query('select from engine.stock where resource_id = $1 for update', [seats]);
    await assert.rejects(
      engine.perform(fixture.tenant, hold([units(seats, 1)])),
      (error) =>
        error instanceof Problem && error.code === 'unavailable' && error.details.retryAfterSeconds === 1,
    );
    await client.query('rollback');
  });
  assert.equal((await engine.perform(fixture.tenant, hold([units(seats, 1)]))).result, 'done');
  assert.equal(await fixture.count(`select taken from engine.stock where resource_id = '${seats}'`), 1);
});

test('a connection that dies under a batch costs nobody anything: the batch runs again and takes effect once', async () => {
  const seats = await fixture.newStock(50);
  const sales = await fixture.tamper(async (client) => {
    await client.query('begin');
    await client.query('select from engine.stock where resource_id = $1 for update', [seats]);
    const selling = Array.from({ length: 20 }, () => engine.perform(fixture.tenant, hold([units(seats, 1)])));
    const waiting = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    let killed = 0;
    while (killed === 0)
      killed = (await client.query(`select pg_terminate_backend(pid) from (${waiting}) w`)).rowCount ?? 0;
    await client.query('commit');
    return Promise.all(selling);
  });
  assert.ok(sales.every((outcome) => outcome.result === 'done'));
  assert.equal(await fixture.count(`select taken from engine.stock where resource_id = '${seats}'`), 20);
  assert.equal(
    await fixture.count(`select sum(units) from engine.stock_claim where resource_id = '${seats}'`),
    20,
  );
});

test('a hold sent again after an unknown commit is the same hold', async () => {
  const room = await fixture.newCalendar();
  const asked = hold([slot(room, 0)]);
  assert.equal((await engine.perform(fixture.tenant, asked)).result, 'done');
  // The second try of a batch: its connection was lost after the server had committed the first.
  const seats = await fixture.newStock(1);
  await fixture.tamper(async (client) => {
    await client.query('begin');
    await client.query('select from engine.calendar where resource_id = $1 for update', [room]);
    const again = engine.perform(fixture.tenant, { ...asked });
    const other = engine.perform(fixture.tenant, hold([units(seats, 1)]));
    const waiting = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    let killed = 0;
    while (killed === 0)
      killed = (await client.query(`select pg_terminate_backend(pid) from (${waiting}) w`)).rowCount ?? 0;
    await client.query('commit');
    const [outcome] = await Promise.all([again, other]);
    assert.ok(outcome.result === 'done' && outcome.booking.id === asked.bookingId);
  });
  assert.equal(
    await fixture.count(`select count(*) from engine.interval_claim where resource_id = '${room}'`),
    1,
  );
});

test('with the locks taken out the constraints still refuse a second sale', async () => {
  const room = await fixture.newCalendar();
  const { servingUrl } = fixture.database;
  const pools = [0, 1].map(() => openDatabase({ url: servingUrl, size: 4, named: true, log: silentLog }));
  const engines = pools.map((db) => openEngine({ db, log: silentLog, width: 3, guarded: false }));
  for (let hour = 0; hour < 20; hour++) {
    const sales = await Promise.all(
      engines.map((each) => each.perform(fixture.tenant, hold([slot(room, hour)]))),
    );
    assert.deepEqual(sales.map((outcome) => outcome.result).sort(), ['done', 'refused']);
  }
  await Promise.all(pools.map((pool) => pool.close()));
});
