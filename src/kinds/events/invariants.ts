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
    // Where they differ, without the claims of holds that have expired: those of a section go first, since every sale in
    // it locks its row.
    text: `select x.name || ' of event ' || x.event_id as thing, s.taken <> seats.taken and (
          select s.taken - coalesce(sum(c.units) filter (where c.resource_id = x.id), 0)
            <> seats.taken - coalesce(sum(c.units) filter (where c.resource_id <> x.id), 0)
          from engine.stock_claim c
          where c.tenant_id = $1 and c.resource_id >= x.id and c.resource_id <= x.last_id and c.units > 0
            and c.expires_at <= now()) as broken
      from events.event_section x
      join engine.stock s on s.tenant_id = x.tenant_id and s.resource_id = x.id
      cross join lateral (
        select coalesce(sum(p.taken), 0) as taken from engine.stock p
        where p.tenant_id = $1 and p.resource_id > x.id and p.resource_id <= x.last_id) seats
      where ${ofStretch('x', 'event_id')} and x.kind = 'seated'`,
  },
  {
    id: 'event-line-has-its-places',
    promise: 'a line of an event that holds capacity claims as many places as it says, and exactly its seats',
    along: alongBookings,
    text: `select l.booking_id || ' line ' || l.line_no as thing,
        coalesce(sum(u.units) filter (where u.is_section), 0) <> l.quantity
        or coalesce(sum(u.units) filter (where not u.is_section), 0) <> jsonb_array_length(l.seats)
        or count(*) filter (where l.seats ? u.place) <> jsonb_array_length(l.seats) as broken
      from (select n.booking_id, n.line_no, n.quantity, n.details ->> 'eventId' as event,
              coalesce(n.details -> 'seatIds', '[]') as seats
            from engine.booking b join engine.booking_line n on ${ofStretch('n')} and n.booking_id = b.id
            where ${ofStretch('b', 'id')} and n.kind in ('seat', 'admission') and n.cancelled_at is null
              and ${HOLDS_CAPACITY}) l
      left join (select c.booking_id, c.line_no, c.units, c.resource_id::text as place,
                   ${isSection('c.resource_id')} as is_section
                 from engine.stock_claim c where ${ofStretch('c')} offset 0) u
        on u.booking_id = l.booking_id and u.line_no = l.line_no and ${isOfEvent('u.place', 'l.event')}
      group by l.booking_id, l.line_no, l.quantity, l.seats`,
  },
  {
    id: 'tier-is-counted',
    promise:
      'a line of a tier that holds capacity counts in its tier, and in its group, for as many places as it says',
    along: alongBookings,
    text: `select l.booking_id || ' line ' || l.line_no as thing,
        l.quantity is distinct from l.in_tier or (l.group_id is not null and l.quantity is distinct from l.in_group) as broken
      from (select n.booking_id, n.line_no, n.quantity, g.id as group_id,
              (select sum(c.units) from engine.stock_claim c where ${ofStretch('c')} and c.booking_id = n.booking_id
                and c.line_no = n.line_no and c.resource_id = t.id) as in_tier,
              (select sum(c.units) from engine.stock_claim c where ${ofStretch('c')} and c.booking_id = n.booking_id
                and c.line_no = n.line_no and c.resource_id = g.id) as in_group
            from engine.booking b
            join engine.booking_line n on ${ofStretch('n')} and n.booking_id = b.id
            join events.tier t on t.tenant_id = $1 and t.event_id::text = n.details ->> 'eventId'
              and t.name = n.details ->> 'tier'
            left join events.tier_group g on g.tenant_id = $1 and g.event_id = t.event_id and g.name = t.group_name
            where ${ofStretch('b', 'id')} and n.details ? 'tier' and n.cancelled_at is null and ${HOLDS_CAPACITY}) l`,
  },
];
