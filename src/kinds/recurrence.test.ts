import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { Problem } from '../platform/errors.ts';
import { MOST_OCCURRENCES, occurrencesOf } from './recurrence.ts';
import { localText, parseLocal } from '../platform/wall-time.ts';

const pointer = { rrule: '/lines/0/rrule', start: '/lines/0/start' };
const MONDAY = '2026-10-19T08:00:00';

function expand(rrule: string, start = MONDAY, timezone = 'Europe/Berlin'): string[] {
  return occurrencesOf(rrule, parseLocal(start), timezone, pointer).map(localText);
}

function refusal(rrule: string, start = MONDAY): string {
  try {
    expand(rrule, start);
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return `${error.details.errors?.[0]?.pointer} ${error.details.errors?.[0]?.reason}`;
  }
  return 'accepted';
}

test('a rule keeps the time of day and counts what it says', () => {
  assert.deepEqual(expand('FREQ=WEEKLY;COUNT=3'), [MONDAY, '2026-10-26T08:00:00', '2026-11-02T08:00:00']);
  assert.deepEqual(expand('FREQ=MONTHLY;BYDAY=3MO;COUNT=3'), [
    MONDAY,
    '2026-11-16T08:00:00',
    '2026-12-21T08:00:00',
  ]);
  assert.deepEqual(expand('FREQ=DAILY;INTERVAL=2;COUNT=2;WKST=SU'), [MONDAY, '2026-10-21T08:00:00']);
  assert.deepEqual(expand('freq=weekly;byday=mo,fr;until=20261026'), [
    MONDAY,
    '2026-10-23T08:00:00',
    '2026-10-26T08:00:00',
  ]);
});

test('UNTIL is a moment read on the clock of the zone, or the whole of a day', () => {
  const last = (until: string) => expand(`FREQ=WEEKLY;UNTIL=${until}`).at(-1);
  assert.equal(
    last('20261102T070000Z'),
    '2026-11-02T08:00:00',
    '08:00 in Berlin, after the clocks were put back',
  );
  assert.equal(last('20261102T065959Z'), '2026-10-26T08:00:00');
  assert.equal(last('20261102'), '2026-11-02T08:00:00');
  assert.equal(last('20261101'), '2026-10-26T08:00:00');
});

function upTo(last: number): string {
  return Array.from({ length: last }, (_, i) => i + 1).join();
}

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  '/lines/0/rrule invalid_recurrence': [
    ...['', 'weekly', 'RRULE:FREQ=WEEKLY;COUNT=2', 'FREQ=WEEKLY;COUNT=2;', 'FREQ=WEEKLY;;COUNT=2', 'COUNT=2'],
    ...['FREQ=FORTNIGHTLY;COUNT=2', 'FREQ=WEEKLY;FREQ=DAILY;COUNT=2', 'FREQ=WEEKLY;COUNT=2;UNTIL=20270101'],
    ...[
      'FREQ=WEEKLY;COUNT=0',
      'FREQ=WEEKLY;COUNT=-1',
      'FREQ=WEEKLY;COUNT=1.5',
      'FREQ=WEEKLY;COUNT=9999999999',
    ],
    ...['FREQ=WEEKLY;COUNT=2=3', 'FREQ=WEEKLY;INTERVAL=0;COUNT=2', 'FREQ=WEEKLY;INTERVAL=1000;COUNT=2'],
    ...['FREQ=WEEKLY;UNTIL=tomorrow', 'FREQ=WEEKLY;UNTIL=20270230', 'FREQ=WEEKLY;UNTIL=20270101T080000'],
    ...[
      'FREQ=WEEKLY;UNTIL=20270101T250000Z',
      'FREQ=WEEKLY;BYDAY=XX;COUNT=2',
      'FREQ=WEEKLY;BYDAY=1MO;COUNT=2',
    ],
    ...['FREQ=MONTHLY;BYDAY=54MO;COUNT=2', 'FREQ=MONTHLY;BYSETPOS=1;COUNT=2'],
    ...['FREQ=WEEKLY;BYMONTHDAY=19;COUNT=2', 'FREQ=MONTHLY;BYMONTHDAY=32;COUNT=2'],
    // What would be slow: for the first of them the library needs 11 s.
    ...[
      `FREQ=YEARLY;BYWEEKNO=${upTo(53)};BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-366;COUNT=366`,
      `FREQ=YEARLY;BYYEARDAY=${upTo(110)};BYMONTH=12;COUNT=366`,
      `FREQ=YEARLY;BYDAY=${upTo(15).replaceAll(',', 'MO,')}MO;COUNT=366`,
      'FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=7;COUNT=366',
      'FREQ=DAILY;BYDAY=MO;BYSETPOS=2;COUNT=366',
    ],
    ...['FREQ=WEEKLY;BYMONTH=13;COUNT=2', 'FREQ=WEEKLY;WKST=1;COUNT=2', 'FREQ=DAILY;BYHOUR=8,9;COUNT=2'],
    ...[
      'FREQ=MONTHLY;BYDAY=2MO;BYMONTHDAY=9;COUNT=2',
      'FREQ=YEARLY;BYDAY=MO,2MO;COUNT=2',
      'FREQ=DAILY;RSCALE=HEBREW;COUNT=2',
      'FREQ=DAILY;__proto__=1;COUNT=2',
      'FREQ=DAILY;constructor=1;COUNT=2',
    ],
  ],
  '/lines/0/rrule recurrence_too_frequent': [
    ...['FREQ=SECONDLY;COUNT=2', 'FREQ=MINUTELY;COUNT=2', 'FREQ=HOURLY;INTERVAL=24;COUNT=2', 'FREQ=SECONDLY'],
  ],
  '/lines/0/rrule recurrence_without_end': ['FREQ=WEEKLY', 'FREQ=DAILY;BYDAY=MO'],
  '/lines/0/rrule too_many_occurrences': [
    ...['FREQ=DAILY;COUNT=367', 'FREQ=DAILY;COUNT=1000000', 'FREQ=DAILY;UNTIL=99991231'],
  ],
  '/lines/0/rrule no_occurrence': [
    ...[
      'FREQ=WEEKLY;UNTIL=20261018',
      'FREQ=WEEKLY;UNTIL=20261019T055959Z',
      'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1',
    ],
    ...['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5', 'FREQ=DAILY;INTERVAL=7;BYDAY=TU;COUNT=4'],
    ...[
      'FREQ=YEARLY;INTERVAL=999;COUNT=300',
      'FREQ=YEARLY;COUNT=102',
      'FREQ=DAILY;INTERVAL=999;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU;COUNT=366',
    ],
  ],
  '/lines/0/start not_an_occurrence': ['FREQ=WEEKLY;BYDAY=TU;COUNT=3', 'FREQ=MONTHLY;BYMONTHDAY=20;COUNT=2'],
};

