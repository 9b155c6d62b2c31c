import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { silentLog } from '../../../test/database.ts';
import { FrontDesk, roomLine, type Stretch, type Who } from '../../../test/front-desk.ts';
import { openDatabase } from '../../platform/db.ts';
import { gridBytes } from './grid.ts';

interface Shown {
  roomId: string;
  name: string;
  busy: (Stretch & { bookingId?: string })[];
}
interface GridAnswer {
  data: Shown[];
  pagination: { nextCursor: string | null; hasNext: boolean; hasPrev: boolean };
}

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

const HOUR_MS = 3_600_000;
const at = (hour: number) => new Date(Date.UTC(2030, 4, 6) + hour * HOUR_MS).toISOString();

async function get<T>(path: string, by: Who = 'public'): Promise<T> {
  const answer = await desk.get(path, by);
  assert.equal(answer.status, 200, answer.text);
  return answer.body as unknown as T;
}

/** A building of its own, so that a test finds its own rooms alone. */
let buildings = 0;
const newBuilding = () => `Building ${(buildings += 1)}`;

/** The booking, unless the time is taken. */
async function book(roomId: string, from: number, to: number): Promise<string | undefined> {
  const { status, body } = await desk.hold([roomLine(roomId, at(from), at(to))]);
  return status === 201 ? body.id : undefined;
}

const grid = (from: number, to: number, more = '', by?: Who) =>
  get<GridAnswer>(`/rooms/grid?from=${at(from)}&to=${at(to)}${more}`, by);

test('the grid says of every room what its own availability says, whatever is booked and asked for', async () => {
  // Up to a day, exactly a day, and longer: what reaches over the window's end is looked for in two places.
  const hours = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(23, 24, 25, 48, 70));
  const slot = fc.tuple(fc.nat(2), fc.nat(46), hours);
  const window = fc.tuple(fc.nat(46), fc.integer({ min: 1, max: 24 }));
  let examined = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(slot, { minLength: 4, maxLength: 12 }),
      window,
      async (slots, [from, length]) => {
        const building = newBuilding();
        const rooms = [
          await desk.room({ building }),
          await desk.room({ building }),
          await desk.room({ building }),
        ];
        for (const [room, start, hours] of slots) await book(rooms[room] ?? '', start, start + hours);
        const shown = await grid(from, from + length, `&building=${encodeURIComponent(building)}`);
        assert.deepEqual(
          shown.data.map(({ roomId }) => roomId),
          rooms,
        );
        for (const { roomId, busy } of shown.data) {
          assert.deepEqual(busy, await desk.busy(roomId, at(from), at(from + length)));
          examined += busy.length;
        }
      },
    ),
    {
      numRuns: 25,
      examples: [23, 24, 25].map((length) => [
        [[0, 10, length] as [number, number, number]],
        [0, 11] as [number, number],
      ]),
    },
  );
  assert.ok(examined > 0, 'the runs booked nothing that was asked for');
});

test('the stretches stand in their order also where the database reads them in another', async () => {
  const building = newBuilding();
  const room = await desk.room({ building });
  const booked = [await book(room, 12, 13), await book(room, 8, 9), await book(room, 9, 10)];
  const url = new URL(desk.web.database.servingUrl);
  const noIndex = ['indexscan', 'indexonlyscan', 'bitmapscan'].map((way) => `-c enable_${way}=off`);
  url.searchParams.set('options', noIndex.join(' '));
  const db = openDatabase({ url: url.href, size: 1, named: true, log: silentLog });
  try {
    const window = { startsAt: Date.parse(at(0)), endsAt: Date.parse(at(24)) };
    const asked = { building, from: at(0), to: at(24), limit: 10, window };
    const busyOf = async (named: boolean) => {
      const bytes = await gridBytes(db, desk.tenant.id, { ...asked, named });
      return (JSON.parse(bytes.toString()) as GridAnswer).data[0]?.busy;
    };
    const [third, first, second] = booked;
    assert.deepEqual(
      (await busyOf(true))?.map(({ bookingId }) => bookingId),
      [first, second, third],
    );
    assert.deepEqual(await busyOf(false), [
      { start: at(8), end: at(10) },
      { start: at(12), end: at(13) },
    ]);
  } finally {
    await db.close();
  }
});

test('staff see whose each stretch is, and neighbours stay apart; everybody else sees what is taken', async () => {
  const room = await desk.room({ building: 'Whose' });
  const [first, second] = [await book(room, 8, 9), await book(room, 9, 11)];
  const staff = await grid(0, 24, '&building=Whose', 'admin');
  assert.deepEqual(staff.data[0]?.busy, [
    { start: at(8), end: at(9), bookingId: first },
    { start: at(9), end: at(11), bookingId: second },
  ]);
  const everybody = await grid(0, 24, '&building=Whose');
  assert.deepEqual(everybody.data[0]?.busy, [{ start: at(8), end: at(11) }]);
});

test('a grid of many rooms is read page by page, each room once, in order of name', async () => {
  const rooms = [];
  for (const capacity of [30, 20, 30, 30, 30]) rooms.push(await desk.room({ building: 'Pages', capacity }));
  const seen: string[] = [];
  let cursor = '';
  for (let pages = 1; ; pages++) {
    const { data, pagination } = await grid(0, 24, `&building=Pages&capacity=25&limit=2${cursor}`);
    seen.push(...data.map(({ roomId }) => roomId));
    assert.equal(pagination.hasPrev, pages > 1);
    if (pagination.nextCursor === null) break;
    cursor = `&cursor=${pagination.nextCursor}`;
  }
  assert.deepEqual(seen, rooms.toSpliced(1, 1));
});

