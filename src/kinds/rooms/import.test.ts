import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { FrontDesk, roomLine, type Done, type Who } from '../../../test/front-desk.ts';

let desk: FrontDesk;
let term: string;
before(async () => {
  desk = await FrontDesk.open();
  // Fifteen Mondays, of which one is a holiday; the clocks of Berlin go back on 27 October.
  const winter = { name: 'Winter', startsOn: '2030-10-14', endsOn: '2031-01-20', holidays: ['2030-12-23'] };
  term = (await desk.made('/terms', winter)).id;
});
after(() => desk.close());

let named = 0;
async function newRoom(given: object = {}): Promise<{ id: string; name: string }> {
  const name = `Room ${(named += 1)}`;
  return { id: await desk.room({ name, timezone: 'Europe/Berlin', ...given }), name };
}

const HEAD = 'room,building,weekday,date,start,end,title';

/** A file is sent as it is, not as JSON. */
async function sendFile(payload: string, query = '', by: Who = 'admin', type = 'text/csv') {
  const answer = await desk.web.app.inject({
    method: 'POST',
    url: `${desk.base}/rooms/import${query}`,
    headers: { authorization: `Bearer ${desk.keys[by]}`, 'content-type': type },
    payload,
  });
  return { status: answer.statusCode, text: answer.body, type: answer.headers['content-type'] };
}
const send = (rows: readonly string[], query = `?term=${term}`, by?: Who, type?: string) =>
  sendFile([HEAD, ...rows].join('\n'), query, by, type);

interface Told {
  booked: number;
  repeated: number;
  occurrences: number;
  refused: { row: number; reason: string; detail: string }[];
}

async function imported(rows: readonly string[], query?: string): Promise<Told> {
  const answer = await send(rows, query);
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text) as Told;
}

const busy = (roomId: string) => desk.busy(roomId, '2030-10-01T00:00:00Z', '2031-03-01T00:00:00Z');

test('a row with a weekday is booked in every week of the term but on holidays, at the same time by the clock', async () => {
  const { id, name } = await newRoom();
  const told = await imported([`${name},,mon,,08:15,09:45,"Analysis, I"`]);
  assert.partialDeepStrictEqual(told, { booked: 1, repeated: 0, occurrences: 14, refused: [] });
  const times = (await busy(id)).map(({ start }) => start);
  assert.equal(times.length, 14);
  assert.deepEqual(times.slice(0, 3), [
    '2030-10-14T06:15:00.000Z', // summer time
    '2030-10-21T06:15:00.000Z',
    '2030-10-28T07:15:00.000Z',
  ]);
  assert.ok(!times.some((start) => start.startsWith('2030-12-23')));
  const [booking] = (await desk.get('/bookings?limit=1')).body['data'] as (Done & { note: string })[];
  assert.deepEqual([booking?.state, booking?.note], ['confirmed', 'Analysis, I']);
  assert.deepEqual([booking?.lines.length, booking?.lines[0]?.series?.occurrences], [14, 14]);
});

test('the same file sent again books nothing twice, also together with rows that are new', async () => {
  const [a, b] = [await newRoom(), await newRoom()];
  const first = [`${a.name},,tue,,10:00,12:00,Algebra`, `${b.name},Main,,2030-11-05,14:00,16:00,Talk`];
  assert.partialDeepStrictEqual(await imported(first), { booked: 2, repeated: 0, occurrences: 15 });
  const before = [await busy(a.id), await busy(b.id)];
  assert.partialDeepStrictEqual(await imported(first), {
    booked: 0,
    repeated: 2,
    occurrences: 0,
    refused: [],
  });
  assert.deepEqual([await busy(a.id), await busy(b.id)], before);
  const more = [...first, `${b.name},Main,,2030-11-06,14:00,16:00,Talk`];
  assert.partialDeepStrictEqual(await imported(more), { booked: 1, repeated: 2 });
});

test('a dry run says what would be booked and what not, also because of rows of the same file, and books nothing', async () => {
  const { id, name } = await newRoom();
  const rows = [
    `${name},,wed,,10:00,12:00,A`,
    `${name},,,2030-11-06,11:00,13:00,B`,
    `${name},,thu,,10:00,12:00,C`,
  ];
  const told = await imported(rows, `?term=${term}&dryRun=true`);
  assert.partialDeepStrictEqual(told, { booked: 2, repeated: 0 });
  assert.deepEqual(
    told.refused.map(({ row, reason }) => [row, reason]),
    [[3, 'slot_taken']],
  );
  assert.deepEqual(await busy(id), []);
  const real = await imported(rows);
  assert.equal(real.booked, 2);
  assert.deepEqual(
    real.refused.map(({ reason }) => reason),
    ['slot_taken'],
  );
});

