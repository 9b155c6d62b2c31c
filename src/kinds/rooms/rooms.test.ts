import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FrontDesk, roomLine, type Answer } from '../../../test/front-desk.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

const at = (hour: number, minute = 0, second = 0) =>
  new Date(Date.UTC(2030, 4, 6, hour, minute, second)).toISOString();
const hold = (...line: Parameters<typeof roomLine>) => desk.hold([roomLine(...line)]);
const dataOf = ({ body }: Answer) => body['data'] as { id: string }[];

test('a room is created with its building, read, listed and found by what it has', async () => {
  const room = await desk.room({
    building: 'Tower',
    name: 'Aquarium',
    floor: '3',
    capacity: 40,
    equipment: ['projector', 'piano'],
  });
  const read = await desk.get(`/rooms/${room}`);
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
    assert.deepEqual(dataOf(await desk.get(`/rooms?fields=name&${query}`)), [{ name: 'Aquarium' }], query);
  for (const query of ['building=Nowhere', 'capacity=41', 'equipment=piano,organ', 'search=%25'])
    assert.deepEqual(dataOf(await desk.get(`/rooms?${query}`)), [], query);
  const buildings = (await desk.get('/buildings?fields=name,rooms')).body['data'] as { name: string }[];
  assert.deepEqual(
    buildings.filter((building) => building.name === 'Tower'),
    [{ name: 'Tower', rooms: 1 }],
  );
});

test('two rooms of one name in one building are refused, in two buildings they are not', async () => {
  await desk.room({ name: 'Twin', building: 'East' });
  await desk.room({ name: 'Twin', building: 'West' });
  const again = await desk.post('/rooms', { name: 'Twin', building: 'East', capacity: 1 });
  assert.deepEqual([again.status, again.body.code], [409, 'already_exists']);
});

test('creating a room twice under one key makes one room and gives one answer', async () => {
  const body = { name: 'Once', building: 'Main', capacity: 1 };
  const once = (sent: object) =>
    desk.ask('POST', '/rooms', { body: sent, headers: { 'idempotency-key': 'room-once' } });
  const answers = await Promise.all([1, 2, 3].map(() => once(body)));
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [201, 201, 201],
  );
  assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
  const other = await once({ ...body, capacity: 2 });
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused']);
});

test('a change needs the version it was made from', async () => {
  const room = await desk.room();
  const blind = await desk.ask('PATCH', `/rooms/${room}`, { body: { capacity: 5 } });
  assert.equal(blind.status, 428);
  const changed = await desk.patch(`/rooms/${room}`, { capacity: 5 }, '"1"');
  assert.deepEqual([changed.status, changed.body['capacity'], changed.headers['etag']], [200, 5, '"2"']);
  assert.equal((await desk.patch(`/rooms/${room}`, { capacity: 6 }, '"1"')).status, 412);
});

test('a room that bookings need cannot be removed, only archived; an archived one is no longer booked or listed', async () => {
  const room = await desk.room();
  assert.equal((await hold(room, at(8), at(9))).status, 201);
  const refused = await desk.remove(`/rooms/${room}`);
  assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
  assert.equal((await desk.patch(`/rooms/${room}`, { archived: true })).status, 200);
  const late = await hold(room, at(10), at(11));
  assert.deepEqual([late.status, late.body.errors[0]?.reason], [422, 'archived']);
  const ids = async (query: string) =>
    dataOf(await desk.get(`/rooms?limit=100&${query}`)).map(({ id }) => id);
  assert.ok(!(await ids('')).includes(room));
  assert.ok((await ids('archived=true')).includes(room));
  assert.equal((await desk.patch(`/rooms/${room}`, { archived: false })).status, 200);
  assert.equal((await hold(room, at(10), at(11))).status, 201, 'refused from no memory');
});

test('an unbooked room can be removed and is gone everywhere', async () => {
  const room = await desk.room();
  assert.equal((await desk.remove(`/rooms/${room}`, '"1"')).status, 204);
  assert.equal((await desk.get(`/rooms/${room}`)).status, 404);
  assert.equal((await desk.get(`/rooms/${room}/availability?from=${at(8)}&to=${at(9)}`)).status, 404);
  assert.equal((await hold(room, at(8), at(9))).status, 404);
});

