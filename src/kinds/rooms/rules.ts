import type { Stretch } from '../../engine/calendar.ts';
import { can, type Role } from '../../people/access.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import type { Reason } from '../../platform/errors.ts';
import {
  dateText,
  DAY_MS,
  dayOf,
  lastBefore,
  MINUTE_MS,
  readingAt,
  type Reading,
} from '../../platform/zone.ts';
import type { RoomForSale } from './catalogue.ts';
import { firstClosed, hoursText } from './opening.ts';
import type { RoomLine, Rules } from './schema.ts';

/** What somebody wants of a room. */
export interface Asked extends Stretch {
  attendees?: number | undefined;
  equipment?: readonly string[] | undefined;
}

/** Everything that the rules of a room are judged by. */
export interface Case {
  room: RoomForSale;
  timezone: string;
  asked: Asked;
  role: Role;
  now: Instant;
}

/** A rule that the line breaks: in which of its fields, and what the rule allows in its own unit. */
export interface Refusal {
  field: keyof RoomLine;
  reason: Reason;
  detail: string;
  limit?: number | string;
}

/** Clocks differ a little and people press the button late: a start up to a minute ago is still now. */
const GRACE_MS = MINUTE_MS;
const LONGEST_MS = 366 * DAY_MS;

/** Every rule that stands against the line, whatever is free; none when it may be booked. */
export function refusals(given: Case): Refusal[] {
  const impossible = senseless(given.asked, given.now);
  if (impossible !== undefined) return [impossible];
  return RULES.flatMap((rule) => rule(given) ?? []);
}

/** How long a line that keeps to the rules may be at least and at most. */
export function lengths({ minMinutes, maxMinutes, quota }: Rules): {
  leastMs: number;
  mostMs: number;
} {
  const most = [maxMinutes, quota?.perDay?.minutes, quota?.perWeek?.minutes].filter(
    (each) => each !== undefined,
  );
  return {
    leastMs: (minMinutes ?? 0) * MINUTE_MS,
    mostMs: Math.min(LONGEST_MS, ...most.map((minutes) => minutes * MINUTE_MS)),
  };
}

/** The stretch of time in which a booking may begin; staff may also book at once and far ahead. */
export function startsWithin({ room: { rules }, timezone, role, now }: Omit<Case, 'asked'>): Stretch {
  if (isStaff(role)) return { startsAt: now, endsAt: Infinity };
  const { noticeMinutes = 0, horizonDays } = rules;
  const startsAt = now + noticeMinutes * MINUTE_MS;
  if (horizonDays === undefined) return { startsAt, endsAt: Infinity };
  const today = dayOf(readingAt(timezone, now));
  return { startsAt, endsAt: lastBefore(timezone, today + (horizonDays + 1) * DAY_MS) };
}

/** Without a rule of the room: what would make no sense anywhere. */
function senseless({ startsAt, endsAt }: Stretch, now: Instant): Refusal | undefined {
  if (endsAt <= startsAt)
    return { field: 'end', reason: 'empty_interval', detail: 'The end must be later than the start.' };
  if (endsAt - startsAt > LONGEST_MS)
    return {
      field: 'end',
      reason: 'interval_too_long',
      detail: 'A room can be booked for at most 366 days at a time.',
    };
  if (startsAt < now - GRACE_MS)
    return { field: 'start', reason: 'in_past', detail: 'The start lies in the past. Choose a later one.' };
  return undefined;
}

type Rule = (given: Case) => Refusal | undefined;

const RULES: readonly Rule[] = [
  ...[role, places, equipment, shortest, longest, quotaMinutes],
  ...[startOnGrid, endOnGrid, notice, horizon, openingHours, blackout],
];

function role({ room: { rules }, role }: Case): Refusal | undefined {
  if (rules.roles === undefined || rules.roles.some((allowed) => allowed === role)) return undefined;
  const limit = rules.roles.join(', ');
  const detail = `This room may be booked by these roles only: ${limit}.`;
  return { field: 'roomId', reason: 'role_not_allowed', detail, limit };
}

function places({ room, asked: { attendees = 0 } }: Case): Refusal | undefined {
  if (attendees <= room.capacity) return undefined;
  const detail = `The room has ${room.capacity} places. Choose a larger one.`;
  return { field: 'attendees', reason: 'room_too_small', detail, limit: room.capacity };
}

function equipment({ room, asked }: Case): Refusal | undefined {
  const missing = (asked.equipment ?? []).filter((thing) => !room.equipment.includes(thing));
  if (missing.length === 0) return undefined;
  const limit = missing.join(', ');
  return {
    field: 'equipment',
    reason: 'equipment_missing',
    detail: `The room does not have: ${limit}.`,
    limit,
  };
}

