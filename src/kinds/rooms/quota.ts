import type { Stretch } from '../../engine/calendar.ts';
import type { UnitsNeed } from '../../engine/claim.ts';
import { limitId } from '../../engine/limit-id.ts';
import { dateText, DAY_MS, dayOf, MINUTE_MS, readingAt, weekdayOf } from '../../platform/zone.ts';
import type { RoomForSale } from './catalogue.ts';

/**
 * What a booking uses up of what one person may have of a room in a day and in an ISO week: stock that is counted with
 * the hold and given back with it. A booking counts whole on the day on which it begins by the clock of the room.
 */
export function quotaUnits(room: RoomForSale, timezone: string, client: string, asked: Stretch): UnitsNeed[] {
  const { quota } = room.rules;
  if (quota === undefined) return [];
  const day = dayOf(readingAt(timezone, asked.startsAt));
  const minutes = Math.ceil((asked.endsAt - asked.startsAt) / MINUTE_MS);
  const monday = day - weekdayOf(day) * DAY_MS;
  const count = (period: 'perDay' | 'perWeek', what: 'bookings' | 'minutes', of: number): UnitsNeed[] => {
    const cap = quota[period]?.[what];
    if (cap === undefined) return [];
    const rule = `quota.${period}.${what}`;
    const bucket = dateText(period === 'perDay' ? day : monday);
    return [{ resourceId: limitId(room.id, client, rule), bucket, units: of, cap, rule }];
  };
  return [
    ...count('perDay', 'bookings', 1),
    ...count('perDay', 'minutes', minutes),
    ...count('perWeek', 'bookings', 1),
    ...count('perWeek', 'minutes', minutes),
  ];
}
