import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { ROLES, type Role } from '../../people/access.ts';
import { uuidV7 } from '../../platform/id.ts';
import type { RoomForSale } from './catalogue.ts';
import { CHANGES, DAY, MINUTE, Minutes, naiveReasons, type NaiveRoom } from './naive-rules.test-double.ts';
import { firstClosed, openBetween, weekHours } from './opening.ts';
import { refusals, type Asked } from './rules.ts';
import type { OpeningHours, Rules } from './schema.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const timeText = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

// Quarters of an hour, and often the hours at which clocks are changed.
const minuteOfDay = fc
  .oneof(fc.integer({ min: 0, max: 95 }), fc.integer({ min: 0, max: 16 }))
  .map((n) => n * 15);
const stretch = fc
  .tuple(minuteOfDay, fc.oneof(minuteOfDay, fc.constant(1_440)))
  .filter(([opens, closes]) => opens !== closes % 1_440 || closes === 1_440)
  .map(([opens, closes]) => [timeText(opens), timeText(closes)]);
const someHours: fc.Arbitrary<OpeningHours> = fc
  .tuple(...DAYS.map(() => fc.array(stretch, { maxLength: 2 })))
  .map((week) => Object.fromEntries(DAYS.map((day, i) => [day, week[i] ?? []])));
const always = Object.fromEntries(
  DAYS.map((day) => [
    day,
    [
      ['00:00', '12:00'],
      ['12:00', '24:00'],
    ],
  ]),
);
const hours = fc.oneof(
  { weight: 6, arbitrary: someHours },
  { weight: 1, arbitrary: fc.constant<OpeningHours>({ ...always, sun: [['20:00', '02:00']] }) },
  { weight: 1, arbitrary: fc.constant<OpeningHours>(always) },
);

/** A line that begins within a day of the change and lasts a day at most. */
const times = fc
  .tuple(
    fc.integer({ min: -1_440, max: 1_440 }),
    fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 1_440 })),
  )
  .map(([from, length]) => ({ from: Math.round(from / 5) * 5, length: Math.round(length / 5) * 5 }));

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const rules: fc.Arbitrary<Rules> = fc
  .record({
    minMinutes: maybe(fc.constantFrom(15, 60)),
    maxMinutes: maybe(fc.constantFrom(60, 240)),
    stepMinutes: maybe(fc.constantFrom(5, 15, 45, 50, 60)),
    noticeMinutes: maybe(fc.constantFrom(0, 60, 1_440)),
    horizonDays: maybe(fc.constantFrom(0, 1, 2)),
    roles: maybe(fc.subarray([...ROLES], { minLength: 1 })),
    quota: maybe(fc.constantFrom({ perDay: { minutes: 120 } }, { perWeek: { minutes: 600, bookings: 1 } })),
  })
  .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

function forSale({ hours: given, ...room }: NaiveRoom): RoomForSale {
  return { id: uuidV7(), version: 1, archived: false, timezone: null, hours: weekHours(given), ...room };
}

const seen = new Set<string>();
after(() => assert.equal(seen.size, 13, `only these were refused at all: ${[...seen].join(', ')}`));

for (const [timezone, changes] of Object.entries(CHANGES))
  describe(`around the changes of the clock in ${timezone}`, () => {
    const calendars = changes.map((change) => ({
      change: Date.parse(change),
      minutes: new Minutes(timezone, Date.parse(change)),
    }));
    const calendar = fc.constantFrom(...calendars);

    test('a room is open when a walk over the minutes says so', () => {
      fc.assert(
        fc.property(calendar, hours, times, ({ change, minutes }, given, { from, length }) => {
          const open = minutes.open(given);
          const asked = { startsAt: change + from * MINUTE, endsAt: change + (from + length) * MINUTE };
          const index = (at: number) => (at - minutes.from) / MINUTE;
          const closed = open.indexOf(false, index(asked.startsAt));
          const week = weekHours(given);
          const told = week === null ? undefined : firstClosed(week, timezone, asked);
          const found =
            closed < 0 || closed >= index(asked.endsAt) ? undefined : minutes.from + closed * MINUTE;
          assert.equal(told, found);
          const between = week === null ? [] : openBetween(week, timezone, asked);
          const inside = open.slice(index(asked.startsAt), index(asked.endsAt)).filter((each) => each).length;
          if (week !== null)
            assert.equal(
              between.reduce((sum, each) => sum + each.endsAt - each.startsAt, 0),
              inside * MINUTE,
            );
        }),
        { numRuns: 80 },
      );
    });

    test('the rules refuse what the naive model refuses, for the same reasons', () => {
      const blackout = fc.tuple(fc.integer({ min: -1_440, max: 1_440 }), fc.integer({ min: 1, max: 300 }));
      fc.assert(
        fc.property(
          fc.record({
            calendar,
            times,
            rules,
            hours: fc.option(hours),
            blackouts: fc.array(blackout, { maxLength: 1 }),
            role: fc.constantFrom<Role>(...ROLES, 'client', 'client'),
            ahead: fc.integer({ min: -10, max: 4_000 }),
            attendees: maybe(fc.constantFrom(1, 10, 11)),
            equipment: maybe(fc.subarray(['beamer', 'piano'])),
          }),
          ({ calendar: { change, minutes }, times: { from, length }, role, ahead, ...given }) => {
            const room: NaiveRoom = {
              capacity: 10,
              equipment: ['beamer'],
              hours: given.hours,
              rules: given.rules,
              blackouts: given.blackouts.map(([at, lasts]) => ({
                startsAt: change + at * MINUTE,
                endsAt: change + (at + lasts) * MINUTE,
              })),
            };
            const asked: Asked = {
              startsAt: change + from * MINUTE,
              endsAt: change + (from + length) * MINUTE,
              attendees: given.attendees,
              equipment: given.equipment,
            };
            const now = asked.startsAt - ahead * MINUTE;
            const told = refusals({ room: forSale(room), timezone, asked, role, now });
            const reasons = new Set(told.map(({ reason }) => reason));
            assert.deepEqual([...reasons].sort(), [...naiveReasons(room, asked, role, now, minutes)].sort());
            for (const reason of reasons) seen.add(reason);
          },
        ),
        { numRuns: 150 },
      );
    });
  });

