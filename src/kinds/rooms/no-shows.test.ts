import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type TestApp } from '../../../test/app.ts';
import { silentLog } from '../../../test/database.ts';
import { openEngine, type Engine } from '../../engine/index.ts';
import { asOwner } from '../../platform/migrate.ts';
import { releaseNoShows } from './no-shows.ts';

let web: TestApp;
let engine: Engine;
let base: string;
let tenant: string;
let admin: string;
before(async () => {
  web = await testApp();
  engine = openEngine({ db: web.database.db, log: silentLog, width: 2, guarded: true });
  const company = await web.tenantWith('admin');
  ({ base } = company);
  tenant = company.tenant.id;
  [admin = ''] = company.keys;
});
after(async () => {
  await engine.drain();
  await web.close();
});

const MINUTE_MS = 60_000;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

async function post(path: string, body: unknown, status: number) {
  const answer = await call(web.app, 'POST', `${base}${path}`, { key: admin, body });
  assert.equal(answer.status, status, answer.text);
  return answer.body;
}
const read = async (path: string) => (await call(web.app, 'GET', `${base}${path}`, { key: admin })).body;

let named = 0;
async function newRoom(rules: object): Promise<string> {
  return String(
    (await post('/rooms', { name: `Room ${(named += 1)}`, building: 'Main', capacity: 10, rules }, 201))[
      'id'
    ],
  );
}

/** A confirmed booking; its first line begins now, so what is tested is moved into the past around the program. */
async function begun(roomId: string, minutesAgo: number, more: readonly string[] = []): Promise<string> {
  const lines = [{ kind: 'room', roomId, start: inMinutes(0), end: inMinutes(60) }];
  for (const other of more)
    lines.push({ kind: 'room', roomId: other, start: inMinutes(1_440), end: inMinutes(1_500) });
  const { id } = await post('/holds', { lines }, 201);
  await post(`/bookings/${String(id)}/confirm`, {}, 200);
  await asOwner(web.database.ownerUrl, async (owner) => {
    await owner.query(`select engine.set_tenant($1)`, [tenant]);
    await owner.query(`set holdfast.tenant = '${tenant}'`);
    const given = [tenant, id, minutesAgo];
    await owner.query(
      `update engine.interval_claim set starts_at = starts_at - make_interval(mins => $3)
       where tenant_id = $1 and booking_id = $2 and line_no = 1`,
      given,
    );
    await owner.query(
      `update engine.booking_line set details = details || jsonb_build_object('start',
         to_char((details->>'start')::timestamptz - make_interval(mins => $3), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
       where tenant_id = $1 and booking_id = $2 and line_no = 1`,
      given,
    );
  });
  return String(id);
}

const release = () => releaseNoShows(web.database.db, engine);
const stateOf = async (id: string) => (await read(`/bookings/${id}`))['state'];

test('a booking for which nobody checked in in time is a no-show, and the rest of its time is free', async () => {
  const room = await newRoom({ checkInMinutes: 10 });
  const id = await begun(room, 11);
  assert.equal(await release(), 1);
  assert.equal(await stateOf(id), 'noShow');
  const { busy } = await read(`/rooms/${room}/availability?from=${inMinutes(1)}&to=${inMinutes(60)}`);
  assert.deepEqual(busy, []);
  const over = await read(`/rooms/${room}/availability?from=${inMinutes(-10)}&to=${inMinutes(60)}`);
  assert.equal((over['busy'] as unknown[]).length, 1, 'what is over stays: it was kept from everybody else');
  await post(
    '/holds',
    { lines: [{ kind: 'room', roomId: room, start: inMinutes(1), end: inMinutes(60) }] },
    201,
  );
  assert.equal(await release(), 0);
});

test('who came, who still has time, who is in a room without the rule and what only begins later is left alone', async () => {
  const [room, other, free] = [
    await newRoom({ checkInMinutes: 10 }),
    await newRoom({ checkInMinutes: 10 }),
    await newRoom({}),
  ];
  const came = await begun(room, 20);
  await post(`/bookings/${came}/check-in`, {}, 200);
  const early = await begun(other, 8);
  const without = await begun(free, 50);
  assert.equal(await release(), 0);
  for (const id of [came, early, without]) assert.equal(await stateOf(id), 'confirmed');
});

test('of a booking that goes on only the line is given back', async () => {
  const room = await newRoom({ checkInMinutes: 10 });
  const id = await begun(room, 15, [room]);
  assert.equal(await release(), 1);
  const { state, lines } = await read(`/bookings/${id}`);
  const cancelled = (lines as { cancelledAt: string | null }[]).map(
    ({ cancelledAt }) => cancelledAt !== null,
  );
  assert.deepEqual([state, cancelled], ['confirmed', [true, false]]);
  await post(
    '/holds',
    { lines: [{ kind: 'room', roomId: room, start: inMinutes(1), end: inMinutes(40) }] },
    201,
  );
  const query = `from=${encodeURIComponent(inMinutes(-60))}&to=${encodeURIComponent(inMinutes(60))}`;
  const [row] = (await read(`/rooms/reports/bookings?per=month&${query}`))['data'] as Record<
    string,
    number
  >[];
  assert.ok((row?.['noShows'] ?? 0) >= 1);
  assert.equal(row?.['cancelled'], 0, 'a line given back because nobody came was not cancelled by anybody');
});

test('who checks in while the line is being released wins: what was seen is no longer so', async () => {
  const room = await newRoom({ checkInMinutes: 10 });
  const id = await begun(room, 15);
  const before = await read(`/bookings/${id}`);
  await post(`/bookings/${id}/check-in`, {}, 200);
  const seen = {
    bookingId: id,
    version: Number(before['version']),
    lineNos: [1],
    ownedBy: null,
    actor: 'test',
  };
  const outcome = await engine.perform(tenant, { verb: 'release', ...seen });
  assert.equal(outcome.result, 'done');
  assert.equal(await stateOf(id), 'confirmed');
});

test('two workers release the same bookings at once: each once', async () => {
  const rooms = await Promise.all([1, 2, 3, 4, 5].map(() => newRoom({ checkInMinutes: 5 })));
  const ids = [];
  for (const room of rooms) ids.push(await begun(room, 30));
  const second = openEngine({ db: web.database.db, log: silentLog, width: 2, guarded: true });
  await Promise.all([release(), releaseNoShows(web.database.db, second), release()]);
  await second.drain();
  for (const id of ids) {
    const { state, version } = await read(`/bookings/${id}`);
    assert.deepEqual([state, version], ['noShow', 3]);
  }
});