for (const [expected, rules] of Object.entries(REFUSED))
  test(`refused with ${expected.replace(/.* /, '')}: ${rules.length} rules`, () => {
    for (const rule of rules) assert.equal(refusal(rule), expected, rule);
  });

test('as many occurrences as may be are taken, also those of a leap day, and none of a rule costs more than a second', () => {
  assert.equal(expand(`FREQ=DAILY;COUNT=${MOST_OCCURRENCES}`).length, MOST_OCCURRENCES);
  assert.deepEqual(expand('FREQ=YEARLY;COUNT=3', '2028-02-29T10:00:00'), [
    ...['2028-02-29T10:00:00', '2032-02-29T10:00:00', '2036-02-29T10:00:00'],
  ]);
  const begun = performance.now();
  for (const rule of Object.values(REFUSED).flat()) refusal(rule);
  assert.ok(performance.now() - begun < 5_000);
});

/** Days are walked one by one and each is asked whether it belongs: slow, and nothing like the library. */
function walk(
  { freq, interval, byDay, byMonth, byMonthDay, setPos, wkst }: Asked,
  start: Temporal.PlainDate,
): string[] {
  const nameOf = (day: Temporal.PlainDate) => DAYS[day.dayOfWeek - 1] ?? '';
  const weekOf = (day: Temporal.PlainDate) =>
    day.subtract({ days: (day.dayOfWeek - 1 - DAYS.indexOf(wkst) + 7) % 7 });
  const period = (day: Temporal.PlainDate): number => {
    if (freq === 'DAILY') return start.until(day).days;
    if (freq === 'WEEKLY') return weekOf(start).until(weekOf(day)).days / 7;
    const months = (day.year - start.year) * 12 + day.month - start.month;
    return freq === 'MONTHLY' ? months : day.year - start.year;
  };
  const isNth = (day: Temporal.PlainDate, rule: string): boolean => {
    const [, nth = '', name = ''] = /^([+-]?\d*)(..)$/.exec(rule) ?? [];
    if (nameOf(day) !== name) return false;
    if (nth === '') return true;
    const ofYear = freq === 'YEARLY' && byMonth.length === 0;
    const before = ofYear ? day.dayOfYear : day.day;
    const after = (ofYear ? day.daysInYear : day.daysInMonth) - before + 1;
    return Number(nth) > 0 ? Math.ceil(before / 7) === Number(nth) : Math.ceil(after / 7) === -Number(nth);
  };
  const belongs = (day: Temporal.PlainDate): boolean => {
    if (byMonth.length > 0 && !byMonth.includes(day.month)) return false;
    if (byMonthDay.length > 0 && !byMonthDay.some((n) => day.day === (n > 0 ? n : day.daysInMonth + 1 + n)))
      return false;
    if (byDay.length > 0 && !byDay.some((rule) => isNth(day, rule))) return false;
    if (byDay.length > 0 || byMonthDay.length > 0 || freq === 'DAILY') return true;
    if (freq === 'WEEKLY') return nameOf(day) === nameOf(start);
    return day.day === start.day && (freq === 'MONTHLY' || byMonth.length > 0 || day.month === start.month);
  };
  const groups = new Map<number, string[]>();
  const first =
    freq === 'DAILY'
      ? start
      : freq === 'WEEKLY'
        ? weekOf(start)
        : start.with(freq === 'YEARLY' ? { month: 1, day: 1 } : { day: 1 });
  for (let day = first; Temporal.PlainDate.compare(day, LAST) <= 0; day = day.add({ days: 1 })) {
    const at = period(day);
    if (at % interval === 0 && belongs(day)) groups.set(at, [...(groups.get(at) ?? []), day.toString()]);
  }
  const chosen = [...groups.values()].flatMap((days) =>
    setPos === 0 ? days : days.filter((_, i) => i === (setPos > 0 ? setPos - 1 : days.length + setPos)),
  );
  return chosen.filter((day) => day >= start.toString());
}

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const FIRST = Temporal.PlainDate.from('2026-01-01');
const LAST = Temporal.PlainDate.from('2029-12-31');

