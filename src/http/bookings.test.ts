import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type TestApp } from '../../test/app.ts';
import { asOwner } from '../platform/migrate.ts';

const ask = async (...asked: Parameters<typeof call>) => {
  const { body, ...answer } = await call(...asked);
  return { ...answer, body: body as unknown };
};

let web: TestApp;
let base: string;
let staff: string;
let client: string;
let other: string;
let room: string;
before(async () => {
  web = await testApp();
  const company = await web.tenantWith('admin', 'staff', 'client', 'client');
  base = company.base;
  const [admin, ...rest] = company.keys;
  [staff = '', client = '', other = ''] = rest;
  const made = await ask(web.app, 'POST', `${base}/rooms`, {
    key: admin,
    body: { name: 'R', building: 'B', capacity: 1 },
  });
  room = (made.body as { id: string }).id;
});
after(() => web.close());

interface Booking {
  id: string;
  reference: string;
  state: string;
  expiresAt: string | null;
  createdAt: string;
  version: number;
}

const post = (path: string, key: string, body?: unknown, headers: Record<string, string> = {}) =>
  ask(web.app, 'POST', `${base}${path}`, { key, body, headers });
const get = (path: string, key: string) => ask(web.app, 'GET', `${base}${path}`, { key });

let day = 0;
const nextLine = () => {
  day += 1;
  return {
    kind: 'room',
    roomId: room,
    start: new Date(Date.UTC(2030, 0, day, 8)).toISOString(),
    end: new Date(Date.UTC(2030, 0, day, 9)).toISOString(),
  };
};
async function held(key = client, given: Record<string, unknown> = {}): Promise<Booking> {
  const answer = await post('/holds', key, { lines: [nextLine()], ...given });
  assert.equal(answer.status, 201, answer.text);
  return answer.body as Booking;
}

test('a hold answers the whole booking, and reading it answers the same', async () => {
  const line = nextLine();
  const answer = await post('/holds', client, { lines: [line], note: 'Quiet please', ttlSeconds: 60 });
  const booking = answer.body as Booking;
  assert.partialDeepStrictEqual(booking, {
    state: 'held',
    lines: [{ no: 1, ...line, quantity: 1, unitPriceMinor: 0, totalMinor: 0 }],
    totalMinor: 0,
    currency: 'EUR',
    clientId: null,
    note: 'Quiet please',
    version: 1,
  });
  assert.match(booking.reference, /^[0-9A-HJKMNP-TV-Z]{13}$/);
  assert.equal(Date.parse(booking.expiresAt ?? '') - Date.parse(booking.createdAt), 60_000);
  assert.deepEqual((await get(`/bookings/${booking.id}`, client)).body, booking);
});

test('confirm and cancel answer the moved booking, take an empty body, and answer the same when repeated', async () => {
  const { id } = await held();
  const confirmed = await post(`/bookings/${id}/confirm`, client);
  assert.partialDeepStrictEqual(confirmed.body, { id, state: 'confirmed', expiresAt: null, version: 2 });
  assert.deepEqual((await post(`/bookings/${id}/confirm`, client, {})).body, confirmed.body);
  const cancelled = await post(`/bookings/${id}/cancel`, client, { reason: 'Rain' });
  assert.partialDeepStrictEqual(cancelled.body, { id, state: 'cancelled', version: 3 });
  assert.deepEqual((await post(`/bookings/${id}/cancel`, client)).body, cancelled.body);
  const late = await post(`/bookings/${id}/confirm`, client);
  assert.deepEqual([late.status, (late.body as { code: string }).code], [409, 'wrong_state']);
});

test('an expired hold answers 410 to confirm, and its time is sold to the next at once', async () => {
  const line = nextLine();
  const first = (await post('/holds', client, { lines: [line], ttlSeconds: 1 })).body as Booking;
  const passed = () =>
    asOwner(web.database.ownerUrl, async (owner) => {
      const { rows } = await owner.query<{ passed: boolean }>('select clock_timestamp() >= $1 as passed', [
        first.expiresAt,
      ]);
      return rows[0]?.passed;
    });
  while (!(await passed()));
  assert.equal((await post('/holds', other, { lines: [line] })).status, 201);
  const gone = await post(`/bookings/${first.id}/confirm`, client);
  assert.deepEqual([gone.status, (gone.body as { code: string }).code], [410, 'hold_expired']);
});

