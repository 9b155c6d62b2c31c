import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FrontDesk, roomLine } from '../../../test/front-desk.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

/** What is sent, and what is told: reason@pointer. */
const BAD: [string, Record<string, unknown>, string][] = [
  ['a zone that is none', { timezone: 'Mars/Olympus' }, 'unknown_timezone@/timezone'],
  ['a plain offset', { timezone: '+02:00' }, 'unknown_timezone@/timezone'],
  ['a rule that is none', { rules: { maximum: 3 } }, 'unknown_field@/rules/maximum'],
  ['a length of nothing', { rules: { minMinutes: 0 } }, 'out_of_range@/rules/minMinutes'],
  ['more than a year', { rules: { maxMinutes: 527_041 } }, 'out_of_range@/rules/maxMinutes'],
  ['half a minute', { rules: { stepMinutes: 0.5 } }, 'invalid_number@/rules/stepMinutes'],
  ['a step longer than a day', { rules: { stepMinutes: 1_441 } }, 'out_of_range@/rules/stepMinutes'],
  ['a notice before now', { rules: { noticeMinutes: -1 } }, 'out_of_range@/rules/noticeMinutes'],
  ['a horizon as text', { rules: { horizonDays: '7' } }, 'invalid_number@/rules/horizonDays'],
  [
    'a buffer of two days',
    { rules: { bufferAfterMinutes: 2_880 } },
    'out_of_range@/rules/bufferAfterMinutes',
  ],
  ['a role that is none', { rules: { roles: ['king'] } }, 'invalid_value@/rules/roles/0'],
  ['nobody at all', { rules: { roles: [] } }, 'too_few_items@/rules/roles'],
  ['a role twice', { rules: { roles: ['staff', 'staff'] } }, 'duplicate_item@/rules/roles'],
  ['an approval that is none', { rules: { approval: 'maybe' } }, 'invalid_value@/rules/approval'],
  [
    'a quota of nothing',
    { rules: { quota: { perDay: { bookings: 0 } } } },
    'out_of_range@/rules/quota/perDay/bookings',
  ],
  ['a quota without a figure', { rules: { quota: { perWeek: {} } } }, 'missing_field@/rules/quota/perWeek'],
  [
    'a quota of a month',
    { rules: { quota: { perMonth: { bookings: 1 } } } },
    'unknown_field@/rules/quota/perMonth',
  ],
  [
    'the least above the most',
    { rules: { minMinutes: 61, maxMinutes: 60 } },
    'out_of_range@/rules/minMinutes',
  ],
  [
    'the least above the quota',
    { rules: { minMinutes: 61, quota: { perDay: { minutes: 60 } } } },
    'out_of_range@/rules/minMinutes',
  ],
  ['a weekday that is none', { openingHours: { monday: [] } }, 'unknown_field@/openingHours/monday'],
  ['one time only', { openingHours: { mon: [['08:00']] } }, 'too_few_items@/openingHours/mon/0'],
  [
    'three times',
    { openingHours: { mon: [['08:00', '09:00', '10:00']] } },
    'too_many_items@/openingHours/mon/0',
  ],
  [
    'an hour that is none',
    { openingHours: { mon: [['08:00', '25:00']] } },
    'invalid_time_of_day@/openingHours/mon/0/1',
  ],
  [
    'seconds',
    { openingHours: { mon: [['08:00:00', '12:00']] } },
    'invalid_time_of_day@/openingHours/mon/0/0',
  ],
  ['an hour as a number', { openingHours: { mon: [[8, 12]] } }, 'invalid_type@/openingHours/mon/0/0'],
  [
    'opening at 24:00',
    { openingHours: { mon: [['24:00', '02:00']] } },
    'invalid_time_of_day@/openingHours/mon/0/0',
  ],
  [
    'no time at all',
    {
      openingHours: {
        sun: [
          ['08:00', '12:00'],
          ['13:00', '13:00'],
        ],
      },
    },
    'empty_interval@/openingHours/sun/1',
  ],
  [
    '13 stretches a day',
    { openingHours: { mon: Array.from({ length: 13 }, () => ['08:00', '09:00']) } },
    'too_many_items@/openingHours/mon',
  ],
];

describe('rules and hours that make no sense are refused, for a new room and for one that is there', () => {
  for (const [name, given, told] of BAD)
    test(name, async () => {
      const id = await desk.room();
      const before = (await desk.get(`/rooms/${id}`)).body;
      const room = { name: `Bad: ${name}`, building: 'Main', capacity: 10, ...given };
      for (const refused of [await desk.post('/rooms', room), await desk.patch(`/rooms/${id}`, given)]) {
        assert.equal(refused.status, 422, refused.text);
        const [fault] = refused.body.errors;
        assert.equal(`${fault?.reason}@${fault?.pointer}`, told);
      }
      assert.deepEqual((await desk.get(`/rooms/${id}`)).body, before, 'nothing was changed');
    });
});

