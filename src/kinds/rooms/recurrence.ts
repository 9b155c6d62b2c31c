import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import { ruleViolated, type Problem, type Reason } from '../../platform/errors.ts';
import { isDate } from '../../platform/schema.ts';

/** Occurrences of one rule, and lines of one booking: a weekly series of seven years, or a year of days. */
export const MOST_OCCURRENCES = 366;
/** Days, weeks, months or years that are searched; a rule that has not found its occurrences by then is refused. */
const MOST_PERIODS = 5_000;
const LAST_YEAR = 9_999;

/** How often the periods of a rule come; more often than daily is no booking but an attack, or a mistake. */
const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];
const TOO_FREQUENT = ['SECONDLY', 'MINUTELY', 'HOURLY'];
const WEEKDAY = '(?:MO|TU|WE|TH|FR|SA|SU)';

/** The parts that are taken, with how each is written. A part of the time of day is not: that is the start's. */
const PARTS: Readonly<Record<string, (value: string) => boolean>> = {
  FREQ: (value) => [...FREQUENCIES, ...TOO_FREQUENT].includes(value),
  INTERVAL: (value) => inRange(value, 999),
  COUNT: (value) => inRange(value, 999_999_999),
  UNTIL: (value) => readUntil(value) !== undefined,
  BYMONTH: (value) => value.split(',').every((each) => inRange(each, 12)),
  BYMONTHDAY: (value) => areSigned(value, 31),
  BYYEARDAY: (value) => areSigned(value, 366),
  BYWEEKNO: (value) => areSigned(value, 53),
  BYSETPOS: (value) => areSigned(value, 366),
  BYDAY: (value) => value.split(',').every((day) => BYDAY.test(day)),
  WKST: (value) => new RegExp(`^${WEEKDAY}$`).test(value),
};
const BYDAY = new RegExp(`^([+-]?(?:[1-9]|[1-4]\\d|5[0-3]))?${WEEKDAY}$`);

/** A rule of RFC 5545 that can be read and that ends: its parts by their names. */
type Rule = ReadonlyMap<string, string>;

/**
 * The local times at which a rule takes place, first to last; the first is `start` itself. Local times know no daylight saving:
 * what each means in a zone is for `wall-clock.ts` to say. Throws `rule_violated` at `pointer`.
 */
export function occurrencesOf(
  rrule: string,
  start: Temporal.PlainDateTime,
  zone: string,
  pointer: { rrule: string; start: string },
): Temporal.PlainDateTime[] {
  const rule = read(rrule, pointer.rrule);
  const found = search(rule, start, zone);
  const [first] = found.times;
  if (found.times.length > MOST_OCCURRENCES) throw tooMany(pointer.rrule);
  if (first === undefined || found.gaveUp)
    throw refused(pointer.rrule, 'no_occurrence', 'The rule has no occurrence, or fewer than it counts.');
  if (!first.equals(start))
    throw refused(
      pointer.start,
      'not_an_occurrence',
      `The start must be the first occurrence of the rule, which is ${clock(first)}.`,
    );
  return found.times;
}

/** A local time as people read it, `2027-03-28 02:30`. */
export function clock(time: Temporal.PlainDateTime): string {
  return time.toString({ smallestUnit: 'minute' }).replace('T', ' ');
}

function read(text: string, pointer: string): Rule {
  const invalid = (why: string) => refused(pointer, 'invalid_recurrence', why);
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
  for (const part of ['BYYEARDAY', 'BYWEEKNO'])
    if (rule.has(part) && frequency !== 'YEARLY') return `${part} goes only with FREQ=YEARLY.`;
  if (rule.has('BYMONTHDAY') && frequency === 'WEEKLY') return 'BYMONTHDAY does not go with FREQ=WEEKLY.';
  const isNumbered = /\d/.test(rule.get('BYDAY') ?? '');
  if (isNumbered && (frequency === 'DAILY' || frequency === 'WEEKLY' || rule.has('BYWEEKNO')))
    return 'A numbered BYDAY such as 2MO goes only with FREQ=MONTHLY or YEARLY, without BYWEEKNO.';
  const bys = [...rule.keys()].filter((name) => name.startsWith('BY') && name !== 'BYSETPOS');
  if (rule.has('BYSETPOS') && bys.length === 0) return 'BYSETPOS needs another BY part to choose from.';
  return undefined;
}

