import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call } from '../../../test/app.ts';
import { FrontDesk, roomLine, type Who } from '../../../test/front-desk.ts';
import { uuidV7 } from '../../platform/id.ts';
import { lookAt } from './door.ts';
import { goneOf } from './feed.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const at = (minutes: number) =>
  new Date(Math.ceil(Date.now() / DAY_MS + 1) * DAY_MS + minutes * MINUTE_MS).toISOString();

const newRoom = (given: object = {}) => desk.room({ building: 'Main; "East", upper\\wing', ...given });
const booked = (roomId: string, from: number, to: number, note?: string) =>
  desk.booked([roomLine(roomId, at(from), at(to))], 'admin', { note });
const opened = async (roomId: string) => String((await desk.made(`/rooms/${roomId}/feed`))['url']);
/** By an address as a calendar was given it. */
const read = (url: string, headers: Record<string, string> = {}) =>
  call(desk.web.app, 'GET', url, { headers });

/** Events by their UID, each property unfolded. */
function eventsIn(text: string): Map<string, Map<string, string>> {
  const lines = text.replaceAll('\r\n ', '').split('\r\n');
  const events = new Map<string, Map<string, string>>();
  let event = new Map<string, string>();
  for (const line of lines) {
    if (line === 'BEGIN:VEVENT') event = new Map();
    const [, name = '', value = ''] = /^([A-Z-]+)(?:;[^:]*)?:(.*)$/.exec(line) ?? [];
    event.set(name, value);
    if (line === 'END:VEVENT') events.set(event.get('UID') ?? '', event);
  }
  return events;
}

const instant = (text: string) => text.replaceAll(/[-:]|\.000/g, '');

test("a room's calendar has one event for each settled line, with its reference, times and version", async () => {
  const room = await newRoom();
  const { id, reference } = await booked(room, 600, 660, 'Bring; chairs, please\nand\\or tables');
  await desk.held([roomLine(room, at(700), at(720))]);
  const answer = await read(await opened(room));
  assert.equal(answer.headers['content-type'], 'text/calendar; charset=utf-8');
  const events = eventsIn(answer.text);
  assert.deepEqual([...events.keys()], [`${id}-1@holdfast`], 'holds are not shown');
  const event = events.get(`${id}-1@holdfast`);
  assert.partialDeepStrictEqual(Object.fromEntries(event ?? []), {
    DTSTART: instant(at(600)),
    DTEND: instant(at(660)),
    SEQUENCE: '2',
    STATUS: 'CONFIRMED',
    SUMMARY: `Booked (${reference})`,
    DESCRIPTION: 'Bring\\; chairs\\, please\\nand\\\\or tables',
  });
});

test('the text is what RFC 5545 asks for: lines of at most 75 octets that end in CRLF, one header, unique ids', async () => {
  const room = await newRoom({ name: `${'Grüße '.repeat(15)}aus dem Süden` });
  for (const hour of [8, 9, 10]) await booked(room, hour * 60, hour * 60 + 30, 'Ünïcödé '.repeat(40));
  const { text } = await read(await opened(room));
  const lines = text.split('\r\n');
  assert.ok(!text.replaceAll('\r\n', '').includes('\n'), 'a bare line feed');
  for (const line of lines) assert.ok(Buffer.byteLength(line) <= 75, line);
  assert.deepEqual(
    [lines[0], lines.filter((line) => line === 'BEGIN:VCALENDAR').length],
    ['BEGIN:VCALENDAR', 1],
  );
  for (const property of ['VERSION:2.0', 'METHOD:PUBLISH'])
    assert.ok(lines.includes(property), `${property} is missing`);
  assert.match(text, /\r\nPRODID:.+\r\n/);
  assert.equal(eventsIn(text).size, 3);
  for (const event of eventsIn(text).values()) assert.match(event.get('DTSTAMP') ?? '', /^\d{8}T\d{6}Z$/);
});

