import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshDatabase, silentLog, type FreshDatabase } from '../../test/database.ts';
import { openDatabase, type Database } from './db.ts';
import { DatabaseFault } from './fault.ts';
import { uuidV7 } from './id.ts';
import { asOwner } from './migrate.ts';
import { statement } from './statement.ts';

/** The third row waits for whoever has lock 7; each fills more than PostgreSQL keeps before it sends, but for its tail. */
const threeRows = statement('test.threeRows', {
  params: ['uuid'],
  columns: { no: 'int4', filler: 'text', waited: 'text?' },
  text: `select n as no, repeat('x', 20000) as filler, case when n = 3 then pg_advisory_xact_lock(7) end::text as waited
    from generate_series(1, 3) n where $1::uuid is not null`,
});
const failsLate = statement('test.failsLate', {
  params: ['uuid'],
  columns: { none: 'int4' },
  text: 'select 1 / (2 - n) as none from generate_series(1, 3) n where $1::uuid is not null',
});

let database: FreshDatabase;
let db: Database;
const tenant = uuidV7();

before(async () => {
  database = await freshDatabase();
  db = openDatabase({ url: database.servingUrl, size: 1, named: true, log: silentLog });
});
after(async () => {
  await db.close();
  await database.close();
});

test('a row is handed over while the database still finds the next', async () => {
  const taken: number[] = [];
  await asOwner(database.ownerUrl, async (owner) => {
    await owner.query('select pg_advisory_lock(7)');
    let released: Promise<unknown> | undefined;
    await db.readEach(tenant, threeRows, ({ no }) => {
      taken.push(no);
      released ??= owner.query('select pg_advisory_unlock(7)');
    });
    await released;
  });
  assert.deepEqual(taken, [1, 2, 3]);
});

test('what the taker throws comes out of the read, no more rows go to it, and the connection serves on', async () => {
  const wrong = new RangeError('this row cannot be written');
  let calls = 0;
  const reading = db.readEach(tenant, threeRows, () => {
    calls += 1;
    throw wrong;
  });
  await assert.rejects(reading, (error) => error === wrong);
  assert.equal(calls, 1);
  assert.equal((await db.read(tenant, threeRows)).length, 3);
});

test('a statement that fails after its first row is a fault', async () => {
  await assert.rejects(
    db.readEach(tenant, failsLate, () => undefined),
    DatabaseFault,
  );
});