const NOW = Date.parse('2027-05-03T08:30:00Z'); // a Monday
const open: NaiveRoom = { capacity: 10, equipment: ['beamer'], hours: null, rules: {}, blackouts: [] };
const shown = (
  rule: Partial<NaiveRoom>,
  from: string,
  to: string,
  more: Partial<Asked> = {},
  role: Role = 'client',
) =>
  refusals({
    room: forSale({ ...open, ...rule }),
    timezone: 'Europe/Berlin',
    asked: { startsAt: Date.parse(from), endsAt: Date.parse(to), ...more },
    role,
    now: NOW,
  }).map(({ field, reason, limit }) => ({ field, reason, limit }));

/** Each rule at its limit, and a minute beyond: the field that is named and the limit that is told. */
const LIMITS: [string, Parameters<typeof shown>, Parameters<typeof shown>, object][] = [
  [
    'the shortest length',
    [{ rules: { minMinutes: 30 } }, '2027-05-04T08:00Z', '2027-05-04T08:30Z'],
    [{ rules: { minMinutes: 30 } }, '2027-05-04T08:00Z', '2027-05-04T08:29Z'],
    { field: 'end', reason: 'interval_too_short', limit: 30 },
  ],
  [
    'the greatest length',
    [{ rules: { maxMinutes: 120 } }, '2027-05-04T08:00Z', '2027-05-04T10:00Z'],
    [{ rules: { maxMinutes: 120 } }, '2027-05-04T08:00Z', '2027-05-04T10:01Z'],
    { field: 'end', reason: 'interval_too_long', limit: 120 },
  ],
  [
    'the grid',
    [{ rules: { stepMinutes: 45 } }, '2027-05-04T08:15+02:00', '2027-05-04T09:00+02:00'],
    [{ rules: { stepMinutes: 45 } }, '2027-05-04T08:16+02:00', '2027-05-04T09:00+02:00'],
    { field: 'start', reason: 'off_grid', limit: 45 },
  ],
  [
    'the notice, with a minute of grace',
    [{ rules: { noticeMinutes: 60 } }, '2027-05-03T09:29Z', '2027-05-03T10:00Z'],
    [{ rules: { noticeMinutes: 60 } }, '2027-05-03T09:28Z', '2027-05-03T10:00Z'],
    { field: 'start', reason: 'too_soon', limit: 60 },
  ],
  [
    'the horizon, by local days',
    [{ rules: { horizonDays: 1 } }, '2027-05-04T23:59+02:00', '2027-05-05T01:00+02:00'],
    [{ rules: { horizonDays: 1 } }, '2027-05-05T00:00+02:00', '2027-05-05T01:00+02:00'],
    { field: 'start', reason: 'too_far', limit: 1 },
  ],
  [
    'opening',
    [{ hours: { tue: [['08:00', '20:00']] } }, '2027-05-04T08:00+02:00', '2027-05-04T09:00+02:00'],
    [{ hours: { tue: [['08:00', '20:00']] } }, '2027-05-04T07:59+02:00', '2027-05-04T09:00+02:00'],
    { field: 'start', reason: 'outside_hours', limit: '08:00-20:00' },
  ],
  [
    'closing',
    [{ hours: { tue: [['08:00', '20:00']] } }, '2027-05-04T19:00+02:00', '2027-05-04T20:00+02:00'],
    [{ hours: { tue: [['08:00', '20:00']] } }, '2027-05-04T19:00+02:00', '2027-05-04T20:01+02:00'],
    { field: 'end', reason: 'outside_hours', limit: '08:00-20:00' },
  ],
  [
    'a night',
    [{ hours: { tue: [['22:00', '02:00']] } }, '2027-05-04T23:00+02:00', '2027-05-05T02:00+02:00'],
    [{ hours: { tue: [['22:00', '02:00']] } }, '2027-05-04T23:00+02:00', '2027-05-05T02:01+02:00'],
    { field: 'end', reason: 'outside_hours', limit: 'closed' },
  ],
  [
    'midnight between two days that are open then',
    [
      { hours: { tue: [['20:00', '24:00']], wed: [['00:00', '04:00']] } },
      '2027-05-04T20:00+02:00',
      '2027-05-05T04:00+02:00',
    ],
    [
      { hours: { tue: [['20:00', '24:00']], wed: [['00:01', '04:00']] } },
      '2027-05-04T20:00+02:00',
      '2027-05-05T04:00+02:00',
    ],
    { field: 'end', reason: 'outside_hours', limit: '00:01-04:00' },
  ],
  [
    'the seats',
    [{}, '2027-05-04T08:00Z', '2027-05-04T09:00Z', { attendees: 10 }],
    [{}, '2027-05-04T08:00Z', '2027-05-04T09:00Z', { attendees: 11 }],
    { field: 'attendees', reason: 'room_too_small', limit: 10 },
  ],
  [
    'the equipment',
    [{}, '2027-05-04T08:00Z', '2027-05-04T09:00Z', { equipment: ['beamer'] }],
    [{}, '2027-05-04T08:00Z', '2027-05-04T09:00Z', { equipment: ['beamer', 'piano', 'organ'] }],
    { field: 'equipment', reason: 'equipment_missing', limit: 'piano, organ' },
  ],
  [
    'the roles',
    [{ rules: { roles: ['staff', 'client'] } }, '2027-05-04T08:00Z', '2027-05-04T09:00Z'],
    [{ rules: { roles: ['staff', 'admin'] } }, '2027-05-04T08:00Z', '2027-05-04T09:00Z'],
    { field: 'roomId', reason: 'role_not_allowed', limit: 'staff, admin' },
  ],
  [
    'what one person may have',
    [{ rules: { quota: { perWeek: { minutes: 90 } } } }, '2027-05-04T08:00Z', '2027-05-04T09:30Z'],
    [{ rules: { quota: { perWeek: { minutes: 90 } } } }, '2027-05-04T08:00Z', '2027-05-04T09:31Z'],
    { field: 'end', reason: 'over_quota', limit: 90 },
  ],
];

