import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type TestApp } from '../../test/app.ts';

let web: TestApp;
let base: string;
let staff: string;
let client: string;
let admin: string;
let rooms: string[];
before(async () => {
  web = await testApp();
  const company = await web.tenantWith('admin', 'staff', 'client');
  base = company.base;
  [admin = '', staff = '', client = ''] = company.keys;
  rooms = [];
  for (const name of ['One', 'Two']) {
    const made = await call(web.app, 'POST', `${base}/rooms`, {
      key: admin,
      body: { name, building: 'B', capacity: 1 },
    });
    rooms.push(String(made.body['id']));
  }
});
after(() => web.close());

interface Booking {
  id: string;
  state: string;
  version: number;
  totalMinor: number;
  expiresAt: string;
  createdAt: string;
  checkedInAt: string | null;
  lines: {
    no: number;
    roomId: string;
    start: string;
    cancelledAt: string | null;
    checkedInAt: string | null;
  }[];
}

async function post(path: string, body?: unknown, key = staff) {
  const answer = await call(web.app, 'POST', `${base}${path}`, { key, body });
  return {
    status: answer.status,
    code: answer.body.code,
    errors: answer.body.errors,
    booking: answer.body as unknown as Booking,
  };
}

let day = 0;
const hour = (of: number) => new Date(Date.UTC(2030, 0, day, of)).toISOString();
const line = (room: number, from = 8) => ({
  kind: 'room',
  roomId: rooms[room],
  start: hour(from),
  end: hour(from + 1),
});

/** A booking of a day that no other test uses. */
async function booked(count = 1, confirm = true, given: Record<string, unknown> = {}): Promise<Booking> {
  day += 1;
  const lines = Array.from({ length: count }, (_, i) => line(0, 8 + i));
  const held = await post('/holds', { lines, ...given });
  assert.equal(held.status, 201);
  return confirm ? (await post(`/bookings/${held.booking.id}/confirm`)).booking : held.booking;
}

test('rescheduling takes the new time and gives back the old', async () => {
  const { id } = await booked();
  const moved = await post(`/bookings/${id}/reschedule`, {
    lines: [{ no: 1, start: hour(12), end: hour(13) }],
  });
  assert.deepEqual([moved.status, moved.booking.state, moved.booking.version], [200, 'confirmed', 3]);
  assert.deepEqual([moved.booking.lines[0]?.start, moved.booking.lines[0]?.roomId], [hour(12), rooms[0]]);
  assert.equal((await post('/holds', { lines: [line(0, 8)] })).status, 201);
  assert.equal((await post('/holds', { lines: [line(0, 12)] })).status, 409);
});

test('rescheduling to an overlapping time of its own is possible, onto another booking it is not and changes nothing', async () => {
  const { id } = await booked(2);
  const half = new Date(Date.parse(hour(7)) + 1_800_000).toISOString();
  const moved = await post(`/bookings/${id}/reschedule`, { lines: [{ no: 1, start: half }] });
  assert.equal(moved.status, 200);
  const refused = await post(`/bookings/${id}/reschedule`, {
    lines: [{ no: 1, start: hour(9), end: hour(10) }],
  });
  assert.deepEqual([refused.status, refused.code], [409, 'capacity_unavailable']);
  const read = await call(web.app, 'GET', `${base}/bookings/${id}`, { key: staff });
  assert.deepEqual(read.body, moved.booking);
});

test('two lines swap their rooms in one call', async () => {
  day += 1;
  const held = await post('/holds', { lines: [line(0), line(1)] });
  const lines = [
    { no: 1, roomId: rooms[1] },
    { no: 2, roomId: rooms[0] },
  ];
  const swapped = await post(`/bookings/${held.booking.id}/reschedule`, { lines });
  assert.equal(swapped.status, 200);
  assert.deepEqual(
    swapped.booking.lines.map(({ roomId }) => roomId),
    [rooms[1], rooms[0]],
  );
});

test('a reschedule is checked as a new line would be', async () => {
  const { id } = await booked();
  const wrong = (lines: unknown) => post(`/bookings/${id}/reschedule`, { lines });
  for (const [lines, status, reason] of [
    [[{ no: 2, start: hour(12) }], 422, 'unknown_line'],
    [[{ no: 1, start: hour(9) }], 422, 'empty_interval'],
    [[{ no: 1, start: 'tomorrow' }], 422, 'invalid_time'],
    [[{ no: 1, price: 3 }], 422, 'unknown_field'],
    [[{ no: 1, kind: 'seat', start: hour(12), end: hour(13) }], 200, undefined], // a line keeps its kind
  ] as const) {
    const answer = await wrong(lines);
    assert.deepEqual([answer.status, answer.errors?.[0]?.reason], [status, reason]);
    assert.match(answer.errors?.[0]?.pointer ?? '/lines', /^\/lines/);
  }
});

test('a cancelled line gives back its time and no longer counts; the last one ends the booking', async () => {
  const { id } = await booked(2);
  const less = await post(`/bookings/${id}/cancel`, { lines: [2] });
  assert.deepEqual([less.status, less.booking.state], [200, 'confirmed']);
  assert.deepEqual(
    less.booking.lines.map(({ cancelledAt }) => cancelledAt !== null),
    [false, true],
  );
  assert.equal((await post('/holds', { lines: [line(0, 9)] })).status, 201);
  assert.deepEqual((await post(`/bookings/${id}/cancel`, { lines: [2] })).booking, less.booking, 'repeated');
  assert.equal((await post(`/bookings/${id}/cancel`, { lines: [3] })).status, 422);
  assert.equal((await post(`/bookings/${id}/cancel`, { lines: [1] })).booking.state, 'cancelled');
});

