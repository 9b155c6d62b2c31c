import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type TestApp } from '../../test/app.ts';
import { asOwner } from '../platform/migrate.ts';

let web: TestApp;
let base: string;
let tenant: string;
let admin: string;
let staff: string;
let ann: string;
let ben: string;
before(async () => {
  web = await testApp();
  const company = await web.tenantWith('admin', 'staff', 'client', 'client');
  base = company.base;
  tenant = company.tenant.id;
  [admin = '', staff = '', ann = '', ben = ''] = company.keys;
});
after(() => web.close());

interface Booking {
  id: string;
  state: string;
  version: number;
  expiresAt: string | null;
  lines: { no: number; start: string; end: string }[];
  withLines?: number[];
}

async function post(path: string, key: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await call(web.app, 'POST', `${base}${path}`, { key, body, headers });
  const { code, errors, conflicts } = answer.body as typeof answer.body & {
    conflicts?: { reason: string }[];
  };
  const told = code === undefined ? undefined : [code, ...(errors ?? conflicts ?? []).map((e) => e.reason)];
  return { status: answer.status, told, booking: answer.body as unknown as Booking, text: answer.text };
}

async function get<T>(path: string, key: string): Promise<T> {
  const answer = await call(web.app, 'GET', `${base}${path}`, { key });
  assert.equal(answer.status, 200, answer.text);
  return answer.body as T;
}

let rooms = 0;
async function newRoom(rules: object): Promise<string> {
  const body = { name: `Room ${(rooms += 1)}`, building: 'B', capacity: 1, rules };
  const made = await post('/rooms', admin, body);
  assert.equal(made.status, 201, made.text);
  return made.booking.id;
}
const exclusive = () => newRoom({ approval: 'required' });
const competing = (more = {}) => newRoom({ approval: 'required', approvalMode: 'competing', ...more });

const hour = (from: number) => new Date(Date.UTC(2031, 0, 6, from)).toISOString();
const at = (roomId: string, from: number, hours = 1) => ({
  ...{ kind: 'room', roomId },
  ...{ start: hour(from), end: hour(from + hours) },
});
const hold = (key: string, ...lines: object[]) => post('/holds', key, { lines });

async function held(key: string, ...lines: object[]): Promise<Booking> {
  const answer = await hold(key, ...lines);
  assert.equal(answer.status, 201, answer.text);
  return answer.booking;
}

/** A request of a room where the first to ask keeps the time. */
async function requested(key: string, ...lines: object[]): Promise<Booking> {
  const { id } = await held(key, ...lines);
  return (await post(`/bookings/${id}/confirm`, key)).booking;
}

const stateOf = async ({ id }: Booking) => (await get<Booking>(`/bookings/${id}`, staff)).state;

/** What the changes tell of a booking, oldest first. */
async function changesOf({ id }: Booking): Promise<{ type: string; payload: object }[]> {
  return asOwner(web.database.ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenant}'`);
    const found = await client.query<{ type: string; payload: object }>(
      'select type, payload from engine.change where booking_id = $1 order by seq',
      [id],
    );
    return found.rows;
  });
}

/** Moves the time at which a request expires into the past, as if its start had come. */
async function begins({ id }: Booking): Promise<void> {
  await asOwner(web.database.ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenant}'`);
    await client.query('begin');
    for (const [table, key] of [
      ['booking', 'id'],
      ['interval_claim', 'booking_id'],
    ])
      await client.query(
        `update engine.${table} set expires_at = now() - interval '1 second' where ${key} = $1`,
        [id],
      );
    await client.query('commit');
  });
}

