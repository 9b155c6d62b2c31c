/**
 * The synthetic company of bench/fill.ts in SQL, one statement for each table. Everything follows from numbers: bookings
 * 0, 1, 2, ... of which in every ten five are of rooms, three of two numbered seats, two of a standing section.
 */
export const SEATS_OF_SECTION = 500;
export const SECTIONS_OF_HALL = 40;
export const SECTIONS_OF_FIELD = 100;

const id = (what: string, number: string) => `md5($1::uuid || '${what} ' || ${number})::uuid`;
const place = (event: string, section: string, seat: string) =>
  `(left(${event}::text, 28) || lpad(to_hex(${section}), 3, '0') || lpad(to_hex(${seat}), 5, '0'))::uuid`;
const room = (number: string) => id('room', number);
const hall = (number: string) => id('hall', number);
const field = (number: string) => id('field', number);

const wholeField = `jsonb_build_array(jsonb_build_object('name', 'A', 'seats', ${SEATS_OF_SECTION}))`;

/** $2 rooms, each open at all hours. */
export const roomStatements: readonly string[] = [
  `insert into rooms.building (tenant_id, id, name, created_at)
   select $1, ${id('building', 'n')}, 'Building ' || n, now() from generate_series(0, least($2::int, 20) - 1) n`,
  `insert into rooms.room (tenant_id, id, building_id, name, capacity, created_at)
   select $1, ${room('n')}, ${id('building', 'n % 20')}, 'Room ' || n, 10 + n % 90, now()
   from generate_series(0, $2::int - 1) n`,
  `insert into engine.calendar (tenant_id, resource_id) select $1, ${room('n')} from generate_series(0, $2::int - 1) n`,
  `insert into engine.guard (tenant_id, guard_id) select $1, ${room('n')} from generate_series(0, $2::int - 1) n`,
];

/** $2 events on sale: halls of numbered seats and then fields of standing sections, $3 of which are halls. */
export const eventStatements: readonly string[] = [
  `insert into events.venue (tenant_id, id, name, timezone, created_at)
   values ($1, ${id('venue', '0')}, 'Grounds', 'UTC', now() + ($2::int + $3::int) * interval '0')`,
  `insert into events.event (tenant_id, id, venue_id, name, state, starts_at, created_at)
   select $1, case when n < $3::int then ${hall('n')} else ${field('n - $3::int')} end, ${id('venue', '0')},
     'Event ' || n, 'onSale', now() + interval '90 days', now()
   from generate_series(0, $2::int - 1) n`,
  `insert into engine.guard (tenant_id, guard_id)
   select e.tenant_id, e.id from events.event e where e.tenant_id = $1 and $2::int + $3::int > 0`,
  `insert into events.event_section (tenant_id, event_id, no, id, last_id, name, kind, capacity, layout, amount_minor)
   select $1, ${hall('n')}, s, ${place(hall('n'), 's', '0')}, ${place(hall('n'), 's', `${SEATS_OF_SECTION}`)},
     'Section ' || s, 'seated', ${SEATS_OF_SECTION}, ${wholeField}, 2500
   from generate_series(0, $3::int - 1) n, generate_series(1, ${SECTIONS_OF_HALL}) s where $2::int > 0`,
  `insert into events.event_section (tenant_id, event_id, no, id, last_id, name, kind, capacity, amount_minor)
   select $1, ${field('n')}, s, ${place(field('n'), 's', '0')}, ${place(field('n'), 's', '0')},
     'Section ' || s, 'standing', 1000000, 2500
   from generate_series(0, $2::int - $3::int - 1) n, generate_series(1, ${SECTIONS_OF_FIELD}) s`,
];

/** Of a hundred bookings that many are in each state, with the changes that led there. */
const STATES: readonly (readonly [share: number, ...states: string[]])[] = [
  [55, 'held', 'confirmed'],
  [10, 'held', 'confirmed', 'completed'],
  [2, 'held', 'confirmed', 'noShow'],
  [2, 'held', 'requested'],
  [1, 'held', 'requested', 'declined'],
  [12, 'held', 'confirmed', 'cancelled'],
  [17, 'held', 'expired'],
  [1, 'held'],
];

const stateRows = STATES.flatMap(([share, ...states]) =>
  Array.from({ length: share }, () => `array[${states.map((state) => `'${state}'`).join(', ')}]`),
);

const HOLDS = `p.state in ('held', 'requested', 'confirmed', 'completed', 'noShow')`;

/** Monday to Friday at 8, 10, 12, 14 and 16 o'clock. */
const HOURS_A_DAY = 5;
const HOURS_A_WEEK = 5 * HOURS_A_DAY;
const weekOf = (number: string) => `(${number}) / ${HOURS_A_WEEK}`;
const hourOf = (number: string) =>
  `((${number}) % ${HOURS_A_WEEK} / ${HOURS_A_DAY} * 24 + 8 + (${number}) % ${HOURS_A_DAY} * 2) * interval '1 hour'`;

