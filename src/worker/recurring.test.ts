import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '../../test/database.ts';
import { hold, on, openFixture, slot, units, untilExpired, type Fixture } from '../../test/engine-fixture.ts';
import { forgetKeys } from './forget-keys.ts';
import { recurringTasks, startRecurring } from './recurring.ts';
import { sweep } from './sweeper.ts';

let fixture: Fixture;
before(async () => {
  fixture = await openFixture();
});
after(() => fixture.close());

const states = (id: string) => `select count(*) from engine.booking where id = '${id}' and state = 'expired'`;

test('the sweeper ends what is due and nothing else', async () => {
  const room = await fixture.newCalendar();
  const seats = await fixture.newStock(9);
  const due = hold([slot(room, 0), units(seats, 2)], { ttlSeconds: 1 });
  const open = hold([slot(room, 1), units(seats, 3)]);
  const kept = hold([slot(room, 2), units(seats, 4)], { ttlSeconds: 1 });
  for (const each of [due, open, kept]) await fixture.perform(each);
  await fixture.perform(on('confirm', kept.bookingId));
  await untilExpired(fixture, due.bookingId);

  assert.equal(await sweep(fixture.database.db, fixture.engine), 1);
  assert.equal(await fixture.count(states(due.bookingId)), 1);
  assert.equal(await fixture.count('select count(*) from engine.interval_claim'), 2);
  assert.equal(await fixture.count('select taken from engine.stock'), 7);
  assert.equal(await sweep(fixture.database.db, fixture.engine), 0, 'nothing is looked at twice');
});

test('what a buyer left behind of an expired hold on other resources is tidied too', async () => {
  const [wanted, left] = [await fixture.newCalendar(), await fixture.newCalendar()];
  const due = hold([slot(wanted, 0), slot(left, 0)], { ttlSeconds: 1 });
  await fixture.perform(due);
  await untilExpired(fixture, due.bookingId);
  assert.equal((await fixture.perform(hold([slot(wanted, 0)]))).result, 'done');
  const remains = `select count(*) from engine.interval_claim where booking_id = '${due.bookingId}'`;
  assert.equal(await fixture.count(remains), 1);
  await sweep(fixture.database.db, fixture.engine);
  assert.equal(await fixture.count(remains), 0);
  const told = `select count(*) from engine.change where booking_id = '${due.bookingId}' and type = 'booking.expired'`;
  assert.equal(await fixture.count(told), 1);
  const all = `array['${wanted}', '${left}']::uuid[]`;
  assert.equal(await fixture.count(`${told} and resource_ids @> ${all}`), 1, 'what was left was told of too');
});

test('stopping waits for the step under way, and a task that fails is tried again', async () => {
  const { db } = fixture.database;
  const due = hold([slot(await fixture.newCalendar(), 0)], { ttlSeconds: 1 });
  await fixture.perform(due);
  await untilExpired(fixture, due.bookingId);
  let tries = 0;
  let again: () => void = () => undefined;
  const retried = new Promise<void>((resolve) => (again = resolve));
  const shaky = {
    name: 'shaky',
    everyMs: 1,
    step: async () => {
      tries += 1;
      if (tries === 1) throw new Error('not today');
      again();
      return false;
    },
  };
  const metrics = { remember: () => Promise.resolve() };
  const all = recurringTasks({ db, engine: fixture.engine, metrics, changesKeptDays: 400 });
  const stop = startRecurring([...all, shaky], silentLog);
  await retried;
  await stop();
  assert.equal(await fixture.count(states(due.bookingId)), 1);
});

test('answers kept for idempotency keys are forgotten after three days, younger ones stay', async () => {
  const kept = (key: string, age: string) => `insert into engine.idempotency
    select tenant_id, 'p', 'r', '${key}', sha256(''), 201, '{}', now() - interval '${age}' from engine.tenant_clock`;
  await fixture.tamper((client) => client.query(kept('old', '3 days 1 minute')));
  await fixture.tamper((client) => client.query(kept('young', '2 days 23 hours')));
  assert.equal(await forgetKeys(fixture.database.db), 1);
  assert.equal(await fixture.count(`select count(*) from engine.idempotency where key = 'young'`), 1);
});
