import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { call, testApp, type TestApp } from '../../../test/app.ts';
import { CHANGES, MINUTE } from './naive-rules.test-double.ts';

let web: TestApp;
before(async () => (web = await testApp()));
after(() => web.close());

interface Line {
  kind: string;
  roomId: string;
  start: string;
  end: string;
}

/** A company of its own with an admin and a client. */
async function company() {
  const { base, keys } = await web.tenantWith('admin', 'client');
  const [admin = '', client = ''] = keys;
  const post = (path: string, body: unknown, key = client) =>
    call(web.app, 'POST', `${base}${path}`, { key, body });
  const newRoom = async (given: Record<string, unknown>) => {
    const made = await post('/rooms', { building: 'Main', capacity: 10, ...given }, admin);
    assert.equal(made.status, 201, made.text);
    return String(made.body['id']);
  };
  const offeredFor = async (line: object, key = client): Promise<Line[]> => {
    const refused = await post('/holds', { lines: [line] }, key);
    assert.ok([409, 422].includes(refused.status), refused.text);
    return refused.body['alternatives'] as Line[];
  };
  return { post, newRoom, offeredFor, admin, client };
}

/** A Monday, by the clock of UTC. */
const monday = (time: string) => `2030-05-06T${time}:00.000Z`;
const times = (lines: readonly Line[]) =>
  lines.map(({ start, end }) => `${start.slice(11, 16)}-${end.slice(11, 16)}`);

test('instead of a time outside the hours, those on the grid that are nearest and free', async () => {
  const { post, newRoom, offeredFor } = await company();
  const roomId = await newRoom({
    name: 'A',
    openingHours: {
      mon: [
        ['08:00', '12:00'],
        ['14:00', '18:00'],
      ],
    },
    rules: { stepMinutes: 30 },
  });
  const line = { kind: 'room', roomId, start: monday('12:10'), end: monday('13:00') };
  await post('/holds', { lines: [{ ...line, start: monday('14:00'), end: monday('14:30') }] });
  // 50 minutes are an hour on this grid.
  assert.deepEqual(times(await offeredFor(line)).slice(0, 2), ['11:00-12:00', '14:30-15:30']);
});

test('what is offered keeps clear of its neighbours by both buffers', async () => {
  const { post, newRoom, offeredFor } = await company();
  const roomId = await newRoom({ name: 'A', rules: { bufferBeforeMinutes: 10, bufferAfterMinutes: 15 } });
  const line = { kind: 'room', roomId, start: monday('12:00'), end: monday('13:00') };
  assert.equal((await post('/holds', { lines: [line] })).status, 201);
  assert.deepEqual(times(await offeredFor(line)), ['10:35-11:35', '13:25-14:25']);
});

test('instead of a line that is too long or too short, the longest and the shortest that there is', async () => {
  const { newRoom, offeredFor } = await company();
  const roomId = await newRoom({ name: 'A', rules: { minMinutes: 30, maxMinutes: 100, stepMinutes: 15 } });
  const line = { kind: 'room', roomId, start: monday('12:00'), end: monday('18:00') };
  assert.deepEqual(times(await offeredFor(line)), ['12:00-13:30']);
  assert.deepEqual(times(await offeredFor({ ...line, end: monday('12:10') })), ['12:00-12:30']);
});

test('instead of a room that is too small or lacks something, rooms that have it', async () => {
  const { newRoom, offeredFor } = await company();
  const roomId = await newRoom({ name: 'A', capacity: 5 });
  const large = await newRoom({ name: 'B', capacity: 50, equipment: ['organ'] });
  await newRoom({ name: 'C', capacity: 50, equipment: ['organ'], rules: { roles: ['staff'] } });
  await newRoom({ name: 'D', capacity: 50, openingHours: {}, equipment: ['organ'] });
  const line = { kind: 'room', roomId, start: monday('12:00'), end: monday('13:00') };
  for (const wish of [{ attendees: 20 }, { equipment: ['organ'] }])
    assert.deepEqual(await offeredFor({ ...line, ...wish }), [{ ...line, roomId: large, ...wish }]);
});