/** A room with one rule, a line that breaks it, and what is told: reason@pointer and the limit. */
const REFUSED: [string, Record<string, unknown>, Record<string, unknown>, string, number | string][] = [
  ['too short', { rules: { minMinutes: 30 } }, { end: '10:15' }, 'interval_too_short@/lines/0/end', 30],
  ['too long', { rules: { maxMinutes: 30 } }, { end: '11:00' }, 'interval_too_long@/lines/0/end', 30],
  ['off the grid', { rules: { stepMinutes: 30 } }, { start: '09:50' }, 'off_grid@/lines/0/start', 30],
  ['too soon', { rules: { noticeMinutes: 500_000 } }, {}, 'too_soon@/lines/0/start', 500_000],
  ['too far', { rules: { horizonDays: 1 } }, {}, 'too_far@/lines/0/start', 1],
  [
    'outside the hours',
    { openingHours: { mon: [['11:00', '12:00']] } },
    {},
    'outside_hours@/lines/0/start',
    '11:00-12:00',
  ],
  [
    'a role that may not',
    { rules: { roles: ['staff', 'owner'] } },
    {},
    'role_not_allowed@/lines/0/roomId',
    'staff, owner',
  ],
  ['too many people', {}, { attendees: 11 }, 'room_too_small@/lines/0/attendees', 10],
  ['things it does not have', {}, { equipment: ['organ'] }, 'equipment_missing@/lines/0/equipment', 'organ'],
  [
    'over quota by itself',
    { rules: { quota: { perDay: { minutes: 20 } } } },
    {},
    'over_quota@/lines/0/end',
    20,
  ],
];

/** A Monday in some four weeks. */
const monday = (() => {
  const day = new Date(Date.now() + 28 * 86_400_000);
  day.setUTCDate(day.getUTCDate() + ((8 - day.getUTCDay()) % 7));
  return day.toISOString().slice(0, 10);
})();

describe('a line that breaks a rule is refused with the rule, the place and the limit, and nothing is held', () => {
  for (const [name, given, { start = '10:00', end = '10:30', ...more }, told, limit] of REFUSED)
    test(name, async () => {
      const room = await desk.room(given);
      const [from, to] = [`${monday}T${String(start)}:00Z`, `${monday}T${String(end)}:00Z`];
      const refused = await desk.hold([{ ...roomLine(room, from, to), ...more }], 'client');
      assert.equal(refused.status, 422, refused.text);
      assert.equal(refused.body.code, 'rule_violated');
      const [fault] = refused.body.errors as {
        pointer: string;
        reason: string;
        limit: unknown;
        detail: string;
      }[];
      assert.equal(`${fault?.reason}@${fault?.pointer}`, told);
      assert.equal(fault?.limit, limit);
      assert.match(fault?.detail ?? '', /^[A-Z].*\.$/);
      assert.ok(Array.isArray(refused.body['alternatives']));
      assert.deepEqual(await desk.busy(room, from, to), []);
    });
});

test('every line that breaks a rule is named, and at most twenty faults are told', async () => {
  const room = await desk.room({ rules: { maxMinutes: 30, stepMinutes: 60 } });
  const line = roomLine(room, `${monday}T10:00:00Z`, `${monday}T10:45:00Z`);
  const good = { ...line, start: `${monday}T12:00:00Z`, end: `${monday}T12:30:00Z` };
  const two = await desk.hold([line, good], 'client');
  assert.deepEqual(
    two.body.errors.map(({ pointer, reason }) => `${reason}@${pointer}`),
    ['interval_too_long@/lines/0/end', 'off_grid@/lines/0/end', 'off_grid@/lines/1/end'],
  );
  assert.match(two.body.detail, /\(2 more in errors\)$/);
  const many = await desk.hold(Array<object>(40).fill(line), 'client');
  assert.equal(many.body.errors.length, 20);
});

const at = (hour: string) => `${monday}T${hour}:00Z`;
const BAD_BLACKOUTS: [string, Record<string, unknown>, string][] = [
  ['no end', { start: at('10:00') }, 'missing_field@/end'],
  ['an end before the start', { start: at('10:00'), end: at('09:00') }, 'empty_interval@/end'],
  ['an end in the past', { start: '2001-01-01T00:00:00Z', end: '2001-01-02T00:00:00Z' }, 'in_past@/end'],
  ['a hundred years', { start: at('10:00'), end: '2126-01-01T00:00:00Z' }, 'interval_too_long@/end'],
  [
    'a reason of control characters',
    { start: at('10:00'), end: at('11:00'), reason: '\u0007' },
    'invalid_text@/reason',
  ],
  ['a day without a time', { start: monday, end: monday }, 'invalid_time@/start'],
];

describe('a blackout that makes no sense is refused', () => {
  for (const [name, given, told] of BAD_BLACKOUTS)
    test(name, async () => {
      const id = await desk.room();
      const refused = await desk.post(`/rooms/${id}/blackouts`, given);
      assert.equal(refused.status, 422, refused.text);
      const [fault] = refused.body.errors;
      assert.equal(`${fault?.reason}@${fault?.pointer}`, told);
      assert.deepEqual((await desk.get(`/rooms/${id}/blackouts`)).body['data'], []);
    });

  test('for a room that is unknown, and by somebody who may not', async () => {
    const span = { start: at('10:00'), end: at('11:00') };
    const id = await desk.room();
    const unknown = id.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    assert.equal((await desk.post(`/rooms/${unknown}/blackouts`, span)).status, 404);
    assert.equal((await desk.get(`/rooms/${unknown}/blackouts`)).status, 404);
    assert.equal((await desk.remove(`/rooms/${id}/blackouts/${unknown}`)).status, 404);
    assert.equal((await desk.post(`/rooms/${id}/blackouts`, span, 'client')).status, 403);
  });
});
