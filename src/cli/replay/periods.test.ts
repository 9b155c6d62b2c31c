import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_PERIODS_PER_DAY, periodTimes } from './periods.ts';

const berlin = { monday: '2026-11-30', timezone: 'Europe/Berlin' };

test('the first period is Monday 08:00 to 09:30 in the zone', () => {
  assert.deepEqual(periodTimes(0, 6, berlin), {
    start: '2026-11-30T08:00:00+01:00',
    end: '2026-11-30T09:30:00+01:00',
  });
});

test('the last of 30 periods is Friday 15:30 to 17:00', () => {
  assert.deepEqual(periodTimes(29, 6, berlin), {
    start: '2026-12-04T15:30:00+01:00',
    end: '2026-12-04T17:00:00+01:00',
  });
});

test('a period begins when the one before it ends, and a new day begins at 08:00', () => {
  for (let period = 1; period < 30; period++) {
    const { start } = periodTimes(period, 6, berlin);
    if (period % 6 === 0) assert.match(start, /T08:00:00/);
    else assert.equal(start, periodTimes(period - 1, 6, berlin).end);
  }
});

test('even on the longest day that fits, the last period ends before the next day begins', () => {
  const { end } = periodTimes(MOST_PERIODS_PER_DAY - 1, MOST_PERIODS_PER_DAY, berlin);
  assert.equal(end, periodTimes(MOST_PERIODS_PER_DAY, MOST_PERIODS_PER_DAY, berlin).start);
});

test('a week in summer has the offset of summer', () => {
  const summer = { monday: '2027-06-07', timezone: 'Europe/Berlin' };
  assert.equal(periodTimes(0, 6, summer).start, '2027-06-07T08:00:00+02:00');
});
