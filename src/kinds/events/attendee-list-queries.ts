import { clientsNamed } from '../../people/client-queries.ts';
import { statement } from '../../platform/statement.ts';
import { nthSeat, paidFor } from './paid.ts';
import { numberedPlace, sectionNo } from './place.ts';

// Places stand section by section: seats in their order, admissions in that of their bookings. What tells a place apart in
// its section is `at`, `line` and `n`: of a seat its id and nothing else, of an admission its booking, line and number in it.

const columns = {
  no: 'int4',
  at: 'uuid',
  line: 'int4',
  n: 'int4',
  sectionId: 'uuid',
  placeId: 'uuid',
  bookingId: 'uuid',
  lineNo: 'int4',
  reference: 'text',
  state: 'text',
  tier: 'text?',
  clientId: 'uuid?',
  firstName: 'text?',
  lastName: 'text?',
  email: 'text?',
  holderFirst: 'text?',
  holderLast: 'text?',
  holderEmail: 'text?',
  unitPriceMinor: 'int8',
  paidMinor: 'int8',
  currency: 'text',
  bookedAt: 'timestamptz',
  checkedInAt: 'timestamptz?',
} as const;

/** $2 the event, $3 how many, $4 after how many, $5 to $8 the place behind which they stand. */
const at = ['uuid', 'uuid', 'int8', 'int8', 'int4', 'uuid', 'int4', 'int4'] as const;

/** The places found in `place` as they are shown. */
const shown = `select p.no, p.at, p.line, p.n, p.section_id as "sectionId", p.place_id as "placeId",
    p.booking_id as "bookingId", p.line_no as "lineNo", b.reference, b.state, l.details ->> 'tier' as tier, b.client_id as "clientId",
    c.first_name as "firstName", c.last_name as "lastName", c.email,
    t.first_name as "holderFirst", t.last_name as "holderLast", t.email as "holderEmail",
    l.unit_minor as "unitPriceMinor",
    ${paidFor(`case when p.n > 0 then p.n else ${nthSeat('p.place_id')} end`)} as "paidMinor",
    b.currency, b.created_at as "bookedAt", coalesce(s.scanned_at, l.checked_in_at) as "checkedInAt"
  from (select * from place order by no, at, line, n offset $4 limit $3) p
  join engine.booking b on b.tenant_id = $1 and b.id = p.booking_id
  join engine.booking_line l on l.tenant_id = $1 and l.booking_id = p.booking_id and l.line_no = p.line_no
  left join people.client c on c.tenant_id = $1 and c.id = b.client_id
  left join events.ticket t on t.tenant_id = $1 and t.booking_id = p.booking_id and t.line_no = p.line_no
    and t.place_id = p.place_id
  left join events.scan s on s.tenant_id = $1 and s.booking_id = p.booking_id and s.line_no = p.line_no
    and s.place_id = p.place_id and s.outcome = 'counted'
  order by p.no, p.at, p.line, p.n`;

const settled = `c.tenant_id = $1 and c.bucket = '-infinity' and c.units > 0 and c.expires_at is null`;
/** In the section where the page before ended, what it ended with; in the others what stands before everything. */
const ended = (parameter: string, first: string) => `case when x.no = $5 then ${parameter} else ${first} end`;
const FIRST_ID = `'00000000-0000-0000-0000-000000000000'::uuid`;

/**
 * Places of the event $2 behind the place ($5, $6, $7, $8). Rides event_section_pkey, and in each section
 * stock_claim_by_stock from where it begins: `expires_at` is asked for in the order, although it is null in all of them, as
 * the planner knows the order of the index only whole.
 */
export const attendees = statement('events.attendees', {
  params: at,
  columns,
  text: `with place as (
    select x.no, x.id as section_id, p.* from events.event_section x
    cross join lateral (
      (select c.resource_id as at, 0 as line, 0 as n, c.resource_id as place_id, c.booking_id, c.line_no
        from engine.stock_claim c
        where x.kind = 'seated' and ${settled} and c.resource_id > ${ended('$6', 'x.id')}
          and c.resource_id <= x.last_id
        order by c.resource_id limit $3::int8 + $4::int8)
      union all
      (select c.booking_id, c.line_no, n.n, ${numberedPlace('c.resource_id', 'n.n')}, c.booking_id, c.line_no
        from (
          select c.resource_id, c.booking_id, c.line_no, c.units from engine.stock_claim c
          where x.kind = 'standing' and ${settled} and c.resource_id = x.id
            and (c.booking_id, c.line_no) >= (${ended('$6', FIRST_ID)}, ${ended('$7', '0')})
          order by c.expires_at, c.booking_id, c.line_no limit $3::int8 + $4::int8) c
        cross join lateral generate_series(
          case when x.no = $5 and c.booking_id = $6 and c.line_no = $7 then $8 + 1 else 1 end, c.units) n (n)
        limit $3::int8 + $4::int8)
    ) p
    where x.tenant_id = $1 and x.event_id = $2 and x.no >= $5
    order by x.no, p.at, p.line, p.n limit $3::int8 + $4::int8)
  ${shown}`,
});

