import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type TestApp } from '../../../test/app.ts';

const ask = async (...asked: Parameters<typeof call>) => {
  const { body, ...answer } = await call(...asked);
  return { ...answer, body: body as unknown };
};

let web: TestApp;
let base: string;
let admin: string;
let client: string;
before(async () => {
  web = await testApp();
  const company = await web.tenantWith('admin', 'client');
  base = company.base;
  [admin = '', client = ''] = company.keys;
});
after(() => web.close());

const get = async (path: string, key = admin) => ask(web.app, 'GET', `${base}${path}`, { key });
const post = async (path: string, body: unknown, key = admin, headers: Record<string, string> = {}) =>
  ask(web.app, 'POST', `${base}${path}`, { key, body, headers });
const patch = async (id: string, body: unknown, version = '*') =>
  ask(web.app, 'PATCH', `${base}/rooms/${id}`, { key: admin, body, headers: { 'if-match': version } });

let named = 0;
async function newRoom(given: Record<string, unknown> = {}): Promise<{ id: string; version: number }> {
  const made = await post('/rooms', {
    name: `Room ${(named += 1)}`,
    building: 'Main',
    capacity: 10,
    ...given,
  });
  assert.equal(made.status, 201, made.text);
  return made.body as { id: string; version: number };
}

const at = (hour: number, minute = 0, second = 0) =>
  new Date(Date.UTC(2030, 4, 6, hour, minute, second)).toISOString();
const line = (roomId: string, start: string, end: string) => ({
  lines: [{ kind: 'room', roomId, start, end }],
});

test('a room is created with its building, read, listed and found by what it has', async () => {
  const room = await newRoom({
    building: 'Tower',
    name: 'Aquarium',
    floor: '3',
    capacity: 40,
    equipment: ['projector', 'piano'],
  });
  const read = await get(`/rooms/${room.id}`);
  assert.equal(read.headers['etag'], '"1"');
  assert.partialDeepStrictEqual(read.body, {
    building: 'Tower',
    floor: '3',
    capacity: 40,
    equipment: ['projector', 'piano'],
    archived: false,
  });
  for (const query of [
    'building=Tower',
    'capacity=40',
    'equipment=piano,projector',
    'equipment=piano,%20',
    'search=aquar',
    'search=tower',
  ])
    assert.deepEqual(
      ((await get(`/rooms?fields=name&${query}`)).body as { data: unknown }).data,
      [{ name: 'Aquarium' }],
      query,
    );
  for (const query of ['building=Nowhere', 'capacity=41', 'equipment=piano,organ', 'search=%25'])
    assert.deepEqual(((await get(`/rooms?${query}`)).body as { data: unknown }).data, [], query);
  const buildings = ((await get('/buildings?fields=name,rooms')).body as { data: { name: string }[] }).data;
  assert.deepEqual(
    buildings.filter((building) => building.name === 'Tower'),
    [{ name: 'Tower', rooms: 1 }],
  );
});

test('two rooms of one name in one building are refused, in two buildings they are not', async () => {
  await newRoom({ name: 'Twin', building: 'East' });
  await newRoom({ name: 'Twin', building: 'West' });
  const again = await post('/rooms', { name: 'Twin', building: 'East', capacity: 1 });
  assert.deepEqual([again.status, (again.body as { code: string }).code], [409, 'already_exists']);
});

test('creating a room twice under one key makes one room and gives one answer', async () => {
  const body = { name: 'Once', building: 'Main', capacity: 1 };
  const answers = await Promise.all(
    [1, 2, 3].map(() => post('/rooms', body, admin, { 'idempotency-key': 'room-once' })),
  );
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [201, 201, 201],
  );
  assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
  const other = await post('/rooms', { ...body, capacity: 2 }, admin, { 'idempotency-key': 'room-once' });
  assert.deepEqual([other.status, (other.body as { code: string }).code], [422, 'idempotency_key_reused']);
});

test('a change needs the version it was made from', async () => {
  const room = await newRoom();
  const blind = await ask(web.app, 'PATCH', `${base}/rooms/${room.id}`, {
    key: admin,
    body: { capacity: 5 },
  });
  assert.equal(blind.status, 428);
  const changed = await patch(room.id, { capacity: 5 }, '"1"');
  assert.deepEqual(
    [changed.status, (changed.body as { capacity: number }).capacity, changed.headers['etag']],
    [200, 5, '"2"'],
  );
  assert.equal((await patch(room.id, { capacity: 6 }, '"1"')).status, 412);
});