test('an exclusive request keeps its time while it waits, and approving confirms it', async () => {
  const room = await exclusive();
  const request = await requested(ann, at(room, 9));
  assert.deepEqual([request.state, request.expiresAt], ['requested', hour(9)]);
  assert.deepEqual((await hold(ben, at(room, 9))).told, ['capacity_unavailable', 'slot_taken']);
  const approved = await post(`/bookings/${request.id}/approve`, staff);
  assert.deepEqual(
    [approved.status, approved.booking.state, approved.booking.expiresAt],
    [200, 'confirmed', null],
  );
  assert.deepEqual((await post(`/bookings/${request.id}/approve`, admin)).booking, approved.booking, 'again');
  assert.deepEqual((await post(`/bookings/${request.id}/decline`, admin, { reason: 'No' })).told, [
    'wrong_state',
  ]);
});

test('declining needs a reason, which the changes tell, and gives the time back', async () => {
  const room = await exclusive();
  const request = await requested(ann, at(room, 9));
  const decline = (body?: unknown) => post(`/bookings/${request.id}/decline`, staff, body);
  assert.deepEqual((await decline()).told, ['malformed', 'empty_body']);
  assert.deepEqual((await decline({})).told, ['rule_violated', 'missing_field']);
  assert.deepEqual((await decline({ reason: '' })).told, ['rule_violated', 'invalid_text']);
  assert.equal(await stateOf(request), 'requested');
  const declined = await decline({ reason: 'The room is being painted' });
  assert.equal(declined.booking.state, 'declined');
  assert.deepEqual((await changesOf(request)).at(-1), {
    type: 'booking.declined',
    payload: { reason: 'The room is being painted' },
  });
  assert.equal((await hold(ben, at(room, 9))).status, 201);
  assert.deepEqual((await post(`/bookings/${request.id}/approve`, staff)).told, ['wrong_state']);
});

test('competing requests hold nothing; approving one takes the time and declines those that collide, by name', async () => {
  const room = await competing();
  const first = await held(ann, at(room, 9, 2));
  const second = await held(ben, at(room, 10, 2));
  const apart = await held(ben, at(room, 12));
  assert.deepEqual(
    [first, second, apart].map(({ state, expiresAt }) => [state, expiresAt]),
    [9, 10, 12].map((from) => ['requested', hour(from)]),
  );
  const approved = await post(`/bookings/${second.id}/approve`, staff);
  assert.deepEqual([approved.status, approved.booking.state], [200, 'confirmed']);
  assert.deepEqual([await stateOf(first), await stateOf(apart)], ['declined', 'requested']);
  assert.deepEqual((await changesOf(first)).at(-1), {
    type: 'booking.declined',
    payload: { reason: 'Another request for this time was approved.', settledBy: second.id },
  });
  assert.deepEqual((await changesOf(second)).at(-1), {
    type: 'booking.confirmed',
    payload: { approved: true },
  });
  assert.deepEqual((await hold(ann, at(room, 11))).told, ['capacity_unavailable', 'slot_taken']);
  assert.deepEqual((await post(`/bookings/${first.id}/approve`, staff)).told, ['wrong_state']);
});

test('where colliding requests are left, they go on waiting and cannot be approved while the time is taken', async () => {
  const room = await competing({ collidingRequests: 'leave' });
  const first = await held(ann, at(room, 9));
  const second = await held(ben, at(room, 9));
  const winner = await post(`/bookings/${first.id}/approve`, staff);
  assert.equal(winner.status, 200);
  assert.equal(await stateOf(second), 'requested');
  const refused = await post(`/bookings/${second.id}/approve`, staff);
  assert.deepEqual([refused.status, refused.told], [409, ['capacity_unavailable', 'slot_taken']]);
  await post(`/bookings/${first.id}/cancel`, ann);
  assert.equal((await post(`/bookings/${second.id}/approve`, staff)).booking.state, 'confirmed');
});