test('what a calendar has shown and is gone from the room is told as cancelled, with a later sequence', async () => {
  const room = await newRoom();
  const other = await newRoom();
  const [cancelled, moved, away] = [
    await booked(room, 600, 660),
    await booked(room, 700, 760),
    await booked(room, 800, 860),
  ];
  const url = await opened(room);
  assert.equal(eventsIn((await read(url)).text).size, 3);
  await desk.done(`/bookings/${cancelled.id}/cancel`);
  await desk.done(`/bookings/${moved.id}/reschedule`, { lines: [{ no: 1, start: at(900), end: at(960) }] });
  const elsewhere = { no: 1, roomId: other, start: at(800), end: at(860) };
  await desk.done(`/bookings/${away.id}/reschedule`, { lines: [elsewhere] });
  const never = await booked(room, 1_000, 1_060);
  await desk.done(`/bookings/${never.id}/cancel`);

  const events = eventsIn((await read(url)).text);
  const shown = [...events].map(([uid, event]) => [
    uid,
    event.get('STATUS'),
    event.get('SEQUENCE'),
    event.get('DTSTART'),
  ]);
  assert.deepEqual(
    new Set(shown.map((each) => each.join(' '))),
    new Set([
      `${cancelled.id}-1@holdfast CANCELLED 3 ${instant(at(600))}`,
      `${moved.id}-1@holdfast CONFIRMED 3 ${instant(at(900))}`,
      `${away.id}-1@holdfast CANCELLED 3 ${instant(at(800))}`,
    ]),
  );
});

test('what a full calendar has no place for any more is not told as cancelled', () => {
  const [a, b, c] = [1, 2, 3].map((line) => ({ bookingId: uuidV7(), line, endsAt: line * DAY_MS }));
  assert.ok(a && b && c);
  assert.deepEqual(goneOf([a, c], [a, b], 2), [], 'c stands behind b, for all that is known');
  assert.deepEqual(goneOf([a, c], [a, b], 3), [c]);
  assert.deepEqual(goneOf([a, b], [b, c], 2), [a]);
});

test('an unchanged calendar is not sent again, a changed one is', async () => {
  const room = await newRoom();
  await booked(room, 600, 660);
  const url = await opened(room);
  const etag = String((await read(url)).headers['etag']);
  const again = await read(url, { 'if-none-match': etag });
  assert.deepEqual([again.status, again.text], [304, '']);
  await booked(room, 700, 760);
  assert.equal((await read(url, { 'if-none-match': etag })).status, 200);
});

test('only the last address leads to a calendar, and none after it was closed; the token is kept as a hash', async () => {
  const room = await newRoom();
  const bare = `${desk.base}/rooms/${room}/calendar.ics`;
  assert.equal((await read(`${bare}?token=x`)).status, 403);
  const first = await opened(room);
  const second = await opened(room);
  assert.equal(/token=([\w-]+)$/.exec(second)?.[1]?.length, 43, '256 bits');
  assert.equal((await read(first)).status, 403);
  assert.equal((await read(second)).status, 200);
  assert.equal((await read(second.replace(room, await newRoom()))).status, 403, "another room's");
  assert.equal((await read(bare)).status, 422);
  const close = (by: Who) => desk.ask('DELETE', `/rooms/${room}/feed`, { by });
  assert.equal((await close('client')).status, 403);
  assert.equal((await close('admin')).status, 204);
  assert.equal((await read(second)).status, 403);
  assert.equal((await close('admin')).status, 204, 'closed twice is closed');
});

test('a door shows what is on, what is next and until when, and nothing of whose it is', async () => {
  const room = await newRoom();
  const soon = new Date(Date.now() + 30 * MINUTE_MS);
  const line = roomLine(room, soon.toISOString(), new Date(soon.getTime() + DAY_MS).toISOString());
  await desk.booked([line], 'admin', { note: 'Ada Lovelace' });
  const answer = await read(`${desk.base}/rooms/${room}/door`);
  assert.match(String(answer.headers['cache-control']), /^public, max-age=\d+$/);
  assert.doesNotMatch(answer.text, /Ada|reference|booking/);
  assert.partialDeepStrictEqual(answer.body, {
    state: 'free',
    until: soon.toISOString(),
    now: null,
    next: { start: line.start, end: line.end },
  });
  const begun = await newRoom();
  const now = new Date();
  const end = new Date(now.getTime() + 60 * MINUTE_MS).toISOString();
  await desk.held([roomLine(begun, now.toISOString(), end)]);
  assert.partialDeepStrictEqual((await read(`${desk.base}/rooms/${begun}/door`)).body, {
    state: 'busy',
    until: end,
  });
  const [shut, archived] = [await newRoom({ openingHours: {} }), await newRoom()];
  assert.equal((await desk.patch(`/rooms/${archived}`, { archived: true })).status, 200);
  for (const id of [shut, archived])
    assert.partialDeepStrictEqual((await read(`${desk.base}/rooms/${id}/door`)).body, {
      state: 'closed',
      until: null,
    });
});