test('a room that bookings need cannot be removed, only archived; an archived one is no longer booked or listed', async () => {
  const room = await newRoom();
  assert.equal((await post('/holds', line(room.id, at(8), at(9)))).status, 201);
  const remove = () =>
    ask(web.app, 'DELETE', `${base}/rooms/${room.id}`, { key: admin, headers: { 'if-match': '*' } });
  const refused = await remove();
  assert.deepEqual([refused.status, (refused.body as { code: string }).code], [409, 'in_use']);
  assert.equal((await patch(room.id, { archived: true })).status, 200);
  const hold = await post('/holds', line(room.id, at(10), at(11)));
  assert.deepEqual(
    [hold.status, (hold.body as { errors: { reason: string }[] }).errors[0]?.reason],
    [422, 'archived'],
  );
  const ids = async (query: string) =>
    ((await get(`/rooms?limit=100&${query}`)).body as { data: { id: string }[] }).data.map(({ id }) => id);
  assert.ok(!(await ids('')).includes(room.id));
  assert.ok((await ids('archived=true')).includes(room.id));
  assert.equal((await patch(room.id, { archived: false })).status, 200);
  assert.equal((await post('/holds', line(room.id, at(10), at(11)))).status, 201, 'refused from no memory');
});

test('an unbooked room can be removed and is gone everywhere', async () => {
  const room = await newRoom();
  assert.equal(
    (
      await ask(web.app, 'DELETE', `${base}/rooms/${room.id}`, {
        key: admin,
        headers: { 'if-match': '"1"' },
      })
    ).status,
    204,
  );
  assert.equal((await get(`/rooms/${room.id}`)).status, 404);
  assert.equal((await get(`/rooms/${room.id}/availability?from=${at(8)}&to=${at(9)}`)).status, 404);
  assert.equal((await post('/holds', line(room.id, at(8), at(9)))).status, 404);
});

test('availability shows what is free and what is taken, cut to the window, neighbours merged', async () => {
  const room = await newRoom();
  for (const [from, to] of [
    [8, 9],
    [9, 10],
    [12, 14],
  ] as const)
    assert.equal((await post('/holds', line(room.id, at(from), at(to)))).status, 201);
  const seen = await get(`/rooms/${room.id}/availability?from=${at(9)}&to=${at(13)}`, client);
  assert.deepEqual(seen.body, {
    roomId: room.id,
    free: [{ start: at(10), end: at(12) }],
    busy: [
      { start: at(9), end: at(10) },
      { start: at(12), end: at(13) },
    ],
  });
  const later = await get(`/rooms/${room.id}/availability?from=${at(14)}&to=${at(15)}`);
  assert.deepEqual((later.body as { busy: unknown }).busy, []);
});

test('free rooms leave out those with a booking that touches the time asked for, before, inside and over it', async () => {
  const rooms = await Promise.all([8, 9, 10, 11].map(() => newRoom({ building: 'Finder' })));
  const taken = [
    [8, 10],
    [10, 11],
    [9, 12],
    [8, 9],
  ] as const; // the last one ends where the question begins
  for (const [i, [from, to]] of taken.entries())
    assert.equal((await post('/holds', line(rooms[i]?.id ?? '', at(from), at(to)))).status, 201);
  const found = await get(`/rooms/availability?from=${at(9)}&to=${at(11)}&building=Finder`);
  assert.deepEqual(
    (found.body as { data: { id: string }[] }).data.map(({ id }) => id),
    [rooms[3]?.id],
  );
});

