import { statement } from '../../platform/statement.ts';
import { freeUnits, keptSeats } from './event-queries.ts';

/** What the places of a claim cost: discounts are taken off whole lines, which may lie in several sections. */
const revenue = 'l.total_minor::numeric * c.units / l.quantity';

/** Claims of the stock `id` with their lines. Rides stock_claim_by_stock and booking_line_pkey. */
const claims = (id: string) => `engine.stock_claim c
    join engine.booking_line l on l.tenant_id = $1 and l.booking_id = c.booking_id and l.line_no = c.line_no
    where c.tenant_id = $1 and c.resource_id = ${id} and c.bucket = '-infinity' and c.units > 0`;

/** What became of them. */
const counted = (id: string) => `
      select coalesce(sum(c.units) filter (where c.expires_at is null), 0)::bigint as sold,
        coalesce(sum(c.units) filter (where c.expires_at > now()), 0)::bigint as held,
        coalesce(round(sum(${revenue}) filter (where c.expires_at is null)), 0)::bigint as "revenueMinor"
      from ${claims(id)}`;

/** What became of the places of each section of an event; a draft has sold nothing yet. */
export const salesBySection = statement('events.salesBySection', {
  params: ['uuid', 'uuid'],
  columns: {
    id: 'uuid',
    name: 'text',
    category: 'text?',
    capacity: 'int4',
    sold: 'int8',
    held: 'int8',
    free: 'int4',
    killed: 'int8',
    house: 'int8',
    revenueMinor: 'int8',
  },
  text: `select x.id, x.name, x.category, coalesce(s.capacity, x.capacity) as capacity, u.sold, u.held,
      case when s.capacity is null then x.capacity else greatest(0, ${freeUnits} - ${keptSeats}) end as free,
      m.killed, m.house, u."revenueMinor"
    from events.event_section x
    left join engine.stock s on s.tenant_id = x.tenant_id and s.resource_id = x.id
    cross join lateral (${counted('x.id')}) u
    cross join lateral (
      select count(*) filter (where k.mark = 'killed') as killed, count(*) filter (where k.mark = 'house') as house
      from events.seat_mark k
      where k.tenant_id = $1 and k.event_id = x.event_id and k.seat_id > x.id and k.seat_id <= x.last_id) m
    where x.tenant_id = $1 and x.event_id = $2 order by x.no`,
});

/** The same of each tier and its group. Rides tier_pkey. */
export const salesByTier = statement('events.salesByTier', {
  params: ['uuid', 'uuid'],
  columns: {
    name: 'text',
    group: 'text?',
    capacity: 'int4?',
    groupCapacity: 'int4?',
    sold: 'int8',
    held: 'int8',
    revenueMinor: 'int8',
  },
  text: `select t.name, t.group_name as "group", t.capacity, g.capacity as "groupCapacity", u.sold, u.held,
      u."revenueMinor"
    from events.tier t
    left join events.tier_group g on g.tenant_id = t.tenant_id and g.event_id = t.event_id and g.name = t.group_name
    cross join lateral (${counted('t.id')}) u
    where t.tenant_id = $1 and t.event_id = $2 order by t.no`,
});

/**
 * Places that are sold and stayed so, by the hour or day ($3) on the clock of the venue in which they were booked. Without
 * `offset 0` the sections are joined with the claims of all events.
 */
export const salesCurve = statement('events.salesCurve', {
  params: ['uuid', 'uuid', 'text'],
  columns: { from: 'text', places: 'int8', revenueMinor: 'int8' },
  text: `select to_char(t.period, 'YYYY-MM-DD"T"HH24:MI') as "from", sum(t.units)::bigint as places,
      round(sum(t.minor))::bigint as "revenueMinor"
    from (
      select date_trunc($3, b.created_at at time zone v.timezone) as period, u.units, u.minor
      from events.event e
      join events.venue v on v.tenant_id = e.tenant_id and v.id = e.venue_id
      join events.event_section x on x.tenant_id = e.tenant_id and x.event_id = e.id
      cross join lateral (select c.booking_id, c.units, ${revenue} as minor from ${claims('x.id')} and c.expires_at is null offset 0) u
      join engine.booking b on b.tenant_id = $1 and b.id = u.booking_id
      where e.tenant_id = $1 and e.id = $2) t
    group by t.period order by t.period`,
});
