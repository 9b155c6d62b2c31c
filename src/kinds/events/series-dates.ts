import type { Instant } from '../../platform/clock.ts';
import { ruleViolated } from '../../platform/errors.ts';
import { parseInstant } from '../../platform/schema.ts';
import { readingAt, type Reading } from '../../platform/zone.ts';
import { localText, meaningOf } from '../../platform/wall-time.ts';
import { occurrencesOf } from '../recurrence.ts';
import type { NewSeries } from './series-schema.ts';

export interface SeriesDate {
  startsAt: Instant;
  endsAt: Instant | null;
}
type Asked = Pick<NewSeries, 'dates' | 'first' | 'rrule' | 'dst'>;

/** The dates that are asked for, as they are named or by the rule on the clock of the venue. Throws `rule_violated`. */
export function datesOf({ dates, first, rrule, dst }: Asked, timezone: string): SeriesDate[] {
  if (dates === undefined) {
    if (first === undefined) throw ruleViolated('/dates', 'missing_field', 'Send dates, or first and rrule.');
    if (rrule === undefined) throw ruleViolated('/rrule', 'missing_field');
    return byRule(rrule, dateOf(first, '/first'), timezone, dst);
  }
  for (const [name, value] of Object.entries({ first, rrule, dst }))
    if (value !== undefined)
      throw ruleViolated(`/${name}`, 'unknown_field', 'Send either dates, or first and rrule, not both.');
  return distinct(dates.map((date, i) => dateOf(date, `/dates/${i}`)));
}

function dateOf(asked: NonNullable<Asked['first']>, pointer: string): SeriesDate {
  const startsAt = parseInstant(asked.startsAt);
  const endsAt = typeof asked.endsAt === 'string' ? parseInstant(asked.endsAt) : null;
  if (endsAt !== null && endsAt <= startsAt) throw ruleViolated(`${pointer}/endsAt`, 'empty_interval');
  return { startsAt, endsAt };
}

function distinct(dates: readonly SeriesDate[]): SeriesDate[] {
  const seen = new Set<Instant>();
  for (const [i, { startsAt }] of dates.entries()) {
    if (seen.has(startsAt)) throw ruleViolated(`/dates/${i}/startsAt`, 'duplicate_item');
    seen.add(startsAt);
  }
  return dates.toSorted((a, b) => a.startsAt - b.startsAt);
}

/** Each date is as long as the first. */
function byRule(rrule: string, first: SeriesDate, timezone: string, dst: Asked['dst']): SeriesDate[] {
  const pointer = { rrule: '/rrule', start: '/first/startsAt' };
  const readings = occurrencesOf(rrule, readingAt(timezone, first.startsAt), timezone, pointer);
  const lasts = first.endsAt === null ? null : first.endsAt - first.startsAt;
  return readings.flatMap((reading, i) => {
    // The first is as it was asked for: a moment with its offset leaves nothing open.
    const startsAt = i === 0 ? first.startsAt : momentOf(reading, timezone, dst);
    return startsAt === null ? [] : [{ startsAt, endsAt: lasts === null ? null : startsAt + lasts }];
  });
}

/** Null: left out. */
function momentOf(reading: Reading, timezone: string, dst: Asked['dst']): Instant | null {
  const meaning = meaningOf(timezone, reading);
  if ('at' in meaning) return meaning.at;
  if (dst === 'skip') return null;
  if (dst !== undefined) return meaning[dst];
  const [day, time] = localText(reading).slice(0, 16).split('T');
  const what = meaning.reason === 'ambiguous_local_time' ? 'twice' : 'not at all';
  throw ruleViolated(
    '/rrule',
    meaning.reason,
    `On ${day} the clocks of ${timezone} show ${time} ${what}. Say with dst what is to be done.`,
  );
}
