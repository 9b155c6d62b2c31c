import { linesWithIntervals, type Invariant } from '../../engine/invariant.ts';

/** What must be true of room bookings, for `holdfast doctor`. */
export const roomInvariants: readonly Invariant[] = [
  linesWithIntervals('room', {
    id: 'room-line-has-its-time',
    promise: 'a room line that holds capacity claims its room, once, for all of its time',
    kept: `count(i.booking_id) = 1 and bool_and(i.resource_id = (l.details ->> 'roomId')::uuid
      and i.starts_at <= (l.details ->> 'start')::timestamptz and i.ends_at >= (l.details ->> 'end')::timestamptz)`,
  }),
];
