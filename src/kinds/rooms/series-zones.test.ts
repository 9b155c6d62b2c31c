import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { occurrencesIn } from './series.ts';

const ZONES = [
  ...[
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Pacific/Auckland',
  ],
  ...['America/Santiago', 'Pacific/Chatham'],
];

const asked = fc.record({
  timezone: fc.constantFrom(...ZONES),
  // Within two months of a change of the clocks, in the north or in the south.
  day: fc.oneof(fc.integer({ min: 45, max: 80 }), fc.integer({ min: 240, max: 300 })),
  // Half of them at night, when the clocks are changed.
  minute: fc.oneof(fc.constantFrom(60, 120, 125, 150, 165), fc.integer({ min: 0, max: 1_439 })),
  length: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 400 })),
  step: fc.constantFrom(1, 1, 7),
  dst: fc.constantFrom('earlier' as const, 'later' as const, 'skip' as const, undefined),
});

test('in any zone and under any policy an occurrence is where a walk over the local days puts it', () => {
  let changed = 0;
  fc.assert(
    fc.property(asked, ({ timezone, day, minute, length, step, dst }) => {
      const first = Temporal.PlainDateTime.from('2027-01-01').add({ days: day, minutes: minute });
      const last = first.add({ minutes: length });
      const begins = first.toZonedDateTime(timezone);
      const ends = last.toZonedDateTime(timezone);
      fc.pre(begins.toPlainDateTime().equals(first) && ends.toPlainDateTime().equals(last));
      const found = occurrencesIn(
        {
          no: 1,
          line: {
            kind: 'room',
            roomId: '0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a',
            start: begins.toString({ timeZoneName: 'never' }),
            end: ends.toString({ timeZoneName: 'never' }),
            rrule: `FREQ=DAILY;INTERVAL=${step};COUNT=50`,
            ...(dst !== undefined && { dst }),
          },
        },
        timezone,
      );
      assert.equal(found.length, 50);
      for (const [i, { line, isOptional, fault }] of found.entries()) {
        const days = { days: i * step };
        const both = [first.add(days), last.add(days)].map((local) => {
          const at = (disambiguation: 'earlier' | 'later') =>
            local.toZonedDateTime(timezone, { disambiguation });
          return {
            isClear: at('earlier').equals(at('later')),
            at: at(dst === 'earlier' ? 'earlier' : 'later'),
          };
        });
        const isClear = i === 0 || both.every((each) => each.isClear);
        if (!isClear) changed += 1;
        const isOpen = !isClear && (dst === 'skip' || dst === undefined);
        assert.deepEqual([fault !== undefined, isOptional], [isOpen, isOpen && dst === 'skip']);
        const expected = i === 0 ? [begins, ends] : both.map((each) => each.at);
        assert.deepEqual(
          [line.start, line.end],
          expected.map((at) => at.toString({ timeZoneName: 'never' })),
        );
      }
    }),
    { numRuns: 120 },
  );
  assert.ok(changed > 0, 'no occurrence met a change of the clocks');
});