test('a key keeps the first answer, whatever happened to the booking since; a refusal is not kept', async () => {
  const line = nextLine();
  const hold = (key: string) => post('/holds', client, { lines: [line] }, { 'idempotency-key': key });
  const first = await hold('a');
  const refused = await hold('b');
  assert.equal(refused.status, 409);
  await post(`/bookings/${(first.body as Booking).id}/cancel`, client);
  const again = await hold('a');
  assert.deepEqual(
    [again.status, again.text, again.headers['idempotent-replayed']],
    [201, first.text, 'true'],
  );
  assert.equal((await hold('b')).status, 201, 'the time is free now, so the same call may succeed');
});

test('one key is good for one request of one principal', async () => {
  const asked = { lines: [nextLine()] };
  const key = { 'idempotency-key': '"shared"' };
  assert.equal((await post('/holds', client, asked, key)).status, 201);
  const changed = await post('/holds', client, { lines: [nextLine()] }, key);
  assert.deepEqual(
    [changed.status, (changed.body as { code: string }).code],
    [422, 'idempotency_key_reused'],
  );
  assert.equal((await post('/holds', other, { lines: [nextLine()] }, key)).status, 201);
  const { id } = await held();
  assert.equal((await post(`/bookings/${id}/confirm`, client, {}, key)).status, 200, 'another route');
});

test("clients see and move their own bookings only, staff everybody's", async () => {
  const { id, reference } = await held(client);
  assert.equal((await get(`/bookings/${id}`, other)).status, 404);
  assert.equal((await post(`/bookings/${id}/confirm`, other)).status, 404);
  assert.deepEqual(
    ((await get(`/bookings?reference=${reference}`, other)).body as { data: unknown }).data,
    [],
  );
  assert.equal(
    ((await get(`/bookings?reference=${reference}`, staff)).body as { data: Booking[] }).data[0]?.id,
    id,
  );
  assert.equal((await post(`/bookings/${id}/confirm`, staff)).status, 200);
});

test('who reads and cancels in the same moment as others still has only what is his', async () => {
  const mine = await Promise.all(Array.from({ length: 5 }, () => held(client)));
  const theirs = await Promise.all(Array.from({ length: 5 }, () => held(other)));
  const neighbour = await web.tenantWith('admin');
  const elsewhere = { key: neighbour.keys[0] };
  const asked = [...mine, ...theirs].flatMap(({ id }) => [
    get(`/bookings/${id}`, client),
    post(`/bookings/${id}/cancel`, client),
    ask(web.app, 'GET', `${neighbour.base}/bookings/${id}`, elsewhere),
  ]);
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  assert.deepEqual(statuses, [
    ...mine.flatMap(() => [200, 200, 404]),
    ...theirs.flatMap(() => [404, 404, 404]),
  ]);
  const states = await Promise.all(theirs.map(({ id }) => get(`/bookings/${id}`, other)));
  assert.ok(states.every(({ body }) => (body as Booking).state === 'held'));
});

test('the list walks through every booking once, newest first, while others are being made', async () => {
  for (let i = 0; i < 5; i++) await held();
  const all = ((await get('/bookings?limit=100', staff)).body as { data: Booking[] }).data.map(
    ({ id }) => id,
  );
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const page = (await get(`/bookings?limit=2${cursor}`, staff)).body as {
      data: Booking[];
      pagination: { nextCursor: string | null };
    };
    seen.push(...page.data.map(({ id }) => id));
    await held(); // newer than everything still to come
    if (page.pagination.nextCursor === null) break;
    cursor = `&cursor=${page.pagination.nextCursor}`;
  }
  assert.deepEqual(seen, all);
  const cancelled = (await get('/bookings?state=cancelled', staff)).body as { data: Booking[] };
  const states = cancelled.data.map(({ state }) => state);
  assert.ok(states.length > 0 && states.every((state) => state === 'cancelled'));
});
