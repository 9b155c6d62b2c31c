import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { FrontDesk, roomLine } from '../../../test/front-desk.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

type Hours = Partial<Record<'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun', string[][]>>;
interface Booked {
  room: number;
  startsAt: number;
  endsAt: number;
}

const MINUTE_MS = 60_000;
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** Weeks in which clocks change: back and forth, by an hour and by half an hour, with odd offsets. */
const WEEKS = [
  { timezone: 'Europe/Berlin', monday: '2030-10-21' },
  { timezone: 'Europe/Berlin', monday: '2030-03-25' },
  { timezone: 'Australia/Lord_Howe', monday: '2030-04-01' },
  { timezone: 'Australia/Lord_Howe', monday: '2030-09-30' },
  { timezone: 'America/St_Johns', monday: '2030-03-04' },
  { timezone: 'Asia/Kathmandu', monday: '2030-05-06' },
];

async function report(path: string, query: Record<string, string | number>, headers = {}) {
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const answer = await desk.ask('GET', `/rooms/reports/${path}?${String(search)}`, { headers });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}
const rows = async (path: string, query: Record<string, string | number>) =>
  (await report(path, query)).body['data'] as Record<string, number | string | null>[];

const iso = (at: number) => new Date(at).toISOString();

const newRoom = (building: string, given: object = {}) => desk.room({ building, ...given });
const confirmed = async (roomId: string, start: string, end: string) =>
  (await desk.booked([roomLine(roomId, start, end)])).id;

/** The same sums as naively as possible: minute by minute, by a calendar's clock. */
function naive(
  timezone: string,
  window: { startsAt: number; endsAt: number },
  hours: Hours[],
  booked: Booked[],
) {
  const kept = new Map<string, number>();
  const open = new Map<string, number>();
  const add = (to: Map<string, number>, key: string) => to.set(key, (to.get(key) ?? 0) + 1);
  for (let at = window.startsAt; at < window.endsAt; at += MINUTE_MS) {
    const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
    const hour = `${local.dayOfWeek} ${local.hour}`;
    const minute = local.toPlainTime().toString().slice(0, 5);
    for (const [room, week] of hours.entries()) {
      const today = week[WEEKDAYS[local.dayOfWeek - 1] ?? 'mon'] ?? [];
      if (today.some(([from = '', to = '']) => from <= minute && minute < to))
        for (const key of [hour, `room ${room}`]) add(open, key);
      if (booked.some((each) => each.room === room && each.startsAt <= at && at < each.endsAt))
        for (const key of [hour, `room ${room}`]) add(kept, key);
    }
  }
  return { kept: (key: string) => kept.get(key) ?? 0, open: (key: string) => open.get(key) ?? 0 };
}

const day = fc.constantFrom<string[][]>(
  [],
  [['08:00', '20:00']],
  [
    ['07:30', '12:00'],
    ['13:15', '18:45'],
  ],
);
const week = fc.record({ mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day });
const quarter = (most: number) => fc.nat(most * 4).map((quarters) => quarters * 15 * MINUTE_MS);

let buildings = 0;
test('what was kept and what was open is what counting minutes on the wall gives, also in weeks in which clocks change', async () => {
  const slot = fc.record({ room: fc.nat(1), from: quarter(8 * 24), length: quarter(20) });
  const asked = fc.record({
    week: fc.constantFrom(...WEEKS),
    hours: fc.tuple(week, week),
    slots: fc.array(slot, { minLength: 4, maxLength: 12 }),
    from: quarter(24),
    length: fc.constantFrom(24, 100, 168, 170),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ week: { timezone, monday }, hours, slots, from, length }) => {
      const building = `Property ${(buildings += 1)}`;
      const rooms = [];
      for (const _ of hours) rooms.push(await newRoom(building, { timezone }));
      const midnight = Temporal.PlainDate.from(monday).toZonedDateTime(timezone).epochMilliseconds;
      const booked: Booked[] = [];
      for (const { room, from: after, length: span } of slots) {
        const [startsAt, endsAt] = [midnight + after, midnight + after + span];
        const isFree = booked.every(
          (each) => each.room !== room || each.endsAt <= startsAt || endsAt <= each.startsAt,
        );
        if (span === 0 || !isFree) continue;
        await confirmed(rooms[room] ?? '', iso(startsAt), iso(endsAt));
        booked.push({ room, startsAt, endsAt });
      }
      // Only now, so that some is kept while the room is closed.
      for (const [room, openingHours] of hours.entries()) {
        const changed = await desk.patch(`/rooms/${rooms[room]}`, { openingHours });
        assert.equal(changed.status, 200, changed.text);
      }
      const window = { startsAt: midnight + from, endsAt: midnight + from + length * 60 * MINUTE_MS };
      const query = { building, from: iso(window.startsAt), to: iso(window.endsAt) };
      const right = naive(timezone, window, hours, booked);
      for (const { roomId, keptMinutes, openMinutes } of await rows('rooms', query)) {
        const key: string = `room ${rooms.indexOf(String(roomId))}`;
        assert.deepEqual([keptMinutes, openMinutes], [right.kept(key), right.open(key)], key);
      }
      const byHour = await rows('hours', query);
      assert.equal(byHour.length, 168);
      for (const { weekday, hour, keptMinutes, openMinutes } of byHour) {
        const key = `${weekday} ${hour}`;
        assert.deepEqual(
          [keptMinutes, openMinutes],
          [right.kept(key), right.open(key)],
          `${timezone} ${key}`,
        );
      }
    }),
    { numRuns: 12 },
  );
});

