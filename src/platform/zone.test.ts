import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { dateText, DAY_MS, firstAt, lastBefore, MINUTE_MS, readingAt, weekdayOf } from './zone.ts';

const ZONES = [
  ...['Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Auckland'],
  ...['UTC', 'Pacific/Apia', 'America/Santiago'],
];
const zone = fc.constantFrom(...ZONES);
const FROM = Date.UTC(2000, 0, 1);
const UNTIL = Date.UTC(2090, 0, 1);

test('a clock shows what Temporal says, on the date and weekday that it says', () => {
  fc.assert(
    fc.property(zone, fc.integer({ min: FROM, max: UNTIL }), (timezone, at) => {
      const told = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
      const reading = readingAt(timezone, at);
      assert.equal(
        new Date(reading).toISOString().slice(0, 19),
        told.toPlainDateTime().toString({ fractionalSecondDigits: 0 }),
      );
      assert.equal(dateText(reading), told.toPlainDate().toString());
      assert.equal(weekdayOf(reading) + 1, told.dayOfWeek);
    }),
    { numRuns: 2_000 },
  );
});

describe('around each change of a clock', () => {
  for (const timezone of ZONES)
    test(timezone, () => {
      for (const change of changesOf(timezone)) {
        const minutes = Array.from({ length: 4 * 1_440 }, (_, i) => change + (i - 2 * 1_440) * MINUTE_MS);
        const shown = minutes.map((at) => readingAt(timezone, at));
        // Two hours of readings before and after, also those that the clock never shows.
        for (let k = -24; k <= 24; k += 1) {
          const reading = readingAt(timezone, change) + k * 10 * MINUTE_MS;
          const first = minutes[shown.findIndex((each) => each >= reading)];
          const last = minutes[shown.findLastIndex((each) => each < reading) + 1];
          assert.equal(firstAt(timezone, reading), first, `${timezone} ${new Date(reading).toISOString()}`);
          assert.equal(lastBefore(timezone, reading), last, `${timezone} ${new Date(reading).toISOString()}`);
        }
      }
    });
});

/** The changes of a zone in the years around 2026, and those at which Samoa left out a day. */
function changesOf(timezone: string): number[] {
  const changes: number[] = [];
  let at = Temporal.Instant.fromEpochMilliseconds(Date.UTC(2011, 0, 1)).toZonedDateTimeISO(timezone);
  for (;;) {
    const next = at.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds > Date.UTC(2028, 0, 1)) return changes;
    if (next.year < 2012 || next.year > 2024) changes.push(next.epochMilliseconds);
    at = next;
  }
}

test('a zone without changes has days of 24 hours for ever', () => {
  for (const reading of [FROM, UNTIL, Date.UTC(9999, 11, 31)])
    assert.equal(firstAt('Asia/Kathmandu', reading + DAY_MS) - lastBefore('Asia/Kathmandu', reading), DAY_MS);
});