test('what collides with a request is shown before the answer, requests and bookings, with the lines in question', async () => {
  const room = await competing({ approvalRoles: ['staff'] });
  const other = await competing();
  const request = await held(ann, at(room, 9, 2), at(other, 9, 2));
  const rival = await held(ben, at(other, 10));
  await held(ben, at(room, 11)); // begins when the request ends
  const own = await held(staff, at(room, 10)); // who needs no approval holds at once
  assert.equal(own.state, 'held');
  const { data } = await get<{ data: Booking[] }>(`/bookings/${request.id}/colliding?sort=createdAt`, staff);
  assert.deepEqual(
    data.map(({ id, state, withLines }) => [id, state, withLines]),
    [
      [rival.id, 'requested', [2]],
      [own.id, 'held', [1]],
    ],
  );
  const hidden = await call(web.app, 'GET', `${base}/bookings/${request.id}/colliding`, { key: ann });
  assert.equal(hidden.body.code, 'forbidden');
});

test('lines that need approval are not mixed with lines that do not, nor exclusive with competing ones', async () => {
  const [free, first, wish] = [await newRoom({}), await exclusive(), await competing()];
  for (const lines of [
    [at(free, 9), at(first, 9)],
    [at(first, 9), at(wish, 9)],
    [at(wish, 9), at(free, 9)],
  ])
    assert.deepEqual((await hold(ann, ...lines)).told, ['rule_violated', 'mixed_approval']);
  assert.equal((await hold(ann, at(free, 9))).booking.state, 'held');
  assert.equal((await hold(ann, at(first, 9))).booking.state, 'held');
});

test('a request that nobody answered expires with its start, keeps nothing, and can no longer be answered', async () => {
  const [first, wish] = [await exclusive(), await competing()];
  for (const request of [await requested(ann, at(first, 9)), await held(ann, at(wish, 9))]) {
    await begins(request);
    assert.deepEqual((await post(`/bookings/${request.id}/approve`, staff)).told, ['hold_expired']);
    assert.deepEqual((await post(`/bookings/${request.id}/decline`, staff, { reason: 'No' })).told, [
      'hold_expired',
    ]);
    assert.equal(await stateOf(request), 'expired');
    assert.equal((await changesOf(request)).at(-1)?.type, 'booking.expired');
  }
  assert.equal((await hold(ben, at(first, 9))).status, 201);
});

test('a request needs some time before its start in which it could be answered', async () => {
  const [room, wish] = [await newRoom({ approval: 'required', bufferBeforeMinutes: 30 }), await competing()];
  const soon = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const prepared = { kind: 'room', roomId: room, start: soon(10), end: soon(70) };
  assert.deepEqual((await hold(ann, prepared)).told, ['rule_violated', 'too_late']);
  const begun = { kind: 'room', roomId: wish, start: soon(0), end: soon(60) };
  assert.deepEqual((await hold(ann, begun)).told, ['rule_violated', 'too_late']);
});

test('whoever asked takes a request back or moves it; it goes on waiting, for its new time', async () => {
  const room = await competing();
  const request = await held(ann, at(room, 9), at(room, 14));
  const moved = await post(`/bookings/${request.id}/reschedule`, ann, {
    lines: [{ no: 1, start: hour(16), end: hour(17) }],
  });
  assert.deepEqual([moved.booking.state, moved.booking.expiresAt], ['requested', hour(14)]);
  const less = await post(`/bookings/${request.id}/cancel`, ann, { lines: [2] });
  assert.deepEqual([less.booking.state, less.booking.expiresAt], ['requested', hour(16)]);
  const rival = await held(ben, at(room, 14));
  assert.equal((await post(`/bookings/${request.id}/approve`, staff)).booking.state, 'confirmed');
  assert.equal(await stateOf(rival), 'requested', 'nobody wants that time any more');
  assert.deepEqual((await hold(ben, at(room, 16))).told, ['capacity_unavailable', 'slot_taken']);
  assert.equal((await post(`/bookings/${rival.id}/cancel`, ben)).booking.state, 'cancelled');
  assert.deepEqual((await post(`/bookings/${rival.id}/approve`, staff)).told, ['wrong_state']);
});

