import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FrontDesk, roomLine, type Done } from '../../../test/front-desk.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

const newRoom = (given: object = {}) => desk.room({ timezone: 'Europe/Berlin', ...given });

/** A Monday lecture of ninety minutes from 08:00 in Berlin, over the end of summer time 2027. */
const lecture = (roomId: string, more: Record<string, unknown> = {}) => ({
  ...roomLine(roomId, '2027-10-18T08:00:00+02:00', '2027-10-18T09:30:00+02:00'),
  rrule: 'FREQ=WEEKLY;COUNT=4',
  ...more,
});
const hold = (...lines: object[]) => desk.hold(lines);
const starts = (lines: Done['lines']) => lines.map(({ start }) => start);
const standing = (lines: Done['lines']) => lines.filter(({ cancelledAt }) => cancelledAt === null);

test('each occurrence is a line at the same time of the clock, with its series', async () => {
  const room = await newRoom();
  const made = await hold(lecture(room));
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(
    made.body.lines.map(({ no, start, end }) => [no, start, end]),
    [
      [1, '2027-10-18T08:00:00+02:00', '2027-10-18T09:30:00+02:00'],
      [2, '2027-10-25T08:00:00+02:00', '2027-10-25T09:30:00+02:00'],
      [3, '2027-11-01T08:00:00+01:00', '2027-11-01T09:30:00+01:00'],
      [4, '2027-11-08T08:00:00+01:00', '2027-11-08T09:30:00+01:00'],
    ],
  );
  assert.deepEqual(made.body.lines[2]?.series, {
    id: 1,
    occurrence: 3,
    occurrences: 4,
    rrule: 'FREQ=WEEKLY;COUNT=4',
    timezone: 'Europe/Berlin',
    localStart: '2027-11-01T08:00:00',
    localEnd: '2027-11-01T09:30:00',
  });
});

test('a series is held as a whole or, when it says so, without the occurrences that are taken or break a rule', async () => {
  const room = await newRoom({ openingHours: { mon: [['08:00', '20:00']] } });
  await desk.held([roomLine(room, '2027-10-25T09:00:00+02:00', '2027-10-25T10:00:00+02:00')]);
  const refused = await hold(lecture(room));
  assert.deepEqual([refused.status, refused.body.conflicts.map(({ line }) => line)], [409, [2]]);
  const daily = lecture(room, { rrule: 'FREQ=DAILY;COUNT=15', onConflict: 'skip' });
  const send = () =>
    desk.ask('POST', '/holds', { body: { lines: [daily] }, headers: { 'idempotency-key': 'series-1' } });
  const made = await send();
  assert.equal(made.status, 201);
  assert.deepEqual(starts(standing(made.body.lines)), [
    ...['2027-10-18T08:00:00+02:00', '2027-11-01T08:00:00+01:00'],
  ]);
  const why = made.body.lines.map(({ skipped }) => skipped?.[0]?.reason);
  assert.deepEqual([why[0], why[1], why[7], why[14]], [undefined, 'outside_hours', 'slot_taken', undefined]);
  assert.match(made.body.lines[1]?.skipped?.[0]?.detail ?? '', /^Occurrence 2 of 15, on 2027-10-19: /);
  assert.deepEqual((await send()).body, made.body, 'a repetition is told the same');
  const nothing = await hold(lecture(room, { rrule: 'FREQ=WEEKLY;COUNT=1', onConflict: 'skip' }));
  assert.deepEqual(
    [nothing.status, nothing.body.conflicts.map(({ reason }) => reason)],
    [409, ['slot_taken']],
  );
  const closed = { start: '2027-10-19T08:00:00+02:00', end: '2027-10-19T09:00:00+02:00' };
  const never = await hold(lecture(room, { ...closed, onConflict: 'skip' }));
  assert.deepEqual([never.status, never.body.errors.length], [422, 4]);
});

/** Nights around the changes of the clocks: what is booked under each policy, by zone. */
const NIGHTS = [
  {
    timezone: 'Europe/Berlin',
    start: '2027-03-27T02:30:00+01:00',
    reason: 'nonexistent_local_time',
    earlier: '2027-03-28T01:30:00+01:00',
    later: '2027-03-28T03:30:00+02:00',
  },
  {
    timezone: 'Europe/Berlin',
    start: '2027-10-30T02:30:00+02:00',
    reason: 'ambiguous_local_time',
    earlier: '2027-10-31T02:30:00+02:00',
    later: '2027-10-31T02:30:00+01:00',
  },
  {
    timezone: 'Australia/Lord_Howe',
    start: '2027-10-02T02:05:00+10:30',
    reason: 'nonexistent_local_time',
    earlier: '2027-10-03T01:35:00+10:30',
    later: '2027-10-03T02:35:00+11:00',
  },
  {
    timezone: 'Pacific/Auckland',
    start: '2027-04-03T02:15:00+13:00',
    reason: 'ambiguous_local_time',
    earlier: '2027-04-04T02:15:00+13:00',
    later: '2027-04-04T02:15:00+12:00',
  },
  {
    timezone: 'America/St_Johns',
    start: '2027-03-13T02:15:00-03:30',
    reason: 'nonexistent_local_time',
    earlier: '2027-03-14T01:15:00-03:30',
    later: '2027-03-14T03:15:00-02:30',
  },
];