test('availability shows what is free and what is taken, cut to the window, neighbours merged', async () => {
  const room = await desk.room();
  for (const [from, to] of [
    [8, 9],
    [9, 10],
    [12, 14],
  ] as const)
    assert.equal((await hold(room, at(from), at(to))).status, 201);
  const seen = await desk.get(`/rooms/${room}/availability?from=${at(9)}&to=${at(13)}`, 'client');
  assert.deepEqual(seen.body, {
    roomId: room,
    free: [{ start: at(10), end: at(12) }],
    busy: [
      { start: at(9), end: at(10) },
      { start: at(12), end: at(13) },
    ],
  });
  assert.deepEqual(await desk.busy(room, at(14), at(15)), []);
});

test('free rooms leave out those with a booking that touches the time asked for, before, inside and over it', async () => {
  const rooms = await Promise.all([8, 9, 10, 11].map(() => desk.room({ building: 'Finder' })));
  const taken = [
    [8, 10],
    [10, 11],
    [9, 12],
    [8, 9],
  ] as const; // the last one ends where the question begins
  for (const [i, [from, to]] of taken.entries())
    assert.equal((await hold(rooms[i] ?? '', at(from), at(to))).status, 201);
  const found = await desk.get(`/rooms/availability?from=${at(9)}&to=${at(11)}&building=Finder`);
  assert.deepEqual(
    dataOf(found).map(({ id }) => id),
    [rooms[3]],
  );
});

test('a refusal names the line and the room, and offers times and rooms that a second call gets', async () => {
  const room = await desk.room({ building: 'Busy', capacity: 500 });
  const larger = await desk.room({ building: 'Busy', capacity: 501 });
  const free = await desk.room({ building: 'Busy' });
  await hold(room, at(9), at(10));
  const refused = await desk.hold([roomLine(free, at(9), at(10)), roomLine(room, at(9, 30), at(10, 30))]);
  assert.equal(refused.status, 409);
  const { code, conflicts, alternatives = [] } = refused.body;
  assert.deepEqual(
    [code, conflicts],
    ['capacity_unavailable', [{ line: 2, resource: room, reason: 'slot_taken' }]],
  );
  const shown = alternatives.map(({ roomId, start }) => [roomId, start]);
  assert.ok(
    shown.some(([id, start]) => id === room && start === at(10)),
    JSON.stringify(shown),
  );
  assert.ok(shown.some(([id, start]) => id === room && start === at(8)));
  assert.ok(shown.some(([id, start]) => id === larger && start === at(9, 30)));
  const [first] = alternatives;
  assert.ok(first);
  assert.equal((await hold(first.roomId, first.start, first.end)).status, 201);
  assert.equal((await hold(free, at(9), at(10))).status, 201, 'nothing of the refused hold was taken');
});

const line = (...of: Parameters<typeof roomLine>) => ({ lines: [roomLine(...of)] });
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
    (id) => ({ lines: [{ ...roomLine(id, '', at(9)), start: 5 }] }),
    422,
    'invalid_type',
  ],
  ['not a UUID', () => line('42', at(8), at(9)), 422, 'invalid_reference'],
  [
    'an unknown field',
    (id) => ({ lines: [{ ...roomLine(id, at(8), at(9)), price: 1 }] }),
    422,
    'unknown_field',
  ],
  [
    'an unknown kind',
    (id) => ({ lines: [{ ...roomLine(id, at(8), at(9)), kind: 'boat' }] }),
    422,
    'invalid_value',
  ],
  ['no lines', () => ({ lines: [] }), 422, 'too_few_items'],
  ['too many lines', (id) => ({ lines: Array(51).fill(roomLine(id, at(8), at(9))) }), 422, 'too_many_items'],
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
    const room = await desk.room();
    const answer = await desk.post('/holds', body(room));
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
    assert.ok(
      answer.body.errors.some((error) => error.reason === reason),
      answer.text,
    );
    assert.deepEqual(await desk.busy(room, at(0), new Date(Date.UTC(2031, 0, 1)).toISOString()), []);
  });

test('an overlap of one second is refused, a neighbour with no gap is not', async () => {
  const room = await desk.room();
  assert.equal((await hold(room, at(8), at(9))).status, 201);
  assert.equal((await hold(room, at(8, 59, 59), at(10))).status, 409);
  assert.equal((await hold(room, at(9), at(10))).status, 201);
});

test("another tenant's room cannot be held and looks like one that does not exist", async () => {
  const room = await desk.room();
  const other = await desk.neighbour();
  const answer = await other.hold([roomLine(room, at(8), at(9))]);
  assert.equal(answer.status, 404);
});
