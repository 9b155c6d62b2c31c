import {
  alongBookings,
  HOLDS_CAPACITY,
  ofStretch,
  UUIDS,
  type Invariant,
  type Walk,
} from '../../engine/invariant.ts';
import { isOfEvent, isSection } from './place.ts';

/** Rides event_section_pkey. Counts seats and not sections: what costs is to look at each of them. */
const alongEvents: Walk = {
  ...UUIDS,
  things: 'seats of events',
  border: `select (select s.event_id from (
      select x.event_id, sum(x.capacity) over (order by x.event_id) as seats
      from events.event_section x where x.tenant_id = $1 and x.event_id > $2 and x.kind = 'seated') s
    where s.seats >= $3 order by s.event_id limit 1) as border`,
};

/** What must be true of events and their lines, for `holdfast doctor`. */
export const eventInvariants: readonly Invariant[] = [
  {
    id: 'section-is-its-seats',
    promise: 'as many places of a numbered section are taken as seats of it',
    along: alongEvents,
    // Without the claims of holds that have expired: those of a section go first, since every sale in it locks its row.
    text: `select x.name || ' of event ' || x.event_id as thing,
        s.taken - coalesce(dead.places, 0) <> coalesce(seats.taken, 0) - coalesce(dead.seats, 0) as broken
      from events.event_section x
      join engine.stock s on s.tenant_id = x.tenant_id and s.resource_id = x.id
      cross join lateral (
        select sum(p.taken) as taken from engine.stock p
        where p.tenant_id = $1 and p.resource_id > x.id and p.resource_id <= x.last_id) seats
      cross join lateral (
        select sum(c.units) filter (where c.resource_id = x.id) as places,
          sum(c.units) filter (where c.resource_id <> x.id) as seats
        from engine.stock_claim c
        where c.tenant_id = $1 and c.resource_id >= x.id and c.resource_id <= x.last_id and c.units > 0
          and c.expires_at <= now()) dead
      where ${ofStretch('x', 'event_id')} and x.kind = 'seated'`,
  },
  {
    id: 'event-line-has-its-places',
    promise: 'a line of an event that holds capacity claims as many places as it says, and exactly its seats',
    along: alongBookings,
    text: `select l.booking_id || ' line ' || l.line_no as thing,
        coalesce(sum(u.units) filter (where ${isSection('u.resource_id')}), 0) <> l.quantity
        or coalesce(sum(u.units) filter (where not ${isSection('u.resource_id')}), 0)
          <> coalesce(jsonb_array_length(l.details -> 'seatIds'), 0)
        or count(*) filter (where l.details -> 'seatIds' ? u.resource_id::text)
          <> coalesce(jsonb_array_length(l.details -> 'seatIds'), 0) as broken
      from engine.booking b
      join engine.booking_line l on ${ofStretch('l')} and l.booking_id = b.id
      left join engine.stock_claim u on ${ofStretch('u')} and u.booking_id = l.booking_id and u.line_no = l.line_no
        and ${isOfEvent('u.resource_id', `l.details ->> 'eventId'`)}
      where ${ofStretch('b', 'id')} and l.kind in ('seat', 'admission') and l.cancelled_at is null and ${HOLDS_CAPACITY}
      group by l.tenant_id, l.booking_id, l.line_no`,
  },
];