for (const [name, within, beyond, refusal] of LIMITS)
  test(`${name}: allowed at the limit, refused beyond with the limit`, () => {
    assert.deepEqual(shown(...within), []);
    assert.deepEqual(shown(...beyond), [refusal]);
  });

test('a blackout is refused in whichever field it meets, and a line may touch it', () => {
  const over = { startsAt: Date.parse('2027-05-04T10:00Z'), endsAt: Date.parse('2027-05-04T12:00Z') };
  const limit = '2027-05-04T10:00:00.000Z/2027-05-04T12:00:00.000Z';
  const ask = (from: string, to: string) =>
    shown({ blackouts: [over] }, `2027-05-04T${from}Z`, `2027-05-04T${to}Z`);
  assert.deepEqual([...ask('09:00', '10:00'), ...ask('12:00', '13:00')], []);
  assert.deepEqual(ask('09:00', '10:01'), [{ field: 'end', reason: 'blacked_out', limit }]);
  assert.deepEqual(ask('11:59', '13:00'), [{ field: 'start', reason: 'blacked_out', limit }]);
});

test('all rules that a line breaks are told at once', () => {
  const strict: Partial<NaiveRoom> = {
    rules: { minMinutes: 60, stepMinutes: 30, noticeMinutes: 600 },
    hours: {},
  };
  const told = shown(strict, '2027-05-03T10:05Z', '2027-05-03T10:20Z').map(
    ({ field, reason }) => `${field} ${reason}`,
  );
  assert.deepEqual(told, [
    'end interval_too_short',
    'start off_grid',
    'end off_grid',
    'start too_soon',
    'start outside_hours',
  ]);
});

test('staff book at once and far ahead, and keep to every other rule', () => {
  const strict: Partial<NaiveRoom> = { rules: { noticeMinutes: 600, horizonDays: 1, maxMinutes: 30 } };
  for (const role of ['staff', 'admin', 'owner'] as const) {
    assert.deepEqual(shown(strict, '2027-05-03T08:30Z', '2027-05-03T09:00Z', {}, role), []);
    assert.deepEqual(shown(strict, '2027-09-03T08:30Z', '2027-09-03T09:00Z', {}, role), []);
    assert.deepEqual(
      shown(strict, '2027-09-03T08:30Z', '2027-09-03T09:30Z', {}, role).map(({ reason }) => reason),
      ['interval_too_long'],
    );
  }
});

test('a year on a room that closes once a week is judged in a moment', () => {
  const week = Object.fromEntries(DAYS.map((day) => [day, [['00:00', day === 'sun' ? '23:00' : '24:00']]]));
  const begun = performance.now();
  for (let i = 0; i < 200; i += 1)
    shown({ hours: week }, '2027-05-04T00:00Z', new Date(NOW + 360 * DAY).toISOString());
  assert.ok(performance.now() - begun < 1_000);
});