function shortest({ room: { rules }, asked }: Case): Refusal | undefined {
  const limit = rules.minMinutes ?? 0;
  if (asked.endsAt - asked.startsAt >= limit * MINUTE_MS) return undefined;
  const detail = `This room is booked for at least ${limit} minutes at a time.`;
  return { field: 'end', reason: 'interval_too_short', detail, limit };
}

function longest({ room: { rules }, asked }: Case): Refusal | undefined {
  const limit = rules.maxMinutes;
  if (limit === undefined || asked.endsAt - asked.startsAt <= limit * MINUTE_MS) return undefined;
  const detail = `This room is booked for at most ${limit} minutes at a time.`;
  return { field: 'end', reason: 'interval_too_long', detail, limit };
}

/** What no other booking has to be counted for; the rest of a quota is the stock's to say. */
function quotaMinutes({ room: { rules }, asked }: Case): Refusal | undefined {
  const { perDay, perWeek } = rules.quota ?? {};
  const limit = Math.min(perDay?.minutes ?? Infinity, perWeek?.minutes ?? Infinity);
  if (asked.endsAt - asked.startsAt <= limit * MINUTE_MS) return undefined;
  const period = limit === perDay?.minutes ? 'day' : 'week';
  const detail = `One person may have this room for ${limit} minutes a ${period}.`;
  return { field: 'end', reason: 'over_quota', detail, limit };
}

function startOnGrid({ room, timezone, asked }: Case): Refusal | undefined {
  return offGrid('start', room.rules.stepMinutes, readingAt(timezone, asked.startsAt));
}

function endOnGrid({ room, timezone, asked }: Case): Refusal | undefined {
  return offGrid('end', room.rules.stepMinutes, readingAt(timezone, asked.endsAt));
}

function offGrid(field: 'start' | 'end', step: number | undefined, reading: Reading): Refusal | undefined {
  if (step === undefined || (reading - dayOf(reading)) % (step * MINUTE_MS) === 0) return undefined;
  const detail = `This room is booked in steps of ${step} minutes, counted from midnight on its clock.`;
  return { field, reason: 'off_grid', detail, limit: step };
}

function notice(given: Case): Refusal | undefined {
  const { startsAt } = startsWithin(given);
  if (given.asked.startsAt >= startsAt - GRACE_MS) return undefined;
  const limit = given.room.rules.noticeMinutes ?? 0;
  const detail = `This room is booked at least ${limit} minutes ahead: from ${iso(startsAt)}.`;
  return { field: 'start', reason: 'too_soon', detail, limit };
}

function horizon(given: Case): Refusal | undefined {
  const { endsAt } = startsWithin(given);
  if (given.asked.startsAt < endsAt) return undefined;
  const limit = given.room.rules.horizonDays ?? 0;
  const last = dateText(readingAt(given.timezone, endsAt - 1));
  const detail = `This room is booked at most ${limit} days ahead: until ${last}.`;
  return { field: 'start', reason: 'too_far', detail, limit };
}

function openingHours({ room: { hours }, timezone, asked }: Case): Refusal | undefined {
  const closed = hours === null ? undefined : firstClosed(hours, timezone, asked);
  if (hours === null || closed === undefined) return undefined;
  const reading = readingAt(timezone, closed);
  const limit = hoursText(hours, reading) || 'closed';
  const day = `${dateText(reading)} (${timezone})`;
  const detail =
    limit === 'closed' ? `The room is closed on ${day}.` : `The room is open ${limit} on ${day}.`;
  return { field: closed === asked.startsAt ? 'start' : 'end', reason: 'outside_hours', detail, limit };
}

/** A blackout that lies over the time. */
export function blackout({ room, asked }: Pick<Case, 'room' | 'asked'>): Refusal | undefined {
  const over = room.blackouts.find((each) => each.startsAt < asked.endsAt && asked.startsAt < each.endsAt);
  if (over === undefined) return undefined;
  const [from, to] = [iso(over.startsAt), iso(over.endsAt)];
  const field = over.startsAt <= asked.startsAt ? 'start' : 'end';
  const detail = `The room cannot be booked from ${from} to ${to}.`;
  return { field, reason: 'blacked_out', detail, limit: `${from}/${to}` };
}

/** They serve others, at the desk and at the last minute: only notice and horizon are not for them. */
function isStaff(role: Role): boolean {
  return can(role, 'booking.all');
}
