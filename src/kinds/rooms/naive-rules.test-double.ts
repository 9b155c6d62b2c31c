import { Temporal } from 'temporal-polyfill';
import type { Instant } from '../../platform/clock.ts';
import type { Reason } from '../../platform/errors.ts';
import type { OpeningHours, Rules } from './schema.ts';
import type { Asked } from './rules.ts';

/**
 * The rules of rooms once more, as slowly and plainly as they can be said: minute by minute, with Temporal for every
 * clock. Nothing here is shared with what it judges.
 */

export const MINUTE = 60_000;
export const DAY = 1_440 * MINUTE;

/** Zones with their changes of 2027: of an hour, of half an hour, with odd offsets, in the south, and none. */
export const CHANGES: Readonly<Record<string, readonly string[]>> = {
  'Europe/Berlin': ['2027-03-28T01:00Z', '2027-10-31T01:00Z'],
  'America/St_Johns': ['2027-03-14T05:30Z', '2027-11-07T04:30Z'],
  'Asia/Kathmandu': ['2027-06-01T00:00Z'],
  'Australia/Lord_Howe': ['2027-04-03T15:00Z', '2027-10-02T15:30Z'],
  'Pacific/Auckland': ['2027-04-03T14:00Z', '2027-09-25T14:00Z'],
  UTC: ['2027-06-01T00:00Z'],
};

/** Some days around a moment, and what the clock of a zone shows in every minute of them. */
export class Minutes {
  readonly timezone: string;
  readonly from: Instant;
  /** The reading of each minute as the same reading in UTC. */
  readonly shown: readonly number[];

  constructor(timezone: string, around: Instant, days = 3) {
    this.timezone = timezone;
    this.from = around - days * DAY;
    this.shown = Array.from({ length: 2 * days * 1_440 }, (_, i) => {
      const local = Temporal.Instant.fromEpochMilliseconds(this.from + i * MINUTE).toZonedDateTimeISO(
        timezone,
      );
      return local.toPlainDateTime().toZonedDateTime('UTC').epochMilliseconds;
    });
  }

  /** For each minute whether a room with these hours is open; the first and last day are not to be trusted. */
  open(hours: OpeningHours | null): boolean[] {
    if (hours === null) return this.shown.map(() => true);
    const open = this.shown.map(() => false);
    for (const date of new Set(this.shown.map((reading) => Math.floor(reading / DAY) * DAY))) {
      const weekday = (['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const)[
        new Date(date).getUTCDay()
      ];
      for (const [opens = '', closes = ''] of (weekday && hours[weekday]) ?? []) {
        const until = closes <= opens ? DAY + minutesOf(closes) * MINUTE : minutesOf(closes) * MINUTE;
        const first = this.shown.findIndex((reading) => reading >= date + minutesOf(opens) * MINUTE);
        const last = this.shown.findLastIndex((reading) => reading < date + until);
        if (first >= 0) open.fill(true, first, Math.max(first, last + 1));
      }
    }
    return open;
  }
}

/** What the naive model needs to know of a room. */
export interface NaiveRoom {
  capacity: number;
  equipment: readonly string[];
  hours: OpeningHours | null;
  rules: Rules;
  blackouts: readonly { startsAt: Instant; endsAt: Instant }[];
}

/** The reasons that stand against a line of whole minutes inside `minutes`; `open` is what `minutes.open` tells. */
export function naiveReasons(
  room: NaiveRoom,
  { startsAt, endsAt, attendees, equipment }: Asked,
  role: string,
  now: Instant,
  minutes: Minutes,
  open: readonly boolean[] = minutes.open(room.hours),
): Set<Reason> {
  const { rules } = room;
  const clock = (at: Instant) =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(minutes.timezone);
  const taken: Instant[] = [];
  for (let at = startsAt; at < endsAt; at += MINUTE) taken.push(at);
  if (taken.length === 0) return new Set(['empty_interval']);
  if (startsAt + MINUTE < now) return new Set(['in_past']);

  const offGrid = (at: Instant) => {
    const { hour, minute } = clock(at);
    return rules.stepMinutes !== undefined && (hour * 60 + minute) % rules.stepMinutes !== 0;
  };
  const daysAhead = clock(now)
    .toPlainDate()
    .until(clock(startsAt).toPlainDate(), { largestUnit: 'day' }).days;
  const isCustomer = role === 'client' || role === 'public';
  const quotas = [rules.quota?.perDay?.minutes, rules.quota?.perWeek?.minutes];
  const broken: Partial<Record<Reason, boolean>> = {
    role_not_allowed: rules.roles !== undefined && !new Set<string>(rules.roles).has(role),
    room_too_small: (attendees ?? 0) > room.capacity,
    equipment_missing: (equipment ?? []).some((thing) => room.equipment.indexOf(thing) < 0),
    interval_too_short: taken.length < (rules.minMinutes ?? 0),
    interval_too_long: taken.length > (rules.maxMinutes ?? Infinity),
    over_quota: quotas.some((most) => taken.length > (most ?? Infinity)),
    off_grid: offGrid(startsAt) || offGrid(endsAt),
    too_soon: isCustomer && startsAt + MINUTE < now + (rules.noticeMinutes ?? 0) * MINUTE,
    too_far: isCustomer && daysAhead > (rules.horizonDays ?? Infinity),
    outside_hours: taken.some((at) => open[(at - minutes.from) / MINUTE] !== true),
    blacked_out: room.blackouts.some((over) => taken.some((at) => at >= over.startsAt && at < over.endsAt)),
  };
  return new Set((Object.keys(broken) as Reason[]).filter((reason) => broken[reason]));
}

function minutesOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}