/** How many places of the event are sold: a seat claims a unit of its section as well. Rides stock_claim_by_stock. */
export const countAttendees = statement('events.countAttendees', {
  params: ['uuid', 'uuid'],
  columns: { total: 'int8' },
  text: `select coalesce(sum(c.units), 0)::int8 as total
    from events.event_section x join engine.stock_claim c on c.resource_id = x.id
    where x.tenant_id = $1 and x.event_id = $2 and ${settled}`,
});

/**
 * `found`: places between the ids `first` and `last` of bookings whose reference is `text` or whose client is named like it, and
 * those whose ticket was given to somebody who is; all of them, whatever page is asked for. Rides booking_reference_unique, the
 * indexes of clientsNamed, booking_by_client, ticket_by_place, stock_claim_pkey and event_section_pkey: `offset 0` keeps the planner
 * from going through all claims of the event for each booking instead.
 */
function named(text: string, first: string, last: string): string {
  const begins = (name: string) => `starts_with(lower(${name}), ${text})`;
  return `with booked as materialized (
    select b.id from engine.booking b
    where b.tenant_id = $1 and b.reference = upper(${text}) and b.reference <> ''
    union select b.id from engine.booking b where b.tenant_id = $1 and b.client_id in (${clientsNamed(text)})
  ), given as materialized (
    select t.booking_id, t.line_no, t.place_id from events.ticket t
    where t.tenant_id = $1 and t.place_id >= ${first} and t.place_id <= ${last} and t.email is not null
      and (${begins('t.email')} or ${begins(`t.first_name || ' ' || t.last_name`)} or ${begins(`t.last_name || ' ' || t.first_name`)})
  ), claimed as (
    select x.no, x.id as section_id, x.kind, c.booking_id, c.line_no, n.n,
      case x.kind when 'seated' then c.resource_id else ${numberedPlace('c.resource_id', 'n.n')} end as place_id
    from (select id from booked union select booking_id from given) f
    cross join lateral (
      select c.* from engine.stock_claim c where ${settled} and c.booking_id = f.id offset 0) c
    cross join lateral (
      select x.no, x.id, x.kind from events.event_section x
      where x.tenant_id = $1 and x.event_id = $2 and x.no = ${sectionNo('c.resource_id')} offset 0) x
    cross join lateral generate_series(1, c.units) n (n)
    where c.resource_id >= ${first} and c.resource_id <= ${last} and (x.kind = 'seated') = (c.resource_id <> x.id)
  ), found as (
    select m.no, m.section_id, m.place_id, m.booking_id, m.line_no,
      case m.kind when 'seated' then m.place_id else m.booking_id end as at,
      case m.kind when 'seated' then 0 else m.line_no end as line,
      case m.kind when 'seated' then 0 else m.n end as n
    from claimed m
    where m.booking_id in (select id from booked)
      or (m.booking_id, m.line_no, m.place_id) in (select booking_id, line_no, place_id from given)
  )`;
}

/** The same places of the event $2, and of those only who is named like $9; $10 and $11 are its first and last place. */
export const attendeesNamed = statement('events.attendeesNamed', {
  params: [...at, 'text', 'uuid', 'uuid'],
  columns,
  text: `${named('$9', '$10', '$11')},
    place as (select * from found where (no, at, line, n) > ($5, $6, $7, $8))
  ${shown}`,
});

export const countAttendeesNamed = statement('events.countAttendeesNamed', {
  params: ['uuid', 'uuid', 'text', 'uuid', 'uuid'],
  columns: { total: 'int8' },
  text: `${named('$3', '$4', '$5')} select count(*) as total from found`,
});