interface Asked {
  freq: string;
  interval: number;
  byDay: string[];
  byMonth: number[];
  byMonthDay: number[];
  setPos: number;
  wkst: string;
}

const weekday = fc.constantFrom(...DAYS);
const some = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.oneof(fc.constant<T[]>([]), fc.uniqueArray(of, { minLength: 1, maxLength: 3 }));
const asked = fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY').chain((freq): fc.Arbitrary<Asked> => {
  const isLong = freq === 'MONTHLY' || freq === 'YEARLY';
  const nth = fc.tuple(fc.constantFrom('1', '2', '-1', '+3'), weekday).map((parts) => parts.join(''));
  return fc
    .record<Asked>({
      freq: fc.constant(freq),
      interval: fc.integer({ min: 1, max: 4 }),
      byDay: isLong ? fc.oneof(some(nth), some(weekday)) : some(weekday),
      byMonth: some(fc.integer({ min: 1, max: 12 })),
      byMonthDay:
        freq === 'WEEKLY'
          ? fc.constant<number[]>([])
          : some(fc.oneof(fc.integer({ min: 1, max: 31 }), fc.integer({ min: -5, max: -1 }))),
      setPos: isLong ? fc.constantFrom(0, 0, 1, -1, 2) : fc.constant(0),
      wkst: weekday,
    })
    .map((rule) => (/\d/.test(rule.byDay.join('')) ? { ...rule, byMonthDay: [] } : rule))
    .map((rule) =>
      rule.byDay.length + rule.byMonth.length + rule.byMonthDay.length === 0 ? { ...rule, setPos: 0 } : rule,
    );
});

function textOf({ freq, interval, byDay, byMonth, byMonthDay, setPos, wkst }: Asked): string {
  const parts = {
    BYDAY: byDay,
    BYMONTH: byMonth,
    BYMONTHDAY: byMonthDay,
    BYSETPOS: setPos === 0 ? [] : [setPos],
  };
  const lists = Object.entries(parts).flatMap(([name, list]) =>
    list.length === 0 ? [] : `;${name}=${list.join(',')}`,
  );
  return `FREQ=${freq};INTERVAL=${interval};WKST=${wkst}${lists.join('')}`;
}

test('any rule takes place on the days that a walk over the calendar finds', () => {
  fc.assert(
    fc.property(
      asked,
      fc.integer({ min: 0, max: 800 }),
      fc.integer({ min: 1, max: 20 }),
      (rule, offset, count) => {
        const from = FIRST.add({ days: offset });
        const [first] = walk(rule, from);
        fc.pre(first !== undefined); // too sparse for the years that are walked
        const days = walk(rule, Temporal.PlainDate.from(first)).slice(0, count);
        const rrule = `${textOf(rule)};COUNT=${days.length}`;
        const expected = days.map((day) => `${day}T08:30:00`);
        assert.deepEqual(expand(rrule, `${first}T08:30:00`), expected, rrule);
        if (first === from.toString()) return;
        const early = refusal(rrule, `${from.toString()}T08:30:00`);
        assert.ok(
          ['/lines/0/start not_an_occurrence', '/lines/0/rrule no_occurrence'].includes(early),
          early,
        );
      },
    ),
    { numRuns: 100 },
  );
});