test('holds that have expired and bookings that were cancelled are free in the grid', async () => {
  const room = await desk.room({ building: 'Ended' });
  const cancelled = await book(room, 8, 9);
  await desk.done(`/bookings/${cancelled}/cancel`);
  await desk.held([roomLine(room, at(10), at(11))], 'admin', { ttlSeconds: 1 });
  assert.equal((await grid(10, 11, '&building=Ended')).data[0]?.busy.length, 1);
  while ((await grid(0, 24, '&building=Ended')).data[0]?.busy.length !== 0);
});

const bad: readonly [string, string, string][] = [
  ['six weeks and a day', `from=${at(0)}&to=${at(43 * 24)}`, 'interval_too_long'],
  ['no time at all', `from=${at(1)}&to=${at(1)}`, 'empty_interval'],
  ['more rooms than there can be', `from=${at(0)}&to=${at(1)}&limit=1001`, 'invalid_parameter'],
  ['a cursor of another list', `from=${at(0)}&to=${at(1)}&cursor=abc`, 'invalid_cursor'],
  ['no window', '', 'missing_field'],
];
for (const [what, query, reason] of bad)
  test(`a grid of ${what} is refused with ${reason}`, async () => {
    const answer = await desk.get(`/rooms/grid?${query}`, 'public');
    assert.ok([400, 422].includes(answer.status), answer.text);
    assert.equal(answer.body.errors[0]?.reason, reason);
  });

test('every room that is found can be held at once, and no room that could be held is left out', async () => {
  const minutes = fc.constantFrom(15, 30, 45, 60, 90);
  const rules = fc.record(
    {
      minMinutes: fc.constantFrom(30, 60),
      maxMinutes: fc.constantFrom(60, 120),
      stepMinutes: fc.constantFrom(15, 30),
      bufferBeforeMinutes: minutes,
      bufferAfterMinutes: minutes,
      roles: fc.constantFrom(['staff'], ['admin', 'client'], ['admin']),
    },
    { requiredKeys: [] },
  );
  const openingHours = fc.option(
    fc.constantFrom({ mon: [['08:00', '12:00']] }, { mon: [['10:00', '02:00']] }),
  );
  const asked = fc.record({
    rooms: fc.array(fc.record({ rules, openingHours }), { minLength: 3, maxLength: 5 }),
    taken: fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 8, max: 20 })), { maxLength: 6 }),
    closed: fc.tuple(fc.nat(4), fc.integer({ min: 8, max: 20 })),
    from: fc.integer({ min: 16, max: 24 }).map((halves) => halves * 2),
    length: fc.constantFrom(2, 4, 6, 8),
  });
  const seen = { found: 0, left: 0 };
  await fc.assert(
    fc.asyncProperty(asked, async ({ rooms, taken, closed: [which, hour], from, length }) => {
      const building = newBuilding();
      const ids: string[] = [];
      for (const _ of rooms) ids.push(await desk.room({ building }));
      for (const [room, start] of taken) await book(ids[room] ?? '', start, start + 1);
      const blackout = { start: at(hour), end: at(hour + 1) };
      if (ids[which] !== undefined) await desk.made(`/rooms/${ids[which]}/blackouts`, blackout);
      for (const [i, given] of rooms.entries()) await desk.patch(`/rooms/${ids[i]}`, given);
      const [start, end] = [at(from / 4), at((from + length) / 4)];
      const answer = await get<{ data: { id: string }[] }>(
        `/rooms/availability?from=${start}&to=${end}&building=${encodeURIComponent(building)}&fields=id`,
        'admin',
      );
      const found = new Set(answer.data.map(({ id }) => id));
      for (const roomId of ids) {
        const held = await desk.hold([roomLine(roomId, start, end)]);
        assert.equal(held.status === 201, found.has(roomId), held.text);
        if (held.status === 201) seen.found += 1;
        else seen.left += 1;
      }
    }),
    { numRuns: 20 },
  );
  assert.ok(seen.found > 0 && seen.left > 0, JSON.stringify(seen));
});

test('pages of free rooms are full and counted although most rooms that are free may not be booked', async () => {
  const building = 'Mostly shut';
  const open: string[] = [];
  for (let n = 0; n < 12; n++) {
    const id = await desk.room({ building, ...(n % 4 === 0 ? {} : { openingHours: {} }) });
    if (n % 4 === 0) open.push(id);
  }
  const url = `/rooms/availability?from=${at(8)}&to=${at(9)}&building=Mostly%20shut&limit=2&sort=name`;
  const page = (n: number) =>
    get<{ data: { id: string }[]; pagination: object }>(`${url}&page=${n}`, 'admin');
  const [first, second] = [await page(1), await page(2)];
  assert.deepEqual(
    [...first.data, ...second.data].map(({ id }) => id),
    open,
  );
  assert.partialDeepStrictEqual(second.pagination, {
    total: 3,
    totalPages: 2,
    hasNext: false,
    hasPrev: true,
  });
  const { data, pagination } = await get<GridAnswer>(url, 'admin');
  const rest = await get<GridAnswer>(`${url}&cursor=${pagination.nextCursor}`, 'admin');
  assert.deepEqual([data.length, rest.data.length, rest.pagination.hasNext], [2, 1, false]);
});
