import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '../../test/database.ts';
import { hold, openFixture, units, type Fixture } from '../../test/engine-fixture.ts';
import { faultPoints, type FaultPoint } from './fault-point.ts';
import { openEngine } from './index.ts';

let fixture: Fixture;
before(async () => {
  fixture = await openFixture();
});
after(() => fixture.close());

test('a batch passes each of its fault points once, and what it sold is seen by others only after the last but one', async () => {
  const seats = await fixture.newStock(5);
  const taken = `select taken from engine.stock where resource_id = '${seats}'`;
  const seen: { point: FaultPoint; commands: number; taken: number; answered: boolean }[] = [];
  let answered = false;
  const engine = openEngine({
    ...{ db: fixture.database.db, log: silentLog, width: 1, guarded: true },
    at: async (point, commands) => {
      const now = point === 'sent' ? 0 : await fixture.count(taken); // the COMMIT is racing this look
      seen.push({ point, commands: commands.length, taken: now, answered });
    },
  });
  const asked = [0, 1, 2].map(() => engine.perform(fixture.tenant, hold([units(seats, 1)])));
  await Promise.all(asked.map((each) => each.then(() => (answered = true))));
  assert.deepEqual(
    seen,
    faultPoints.map((point) => ({
      ...{ point, commands: 3, answered: false },
      taken: point === 'committed' ? 3 : 0,
    })),
  );
});

test('the writes and the COMMIT are with the database at the point "sent", whatever becomes of the sender', async () => {
  const seats = await fixture.newStock(1);
  const held = Promise.withResolvers<void>();
  const stuck = Promise.withResolvers<void>();
  const engine = openEngine({
    ...{ db: fixture.database.db, log: silentLog, width: 1, guarded: true },
    at: async (point) => {
      if (point !== 'sent') return;
      stuck.resolve();
      await held.promise;
    },
  });
  let answered = false;
  const asked = engine.perform(fixture.tenant, hold([units(seats, 1)])).then(() => (answered = true));
  await stuck.promise;
  const taken = `select taken from engine.stock where resource_id = '${seats}'`;
  while ((await fixture.count(taken)) === 0) assert.equal(answered, false);
  assert.equal(answered, false, 'nobody is answered before the point is left');
  held.resolve();
  await asked;
});
