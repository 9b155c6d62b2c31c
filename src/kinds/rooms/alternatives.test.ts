import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { FrontDesk, roomLine, type RoomLine, type Who } from '../../../test/front-desk.ts';
import { CHANGES, MINUTE } from './naive-rules.test-double.ts';

let first: FrontDesk;
before(async () => (first = await FrontDesk.open()));
after(() => first.close());

async function offeredFor(desk: FrontDesk, line: object, by: Who = 'client'): Promise<RoomLine[]> {
  const refused = await desk.hold([line], by);
  assert.ok([409, 422].includes(refused.status), refused.text);
  return refused.body.alternatives ?? [];
}

/** A Monday, by the clock of UTC. */
const monday = (time: string) => `2030-05-06T${time}:00.000Z`;
const times = (lines: readonly RoomLine[]) =>
  lines.map(({ start, end }) => `${start.slice(11, 16)}-${end.slice(11, 16)}`);

test('instead of a time outside the hours, those on the grid that are nearest and free', async () => {
  const desk = await first.neighbour();
  const roomId = await desk.room({
    openingHours: {
      mon: [
        ['08:00', '12:00'],
        ['14:00', '18:00'],
      ],
    },
    rules: { stepMinutes: 30 },
  });
  const line = roomLine(roomId, monday('12:10'), monday('13:00'));
  await desk.hold([roomLine(roomId, monday('14:00'), monday('14:30'))], 'client');
  // 50 minutes are an hour on this grid.
  assert.deepEqual(times(await offeredFor(desk, line)).slice(0, 2), ['11:00-12:00', '14:30-15:30']);
});

test('what is offered keeps clear of its neighbours by both buffers', async () => {
  const desk = await first.neighbour();
  const roomId = await desk.room({ rules: { bufferBeforeMinutes: 10, bufferAfterMinutes: 15 } });
  const line = roomLine(roomId, monday('12:00'), monday('13:00'));
  await desk.held([line], 'client');
  assert.deepEqual(times(await offeredFor(desk, line)), ['10:35-11:35', '13:25-14:25']);
});

test('instead of a line that is too long or too short, the longest and the shortest that there is', async () => {
  const desk = await first.neighbour();
  const roomId = await desk.room({ rules: { minMinutes: 30, maxMinutes: 100, stepMinutes: 15 } });
  const line = roomLine(roomId, monday('12:00'), monday('18:00'));
  assert.deepEqual(times(await offeredFor(desk, line)), ['12:00-13:30']);
  assert.deepEqual(times(await offeredFor(desk, { ...line, end: monday('12:10') })), ['12:00-12:30']);
});

test('instead of a room that is too small or lacks something, rooms that have it', async () => {
  const desk = await first.neighbour();
  const roomId = await desk.room({ capacity: 5 });
  const large = await desk.room({ capacity: 50, equipment: ['organ'] });
  await desk.room({ capacity: 50, equipment: ['organ'], rules: { roles: ['staff'] } });
  await desk.room({ capacity: 50, openingHours: {}, equipment: ['organ'] });
  const line = roomLine(roomId, monday('12:00'), monday('13:00'));
  for (const wish of [{ attendees: 20 }, { equipment: ['organ'] }])
    assert.deepEqual(await offeredFor(desk, { ...line, ...wish }), [{ ...line, roomId: large, ...wish }]);
});

test('nothing is offered on a day on which the person has had his share', async () => {
  const desk = await first.neighbour();
  const rules = { quota: { perDay: { bookings: 1 } } };
  const roomId = await desk.room({
    rules,
    openingHours: { mon: [['08:00', '12:00']], tue: [['08:00', '12:00']] },
  });
  const line = roomLine(roomId, monday('08:00'), monday('09:00'));
  await desk.held([line], 'client');
  const again = { ...line, start: monday('09:00'), end: monday('10:00') };
  const early = { ...line, start: monday('07:00'), end: monday('08:00') };
  const days = async (of: object, by?: Who) =>
    (await offeredFor(desk, of, by)).map(({ start }) => start.slice(8, 10));
  assert.deepEqual(await days(again), ['07', '30', '29'], 'the share itself was refused');
  assert.deepEqual(await days(early), ['07', '30', '29'], 'something else was refused');
  assert.deepEqual((await days(early, 'admin')).slice(0, 2), ['06', '07'], 'who has had nothing');
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
        const desk = await first.neighbour();
        const ids: string[] = [];
        for (const { rules, ...given } of rooms) {
          const kept = Object.fromEntries(Object.entries(rules).filter(([, value]) => value !== undefined));
          ids.push(await desk.room({ timezone, rules: kept, ...given }));
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
        for (const each of taken) await desk.hold([toLine(each)], 'client');
        for (const each of wishes) {
          const refused = await desk.hold([toLine(each)], 'client');
          if (refused.status === 201) continue;
          const { alternatives = [] } = refused.body;
          for (const line of alternatives) {
            const held = await desk.hold([line], 'client');
            assert.equal(
              held.status,
              201,
              `${JSON.stringify(line)}\nwas offered for ${refused.text}\nand refused: ${held.text}`,
            );
            offered += 1;
            await desk.done(`/bookings/${held.body.id}/cancel`, {}, 'client');
          }
        }
      },
    ),
    { numRuns: 12 },
  );
  assert.ok(offered > 20, `only ${offered} alternatives were offered`);
});