function requireBounded(rule: Rule, pointer: string): void {
  if (TOO_FREQUENT.includes(rule.get('FREQ') ?? ''))
    throw refused(pointer, 'recurrence_too_frequent', 'A booking can recur daily at most.');
  if (!rule.has('COUNT') && !rule.has('UNTIL'))
    throw refused(pointer, 'recurrence_without_end', 'Say when the series ends, with COUNT or UNTIL.');
  if (Number(rule.get('COUNT') ?? 0) > MOST_OCCURRENCES) throw tooMany(pointer);
}

/**
 * Searches on a clock without daylight saving, so that no occurrence is lost in a gap. The library is asked for one more than
 * may be, and leaves off after MOST_PERIODS: whatever the rule says, the work is bounded.
 */
function search(
  rule: Rule,
  start: Temporal.PlainDateTime,
  zone: string,
): { times: Temporal.PlainDateTime[]; gaveUp: boolean } {
  const times: Temporal.PlainDateTime[] = [];
  const add = (at: Temporal.ZonedDateTime): boolean => {
    times.push(at.toPlainDateTime());
    return times.length <= MOST_OCCURRENCES;
  };
  try {
    const rruleString = write(rule, zone);
    const dtstart = start.toZonedDateTime('UTC');
    const library = new RRuleTemporal({
      rruleString,
      dtstart,
      temporal: Temporal,
      maxIterations: MOST_PERIODS,
      cache: false,
    });
    library.all((at) => add(at));
  } catch (error) {
    if (error instanceof Error && /Maximum|bounds|range/i.test(error.message)) return { times, gaveUp: true };
    throw error;
  }
  return { times, gaveUp: times.some((time) => time.year > LAST_YEAR) };
}

/** The rule for the library: an UNTIL, which is a moment, becomes what the zone's clock shows then. */
function write(rule: Rule, zone: string): string {
  const until = readUntil(rule.get('UNTIL') ?? '');
  const local = until instanceof Temporal.Instant ? until.toZonedDateTimeISO(zone).toPlainDateTime() : until;
  const parts = [...rule].map(([name, value]) =>
    name === 'UNTIL' && local !== undefined
      ? `UNTIL=${local.toString({ smallestUnit: 'second' }).replaceAll(/[-:]/g, '')}Z`
      : `${name}=${value}`,
  );
  return parts.join(';');
}

/** `20270131T120000Z` is a moment, `20270131` the whole of that local day. */
function readUntil(value: string): Temporal.Instant | Temporal.PlainDateTime | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(?:T([01]\d|2[0-3])([0-5]\d)([0-5]\d)Z)?$/.exec(value) ?? [];
  const date = `${year}-${month}-${day}`;
  if (!isDate(date)) return undefined;
  return hour === undefined
    ? Temporal.PlainDateTime.from(`${date}T23:59:59`)
    : Temporal.Instant.from(`${date}T${hour}:${minute}:${second}Z`);
}

function inRange(value: string, most: number): boolean {
  return /^[1-9]\d{0,8}$/.test(value) && Number(value) <= most;
}

function areSigned(value: string, most: number): boolean {
  return value.split(',').every((each) => inRange(each.replace(/^[+-]/, ''), most));
}

function tooMany(pointer: string): Problem {
  return refused(
    pointer,
    'too_many_occurrences',
    `A series has at most ${MOST_OCCURRENCES} occurrences. Let it end sooner and book the rest as another.`,
  );
}

function refused(pointer: string, reason: Reason, detail: string): Problem {
  return ruleViolated(pointer, reason, detail);
}
