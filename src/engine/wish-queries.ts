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
