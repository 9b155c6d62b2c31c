import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { Instant } from '../platform/clock.ts';
import { ruleViolated, type Problem } from '../platform/errors.ts';
import { isDate, LAST_INSTANT } from '../platform/schema.ts';
import { readingAt, type Reading } from '../platform/zone.ts';
import { localText } from '../platform/wall-time.ts';

/** Occurrences of one rule, and lines of one booking: a weekly series of seven years, or a year of days. */
export const MOST_OCCURRENCES = 366;
/**
 * Days, weeks, months or years that are searched; a rule that has not found its occurrences by then is refused. The
 * slowest of 6 000 random rules took 70 ms on a busy machine.
 */
const MOST_PERIODS = 2_000;
const MOST_YEARS = 100;
/** Each numbered day of a year costs 20 us in every year. */
const MOST_DAYS = 14;

/** How often the periods of a rule come; more often than daily is no booking but an attack, or a mistake. */
const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];
const TOO_FREQUENT = ['SECONDLY', 'MINUTELY', 'HOURLY'];
const WEEKDAY = '(?:MO|TU|WE|TH|FR|SA|SU)';

/**
 * The parts that are taken, with how each is written. A part of the time of day is not: that is the start's. Nor are
 * BYWEEKNO and BYYEARDAY, which no calendar program writes: with them the library needed 11 s for one rule, and found days
 * of February the 31st (2.2.7).
 */
const PARTS: Readonly<Record<string, (value: string) => boolean>> = {
  FREQ: (value) => [...FREQUENCIES, ...TOO_FREQUENT].includes(value),
  INTERVAL: (value) => inRange(value, 999),
  COUNT: (value) => inRange(value, 999_999_999),
  UNTIL: (value) => untilOf(value) !== undefined,
  BYMONTH: (value) => value.split(',').every((each) => inRange(each, 12)),
  BYMONTHDAY: (value) => areSigned(value, 31),
  BYSETPOS: (value) => areSigned(value, 366),
  BYDAY: (value) => value.split(',').length <= MOST_DAYS && value.split(',').every((day) => BYDAY.test(day)),
  WKST: (value) => new RegExp(`^${WEEKDAY}$`).test(value),
};
const BYDAY = new RegExp(`^([+-]?(?:[1-9]|[1-4]\\d|5[0-3]))?${WEEKDAY}$`);

/** A rule of RFC 5545 that can be read and that ends: its parts by their names. */
type Rule = ReadonlyMap<string, string>;

/**
 * What the clock of the zone shows at each occurrence of the rule, first to last; the first is `start` itself. A clock's
 * reading knows no daylight saving: which moment it means is for `wall-time.ts` to say. Throws `rule_violated`.
 */
export function occurrencesOf(
  rrule: string,
  start: Reading,
  timezone: string,
  pointer: { rrule: string; start: string },
): Reading[] {
  const rule = read(rrule, pointer.rrule);
  const { readings, gaveUp } = search(rule, start, timezone);
  const [first] = readings;
  if (readings.length > MOST_OCCURRENCES) throw tooMany(pointer.rrule);
  if (first === undefined || gaveUp) throw ruleViolated(pointer.rrule, 'no_occurrence');
  if (first !== start)
    throw ruleViolated(
      pointer.start,
      'not_an_occurrence',
      `The start must be the first occurrence of the rule, which is ${localText(first)}.`,
    );
  return readings;
}

function read(text: string, pointer: string): Rule {
  const invalid = (why: string) => ruleViolated(pointer, 'invalid_recurrence', why);
  const rule = new Map<string, string>();
  for (const part of text.toUpperCase().split(';')) {
    const [name = '', value = ''] = part.split('=', 2);
    const isWellWritten = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (isWellWritten === undefined) throw invalid(`"${name}" is no part of a rule that can be booked.`);
    if (rule.has(name)) throw invalid(`${name} is given twice.`);
    if (!isWellWritten(value) || part !== `${name}=${value}`) throw invalid(`The value of ${name} is wrong.`);
    rule.set(name, value);
  }
  const fault = faultOf(rule);
  if (fault !== undefined) throw invalid(fault);
  requireBounded(rule, pointer);
  return rule;
}