test('buildings add up their rooms, and the same table comes as CSV that no spreadsheet runs', async () => {
  const building = '=HYPERLINK("http://example.com")';
  const openingHours = Object.fromEntries(WEEKDAYS.map((each) => [each, [['08:00', '18:00']]]));
  const [a, b] = [await newRoom(building, { openingHours }), await newRoom(building, { openingHours })];
  await confirmed(a, '2030-05-06T08:00:00Z', '2030-05-06T10:00:00Z');
  await confirmed(b, '2030-05-06T09:00:00Z', '2030-05-06T12:00:00Z');
  await desk.held([roomLine(b, '2030-05-06T14:00:00Z', '2030-05-06T15:00:00Z')]);
  const query = { building, from: '2030-05-06T00:00:00Z', to: '2030-05-07T00:00:00Z' };
  const right = { building, rooms: 2, bookings: 2, keptMinutes: 300, openMinutes: 1_200, utilisation: 0.25 };
  assert.deepEqual(await rows('buildings', query), [right]);
  for (const csv of [
    await report('buildings', { ...query, format: 'csv' }),
    await report('buildings', query, { accept: 'text/csv' }),
  ]) {
    assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8');
    assert.deepEqual(parse(csv.text, { columns: true }), [
      Object.fromEntries(
        Object.entries({ ...right, building: `'${building}` }).map(([k, v]) => [k, String(v)]),
      ),
    ]);
  }
});

test('bookings are counted by the day they were made, with what became of them and how long ahead they were', async () => {
  const building = 'Activity';
  const room = await newRoom(building);
  const now = Date.now();
  const hour = (n: number): [string, string] => [
    iso(now + n * 60 * MINUTE_MS),
    iso(now + (n + 1) * 60 * MINUTE_MS),
  ];
  await confirmed(room, ...hour(10));
  await confirmed(room, ...hour(20));
  await confirmed(room, ...hour(60));
  await desk.done(`/bookings/${await confirmed(room, ...hour(70))}/cancel`);
  await desk.done(`/bookings/${await confirmed(room, ...hour(80))}/check-in`);
  await desk.done(`/bookings/${await confirmed(room, ...hour(90))}/no-show`);
  await desk.held([roomLine(room, ...hour(100))]);
  for (const per of ['day', 'week', 'month']) {
    const from = now - 60 * MINUTE_MS;
    const found = await rows('bookings', { building, per, from: iso(from), to: iso(now + 60 * MINUTE_MS) });
    const [row] = found;
    assert.equal(found.length, 1);
    assert.partialDeepStrictEqual(row, {
      ...{ bookings: 6, standing: 5, cancelled: 1, declined: 0, noShows: 1, checkedIn: 1 },
      ...{ bookedMinutes: 300, medianLeadHours: 60, meanLeadHours: 52 },
    });
    assert.match(String(row?.['period']), per === 'month' ? /-01$/ : /^\d{4}-\d\d-\d\d$/);
  }
});

test('of lines cancelled under way, only those to which nobody came are no-shows; what is over stands', async () => {
  const building = 'Cancelled late';
  const rooms = await Promise.all([1, 2, 3, 4].map(() => newRoom(building)));
  const now = Date.now();
  const [start, end] = [iso(now - MINUTE_MS / 2), iso(now + 60 * MINUTE_MS)]; // a minute of grace is given
  const over = iso(now - MINUTE_MS / 4);
  const lines = rooms.map((room, i) => roomLine(room, start, i === 3 ? over : end));
  const { id } = await desk.booked(lines);
  await desk.done(`/bookings/${id}/check-in`, { lines: [1] });
  await desk.done(`/bookings/${id}/cancel`, { lines: [1, 2] });
  const window = { from: iso(now - 60 * MINUTE_MS), to: iso(now + 60 * MINUTE_MS) };
  const [row] = await rows('bookings', { building, per: 'month', ...window });
  assert.partialDeepStrictEqual(row, { bookings: 4, standing: 2, cancelled: 1, noShows: 1, checkedIn: 0 });
});

test('occurrences that were left out are no bookings, and so were never cancelled', async () => {
  const building = 'Left out';
  const room = await newRoom(building);
  await confirmed(room, '2030-05-07T08:00:00Z', '2030-05-07T09:00:00Z');
  const series = { rrule: 'FREQ=DAILY;COUNT=3', onConflict: 'skip' };
  const line = roomLine(room, '2030-05-06T08:00:00Z', '2030-05-06T09:00:00Z');
  const { id } = await desk.booked([{ ...line, ...series }]);
  const now = Date.now();
  const window = { from: iso(now - 60 * MINUTE_MS), to: iso(now + 60 * MINUTE_MS) };
  const counts = async () => (await rows('bookings', { building, per: 'month', ...window }))[0];
  assert.partialDeepStrictEqual(await counts(), { bookings: 3, standing: 3, cancelled: 0, noShows: 0 });
  await desk.done(`/bookings/${id}/cancel`);
  assert.partialDeepStrictEqual(await counts(), { bookings: 3, standing: 1, cancelled: 2, noShows: 0 });
});

test('reports are for staff, over a quarter at most', async () => {
  const query = 'from=2030-01-01T00:00:00Z&to=2030-02-01T00:00:00Z';
  for (const path of ['rooms', 'buildings', 'hours', 'bookings']) {
    const url = `/rooms/reports/${path}`;
    assert.equal((await desk.get(`${url}?${query}`, 'client')).status, 403);
    const year = await desk.get(`${url}?${query.replace('2030-02', '2031-02')}`);
    assert.deepEqual([year.status, year.body.errors[0]?.reason], [422, 'interval_too_long']);
  }
});
