import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formats, isDate, isTimezone, parseInstant } from './schema.ts';

test('an instant is read with its offset, to the millisecond', () => {
  assert.equal(parseInstant('2026-11-23T08:00:00+01:00'), Date.UTC(2026, 10, 23, 7));
  assert.equal(parseInstant('2026-11-23T08:00:00Z'), Date.UTC(2026, 10, 23, 8));
  assert.equal(parseInstant('2026-11-23t08:00:00z'), Date.UTC(2026, 10, 23, 8));
  assert.equal(parseInstant('2026-11-23T08:00:00.1239-09:30'), Date.UTC(2026, 10, 23, 17, 30, 0, 123));
  assert.equal(parseInstant('2024-02-29T23:59:59.999+00:00'), Date.UTC(2024, 1, 29, 23, 59, 59, 999));
});

test('what is no moment on the calendar is refused', () => {
  const wrong = [
    ['', '2026-11-23', '2026-11-23T08:00:00', '2026-11-23 08:00:00Z', '2026-11-23T08:00Z', 'infinity', 'now'],
    ['2026-02-30T08:00:00Z', '2026-02-29T08:00:00Z', '2026-04-31T08:00:00Z', '2100-02-29T08:00:00Z'],
    ['2026-13-01T08:00:00Z', '2026-00-10T08:00:00Z', '2026-11-00T08:00:00Z', '0000-11-23T08:00:00Z'],
    ['2026-11-23T24:00:00Z', '2026-11-23T08:60:00Z', '2026-11-23T23:59:60Z', '2026-11-23T08:00:00+24:00'],
    ['+012026-11-23T08:00:00Z', '-2026-11-23T08:00:00Z', '2026-11-23T08:00:00.Z', '2026-11-23T08:00:00Z\n'],
    ['0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01', '２０２６-11-23T08:00:00Z'],
  ].flat();
  for (const text of wrong) {
    assert.equal(formats['date-time']?.(text), false, text);
    assert.throws(() => parseInstant(text), RangeError);
  }
});

test('a date is a real day', () => {
  for (const text of ['2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31']) assert.ok(isDate(text), text);
  for (const text of ['2026-02-29', '1900-02-29', '2026-06-31', '0000-01-01', '2026-1-1', '2026-01-01 '])
    assert.ok(!isDate(text), text);
});

test('a time zone is one that knows its daylight saving', () => {
  for (const text of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'europe/kyiv', 'EST5EDT'])
    assert.ok(isTimezone(text), text);
  const unknown = ['', '+02:00', 'Mars/Olympus', 'Europe/Berlin\n', 'IST', 'PST', 'BST', 'US/Pacific-New'];
  for (const text of unknown) assert.ok(!isTimezone(text), text);
});

test('an id is a UUID in lower case, so that one id has one spelling', () => {
  assert.ok(formats['uuid']?.('0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a'));
  for (const text of ['0192F0C1-7B1A-7C3E-9A51-0F2D6B1C8E4A', '0192f0c17b1a7c3e9a510f2d6b1c8e4a', '1', ''])
    assert.equal(formats['uuid']?.(text), false, text);
});