test('a row that cannot be booked is told of with its reason and holds up no other', async () => {
  const room = await newRoom({ openingHours: { mon: [['08:00', '18:00']] } });
  const taken = await newRoom();
  await desk.held([roomLine(taken.id, '2030-11-04T09:00:00Z', '2030-11-04T10:00:00Z')]);
  const twin = await newRoom({ name: 'Twin' });
  await newRoom({ name: 'Twin', building: 'Annexe' });
  const bad: [string, string][] = [
    [`Nowhere,,mon,,08:00,09:00,x`, 'invalid_reference'],
    [`Twin,,mon,,08:00,09:00,x`, 'invalid_reference'],
    [`${room.name},,mon,,19:00,20:00,x`, 'outside_hours'],
    [`${taken.name},,mon,,10:00,11:30,x`, 'slot_taken'],
    [`${room.name},,someday,,08:00,09:00,x`, 'invalid_value'],
    [`${room.name},,,2030-02-30,08:00,09:00,x`, 'invalid_time'],
    [`${room.name},,mon,2030-11-04,08:00,09:00,x`, 'missing_field'],
    [`${room.name},,mon,,9:00,25:00,x`, 'invalid_time'],
    [`${room.name},,mon,,10:00,09:00,x`, 'empty_interval'],
    [`${room.name},,mon,,08:00,09:00,`, 'missing_field'],
    [`${room.name},,mon,,08:00,09:00,${'x'.repeat(201)}`, 'invalid_text'],
  ];
  const good = `Twin,Main,mon,,08:00,09:00,fine`;
  const told = await imported([...bad.map(([row]) => row), good]);
  assert.deepEqual(
    told.refused.map(({ row, reason }) => [row, reason]),
    bad.map(([, reason], i) => [i + 2, reason]),
  );
  assert.equal(told.booked, 1);
  assert.equal((await busy(twin.id)).length, 14);
});

test('in a room where requests compete, a row is approved at once and those that collide with it are settled', async () => {
  const room = await newRoom({ rules: { approval: 'required', approvalMode: 'competing' } });
  const loser = await desk.held([roomLine(room.id, '2030-11-07T11:00:00Z', '2030-11-07T13:30:00Z')]);
  const other = await desk.held([roomLine(room.id, '2030-11-07T15:00:00Z', '2030-11-07T16:00:00Z')]);
  const rows = [
    `${room.name},,,2030-11-07,12:00,14:00,A`,
    `${room.name},,,2030-11-07,13:00,14:30,B`,
    `${room.name},,thu,,08:00,09:00,C`,
  ];
  const told = await imported(rows);
  assert.partialDeepStrictEqual(told, { booked: 2, repeated: 0, occurrences: 15 });
  assert.deepEqual(
    told.refused.map(({ reason }) => reason),
    ['slot_taken'],
  );
  assert.deepEqual(
    [(await desk.read(loser.id)).state, (await desk.read(other.id)).state],
    ['declined', 'requested'],
  );
  assert.equal((await busy(room.id)).length, 15, 'what is approved holds its time');
  const again = await imported(rows);
  assert.partialDeepStrictEqual(again, { booked: 0, repeated: 2 });
  assert.equal(again.refused[0]?.reason, 'slot_taken');
});

test('the error file has the bad rows as they were, with reasons, and no formula of theirs runs', async () => {
  const answer = await send([`=1+1,,mon,,08:00,09:00,x`], `?term=${term}&format=csv`);
  assert.equal(answer.type, 'text/csv; charset=utf-8');
  const [row] = parse<Record<string, string>>(answer.text, { columns: true });
  assert.partialDeepStrictEqual(row, {
    row: '2',
    room: "'=1+1",
    weekday: 'mon',
    start: '08:00',
    reason: 'invalid_reference',
  });
});

const refused: readonly [string, () => ReturnType<typeof send>, number][] = [
  ['by somebody who may not', () => send([], '', 'client'), 403],
  ['of an unknown term', () => send([], '?term=00000000-0000-7000-8000-000000000000'), 404],
  ['that is JSON', () => send([], '', 'admin', 'application/json'), 400],
  ['that is no text of any known type', () => send([], '', 'admin', 'text/plain'), 415],
  ['of more rows than there may be', () => send(Array<string>(1_001).fill('a,,mon,,08:00,09:00,x')), 422],
  ['with a quote that never ends', () => send(['"a']), 422],
  ['that is too long', () => send(['x'.repeat(600_000)]), 413],
];
for (const [what, ask, status] of refused)
  test(`a timetable ${what} is refused with ${status}`, async () => {
    const answer = await ask();
    assert.equal(answer.status, status, answer.text);
  });

test('a weekday without a term, and a file without the columns, are told', async () => {
  const { name } = await newRoom();
  const told = await imported([`${name},,mon,,08:00,09:00,x`], '');
  assert.deepEqual(
    told.refused.map(({ reason }) => reason),
    ['missing_field'],
  );
  assert.equal((await sendFile('raum,tag\nA,mon')).status, 422);
});