/** Bookings from number $2 until before $3: what the statements below make rows of. $4 rooms, $5 standing sections. */
const plan = `create temp table plan on commit drop as
  select b.*, case when state = 'held' then date_trunc('second', now()) + interval '1 hour' end as expires_at,
    case when kind = 'room' then ${room('n % $4::int')} end as room,
    -- Every other hour of office hours, week by week back from this one and on from the 60th, so that a coming year stays free.
    case when kind <> 'room' then null
      else date_trunc('week', now()) + ${hourOf('n / $4::int / 2')}
        + case when n / $4::int % 2 = 0 then -1 - ${weekOf('n / $4::int / 2')} else 60 + ${weekOf('n / $4::int / 2')} end
          * interval '1 week' end as starts_at,
    case kind when 'seat' then ${hall(`n * 2 / ${SEATS_OF_SECTION * SECTIONS_OF_HALL}`)}
      when 'admission' then ${field(`n % $5::int / ${SECTIONS_OF_FIELD}`)} end as event,
    case kind when 'seat' then n * 2 / ${SEATS_OF_SECTION} % ${SECTIONS_OF_HALL} + 1
      when 'admission' then n % $5::int % ${SECTIONS_OF_FIELD} + 1 end as section,
    case kind when 'seat' then n * 2 % ${SEATS_OF_SECTION} + 1 end as seat,
    case kind when 'seat' then 2 when 'admission' then 1 + n % 3 else 1 end as places,
    case when kind = 'admission' and n % 5 = 0 then ${id('limit of client', 'n % 1000')} end as client_limit
  from (
    select i, at, states, states[array_upper(states, 1)] as state,
      (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || left(md5(i || ' '), 3) || '8'
        || left(md5(i || 'b'), 15))::uuid as id,
      case when i % 10 < 5 then 'room' when i % 10 < 8 then 'seat' else 'admission' end as kind,
      (case when i % 10 < 5 then i / 10 * 5 + i % 10 when i % 10 < 8 then i / 10 * 3 + i % 10 - 5
        else i / 10 * 2 + i % 10 - 8 end)::int as n
    from (
      -- One booking a second, the last of them a day ago.
      select i, date_trunc('second', now()) - interval '1 day' - ($6::bigint - i) * interval '1 second' as at,
        (case (i / 10 * 37 + i % 10 * 11) % 100 ${stateRows
          .map((states, n) => `when ${n} then ${states}`)
          .join(' ')} end) as states
      from generate_series($2::bigint, $3::bigint - 1) i) numbered) b
  where $1::uuid is not null`;

const SECTION = place('p.event', 'p.section', '0');
const SEAT = place('p.event', 'p.section', 'p.seat + s');

/** Run for each stretch of bookings, after `plan`; $1 is the tenant. */
export const bookingStatements: readonly string[] = [
  plan,
  `insert into engine.booking (tenant_id, id, reference, state, expires_at, hold_seconds, currency, total_minor, version,
     created_at, created_by)
   select $1, p.id, upper(left(md5(p.id::text), 13)), p.state, p.expires_at, 3600, 'EUR',
     case when p.kind = 'room' then 0 else 2500 * p.places end, array_length(p.states, 1), p.at, 'bench'
   from plan p order by p.i`,
  `insert into engine.booking_line (tenant_id, booking_id, line_no, kind, details, quantity, unit_minor, total_minor)
   select $1, p.id, 1, p.kind, case p.kind
       when 'room' then jsonb_build_object('roomId', p.room, 'start', p.starts_at, 'end', p.starts_at + interval '1 hour')
       when 'seat' then jsonb_build_object('eventId', p.event, 'seatIds',
         jsonb_build_array(${place('p.event', 'p.section', 'p.seat')}, ${place('p.event', 'p.section', 'p.seat + 1')}))
       else jsonb_build_object('eventId', p.event, 'sectionId', ${SECTION}, 'quantity', p.places) end,
     p.places, case when p.kind = 'room' then 0 else 2500 end, case when p.kind = 'room' then 0 else 2500 * p.places end
   from plan p order by p.i`,
  `insert into engine.interval_claim (tenant_id, resource_id, booking_id, line_no, starts_at, ends_at, expires_at)
   select $1, p.room, p.id, 1, p.starts_at, p.starts_at + interval '1 hour', p.expires_at
   from plan p where p.kind = 'room' and ${HOLDS} order by p.i`,
  `insert into engine.stock_claim (tenant_id, resource_id, bucket, booking_id, line_no, units, expires_at)
   select $1, c.resource_id, '-infinity', p.id, 1, c.units, p.expires_at
   from plan p cross join lateral (
     select ${SECTION} as resource_id, p.places as units
     union all
     select ${SEAT}, 1 from generate_series(0, 1) s where p.kind = 'seat'
     union all
     select p.client_limit, p.places where p.client_limit is not null) c
   where p.kind <> 'room' and ${HOLDS} order by p.i`,
  `with numbered as (
     select p.id, p.at, coalesce(p.room, p.event) as resource_id, told.state, k.seq + row_number() over (order by p.i, told.no) as seq
     from engine.tenant_clock k, plan p, unnest(p.states) with ordinality as told (state, no) where k.tenant_id = $1),
   appended as (
     insert into engine.change (tenant_id, seq, at, type, booking_id, resource_ids, actor, payload)
     select $1, seq, at, 'booking.' || state, id, array[resource_id], 'bench', '{}' from numbered order by seq)
   update engine.tenant_clock k set seq = (select max(seq) from numbered) where k.tenant_id = $1`,
];

/** The stock of all sections, seats and limits, with what is taken of it. */
export const stockStatement = `insert into engine.stock (tenant_id, resource_id, capacity, taken)
  select $1, s.resource_id, s.capacity, coalesce(c.units, 0)
  from (
    select x.id as resource_id, x.capacity from events.event_section x where x.tenant_id = $1
    union all
    select ${place('x.event_id', 'x.no', 's')}, 1 from events.event_section x, generate_series(1, x.capacity) s
    where x.tenant_id = $1 and x.kind = 'seated'
    union all
    select ${id('limit of client', 'n')}, 1000000 from generate_series(0, 999) n) s
  left join (select u.resource_id, sum(u.units) as units from engine.stock_claim u where u.tenant_id = $1 group by 1) c
    on c.resource_id = s.resource_id
  order by s.resource_id`;
