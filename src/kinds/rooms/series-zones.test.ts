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
        const [from = begins, to = ends] = i === 0 ? [] : both.map((each) => each.at);
        const isLeft = from.epochMilliseconds < to.epochMilliseconds; // else it lasts as long as the others
        const expected = [from, isLeft ? to : from.add({ minutes: length })];
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

const around: readonly ['earlier' | 'later', string, string, string, string][] = [
  ['later', '02:30', '03:30', '03:30:00+02:00', '04:30:00+02:00'],
  ['later', '02:45', '03:15', '03:45:00+02:00', '04:15:00+02:00'],
  ['earlier', '01:30', '02:30', '01:30:00+01:00', '03:30:00+02:00'],
  ['earlier', '02:30', '03:30', '01:30:00+01:00', '03:30:00+02:00'],
];
for (const [dst, from, to, start, end] of around)
  test(`from ${from} to ${to} something is left of an occurrence when the clocks leave out an hour, dst=${dst}`, () => {
    const day = (date: string, time: string) => `2027-03-${date}T${time}`;
    const line = {
      kind: 'room' as const,
      roomId: '0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a',
      start: day('27', `${from}:00+01:00`),
      end: day('27', `${to}:00+01:00`),
      rrule: 'FREQ=DAILY;COUNT=2',
      dst,
    };
    const [, second] = occurrencesIn({ no: 1, line }, 'Europe/Berlin');
    assert.deepEqual([second?.line.start, second?.line.end], [day('28', start), day('28', end)]);
  });