test('what is confirmed is moved to where approval is needed only by those who could give it', async () => {
  const [free, first] = [await newRoom({}), await exclusive()];
  const plain = await held(ann, at(free, 9));
  const move = (id: string, key: string, line: object) =>
    post(`/bookings/${id}/reschedule`, key, { lines: [line] });
  assert.deepEqual((await move(plain.id, ann, { no: 1, roomId: first })).told, [
    'rule_violated',
    'mixed_approval',
  ]);
  const request = await requested(ann, at(first, 9));
  await post(`/bookings/${request.id}/approve`, staff);
  const later = { no: 1, start: hour(11), end: hour(12) };
  assert.deepEqual((await move(request.id, ann, later)).told, ['rule_violated', 'approval_needed']);
  const moved = await move(request.id, staff, later);
  assert.deepEqual([moved.booking.state, moved.booking.lines[0]?.start], ['confirmed', hour(11)]);
});

test('the inbox lists what waits for an answer: all of it for staff, their own for clients', async () => {
  const room = await competing();
  const request = await held(ann, at(room, 9));
  const inbox = async (key: string) =>
    (await get<{ data: Booking[] }>('/bookings?state=requested&limit=100', key)).data;
  assert.ok((await inbox(staff)).every(({ state }) => state === 'requested'));
  assert.equal((await inbox(staff))[0]?.id, request.id);
  assert.equal((await inbox(ann))[0]?.id, request.id);
  assert.ok((await inbox(ben)).every(({ id }) => id !== request.id));
});

test('a repeated approval under its key answers word for word, and a client approves nothing', async () => {
  const room = await competing();
  const request = await held(ann, at(room, 9));
  assert.deepEqual((await post(`/bookings/${request.id}/approve`, ann)).told, ['forbidden']);
  const again = () => post(`/bookings/${request.id}/approve`, staff, {}, { 'idempotency-key': 'yes' });
  const [one, two] = [await again(), await again()];
  assert.deepEqual([one.status, one.text], [200, two.text]);
});

test('a room that is still asked for is not removed', async () => {
  const room = await competing();
  const request = await held(ann, at(room, 9));
  const remove = () =>
    call(web.app, 'DELETE', `${base}/rooms/${room}`, { key: admin, headers: { 'if-match': '"1"' } });
  assert.equal((await remove()).body.code, 'in_use');
  await post(`/bookings/${request.id}/cancel`, ann);
  assert.equal((await remove()).status, 204);
});

test('a request stands in the calendar of its room as tentative while it keeps the time', async () => {
  const room = await exclusive();
  const tomorrow = (minutes: number) => new Date(Date.now() + 86_400_000 + minutes * 60_000).toISOString();
  await requested(ann, { kind: 'room', roomId: room, start: tomorrow(0), end: tomorrow(60) });
  const { url } = (await post(`/rooms/${room}/feed`, admin, {})).booking as unknown as { url: string };
  const { pathname, search } = new URL(url, 'http://localhost');
  assert.match((await call(web.app, 'GET', pathname + search)).text, /STATUS:TENTATIVE/);
});

test('a blackout tells of the requests that want its time, until they are answered or lapse', async () => {
  const room = await competing();
  const [asked, lapsed, gone] = [
    await held(ann, at(room, 9)),
    await held(ann, at(room, 9)),
    await held(ben, at(room, 9)),
  ];
  await held(ben, at(room, 12));
  await begins(lapsed);
  await post(`/bookings/${gone.id}/cancel`, ben);
  const made = await post(`/rooms/${room}/blackouts`, admin, { start: hour(8), end: hour(12) });
  const { affected, affectedCount } = JSON.parse(made.text) as {
    affected: { bookingId: string; state: string; line: number }[];
    affectedCount: number;
  };
  const told = affected.map(({ bookingId, state, line }) => [bookingId, state, line]);
  assert.deepEqual([affectedCount, told], [1, [[asked.id, 'requested', 1]]]);
});