test('check-in marks lines, then the booking; one that came is no no-show', async () => {
  const { id } = await booked(2);
  const first = await post(`/bookings/${id}/check-in`, { lines: [2] });
  assert.deepEqual(
    [first.booking.checkedInAt, first.booking.lines.map((each) => each.checkedInAt !== null)],
    [null, [false, true]],
  );
  const all = await post(`/bookings/${id}/check-in`, { lines: [1] });
  assert.ok(all.booking.checkedInAt !== null);
  assert.deepEqual((await post(`/bookings/${id}/check-in`, { lines: [1] })).booking, all.booking);
  assert.deepEqual((await post(`/bookings/${id}/no-show`)).code, 'wrong_state');
  assert.equal((await post(`/bookings/${id}/complete`)).booking.state, 'completed');
  assert.equal((await post(`/bookings/${id}/cancel`)).code, 'wrong_state');
});

test('a no-show keeps its time', async () => {
  const { id } = await booked();
  assert.equal((await post(`/bookings/${id}/no-show`)).booking.state, 'noShow');
  assert.equal((await post('/holds', { lines: [line(0)] })).status, 409);
});

test('a hold is renewed for as long as it was given at first, and never past its hour', async () => {
  const held = await booked(1, false, { ttlSeconds: 60 });
  const renewed = await post(`/bookings/${held.id}/renew`, { ttlSeconds: 3_600 });
  assert.equal(renewed.status, 200);
  const life = Date.parse(renewed.booking.expiresAt) - Date.parse(held.createdAt);
  assert.ok(life >= 60_000 && life < 120_000, `it lives ${life} ms`);
  const long = await booked(1, false, { ttlSeconds: 3_600 });
  assert.deepEqual((await post(`/bookings/${long.id}/renew`)).errors[0]?.reason, 'renewal_spent');
});

test('what asks for no approval cannot be approved or declined', async () => {
  const { id } = await booked(1, false);
  assert.equal((await post(`/bookings/${id}/approve`)).code, 'wrong_state');
  assert.equal((await post(`/bookings/${id}/decline`, { reason: 'Closed' })).code, 'wrong_state');
});

test('clients move their own holds; what staff decide is not theirs to call', async () => {
  day += 1;
  const { booking } = await post('/holds', { lines: [line(0)] }, client);
  for (const verb of ['approve', 'decline', 'check-in', 'complete', 'no-show'])
    assert.deepEqual((await post(`/bookings/${booking.id}/${verb}`, {}, client)).code, 'forbidden');
  for (const [verb, body] of [
    ['renew', {}],
    ['reschedule', { lines: [{ no: 1, start: hour(7) }] }],
    ['confirm', {}],
    ['cancel', {}],
  ] as const)
    assert.equal((await post(`/bookings/${booking.id}/${verb}`, body, client)).status, 200, verb);
});

test('one line cannot be moved to two places in one call', async () => {
  const { id } = await booked();
  const lines = [
    { no: 1, start: hour(12), end: hour(13) },
    { no: 1, start: hour(14), end: hour(15) },
  ];
  const twice = await post(`/bookings/${id}/reschedule`, { lines });
  assert.deepEqual([twice.status, twice.errors[0]?.reason], [422, 'duplicate_item']);
});

test('two changes of one line at the same moment are both kept', async () => {
  const { id } = await booked();
  const change = (fields: Record<string, unknown>) =>
    post(`/bookings/${id}/reschedule`, { lines: [{ no: 1, ...fields }] });
  const answers = await Promise.all([
    change({ roomId: rooms[1] }),
    change({ start: hour(12), end: hour(13) }),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  const read = await call(web.app, 'GET', `${base}/bookings/${id}`, { key: staff });
  const [moved] = (read.body as unknown as Booking).lines;
  assert.deepEqual([moved?.roomId, moved?.start], [rooms[1], hour(12)]);
});

test('a repeated hold is answered with its first answer, also when it could not be made any more', async () => {
  day += 1;
  const headers = { 'idempotency-key': 'early' };
  const hold = () =>
    call(web.app, 'POST', `${base}/holds`, { key: staff, headers, body: { lines: [line(1)] } });
  const first = await hold();
  const archive = (archived: boolean) =>
    call(web.app, 'PATCH', `${base}/rooms/${rooms[1]}`, {
      key: admin,
      headers: { 'if-match': '*' },
      body: { archived },
    });
  assert.equal((await archive(true)).status, 200);
  const again = await hold();
  await archive(false);
  assert.deepEqual([first.status, again.status, again.text], [201, 201, first.text]);
});

test('a refusal at the end of time is a refusal', async () => {
  const lines = [
    { kind: 'room', roomId: rooms[0], start: '9999-12-30T00:00:00Z', end: '9999-12-31T00:00:00Z' },
  ];
  assert.deepEqual(
    [(await post('/holds', { lines })).status, (await post('/holds', { lines })).status],
    [201, 409],
  );
});
