import { statement } from '../platform/statement.ts';

/** Rides the primary key. */
export const wishesOf = statement('engine.wishesOf', {
  params: ['uuid', 'uuid[]'],
  columns: {
    bookingId: 'uuid',
    lineNo: 'int4',
    calendarId: 'uuid?',
    startsAt: 'timestamptz?',
    endsAt: 'timestamptz?',
    stockId: 'uuid?',
    bucket: 'date?',
    units: 'int4?',
    cap: 'int4?',
    rule: 'text?',
    stays: 'bool',
  },
  text: `select w.booking_id as "bookingId", w.line_no as "lineNo",
      w.calendar_id as "calendarId", w.starts_at as "startsAt", w.ends_at as "endsAt",
      w.stock_id as "stockId", w.bucket, w.units, w.cap, w.rule, w.stays
    from engine.wish w
    where w.tenant_id = $1 and w.booking_id = any ($2::uuid[]) order by w.booking_id, w.line_no, w.no`,
});

/** How many competing requests of each of $2 still wait. Rides booking_requested. */
export const openRequests = statement('engine.openRequests', {
  params: ['uuid', 'text[]'],
  columns: { actor: 'text', requests: 'int8' },
  text: `select b.created_by as actor, count(*) as requests from engine.booking b
    where b.tenant_id = $1 and b.state = 'requested' and b.approval = 'competing' and b.created_by = any ($2::text[])
      and b.expires_at > statement_timestamp()
    group by b.created_by`,
});

/**
 * The requests that would lose to whoever gets the slots $3 to $5, each slot with its line $2. Rides wish_by_calendar, from
 * each slot's start on.
 */
export const losersTo = statement('engine.losersTo', {
  params: ['uuid', 'int4[]', 'uuid[]', 'timestamptz[]', 'timestamptz[]', 'int8'],
  columns: { line: 'int4', bookingId: 'uuid' },
  text: `select distinct asked.line, w.booking_id as "bookingId"
    from unnest($2::int[], $3::uuid[], $4::timestamptz[], $5::timestamptz[]) as asked (line, calendar_id, starts_at, ends_at)
    join engine.wish w on w.tenant_id = $1 and w.calendar_id = asked.calendar_id and w.ends_at > '-infinity'
      and w.ends_at > asked.starts_at and w.starts_at < asked.ends_at
    join engine.booking b on b.tenant_id = $1 and b.id = w.booking_id and b.expires_at > now()
    where not w.stays
    order by asked.line, w.booking_id limit $6`,
});

export const dropWishes = statement('engine.dropWishes', {
  params: ['uuid', 'uuid[]', 'int4[]'],
  columns: {},
  text: `delete from engine.wish w using unnest($2::uuid[], $3::int[]) as gone (booking_id, line_no)
    where w.tenant_id = $1 and w.booking_id = gone.booking_id and w.line_no = gone.line_no`,
});

/** Each wish is numbered within its line. */
export const insertWishes = statement('engine.insertWishes', {
  params: [
    ...([
      'uuid',
      'uuid[]',
      'int4[]',
      'uuid[]',
      'timestamptz[]',
      'timestamptz[]',
      'uuid[]',
      'date[]',
    ] as const),
    ...(['int4[]', 'int4[]', 'text[]', 'bool[]'] as const),
  ],
  columns: {},
  text: `insert into engine.wish as w
      (tenant_id, booking_id, line_no, no, calendar_id, starts_at, ends_at, stock_id, bucket, units, cap, rule, stays)
    select k.tenant_id, n.booking_id, n.line_no,
      row_number() over (partition by n.booking_id, n.line_no order by n.position),
      n.calendar_id, n.starts_at, n.ends_at, n.stock_id, n.bucket, n.units, n.cap, n.rule, n.stays
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::int[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::uuid[], $8::date[],
        $9::int[], $10::int[], $11::text[], $12::bool[])
      with ordinality as n (booking_id, line_no, calendar_id, starts_at, ends_at, stock_id, bucket, units, cap, rule, stays,
        position)
    where k.tenant_id = $1`,
});