/** What RFC 5545 forbids though each part is well written. */
function faultOf(rule: Rule): string | undefined {
  const frequency = rule.get('FREQ');
  if (frequency === undefined) return 'FREQ is missing.';
  if (rule.has('COUNT') && rule.has('UNTIL')) return 'COUNT and UNTIL cannot both be given.';
  if (rule.has('BYMONTHDAY') && frequency === 'WEEKLY') return 'BYMONTHDAY does not go with FREQ=WEEKLY.';
  const days = rule.get('BYDAY')?.split(',') ?? [];
  const isNumbered = days.some((day) => /\d/.test(day));
  // The library takes `MO,2MO` of a year for `2MO` alone (found by the walk in the test, in 2.2.7).
  if (isNumbered && !days.every((day) => /\d/.test(day)))
    return 'BYDAY has numbered days or plain ones, not both.';
  // Numbered days that other days limit mean different things to different calendars, so nobody is booked by them.
  const isShort = frequency === 'DAILY' || frequency === 'WEEKLY';
  if (isNumbered && (isShort || rule.has('BYMONTHDAY')))
    return 'A numbered BYDAY such as 2MO goes only with FREQ=MONTHLY or YEARLY, and with no other days.';
  if (rule.has('BYSETPOS') && isShort) return 'BYSETPOS goes only with FREQ=MONTHLY or YEARLY.';
  const bys = [...rule.keys()].filter((name) => name.startsWith('BY') && name !== 'BYSETPOS');
  if (rule.has('BYSETPOS') && bys.length === 0) return 'BYSETPOS needs another BY part to choose from.';
  return undefined;
}

function requireBounded(rule: Rule, pointer: string): void {
  if (TOO_FREQUENT.includes(rule.get('FREQ') ?? '')) throw ruleViolated(pointer, 'recurrence_too_frequent');
  if (!rule.has('COUNT') && !rule.has('UNTIL')) throw ruleViolated(pointer, 'recurrence_without_end');
  if (Number(rule.get('COUNT') ?? 0) > MOST_OCCURRENCES) throw tooMany(pointer);
}

/**
 * Searches on a clock without daylight saving, so that no occurrence is lost in a gap. The library is asked for one more than
 * may be, and leaves off after so many periods: whatever the rule says, the work is bounded.
 */
function search(rule: Rule, start: Reading, timezone: string): { readings: Reading[]; gaveUp: boolean } {
  const readings: Reading[] = [];
  try {
    const library = new RRuleTemporal({
      rruleString: write(rule, timezone),
      dtstart: Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO('UTC'),
      maxIterations: rule.get('FREQ') === 'YEARLY' ? MOST_YEARS : MOST_PERIODS,
      cache: false,
    });
    library.all(({ epochMilliseconds }) => {
      if (epochMilliseconds > LAST_INSTANT) throw new RangeError('out of bounds');
      readings.push(epochMilliseconds);
      return readings.length <= MOST_OCCURRENCES;
    });
    return { readings, gaveUp: false };
  } catch (error) {
    if (error instanceof Error && GIVES_UP.test(error.message)) return { readings, gaveUp: true };
    throw error;
  }
}

/** How the library says that it has searched for too long, or that it has come to the end of time. */
const GIVES_UP = /^Maximum (?:iterations|candidate evaluations) |out.of.bounds|outside of supported range/i;

/** The rule for the library: an UNTIL, which is a moment, becomes what the zone's clock shows then. */
function write(rule: Rule, timezone: string): string {
  const until = untilOf(rule.get('UNTIL') ?? '');
  const reading = typeof until === 'object' ? readingAt(timezone, until.at) : until;
  const parts = [...rule].map(([name, value]) =>
    name === 'UNTIL' && reading !== undefined
      ? `UNTIL=${localText(reading).replaceAll(/[-:]/g, '')}Z`
      : `${name}=${value}`,
  );
  return parts.join(';');
}

/** `20270131T120000Z` is a moment, `20270131` the whole of that day on any clock. */
function untilOf(value: string): { at: Instant } | Reading | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(?:T([01]\d|2[0-3])([0-5]\d)([0-5]\d)Z)?$/.exec(value) ?? [];
  const date = `${year}-${month}-${day}`;
  if (!isDate(date)) return undefined;
  if (hour === undefined) return Date.parse(`${date}T23:59:59Z`);
  return { at: Date.parse(`${date}T${hour}:${minute}:${second}Z`) };
}

function inRange(value: string, most: number): boolean {
  return /^[1-9]\d{0,8}$/.test(value) && Number(value) <= most;
}

function areSigned(value: string, most: number): boolean {
  return value.split(',').every((each) => inRange(each.replace(/^[+-]/, ''), most));
}

function tooMany(pointer: string): Problem {
  return ruleViolated(
    pointer,
    'too_many_occurrences',
    `A series has at most ${MOST_OCCURRENCES} occurrences. Let it end sooner and book the rest as another.`,
  );
}