const seen: readonly [string, Parameters<typeof lookAt>, object][] = [
  ['between two bookings', [[s(0, 100)], [s(0, 5), s(20, 30)], 10], { state: 'free', until: 20 }],
  ['before closing', [[s(0, 15)], [s(20, 30)], 10], { state: 'free', until: 15 }],
  [
    'in a booking with neighbours',
    [[s(0, 100)], [s(5, 20), s(20, 30), s(31, 40)], 10],
    { state: 'busy', until: 30 },
  ],
  ['when one has just ended', [[s(0, 100)], [s(10, 20)], 20], { state: 'free', until: 100 }],
  ['before it opens', [[s(12, 100)], [], 10], { state: 'closed', until: 12 }],
  ['before a booking outside its hours', [[s(50, 100)], [s(15, 20)], 10], { state: 'closed', until: 15 }],
  ['booked outside its hours', [[s(50, 100)], [s(5, 20)], 10], { state: 'busy', until: 20 }],
];
for (const [when, asked, right] of seen)
  test(`a door ${when} says so`, () => assert.partialDeepStrictEqual(lookAt(...asked), right));

function s(startsAt: number, endsAt: number) {
  return { startsAt, endsAt };
}

test('a term is added once, read, listed, changed from the version that was read, and removed', async () => {
  const body = {
    name: 'Winter',
    startsOn: '2030-10-14',
    endsOn: '2031-02-08',
    holidays: ['2030-12-31', '2030-12-24'],
  };
  const made = await desk.made('/terms', body);
  assert.deepEqual(made['holidays'], ['2030-12-24', '2030-12-31']);
  const path = `/terms/${made.id}`;
  const own = await desk.get(path, 'public');
  assert.deepEqual([own.headers['etag'], own.body], ['"1"', made]);
  await desk.made('/terms', { name: 'Summer', startsOn: '2030-04-15', endsOn: '2030-07-20' });
  const names = async (query: string) =>
    ((await desk.get(`/terms?${query}`, 'public')).body['data'] as { name: string }[]).map(
      ({ name }) => name,
    );
  assert.deepEqual(await names(''), ['Winter', 'Summer']);
  assert.deepEqual(await names('from=2030-08-01'), ['Winter']);
  const change = (patch: object, version: string) => desk.patch(path, patch, version);
  assert.equal((await change({ endsOn: '2031-02-15' }, '"1"')).body['endsOn'], '2031-02-15');
  assert.equal((await change({ endsOn: '2031-02-16' }, '"1"')).status, 412);
  assert.equal((await change({ name: 'Summer' }, '"2"')).body.code, 'already_exists');
  assert.equal((await change({ endsOn: '2030-12-30' }, '"2"')).body.errors[0]?.pointer, '/holidays/1');
  assert.equal((await desk.remove(path, '"2"')).status, 204);
  assert.equal((await desk.get(path, 'public')).status, 404);
});

const badTerms: readonly [string, object, string][] = [
  ['that ends before it starts', { startsOn: '2030-02-02', endsOn: '2030-02-01' }, 'empty_interval'],
  ['of more than a year', { startsOn: '2030-02-02', endsOn: '2031-02-03' }, 'interval_too_long'],
  ['with a day that does not exist', { startsOn: '2030-02-30', endsOn: '2031-03-01' }, 'invalid_time'],
  [
    'with a holiday outside',
    { startsOn: '2030-02-02', endsOn: '2030-03-01', holidays: ['2030-03-02'] },
    'invalid_time',
  ],
];
for (const [what, dates, reason] of badTerms)
  test(`a term ${what} is refused with ${reason}`, async () => {
    const answer = await desk.post('/terms', { name: `Bad ${what}`, ...dates });
    assert.deepEqual([answer.status, answer.body.errors[0]?.reason], [422, reason], answer.text);
  });