test('a refusal names the line and the room, and offers times and rooms that a second call gets', async () => {
  const room = await newRoom({ building: 'Busy', capacity: 500 });
  const larger = await newRoom({ building: 'Busy', capacity: 501 });
  const free = await newRoom({ building: 'Busy' });
  await post('/holds', line(room.id, at(9), at(10)));
  const lines = [...line(free.id, at(9), at(10)).lines, ...line(room.id, at(9, 30), at(10, 30)).lines];
  const refused = await post('/holds', { lines });
  assert.equal(refused.status, 409);
  const { code, conflicts, alternatives } = refused.body as {
    code: string;
    conflicts: unknown[];
    alternatives: { roomId: string; start: string; end: string }[];
  };
  assert.deepEqual(
    [code, conflicts],
    ['capacity_unavailable', [{ line: 2, resource: room.id, reason: 'slot_taken' }]],
  );
  const shown = alternatives.map(({ roomId, start }) => [roomId, start]);
  assert.ok(
    shown.some(([id, start]) => id === room.id && start === at(10)),
    JSON.stringify(shown),
  );
  assert.ok(shown.some(([id, start]) => id === room.id && start === at(8)));
  assert.ok(shown.some(([id, start]) => id === larger.id && start === at(9, 30)));
  const [first] = alternatives;
  assert.ok(first);
  assert.equal((await post('/holds', line(first.roomId, first.start, first.end))).status, 201);
  assert.equal(
    (await post('/holds', line(free.id, at(9), at(10)))).status,
    201,
    'nothing of the refused hold was taken',
  );
});

const bad: readonly [string, (id: string) => unknown, number, string][] = [
  ['zero length', (id) => line(id, at(8), at(8)), 422, 'empty_interval'],
  ['end before start', (id) => line(id, at(9), at(8)), 422, 'empty_interval'],
  ['in the past', (id) => line(id, '2020-01-01T08:00:00Z', '2020-01-01T09:00:00Z'), 422, 'in_past'],
  ['longer than a year', (id) => line(id, at(8), '2032-01-01T08:00:00Z'), 422, 'interval_too_long'],
  ['no offset', (id) => line(id, '2030-05-06T08:00:00', at(9)), 422, 'invalid_time'],
  ['no such day', (id) => line(id, '2030-02-30T08:00:00Z', at(9)), 422, 'invalid_time'],
  ['infinity', (id) => line(id, at(8), 'infinity'), 422, 'invalid_time'],
  [
    'a number for a time',
    (id) => ({ lines: [{ kind: 'room', roomId: id, start: 5, end: at(9) }] }),
    422,
    'invalid_type',
  ],
  ['not a UUID', () => line('42', at(8), at(9)), 422, 'invalid_reference'],
  [
    'an unknown field',
    (id) => ({ lines: [{ ...line(id, at(8), at(9)).lines[0], price: 1 }] }),
    422,
    'unknown_field',
  ],
  [
    'an unknown kind',
    (id) => ({ lines: [{ ...line(id, at(8), at(9)).lines[0], kind: 'boat' }] }),
    422,
    'invalid_value',
  ],
  ['no lines', () => ({ lines: [] }), 422, 'too_few_items'],
  [
    'too many lines',
    (id) => ({ lines: Array(51).fill(line(id, at(8), at(9)).lines[0]) }),
    422,
    'too_many_items',
  ],
  ['a hold without end', (id) => ({ ...line(id, at(8), at(9)), ttlSeconds: 1e9 }), 422, 'out_of_range'],
  [
    'an unknown room',
    () => line('00000000-0000-7000-8000-000000000000', at(8), at(9)),
    404,
    'invalid_reference',
  ],
];

for (const [what, body, status, reason] of bad)
  test(`a hold with ${what} is refused with ${reason}, and nothing is held`, async () => {
    const room = await newRoom();
    const answer = await post('/holds', body(room.id));
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
    assert.ok(
      (answer.body as { errors: { reason: string }[] }).errors.some((error) => error.reason === reason),
      answer.text,
    );
    const year = `from=${at(0)}&to=${new Date(Date.UTC(2031, 0, 1)).toISOString()}`;
    assert.deepEqual(
      ((await get(`/rooms/${room.id}/availability?${year}`)).body as { busy: unknown }).busy,
      [],
    );
  });

test('an overlap of one second is refused, a neighbour with no gap is not', async () => {
  const room = await newRoom();
  assert.equal((await post('/holds', line(room.id, at(8), at(9)))).status, 201);
  assert.equal((await post('/holds', line(room.id, at(8, 59, 59), at(10)))).status, 409);
  assert.equal((await post('/holds', line(room.id, at(9), at(10)))).status, 201);
});

test("another tenant's room cannot be held and looks like one that does not exist", async () => {
  const room = await newRoom();
  const other = await web.tenantWith('admin');
  const answer = await ask(web.app, 'POST', `${other.base}/holds`, {
    key: other.keys[0],
    body: line(room.id, at(8), at(9)),
  });
  assert.equal(answer.status, 404);
});
