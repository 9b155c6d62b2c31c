import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cancelling, hold, on, openFixture, slot, type Fixture } from '../../test/engine-fixture.ts';
import { silentLog } from '../../test/database.ts';
import { openDatabase, type Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import type { Choice } from './choice.ts';
import { examine } from './examine.ts';
import { linger } from './fault-point.ts';
import { openEngine, readBookings, type Engine, type Hold, type Needs, type Outcome } from './index.ts';
import { invariants } from './invariants.ts';
import { collidingList, requestList } from './lists.ts';
import { lockBookingsAndRivals } from './queries.ts';
import { readWishes } from './request.ts';
import { limitId } from './limit-id.ts';

let fixture: Fixture;
let other: Database;
let engines: readonly [Engine, Engine];
before(async () => {
  fixture = await openFixture();
  const { servingUrl } = fixture.database;
  other = openDatabase({ url: servingUrl, size: 4, named: true, log: silentLog });
  engines = [fixture.engine, openEngine({ db: other, log: silentLog, width: 3, guarded: true })];
});
after(async () => {
  await engines[1].drain();
  await other.close();
  await fixture.close();
});

function request(needs: readonly Needs[], stays = false): Hold {
  const asked = hold(needs, { approval: 'competing' });
  return { ...asked, lines: asked.lines.map((line) => ({ ...line, stays })) };
}

/** Approves as an admin would whose screen shows the request as it is now. */
async function approve(bookingId: Uuid, engine: Engine = fixture.engine): Promise<Outcome> {
  const [booking] = await readBookings(fixture.database.db, fixture.tenant, [bookingId]);
  assert.ok(booking);
  const wishes = await readWishes(fixture.database.db, fixture.tenant, booking);
  return engine.perform(fixture.tenant, {
    verb: 'approve',
    bookingId,
    ownedBy: null,
    actor: 'admin',
    ...wishes,
  });
}

async function statesOf(requests: readonly Hold[]): Promise<string[]> {
  const ids = requests.map((each) => each.bookingId);
  const found = await readBookings(fixture.database.db, fixture.tenant, ids);
  return found.map(({ state }) => state);
}

const wishes = () => fixture.count('select count(*) from engine.wish');

test('of many colliding requests that two servers approve at the same moment, exactly one is confirmed', async () => {
  for (let round = 0; round < 10; round += 1) {
    const room = await fixture.newCalendar();
    const requests = Array.from({ length: 12 }, (_, i) => request([slot(room, (i % 3) / 4)]));
    for (const each of requests) assert.equal((await fixture.perform(each)).result, 'done');
    const outcomes = await Promise.all(
      requests.map(({ bookingId }, i) => approve(bookingId, engines[i % 2] as Engine)),
    );
    const lost = outcomes.filter(({ result }) => result === 'wrongState' || result === 'refused').length;
    const states = await statesOf(requests);
    const confirmed = states.filter((state) => state === 'confirmed').length;
    assert.equal(confirmed, 1, states.join());
    assert.equal(lost, requests.length - 1, 'only one answer says yes');
    const claims = `select count(*) from engine.interval_claim where resource_id = '${room}'`;
    assert.equal(await fixture.count(claims), confirmed);
    assert.equal(states.filter((state) => state === 'declined').length, requests.length - confirmed);
  }
});

test('two admins who approve and decline one request: one of them decides, for good', async () => {
  for (let round = 0; round < 10; round += 1) {
    const asked = request([slot(await fixture.newCalendar(), 0)]);
    await fixture.perform(asked);
    const by = { bookingId: asked.bookingId, ownedBy: null, actor: 'another admin' };
    const [yes, no] = await Promise.all([
      approve(asked.bookingId),
      engines[1].perform(fixture.tenant, { verb: 'decline', ...by, reason: 'No' }),
    ]);
    const [state] = await statesOf([asked]);
    assert.equal(yes.result === 'done', state === 'confirmed');
    assert.equal(no.result === 'done', state === 'declined');
  }
});

test('requests that arrive, move and go while others are approved never deadlock, and no promise breaks', async () => {
  const rooms = await Promise.all([fixture.newCalendar(), fixture.newCalendar()]);
  const asked = Array.from({ length: 60 }, (_, i) =>
    request([slot(rooms[i % 2] as Uuid, i % 5), slot(rooms[(i + 1) % 2] as Uuid, (i * 3) % 5)], i % 4 === 0),
  );
  const outcomes = await Promise.all(
    asked.map(async (each, i) => {
      const engine = engines[i % 2] as Engine;
      const made = await engine.perform(fixture.tenant, each);
      if (made.result !== 'done') return made;
      if (i % 3 === 0) return approve(each.bookingId, engines[(i + 1) % 2]);
      return i % 3 === 1 ? engine.perform(fixture.tenant, cancelling(each.bookingId)) : made;
    }),
  );
  const expected = ['done', 'refused', 'wrongState'];
  assert.ok(outcomes.every(({ result }) => expected.includes(result)));
  assert.ok(outcomes.some(({ result }) => result === 'refused' || result === 'wrongState'));
  const found = await fixture.tamper((client) => Array.fromAsync(examine(client, invariants)));
  const broken = found.filter(({ id, broken }) => broken > 0 && id !== 'durability-is-on');
  assert.deepEqual(broken, []);
});

test('approving counts what the request is limited to, then and not before', async () => {
  const room = await fixture.newCalendar();
  const quota = { resourceId: limitId('quota', room), bucket: '-infinity', units: 1, cap: 1 };
  const [first, second] = [0, 1].map((hour) => request([{ ...slot(room, hour), units: [quota] }]));
  assert.ok(first !== undefined && second !== undefined);
  for (const each of [first, second]) assert.equal((await fixture.perform(each)).result, 'done');
  assert.equal((await approve(first.bookingId)).result, 'done');
  const refused = await approve(second.bookingId);
  assert.ok(refused.result === 'refused');
  assert.deepEqual(
    refused.conflicts.map(({ reason }) => reason),
    ['limit_reached'],
  );
  await fixture.perform(cancelling(first.bookingId));
  assert.equal((await approve(second.bookingId)).result, 'done');
});

test('a request that was changed after it was read is not approved as it was', async () => {
  const [room, elsewhere] = [await fixture.newCalendar(), await fixture.newCalendar()];
  const asked = request([slot(room, 0)]);
  await fixture.perform(asked);
  const [booking] = await readBookings(fixture.database.db, fixture.tenant, [asked.bookingId]);
  assert.ok(booking);
  const seen = await readWishes(fixture.database.db, fixture.tenant, booking);
  const { lines } = request([slot(elsewhere, 5)]);
  const by = { bookingId: asked.bookingId, ownedBy: null, actor: 'test' };
  await fixture.perform({ verb: 'reschedule', ...by, lines, guards: new Map(), version: null });
  assert.deepEqual(await fixture.perform({ verb: 'approve', ...by, ...seen }), { result: 'stale' });
  assert.equal((await approve(asked.bookingId)).result, 'done');
  const claims = `select count(*) from engine.interval_claim where booking_id = '${asked.bookingId}'`;
  assert.equal(await fixture.count(`${claims} and resource_id = '${elsewhere}'`), 1);
});

test('a client who asks through two servers at once has no more requests waiting than he may have', async () => {
  const most = 5;
  const rooms = await Promise.all(Array.from({ length: 20 }, () => fixture.newCalendar()));
  const servers = engines.map((_, i) =>
    openEngine({
      db: i === 0 ? fixture.database.db : other,
      log: silentLog,
      width: 1,
      guarded: true,
      at: linger,
    }),
  );
  const eager = { actor: 'eager', mostRequests: most };
  const asked = rooms.map((room) => ({ ...request([slot(room, 0)]), ...eager }));
  const outcomes = await Promise.all(
    asked.map((each, i) => (servers[i % 2] as Engine).perform(fixture.tenant, each)),
  );
  await Promise.all(servers.map((server) => server.drain()));
  assert.equal(outcomes.filter(({ result }) => result === 'done').length, most);
  assert.equal(outcomes.filter(({ result }) => result === 'refused').length, asked.length - most);
});

test('a booking that moves to what is chosen under the lock settles who asked for that', async () => {
  const [room, elsewhere] = [await fixture.newCalendar(), await fixture.newCalendar()];
  const booked = hold([slot(room, 0)]);
  await fixture.perform(booked);
  await fixture.perform(on('confirm', booked.bookingId));
  const asked = request([slot(elsewhere, 0)]);
  await fixture.perform(asked);
  const [from] = request([slot(elsewhere, 0)]).lines;
  assert.ok(from);
  const choice: Choice = { from, pick: () => ({ ...slot(elsewhere, 0), details: {} }) };
  const lines = [{ ...from, intervals: [], choice }];
  const by = { bookingId: booked.bookingId, ownedBy: null, actor: 'test' };
  const moved = await fixture.perform({ verb: 'reschedule', ...by, lines, guards: new Map(), version: null });
  assert.equal(moved.result, 'done');
  assert.deepEqual(await statesOf([asked]), ['declined']);
});

test('the sweeper ends requests whose time has begun, and their wishes with them', async () => {
  const asked = request([slot(await fixture.newCalendar(), 0)]);
  await fixture.perform(asked);
  const before = await wishes();
  const past = `update engine.booking set expires_at = now() - interval '1 second' where id = '${asked.bookingId}'`;
  await fixture.tamper((client) => client.query(past));
  await fixture.perform(on('expire', asked.bookingId));
  assert.deepEqual(await statesOf([asked]), ['expired']);
  assert.equal(await wishes(), before - 1);
});

test('the inbox and what collides are read along their indexes among many bookings that ask for nothing', async () => {
  const room = await fixture.newCalendar();
  const asked = request([slot(room, 0)]);
  await fixture.perform(asked);
  const { tenant } = fixture;
  const inbox = requestList.bySort.get('-createdAt')?.page.text ?? '';
  const colliding = collidingList.bySort.get('-createdAt')?.page.text ?? '';
  await fixture.tamper(async (client) => {
    await client.query(
      `insert into engine.booking as b (tenant_id, id, reference, state, hold_seconds, currency, total_minor, created_at, created_by)
       select $1, gen_random_uuid(), 'filler ' || n, 'confirmed', 1, 'EUR', 0, now(), 'filler' from generate_series(1, 20000) n`,
      [tenant],
    );
    await client.query('analyze engine.booking, engine.wish');
    await client.query('set role holdfast_app');
    await client.query('set plan_cache_mode = force_generic_plan');
    const planOf = async (text: string, values: readonly unknown[]) => {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${text}`, [...values]);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };
    assert.match(await planOf(inbox, [tenant, null, 20]), /booking_requested/);
    const plans = [
      await planOf(colliding, [tenant, asked.bookingId, 20]),
      await planOf(lockBookingsAndRivals.text, [
        tenant,
        [asked.bookingId],
        [room],
        [new Date()],
        [new Date()],
        [asked.bookingId],
      ]),
    ];
    for (const plan of plans) assert.doesNotMatch(plan, /Seq Scan on booking/, plan);
  });
});
