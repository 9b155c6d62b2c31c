import { momentOfWeek, withOffset } from '../week.ts';

const FIRST_PERIOD = '08:00';
export const PERIOD_MINUTES = 90;
/** More would run into the first period of the next day. */
export const MOST_PERIODS_PER_DAY = (24 * 60) / PERIOD_MINUTES;

/** The calendar that periods are read in: the Monday of the week as `YYYY-MM-DD` and an IANA zone. */
export interface Week {
  readonly monday: string;
  readonly timezone: string;
}

/**
 * When a period of the week takes place, as RFC 3339 with the zone's offset: 90 minutes, back to back, each day's
 * first one at 08:00.
 */
export function periodTimes(
  period: number,
  periodsPerDay: number,
  week: Week,
): { start: string; end: string } {
  const day = Math.floor(period / periodsPerDay);
  const begin = (period % periodsPerDay) * PERIOD_MINUTES;
  const at = (minutes: number) =>
    withOffset(momentOfWeek(week.monday, day, FIRST_PERIOD, minutes, week.timezone), week.timezone);
  return { start: at(begin), end: at(begin + PERIOD_MINUTES) };
}
