import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { localText, meaningOf, parseLocal, withOffset } from './wall-time.ts';

const ZONES = [
  ...[
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Pacific/Auckland',
  ],
  ...['America/Santiago', 'Asia/Kolkata', 'Pacific/Chatham', 'Africa/Casablanca', 'America/New_York'],
];

const spoken = (timezone: string, local: string) => {
  const meaning = meaningOf(timezone, parseLocal(local));
  return 'at' in meaning
    ? withOffset(timezone, meaning.at)
    : [meaning.reason, withOffset(timezone, meaning.earlier), withOffset(timezone, meaning.later)];
};

test('a time in a gap or an overlap has two meanings, also where the clocks change by half an hour', () => {
  assert.deepEqual(spoken('Europe/Berlin', '2027-03-28T02:30:00'), [
    'nonexistent_local_time',
    '2027-03-28T01:30:00+01:00',
    '2027-03-28T03:30:00+02:00',
  ]);
  assert.deepEqual(spoken('Europe/Berlin', '2027-10-31T02:30:00'), [
    'ambiguous_local_time',
    '2027-10-31T02:30:00+02:00',
    '2027-10-31T02:30:00+01:00',
  ]);
  assert.deepEqual(spoken('Australia/Lord_Howe', '2026-10-04T02:10:00'), [
    'nonexistent_local_time',
    '2026-10-04T01:40:00+10:30',
    '2026-10-04T02:40:00+11:00',
  ]);
  assert.deepEqual(spoken('Australia/Lord_Howe', '2027-04-04T01:45:00'), [
    'ambiguous_local_time',
    '2027-04-04T01:45:00+11:00',
    '2027-04-04T01:45:00+10:30',
  ]);
  assert.deepEqual(spoken('Europe/Berlin', '2027-10-31T02:00:00'), [
    'ambiguous_local_time',
    '2027-10-31T02:00:00+02:00',
    '2027-10-31T02:00:00+01:00',
  ]);
  assert.equal(spoken('Europe/Berlin', '2027-03-28T03:00:00'), '2027-03-28T03:00:00+02:00');
  assert.equal(spoken('Europe/Berlin', '2027-10-31T03:00:00'), '2027-10-31T03:00:00+01:00');
  assert.equal(spoken('Asia/Kathmandu', '2027-03-28T02:30:00'), '2027-03-28T02:30:00+05:45');
});

/** Half of the times lie near a change of the clocks, where the mistakes are. */
const moments = fc.constantFrom(...ZONES).chain((timezone) => {
  const start = Temporal.Instant.from('2026-01-01T00:00:00Z').toZonedDateTimeISO(timezone);
  const changes: number[] = [];
  for (
    let at = start.getTimeZoneTransition('next');
    at !== null && at.year < 2032;
    at = at.getTimeZoneTransition('next')
  )
    changes.push(at.epochMilliseconds);
  const near = changes.length === 0 ? fc.constant(start.epochMilliseconds) : fc.constantFrom(...changes);
  const any = fc.integer({ min: start.epochMilliseconds, max: Date.UTC(2032, 0, 1) });
  const minutes = fc.oneof(fc.constantFrom(-60, -30, 0, 30, 60), fc.integer({ min: -1_000, max: 1_000 }));
  return fc
    .tuple(fc.oneof(near, any), minutes)
    .map(([at, more]) => ({ timezone, local: localText(Math.floor(at / 60_000) * 60_000 + more * 60_000) }));
});

test('every local time means what Temporal says it means', () => {
  fc.assert(
    fc.property(moments, ({ timezone, local }) => {
      const meaning = meaningOf(timezone, parseLocal(local));
      const as = (disambiguation: 'earlier' | 'later') =>
        Temporal.PlainDateTime.from(local).toZonedDateTime(timezone, { disambiguation }).epochMilliseconds;
      const both = 'at' in meaning ? [meaning.at, meaning.at] : [meaning.earlier, meaning.later];
      assert.deepEqual(both, [as('earlier'), as('later')]);
      const shown = Temporal.Instant.fromEpochMilliseconds(as('later')).toZonedDateTimeISO(timezone);
      assert.equal(withOffset(timezone, as('later')), shown.toString({ timeZoneName: 'never' }));
      const isThere = shown.toPlainDateTime().equals(Temporal.PlainDateTime.from(local));
      if (!('at' in meaning)) assert.equal(meaning.reason === 'ambiguous_local_time', isThere);
    }),
    { numRuns: 1_500 },
  );
});
