import { alongBookings, HOLDS_CAPACITY, ofStretch, type Invariant } from '../../engine/invariant.ts';

/** What must be true of room bookings, for `holdfast doctor`. */
export const roomInvariants: readonly Invariant[] = [
  {
    id: 'room-line-has-its-time',
    promise: 'a room line that holds capacity claims its room, once, for all of its time',
    along: alongBookings,
    text: `select l.booking_id || ' line ' || l.line_no as thing,
        count(i.booking_id) <> 1 or not coalesce(bool_and(i.resource_id = (l.details ->> 'roomId')::uuid
          and i.starts_at <= (l.details ->> 'start')::timestamptz
          and i.ends_at >= (l.details ->> 'end')::timestamptz), false) as broken
      from engine.booking b
      join engine.booking_line l on ${ofStretch('l')} and l.booking_id = b.id
      left join engine.interval_claim i on ${ofStretch('i')} and i.booking_id = l.booking_id and i.line_no = l.line_no
      where ${ofStretch('b', 'id')} and l.kind = 'room' and l.cancelled_at is null and ${HOLDS_CAPACITY}
      group by l.tenant_id, l.booking_id, l.line_no`,
  },
];