for (const { timezone, start, reason, ...by } of NIGHTS)
  test(`over the clocks of ${timezone} on the day after ${start}, a series does what its policy says`, async () => {
    const room = await newRoom({ timezone });
    const end = new Date(Date.parse(start) + 15 * 60_000).toISOString();
    const nights = (more: object) =>
      hold({ ...roomLine(room, start, end), rrule: 'FREQ=DAILY;COUNT=3', ...more });
    const undeclared = await nights({});
    assert.deepEqual([undeclared.status, undeclared.body.errors[0]?.reason], [422, reason]);
    const skipping = await nights({ dst: 'skip' });
    assert.deepEqual(
      skipping.body.lines.map((line) => line.skipped?.[0]?.reason),
      [undefined, reason, undefined],
    );
    for (const dst of ['earlier', 'later'] as const) {
      const other = await newRoom({ timezone });
      const made = await hold({ ...roomLine(other, start, end), rrule: 'FREQ=DAILY;COUNT=3', dst });
      assert.equal(made.body.lines[1]?.start, by[dst]);
    }
  });

test('a zone without daylight saving at 45 minutes keeps its times, in a tenant of another zone', async () => {
  const room = await newRoom({ timezone: 'Asia/Kathmandu' });
  const made = await hold(
    lecture(room, { start: '2027-10-18T08:00:00+05:45', end: '2027-10-18T09:00:00+05:45' }),
  );
  assert.deepEqual(starts(made.body.lines).at(-1), '2027-11-08T08:00:00+05:45');
});

test('what cannot recur is refused by name and nothing is held', async () => {
  const room = await newRoom();
  const bad: [Record<string, unknown>, string, string][] = [
    [{ rrule: 'FREQ=WEEKLY' }, '/lines/0/rrule', 'recurrence_without_end'],
    [{ rrule: 'FREQ=SECONDLY;COUNT=3' }, '/lines/0/rrule', 'recurrence_too_frequent'],
    [{ rrule: 'FREQ=DAILY;COUNT=1000000' }, '/lines/0/rrule', 'too_many_occurrences'],
    [{ rrule: 'every monday' }, '/lines/0/rrule', 'invalid_recurrence'],
    [{ rrule: 'x'.repeat(501) }, '/lines/0/rrule', 'invalid_text'],
    [{ rrule: 'FREQ=WEEKLY;BYDAY=TU;COUNT=3' }, '/lines/0/start', 'not_an_occurrence'],
    [{ rrule: 'FREQ=WEEKLY;UNTIL=20270101' }, '/lines/0/rrule', 'no_occurrence'],
    [{ rrule: undefined, dst: 'later' }, '/lines/0/rrule', 'missing_field'],
    [{ dst: 'sometimes' }, '/lines/0/dst', 'invalid_value'],
    [{ onConflict: 'ask' }, '/lines/0/onConflict', 'invalid_value'],
    [{ end: '2027-10-18T08:00:00+02:00' }, '/lines/0/end', 'empty_interval'],
    [{ series: { id: 1 } }, '/lines/0/series', 'unknown_field'],
  ];
  for (const [more, pointer, reason] of bad) {
    const answer = await hold(lecture(room, more));
    assert.deepEqual(
      [answer.status, answer.body.errors[0]?.pointer, answer.body.errors[0]?.reason],
      [422, pointer, reason],
    );
  }
  const year = lecture(room, { rrule: 'FREQ=DAILY;COUNT=200', onConflict: 'skip' });
  const series = await hold(...Array.from({ length: 11 }, () => lecture(room)));
  assert.deepEqual([series.status, series.body.errors[0]?.reason], [422, 'too_many_items']);
  const tooMany = await hold(year, year);
  assert.deepEqual([tooMany.status, tooMany.body.errors[0]?.reason], [422, 'too_many_occurrences']);
  assert.equal(
    (await hold(lecture(room, { rrule: 'FREQ=DAILY;COUNT=366' }))).status,
    201,
    'nothing was taken before',
  );
});

test('a daily series longer than a day stands in its own way', async () => {
  const room = await newRoom();
  const long = await hold(lecture(room, { end: '2027-10-19T09:00:00+02:00', rrule: 'FREQ=DAILY;COUNT=2' }));
  assert.deepEqual(
    long.body.conflicts.map(({ line, reason }) => [line, reason]),
    [[2, 'overlaps_own_line']],
  );
});