test('nothing is offered on a day on which the person has had his share', async () => {
  const { post, newRoom, offeredFor, admin, client } = await company();
  const rules = { quota: { perDay: { bookings: 1 } } };
  const roomId = await newRoom({
    name: 'A',
    rules,
    openingHours: { mon: [['08:00', '12:00']], tue: [['08:00', '12:00']] },
  });
  const line = { kind: 'room', roomId, start: monday('08:00'), end: monday('09:00') };
  assert.equal((await post('/holds', { lines: [line] })).status, 201);
  const again = { ...line, start: monday('09:00'), end: monday('10:00') };
  const early = { ...line, start: monday('07:00'), end: monday('08:00') };
  const days = async (of: object, key = client) =>
    (await offeredFor(of, key)).map(({ start }) => start.slice(8, 10));
  assert.deepEqual(await days(again), ['07', '30', '29'], 'the share itself was refused');
  assert.deepEqual(await days(early), ['07', '30', '29'], 'something else was refused');
  assert.deepEqual((await days(early, admin)).slice(0, 2), ['06', '07'], 'who has had nothing');
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const room = fc
  .record({
    hours: maybe(
      fc.constantFrom(
        [['08:00', '20:00']],
        [['22:00', '06:00']],
        [
          ['01:30', '02:45'],
          ['09:00', '17:30'],
        ],
      ),
    ),
    capacity: fc.constantFrom(5, 10),
    rules: fc.record({
      minMinutes: maybe(fc.constantFrom(30, 45)),
      maxMinutes: maybe(fc.constantFrom(60, 120)),
      stepMinutes: maybe(fc.constantFrom(15, 30, 45, 60)),
      noticeMinutes: maybe(fc.constantFrom(30, 2_000)),
      horizonDays: maybe(fc.constantFrom(1, 3, 200)),
      bufferBeforeMinutes: maybe(fc.constantFrom(5, 15)),
      bufferAfterMinutes: maybe(fc.constantFrom(10, 30)),
      quota: maybe(fc.constantFrom({ perDay: { bookings: 1 } }, { perWeek: { minutes: 150 } })),
    }),
  })
  .map(({ hours, ...given }) => ({
    ...given,
    ...(hours !== undefined && {
      openingHours: Object.fromEntries(['mon', 'tue', 'wed', 'thu', 'sat', 'sun'].map((day) => [day, hours])),
    }),
  }));
/** In minutes from the day around which everything happens. */
const wish = fc.record({
  room: fc.nat(2),
  from: fc.integer({ min: -900, max: 900 }).map((minutes) => Math.round(minutes / 5) * 5),
  minutes: fc.constantFrom(10, 30, 45, 60, 90, 200),
  attendees: maybe(fc.constantFrom(3, 8)),
});

test('every alternative is free and keeps to all rules: it is held at once', async () => {
  let offered = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.entries(CHANGES)),
      fc.boolean(),
      fc.array(room, { minLength: 3, maxLength: 3 }),
      fc.array(wish, { maxLength: 15 }),
      fc.array(wish, { minLength: 6, maxLength: 6 }),
      async ([timezone, [change = '']], soon, rooms, taken, wishes) => {
        const { post, newRoom } = await company();
        const ids: string[] = [];
        for (const [i, { rules, ...given }] of rooms.entries()) {
          const kept = Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
          ids.push(await newRoom({ name: `Room ${i}`, timezone, rules: kept, ...given }));
        }
        const now = Math.ceil(Date.now() / MINUTE) * MINUTE;
        const around = soon ? now + 2_880 * MINUTE : Date.parse(change);
        const toLine = ({ room: of, from, minutes, attendees }: (typeof wishes)[number]) => ({
          kind: 'room',
          roomId: ids[of],
          start: new Date(around + from * MINUTE).toISOString(),
          end: new Date(around + (from + minutes) * MINUTE).toISOString(),
          ...(attendees !== undefined && { attendees }),
        });
        for (const each of taken) await post('/holds', { lines: [toLine(each)] });
        for (const each of wishes) {
          const refused = await post('/holds', { lines: [toLine(each)] });
          if (refused.status === 201) continue;
          const instead = (refused.body['alternatives'] ?? []) as Line[];
          for (const line of instead) {
            const held = await post('/holds', { lines: [line] });
            assert.equal(
              held.status,
              201,
              `${JSON.stringify(line)}\nwas offered for ${refused.text}\nand refused: ${held.text}`,
            );
            offered += 1;
            assert.equal((await post(`/bookings/${String(held.body['id'])}/cancel`, {})).status, 200);
          }
        }
      },
    ),
    { numRuns: 12 },
  );
  assert.ok(offered > 20, `only ${offered} alternatives were offered`);
});
