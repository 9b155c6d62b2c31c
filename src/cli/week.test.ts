import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMonday, momentOfWeek, mondayAhead, withOffset } from './week.ts';

const at = (text: string) => Date.parse(text);

test('the Monday ahead is the first one that is far enough away', () => {
  assert.equal(mondayAhead(at('2026-11-20T12:00:00Z'), 'Europe/Berlin', 7), '2026-11-30'); // a Friday
  assert.equal(mondayAhead(at('2026-11-23T12:00:00Z'), 'Europe/Berlin', 7), '2026-11-30'); // a Monday
  assert.equal(mondayAhead(at('2026-11-24T12:00:00Z'), 'Europe/Berlin', 7), '2026-12-07');
});

test('the Monday ahead counts from the date in the zone', () => {
  const sundayEveningInUtc = at('2026-11-22T23:30:00Z');
  assert.equal(mondayAhead(sundayEveningInUtc, 'UTC', 1), '2026-11-23');
  assert.equal(mondayAhead(sundayEveningInUtc, 'Europe/Berlin', 1), '2026-11-30');
});

test('only a real date that is a Monday passes as one', () => {
  assert.ok(isMonday('2026-11-30'));
  for (const text of ['2026-12-01', '2026-02-30', '30.11.2026', '2026-11-30T00:00', '+002026-11-30', ''])
    assert.ok(!isMonday(text), text);
});

test('a moment is told in the time and offset of the zone', () => {
  const moment = momentOfWeek('2026-11-30', 1, '08:00', 90, 'Europe/Berlin');
  assert.equal(moment, at('2026-12-01T08:30:00Z'));
  assert.equal(withOffset(moment, 'Europe/Berlin'), '2026-12-01T09:30:00+01:00');
  assert.equal(withOffset(moment, 'Asia/Kathmandu'), '2026-12-01T14:15:00+05:45');
});

test('a day on which the clocks change loses and repeats no minute', () => {
  const sunday = (minutes: number) => momentOfWeek('2027-03-22', 6, '01:00', minutes, 'Europe/Berlin');
  assert.equal(sunday(90) - sunday(0), 90 * 60_000);
  assert.equal(withOffset(sunday(90), 'Europe/Berlin'), '2027-03-28T03:30:00+02:00');
});
